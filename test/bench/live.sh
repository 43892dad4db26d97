#!/usr/bin/env bash
# Measures live streams and compares them with nginx and its module nchan. One queue has 1, 100 and 1,000 subscribers. A
# message has 25 bytes, and each request posts one message. The sample host runs on the memory store and on Redis, with
# server-sent events and lines; nchan runs with server-sent events. All servers run all the time. The same program
# (LiveLoad) measures them in turn, round after round. The printed ratio is the median of the ratios of all rounds.
#
#   test/bench/live.sh                      three rounds of 4 seconds for each measurement, about eight minutes
#   DURATION=2 ROUNDS=1 test/bench/live.sh  a quick look
#
#   deliveries/s     Four connections post as fast as they are answered, but at most 500 messages ahead of the
#                    subscribers. Both servers keep a history of 1000 messages. A message that leaves the history before
#                    its delivery is lost.
#   p50, p99         The time from the post to the receipt, at the same fixed rate for all servers: a third of the
#                    lowest deliveries/s, at most 1000 posts per second.
#   idle subscriber  The growth of the server's resident memory with 1000 idle subscribers, divided by 1000.
#
# NCHAN_WORKERS=2 gives nginx two workers instead of one.
# The script prints "pass" or "fail" beside each goal. It exits with 0 when every measurement succeeded.
set -euo pipefail

duration=${DURATION:-4} rounds=${ROUNDS:-3} workers=${NCHAN_WORKERS:-1}
subscribers=${SUBSCRIBERS:-1 100 1000} servers=${SERVERS:-nchan memory memory-lines redis redis-lines}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/common.sh"
PATH=$PATH:/usr/sbin
need nginx redis-server curl dotnet
nchan=
for folder in "${NGINX_MODULES:-}" /usr/lib/nginx/modules /usr/lib64/nginx/modules /usr/share/nginx/modules; do
  [ -z "$nchan" ] && [ -f "$folder/ngx_nchan_module.so" ] && nchan=$folder/ngx_nchan_module.so
done
if [ -z "$nchan" ]; then
  echo "bench: the nginx module nchan is missing. Install it (Debian: libnginx-mod-nchan) and run this again." >&2
  exit 2
fi
ulimit -n "$(ulimit -Hn)"

start_nchan() { # PORT
  cat > "$tmp/nginx.conf" << END
load_module $nchan;
daemon off;
pid $tmp/nginx.pid;
error_log $tmp/nginx.errors warn;
worker_processes $workers;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path $tmp/body;
  proxy_temp_path $tmp/proxy;
  fastcgi_temp_path $tmp/fastcgi;
  uwsgi_temp_path $tmp/uwsgi;
  scgi_temp_path $tmp/scgi;
  nchan_message_buffer_length 1000;
  nchan_message_timeout 1h;
  server {
    listen 127.0.0.1:$1;
    location ~ ^/q/(.+)\$ { nchan_publisher http; nchan_channel_id \$1; }
    location ~ ^/c/(.+)\$ { nchan_subscriber eventsource; nchan_subscriber_first_message newest; nchan_channel_id \$1; }
    location = / { return 204; }
  }
}
END
  start nchan "curl -sf http://127.0.0.1:$1/" nginx -e "$tmp/nginx.errors" -c "$tmp/nginx.conf"
}

# serve NAME SERVER: starts the server. Its port is in $port, its process id in $pid.
serve() {
  port=$(free_port)
  case $2 in
    nchan) start_nchan "$port" ;;
    memory*) host "$1" "$sample" "$port" ;;
    redis*) host "$1" "$sample" "$port" "--RestMq:Redis=127.0.0.1:$redis" ;;
  esac
}

# load SERVER PORT SUBSCRIBERS SECONDS RATE: sets $arguments for LiveLoad. Each call uses a new queue.
queues=0
load() {
  local queue=live$((queues++)) query=
  [[ $1 != *-lines ]] || query='?lines'
  arguments=("$2" "/q/$queue" "/c/$queue$query" "$3" "$4" "$5")
}

live_load() { env DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS=1 DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT=1 dotnet "$here/LiveLoad/bin/Release/net10.0/LiveLoad.dll" "$@"; }

# measure ROUND WHAT SERVER SUBSCRIBERS SECONDS RATE: adds the line "WHAT SERVER SUBSCRIBERS ROUND figures" to the
# results.
measure() {
  load "$3" "${ports[$3]}" "$4" "$5" "$6"
  run "$tmp/load" live_load "${arguments[@]}"
  echo "$2 $3 $4 $1 $(tail -n 1 "$tmp/load")" | tee -a "$tmp/results" |
    awk '{ printf "  round %d  %-9s %-13s %4d subscribers  %7d deliveries/s %6d posts/s  p50 %.2f ms  p99 %.2f ms  %d missing\n", $4, $1, $2, $3, $5, $6, $7 / 1000, $8 / 1000, $9 }'
}

resident() { # resident PID: prints the resident memory of the process and its children, in KiB
  local pid
  for pid in "$1" $(cat "/proc/$1/task/$1/children"); do awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status"; done | awk '{ sum += $1 } END { print sum }'
}

# Memory is measured in a fresh server, because a server that has worked has already allocated memory for subscribers. A
# few subscribers warm the server up before the first reading.
measure_memory() { # SERVER
  local server=$1 pid port before
  serve "$server-idle" "$server"
  load "$server" "$port" 10 1 100
  run "$tmp/load" live_load "${arguments[@]}"
  sleep 1
  before=$(resident "$pid")
  load "$server" "$port" 1000 60 0
  local watched=$pid
  start idle "grep -q ready $tmp/idle.log" live_load "${arguments[@]}"
  sleep 5
  echo "memory $server 1000 1 $(awk "BEGIN { print ($(resident "$watched") - $before) / 1000 }")" | tee -a "$tmp/results" |
    awk '{ printf "  %-13s %.1f KiB for each idle subscriber\n", $2, $5 }'
  stop "$pid"
  stop "$watched"
}

build "$here/LiveLoad/LiveLoad.csproj" "$root/RestMq.Sample/RestMq.Sample.csproj"
start_redis
declare -A ports
for server in $servers; do
  serve "$server" "$server"
  ports[$server]=$port
done

echo "Warming up ..."
for _ in 1 2 3; do
  for server in $servers; do measure 0 warmup "$server" 100 3 max; done
done > /dev/null

echo "$rounds rounds of $duration s, nginx with $workers worker(s), $(nproc) processors:"
for n in $subscribers; do
  for ((round = 1; round <= rounds; round++)); do
    for server in $servers; do measure "$round" rate "$server" "$n" "$duration" max; done
  done
  rate=$(awk -v n="$n" '$1 == "rate" && $3 == n && (!least || $5 < least) { least = $5 } END { r = least / n / 3; print (r > 1000 ? 1000 : r) }' "$tmp/results")
  for ((round = 1; round <= rounds; round++)); do
    for server in $servers; do measure "$round" latency "$server" "$n" "$duration" "$rate"; done
  done
done
for server in $servers; do measure_memory "$server"; done

awk -v servers="$servers" -v subscribers="$subscribers" -v rounds="$rounds" "$median"'
  $1 == "rate" { rate[$2, $3, $4] = $5; lost[$2, $3] += $9 }
  $1 == "latency" { p50[$2, $3, $4] = $7; p99[$2, $3, $4] = $8; posts[$3] = $6; lost[$2, $3] += $9 }
  $1 == "memory" { memory[$2] = $5 }
  function of(a, s, n,   r, list) { for (r = 1; r <= rounds; r++) list = list " " a[s, n, r]; return median(list, rounds) }
  function ratio(a, s, n,   r, list) { for (r = 1; r <= rounds; r++) list = list " " a[s, n, r] / a["nchan", n, r]; return median(list, rounds) }
  END {
    split(servers, name, " "); split(subscribers, number, " ")
    printf "\n%11s  %-13s %12s %7s %9s %9s %7s %8s\n", "subscribers", "", "deliveries/s", "ratio", "p50 ms", "p99 ms", "ratio", "missing"
    for (j = 1; j in number; j++) for (i = 1; i in name; i++) {
      n = number[j]; s = name[i]
      more = ratio(rate, s, n); later = ratio(p99, s, n)
      printf "%11d  %-13s %12d %7.2f %9.2f %9.2f %7.2f %8d", n, s, of(rate, s, n), more, of(p50, s, n) / 1000, of(p99, s, n) / 1000, later, lost[s, n]
      if (s != "nchan" && n > 1) printf "  %s", (more >= 1 && later <= 1 ? "pass" : "fail")
      if (s == "nchan") printf "  (latency at %d posts/s)", posts[n]
      printf "\n"
    }
    printf "\n"
    for (i = 1; i in name; i++) printf "%-13s %6.1f KiB for each idle subscriber\n", name[i], memory[name[i]]
  }' "$tmp/results"
