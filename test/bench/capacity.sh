#!/usr/bin/env bash
# Measures the capacity of one queue, one shard and one host: adds and takes of the sample host on Redis. It also
# measures the processor time that the host and Redis spend on a message. That time predicts the capacity of a machine
# with more cores. The messages per second hold only for this machine, on which wrk, host and Redis share the cores.
#
#   test/bench/capacity.sh               8 seconds for each measurement, about three minutes
#   DURATION=3 test/bench/capacity.sh    a quick look
#
# The script exits with 0 when every measurement succeeded.
set -euo pipefail

duration=${DURATION:-8} connections=${CONNECTIONS:-50} warmup=${WARMUP:-6}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/common.sh"
need wrk redis-server redis-cli curl dotnet

tick=$(getconf CLK_TCK)

# cpu PID: prints the processor time of a process in seconds.
cpu() { awk -v tick="$tick" '{ sub(/.*\) /, ""); print ($12 + $13) / tick }' "/proc/$1/stat"; }

# measure LABEL UNITS PATH METHOD [QUEUES] [BODY]: UNITS is the number of messages a request. An empty label is a
# warm-up.
measure() {
  local label=$1 units=$2 path=$3 method=$4 queues=${5:-1} body=${6:-} host_before redis_before
  host_before=$(cpu "$host_pid") redis_before=$(cpu "$redis_pid")
  BENCH_METHOD=$method BENCH_QUEUES=$queues BENCH_BODY=$body BENCH_RESULT=$tmp/result run "$tmp/wrk.log" \
    wrk -t1 -c"$connections" -d"${time:-$duration}s" -s "$here/capacity.lua" "$base$path"
  [ -n "$label" ] || return 0
  awk -v label="$label" -v units="$units" -v time="$duration" -v host="$(cpu "$host_pid") - $host_before" -v redis="$(cpu "$redis_pid") - $redis_before" '
    function seconds(difference,   parts) { split(difference, parts, " - "); return parts[1] - parts[2] }
    {
      messages = $1 * units * time
      printf "| %s | %d | %.1f | %.1f | %.1f | %.1f |%s\n", label, $1 * units, $2 / 1000, $3 / 1000,
        seconds(host) / messages * 1e6, seconds(redis) / messages * 1e6, $4 ? " " $4 " failed requests" : ""
    }' "$tmp/result"
}

flush() { redis-cli -p "$redis" flushall > "$tmp/flushed"; }

fill() { # fill MESSAGES: adds at least this number of messages
  curl -sf -o "$tmp/keys" -H 'Content-Type: application/x-ndjson' --data-binary "@$tmp/batch" "$base/q/bench?n=[1-$((($1 + 999) / 1000))]"
}

build "$root/RestMq.Sample/RestMq.Sample.csproj"
yes '"foobar"' | head -n 1000 > "$tmp/batch" || true
start_redis
redis_pid=$pid

port=$(free_port)
base=http://127.0.0.1:$port
host host "$sample" "$port" "--RestMq:Redis=127.0.0.1:$redis"
host_pid=$pid
time=$warmup measure "" 1 /q/bench POST
time=$warmup measure "" 1 /q/bench POST 1 batch
flush
echo "| | messages/s | p50 ms | p99 ms | host µs a message | Redis µs a message |"
echo "|---|--:|--:|--:|--:|--:|"
measure "add, one queue" 1 /q/bench POST
flush
measure "add, 64 queues" 1 /q/bench POST 64
flush
measure "add, 100 a request" 100 /q/bench POST 1 batch
flush
fill $((60000 * (duration + 1)))
measure "take, one queue" 1 /q/bench GET
flush
replica=$(free_port)
start replica "redis_answers $replica" redis-server --port "$replica" --bind 127.0.0.1 --save '' --appendonly no --dir "$tmp" --dbfilename replica.rdb \
  --replicaof 127.0.0.1 "$redis"
for _ in {1..100}; do [ "$(redis-cli -p "$replica" role | sed -n 4p)" != connected ] || break; sleep 0.2; done
time=$warmup measure "" 1 /q/bench POST
measure "add, with a replica" 1 /q/bench POST
flush
measure "add, durability=replicated" 1 "/q/bench?durability=replicated" POST
