#!/usr/bin/env bash
# Measures the cost of many idle queues. QUEUES sets the number of queues (100000), STREAMS how many of them have an
# idle stream (10000), MINUTES the duration (12).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/common.sh"
need redis-server redis-cli dotnet
build "$here/IdleQueues"
port=$(free_port)
start redis "redis-cli -p $port ping" redis-server --port "$port" --bind 127.0.0.1 --save "" --appendonly no --dir "$tmp"
dotnet "$here/IdleQueues/bin/Release/net10.0/IdleQueues.dll" "127.0.0.1:$port" "${QUEUES:-100000}" "${STREAMS:-10000}" "${MINUTES:-12}"
