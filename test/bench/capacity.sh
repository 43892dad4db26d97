#!/usr/bin/env bash
# What one queue, one shard and one host can do: adds and takes of the sample host on Redis, with the processor time that the host and Redis spend on
# a request. What a machine with more cores can do follows from that time; the requests a second here are those of this machine, shared by all.
#
#   test/bench/capacity.sh               8 seconds a measure, about three minutes
#   DURATION=3 test/bench/capacity.sh    a quick look
#
# It is a benchmark: it ends with 0 whenever everything could be measured.
set -euo pipefail

duration=${DURATION:-8} connections=${CONNECTIONS:-50} warmup=${WARMUP:-6}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/common.sh"
need wrk redis-server redis-cli curl dotnet

tick=$(getconf CLK_TCK)

cpu() { awk -v tick="$tick" '{ sub(/.*\) /, ""); print ($12 + $13) / tick }' "/proc/$1/stat"; } # PID: seconds of processor time

# measure LABEL UNITS PATH METHOD [QUEUES] [BODY]: UNITS messages a request; all hosts of $hosts in turn, by as many runs of wrk at once.
measure() {
  local label=$1 units=$2 path=$3 method=$4 queues=${5:-1} body=${6:-} i
  local before_host=0 before_redis after_host=0
  for i in "${host_pids[@]}"; do before_host=$(awk "BEGIN { print $before_host + $(cpu "$i") }"); done
  before_redis=$(cpu "$redis_pid")
  local running=()
  for i in "${!host_urls[@]}"; do
    BENCH_METHOD=$method BENCH_QUEUES=$queues BENCH_BODY=$body BENCH_RESULT=$tmp/result.$i BENCH_PATH=$path \
      wrk -t1 -c$((connections / ${#host_urls[@]})) -d"${time:-$duration}s" -s "$here/capacity.lua" "${host_urls[$i]}" > "$tmp/wrk.$i" &
    running+=($!)
    pids+=($!)
  done
  wait "${running[@]}"
  for i in "${host_pids[@]}"; do after_host=$(awk "BEGIN { print $after_host + $(cpu "$i") }"); done
  [ -n "$label" ] || return 0
  cat "$tmp"/result.* | awk -v label="$label" -v units="$units" -v time="$duration" -v redis="$(awk "BEGIN { print $(cpu "$redis_pid") - $before_redis }")" \
    -v host="$(awk "BEGIN { print $after_host - $before_host }")" '
    { rate += $1; p50 = $2 > p50 ? $2 : p50; p99 = $3 > p99 ? $3 : p99; failures += $4 }
    END {
      messages = rate * units * time
      printf "| %s | %d | %.1f | %.1f | %.1f | %.1f |%s\n", label, rate * units, p50 / 1000, p99 / 1000, host / messages * 1e6, redis / messages * 1e6,
        failures ? " " failures " failed requests" : ""
    }'
  rm -f "$tmp"/result.*
}

start_hosts() { # HOW MANY
  local i port
  host_urls=() host_pids=()
  for ((i = 0; i < $1; i++)); do
    port=$(free_port)
    host "host$i-$RANDOM" "$sample" "$port" "--RestMq:Redis=127.0.0.1:$redis"
    host_urls+=("http://127.0.0.1:$port")
    host_pids+=("$pid")
  done
}

stop_hosts() { local i; for i in "${host_pids[@]}"; do stop "$i"; done; }

flush() { redis-cli -p "$redis" flushall > "$tmp/flushed"; }

fill() { # MESSAGES
  curl -sf -o "$tmp/keys" -H 'Content-Type: application/x-ndjson' --data-binary "@$tmp/batch" "${host_urls[0]}/q/bench?n=[1-$((($1 + 999) / 1000))]"
}

build "$root/RestMq.Sample/RestMq.Sample.csproj"
yes '"foobar"' | head -n 1000 > "$tmp/batch" || true
start_redis
redis_pid=$pid

start_hosts 1
time=$warmup measure "" 1 /q/bench POST
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
stop_hosts

start_hosts 2
time=$warmup measure "" 1 /q/bench POST
flush
measure "add, one queue, two hosts" 1 /q/bench POST
flush
stop_hosts

start_hosts 1
replica=$(free_port)
start replica "redis_answers $replica" redis-server --port "$replica" --bind 127.0.0.1 --save '' --appendonly no --dir "$tmp" --dbfilename replica.rdb \
  --replicaof 127.0.0.1 "$redis"
for _ in {1..100}; do [ "$(redis-cli -p "$replica" role | sed -n 4p)" != connected ] || break; sleep 0.2; done
time=$warmup measure "" 1 /q/bench POST
measure "add, with a replica" 1 /q/bench POST
flush
measure "add, durability=replicated" 1 "/q/bench?durability=replicated" POST
