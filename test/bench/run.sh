#!/usr/bin/env bash
# Measures the cost of a queue behind HTTP: POST /q/bench and GET /q/bench of the sample host, on the memory store and
# on Redis. They are compared with a bare Kestrel that reads the same form and sends the same reply ("bare"), and with a
# Kestrel in front of the least work that a queue on Redis can do ("least", see BareKestrel/Least.cs). All servers run
# at the same time on this machine and are measured in turn, round after round. So a slowdown of the machine affects
# all. The printed ratio is the median of the ratios of all rounds.
#
#   test/bench/run.sh                      three rounds of 8 seconds for each measurement, about four minutes
#   DURATION=3 ROUNDS=1 test/bench/run.sh  a quick look
#
# The script prints "pass" or "fail" beside each goal. It exits with 0 when every measurement succeeded.
set -euo pipefail

duration=${DURATION:-8} rounds=${ROUNDS:-3} warmup=${WARMUP:-3} connections=${CONNECTIONS:-50}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/common.sh"
need wrk redis-server curl dotnet

measure() { # measure POST|GET URL [SECONDS]: writes the line of wrk.lua to $tmp/result
  rm -f "$tmp/result"
  BENCH_METHOD=$1 BENCH_RESULT=$tmp/result run "$tmp/wrk.log" \
    wrk -t2 -c"$connections" -d"${3:-$duration}s" -s "$here/wrk.lua" "$2"
  local failures
  read -r _ _ _ failures < "$tmp/result"
  ((failures == 0)) || { echo "bench: $1 $2 must have no failed requests, but had $failures." >&2; exit 1; }
}

purge() { curl -sf -o "$tmp/purged" -X DELETE "$1/q/bench"; }

depth() { curl -sfI "$1/q/bench" | tr -d '\r' | awk -F': ' 'tolower($1) == "restmq-length" { print $2 }'; }

preload() { # preload BASE MESSAGES: adds messages by requests of 1000, over one connection
  curl -sf -o "$tmp/keys" -H 'Content-Type: application/x-ndjson' --data-binary "@$tmp/batch" "$1/q/bench?n=[1-$((($2 + 999) / 1000))]"
}

# Takes messages until the time is over. The queue must not run empty, because the 204 of an empty queue is faster than
# a take.
measure_take() { # measure_take NAME BASE [SECONDS]
  local name=$1 base=$2 rate left
  for _ in 1 2 3 4; do
    purge "$base"
    preload "$base" $((${expected[$name]} * (${3:-$duration} + 1)))
    measure GET "$base/q/bench" "${3:-$duration}"
    left=$(depth "$base")
    if ((${left:-0} > 0)); then
      read -r rate _ < "$tmp/result"
      expected[$name]=$((rate * 3 / 2))
      purge "$base"
      return
    fi
    expected[$name]=$((${expected[$name]} * 2))
  done
  echo "bench: the queue of $name must not run empty, but did in all 4 attempts." >&2
  exit 1
}

one() { # one ROUND METHOD NAME: measures and appends the line "METHOD NAME ROUND figures" to the results
  local base=${base[$3]}
  case $2-$3 in
    *-bare) measure "$2" "$base/bare" ;;
    POST-*) purge "$base"; measure POST "$base/q/bench"; purge "$base" ;;
    GET-*) measure_take "$3" "$base" ;;
  esac
  echo "$2 $3 $1 $(cat "$tmp/result")" | tee -a "$tmp/results" | awk '{ printf "  round %d  %-4s %-6s %7d requests/s\n", $3, $1, $2, $4 }'
}

build "$here/BareKestrel/BareKestrel.csproj" "$root/RestMq.Sample/RestMq.Sample.csproj"
bare=$here/BareKestrel/bin/Release/net10.0/BareKestrel.dll

yes '"foobar"' | head -n 1000 > "$tmp/batch" || true
declare -A base expected=([least]=50000 [memory]=60000 [redis]=30000)

start_redis
for name in bare least memory redis; do
  port=$(free_port)
  base[$name]=http://127.0.0.1:$port
  case $name in
    bare) host bare "$bare" "$port" ;;
    least) host least "$bare" "$port" "--Redis=127.0.0.1:$redis" ;;
    memory) host memory "$sample" "$port" ;;
    redis) host redis-host "$sample" "$port" "--RestMq:Redis=127.0.0.1:$redis" ;;
  esac
done

echo "Warming up ..."
for method in POST GET; do
  measure $method "${base[bare]}/bare" "$warmup"
  for name in least memory redis; do
    if [ $method = POST ]; then measure POST "${base[$name]}/q/bench" "$warmup"; else measure_take $name "${base[$name]}" "$warmup"; fi
  done
done

echo "$rounds rounds of $duration s, $connections connections, $(nproc) processors:"
for ((round = 1; round <= rounds; round++)); do
  order="bare least memory redis"
  ((round % 2)) || order="redis memory least bare"
  for method in POST GET; do
    for name in $order; do one $round $method $name; done
  done
done

awk "$median"'
  { id = $1 " " $2; n[id]++; rate[id] = rate[id] " " $4; p50[id] = p50[id] " " $5; p99[id] = p99[id] " " $6; at[id, $3] = $4 }
  END {
    goal["POST memory"] = 0.85; goal["GET memory"] = 0.8; goal["POST redis"] = 0.7; goal["GET redis"] = 0.6
    printf "\n%-4s %-6s %12s %9s %9s %7s %6s\n", "", "", "requests/s", "p50 ms", "p99 ms", "ratio", "goal"
    split("POST GET", methods, " "); split("bare least memory redis", names, " ")
    for (m = 1; m <= 2; m++) for (k = 1; k <= 4; k++) {
      id = methods[m] " " names[k]
      printf "%-4s %-6s %12d %9.2f %9.2f", methods[m], names[k], median(rate[id], n[id]), median(p50[id], n[id]) / 1000, median(p99[id], n[id]) / 1000
      if (k > 1) {
        ratios = ""
        for (r = 1; r <= n[id]; r++) ratios = ratios " " at[id, r] / at[methods[m] " bare", r]
        ratio = median(ratios, n[id])
        printf " %7.2f", ratio
        if (id in goal) printf " %6.2f  %s", goal[id], (ratio >= goal[id] ? "pass" : "fail")
      }
      printf "\n"
    }
  }' "$tmp/results"
