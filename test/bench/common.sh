# What the benchmarks share; sourced by them. It makes $tmp and ends every process of $pids when the script ends, however it ends.

root=$(cd "$here/../.." && pwd)
sample=$root/RestMq.Sample/bin/Release/net10.0/RestMq.Sample.dll

need() { # TOOL...
  local tool
  for tool in "$@"; do
    command -v "$tool" > /dev/null || { echo "bench: $tool is missing: install it and run this again." >&2; exit 2; }
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

# start NAME READY COMMAND...: in the background until the end; READY is a command that succeeds once it serves. Its id is in $pid.
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
  echo "bench: $name did not start:" >&2
  cat "$tmp/$name.log" >&2
  exit 1
}

# stop PID: before the end.
stop() {
  local i
  kill "$1" 2> /dev/null || true
  wait "$1" 2> /dev/null || true
  for i in "${!pids[@]}"; do [ "${pids[i]}" != "$1" ] || unset "pids[i]"; done
}

# run LOG COMMAND...: to its end, in the background meanwhile, so that it is stopped with the script.
run() {
  local log=$1 command
  shift
  "$@" > "$log" 2> "$log.errors" &
  command=$!
  pids+=("$command")
  wait "$command" || { cat "$log" "$log.errors" >&2; exit 1; }
  stop "$command"
}

host() { # NAME DLL PORT [ARGUMENT...]: from its own folder, where its settings are
  local name=$1 dll=$2 port=$3
  shift 3
  cd "$(dirname "$dll")"
  start "$name" "curl -s -o $tmp/ready http://127.0.0.1:$port/" \
    env ASPNETCORE_ENVIRONMENT=Production dotnet "$dll" --urls "http://127.0.0.1:$port" "$@"
  cd "$root"
}

redis_answers() { (exec 3<> "/dev/tcp/127.0.0.1/$1" && printf 'PING\r\n' >&3 && read -r -t 1 line <&3 && [[ $line == +PONG* ]]); }

# One of our own, without persistence: what is measured is the round trip, not this machine's disk. Its port is in $redis.
start_redis() {
  redis=$(free_port)
  start redis "redis_answers $redis" redis-server --port "$redis" --bind 127.0.0.1 --save '' --appendonly no --dir "$tmp"
}

# The median of a list of N numbers with a blank between, for awk.
median='
  function median(list, n,   a, i, j, t) {
    split(list, a, " ")
    for (i = 2; i <= n; i++) for (j = i; j > 1 && a[j] + 0 < a[j - 1] + 0; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
    return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
  }'
