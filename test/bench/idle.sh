#!/usr/bin/env bash
# What many idle queues cost: QUEUES (100000) queues, STREAMS (10000) of them with an idle stream each, for MINUTES (12).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/common.sh"
need redis-server redis-cli dotnet
build "$here/IdleQueues"
port=$(free_port)
start redis "redis-cli -p $port ping" redis-server --port "$port" --bind 127.0.0.1 --save "" --appendonly no --dir "$tmp"
dotnet "$here/IdleQueues/bin/Release/net10.0/IdleQueues.dll" "127.0.0.1:$port" "${QUEUES:-100000}" "${STREAMS:-10000}" "${MINUTES:-12}"
