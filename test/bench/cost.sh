#!/usr/bin/env bash
# Measures the cost of each call in µs of Redis' own time: the median and, in brackets, the maximum of 200 calls. The
# queues hold 100 or 5,000,000 messages, most of which are ready, dead, deleted or redelivered. The script takes some
# minutes and up to 6 GB of memory.
#
#   test/bench/cost.sh                   five million messages
#   MESSAGES=100000 test/bench/cost.sh   a quick look
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/common.sh"
need redis-server dotnet
build "$here/RedisCost"
start_redis
dotnet "$here/RedisCost/bin/Release/net10.0/RedisCost.dll" "$redis" "${MESSAGES:-5000000}" "${CALLS:-200}"
