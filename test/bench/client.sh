#!/usr/bin/env bash
# What the typed client costs: adds and takes a second by it, against an HttpClient that sends the same requests and reads the same replies into
# the same objects, in one process and one run (ClientBench), on memory and on Redis. Both are measured in turn, in many short rounds, so that
# what slows the machine down slows both; a ratio is the median of the rounds' own ratios, and the goal is 0.9.
#
#   test/bench/client.sh            61 rounds of 500 messages a measure, about a minute
#   ROUNDS=15 test/bench/client.sh   a quick look
#
# It is a benchmark: it prints "pass" or "fail" beside the goal and ends with 0 whenever everything could be measured.
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
