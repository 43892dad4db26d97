# Shared functions of the benchmarks, which source this file. It creates the folder $tmp. When the script ends for any
# reason, it removes $tmp and ends every process in $pids.

root=$(cd "$here/../.." && pwd)
sample=$root/RestMq.Sample/bin/Release/net10.0/RestMq.Sample.dll

need() { # TOOL...
  local tool
  for tool in "$@"; do
    command -v "$tool" > /dev/null && continue
    echo "bench: the command $tool is missing. Install it and run this script again." >&2
    exit 2
  done
}

tmp=$(mktemp -d)
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2> /dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2> /dev/null || true; done
  rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

build() { # PROJECT...
  local project
  echo "Building (Release) ..."
  for project in "$@"; do
    dotnet build -c Release --nologo -v quiet "$project" > "$tmp/build.log" || { cat "$tmp/build.log" >&2; exit 1; }
  done
}

free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null || { echo "$port"; return; }
  done
}

# start NAME READY COMMAND...: runs the command in the background until the script ends. READY is a command that
# succeeds when the process is ready. The process id is in $pid.
start() {
  local name=$1 ready=$2
  shift 2
  "$@" > "$tmp/$name.log" 2>&1 &
  pid=$!
  pids+=("$pid")
  for _ in {1..150}; do
    kill -0 "$pid" 2> /dev/null || break
    if $ready > /dev/null 2>&1; then return; fi
    sleep 0.2
  done
  echo "bench: $name must be ready within 30 s, but is not. It wrote:" >&2
  cat "$tmp/$name.log" >&2
  exit 1
}

# stop PID: ends a process before the script ends.
stop() {
  local i
  kill "$1" 2> /dev/null || true
  wait "$1" 2> /dev/null || true
  for i in "${!pids[@]}"; do [ "${pids[i]}" != "$1" ] || unset "pids[i]"; done
}

# run LOG COMMAND...: runs the command and waits for its end. The command runs in the background, so that it is stopped
# when the script is stopped.
run() {
  local log=$1 command
  shift
  "$@" > "$log" 2> "$log.errors" &
  command=$!
  pids+=("$command")
  wait "$command" || { cat "$log" "$log.errors" >&2; exit 1; }
  stop "$command"
}

host() { # host NAME DLL PORT [ARGUMENT...]: starts a host in the folder of its DLL, which holds its settings
  local name=$1 dll=$2 port=$3
  shift 3
  cd "$(dirname "$dll")"
  start "$name" "curl -s -o $tmp/ready http://127.0.0.1:$port/" \
    env ASPNETCORE_ENVIRONMENT=Production dotnet "$dll" --urls "http://127.0.0.1:$port" "$@"
  cd "$root"
}

redis_answers() { (exec 3<> "/dev/tcp/127.0.0.1/$1" && printf 'PING\r\n' >&3 && read -r -t 1 line <&3 && [[ $line == +PONG* ]]); }

# start_redis: starts a Redis without persistence, so that the benchmarks do not measure this machine's disk. Its port
# is in $redis.
start_redis() {
  redis=$(free_port)
  start redis "redis_answers $redis" redis-server --port "$redis" --bind 127.0.0.1 --save '' --appendonly no --dir "$tmp"
}

# An awk function: the median of a list of n numbers that are separated by blanks.
median='
  function median(list, n,   a, i, j, t) {
    split(list, a, " ")
    for (i = 2; i <= n; i++) for (j = i; j > 1 && a[j] + 0 < a[j - 1] + 0; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
    return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
  }'
