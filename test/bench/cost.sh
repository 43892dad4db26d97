#!/usr/bin/env bash
# What each call costs Redis, in µs of its own time: the median and, in brackets, the worst of 200 calls, on queues of a hundred and of five million
# messages, most of them waiting, dead, deleted or redelivered. It takes some minutes and up to 6 GB of memory.
#
#   test/bench/cost.sh                  five million messages
#   MESSAGES=100000 test/bench/cost.sh   a quick look
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/common.sh"
need redis-server dotnet
build "$here/RedisCost"
start_redis
dotnet "$here/RedisCost/bin/Release/net10.0/RedisCost.dll" "$redis" "${MESSAGES:-5000000}" "${CALLS:-200}"
