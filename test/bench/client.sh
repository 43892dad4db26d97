#!/usr/bin/env bash
# Measures the overhead of the typed client: its adds and takes per second, compared with a plain HttpClient. The
# HttpClient sends the same requests and reads the same replies into the same objects. Both run in one process
# (ClientBench), on the memory store and on Redis. They take turns in many short rounds, so that a slowdown of the
# machine affects both. The printed ratio is the median of the ratios of all rounds. The goal is 0.9.
#
#   test/bench/client.sh             61 rounds of 500 messages for each measurement, about a minute
#   ROUNDS=15 test/bench/client.sh   a quick look
#
# The script prints "pass" or "fail" beside the goal. It exits with 0 when every measurement succeeded.
set -euo pipefail

rounds=${ROUNDS:-61} messages=${MESSAGES:-500} connections=${CONNECTIONS:-16}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/common.sh"
need redis-server curl dotnet
build "$root/RestMq.Sample" "$here/ClientBench"

memory=$(free_port)
host memory "$sample" "$memory"
start_redis
on_redis=$(free_port)
host sample-redis "$sample" "$on_redis" --RestMq:Redis="127.0.0.1:$redis"

bench=$here/ClientBench/bin/Release/net10.0/ClientBench.dll
echo "| store | | typed client, messages/s | HttpClient | ratio | goal 0.9 |"
echo "|---|---|---|---|---|---|"
for store in "memory $memory" "Redis $on_redis"; do
  read -r name port <<< "$store"
  run "$tmp/$name.table" dotnet "$bench" "$name" "http://127.0.0.1:$port/" "$rounds" "$messages" "$connections"
  cat "$tmp/$name.table"
done
