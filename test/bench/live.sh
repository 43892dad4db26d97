#!/usr/bin/env bash
# What a live stream delivers, against nginx with nchan: 1, 100 and 1,000 subscribers of one queue, messages of 25 bytes, one a request.
# The sample host on memory and on Redis, server-sent events and lines; nchan with server-sent events. Every server runs all the time and
# is measured in turn, round after round, by the same program (LiveLoad); a ratio is the median of the rounds' own ratios.
#
#   test/bench/live.sh                      three rounds of 4 seconds a measure, about eight minutes
#   DURATION=2 ROUNDS=1 test/bench/live.sh  a quick look
#
#   deliveries/s  four connections post as fast as they are answered, but no more than 500 messages ahead of the subscribers: both servers
#                 keep a history of 1000, and what falls out of it is lost rather than delivered
#   p50, p99      from the post to the receipt, at a fixed rate that is the same for all: a third of the least deliveries/s, and at most
#                 1000 posts a second
#   an idle one   the growth of the server's resident memory by 1000 idle subscribers, by each of them
#
# NCHAN_WORKERS=2 gives nginx two workers rather than one.
# It is a benchmark: it prints "pass" or "fail" beside each goal and ends with 0 whenever everything could be measured.
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
[ -n "$nchan" ] || { echo "bench: nginx's module nchan is missing (libnginx-mod-nchan in Debian): install it and run this again." >&2; exit 2; }
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

# serve NAME SERVER: starts it; its port is then in $port, its id in $pid.
serve() {
  port=$(free_port)
  case $2 in
    nchan) start_nchan "$port" ;;
    memory*) host "$1" "$sample" "$port" ;;
    redis*) host "$1" "$sample" "$port" "--RestMq:Redis=127.0.0.1:$redis" ;;
  esac
}

# load SERVER PORT SUBSCRIBERS SECONDS RATE: the arguments for LiveLoad, each time with a queue of its own.
queues=0
load() {
  local queue=live$((queues++)) query=
  [[ $1 != *-lines ]] || query='?lines'
  arguments=("$2" "/q/$queue" "/c/$queue$query" "$3" "$4" "$5")
}

live_load() { env DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS=1 DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT=1 dotnet "$here/LiveLoad/bin/Release/net10.0/LiveLoad.dll" "$@"; }

# measure ROUND WHAT SERVER SUBSCRIBERS SECONDS RATE: kept as "WHAT SERVER SUBSCRIBERS ROUND figures"
measure() {
  load "$3" "${ports[$3]}" "$4" "$5" "$6"
  run "$tmp/load" live_load "${arguments[@]}"
  echo "$2 $3 $4 $1 $(tail -n 1 "$tmp/load")" | tee -a "$tmp/results" |
    awk '{ printf "  round %d  %-9s %-13s %4d subscribers  %7d deliveries/s %6d posts/s  p50 %.2f ms  p99 %.2f ms  %d missing\n", $4, $1, $2, $3, $5, $6, $7 / 1000, $8 / 1000, $9 }'
}

resident() { # PID: of it and its children, in KiB
  local pid
  for pid in "$1" $(cat "/proc/$1/task/$1/children"); do awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status"; done | awk '{ sum += $1 } END { print sum }'
}

# In a fresh server, since one that has worked has room for them already; and warm by one subscriber, who is not what is measured.
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
