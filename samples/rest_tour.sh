#!/bin/sh
# A queue by curl, from the first message to the last. Usage: rest_tour.sh [queue]
set -eu
host=${RESTMQ:-http://localhost:8888}
queue=${1:-tour}

say() { printf '\n# %s\n' "$*"; }
# Quotes a word, so that the printed line can be pasted. No word here has a single quote.
shown() { case $1 in *[!A-Za-z0-9_./:=-]*) printf " '%s'" "$1" ;; *) printf ' %s' "$1" ;; esac; }
ask() { printf '$ curl'; for word in "$@"; do shown "$word"; done; printf '\n'; curl -sS --fail-with-body "$@"; }

say 'Add: the reply is the key.'
ask -d "queue=$queue&value=foobar" "$host/"
ask -d value=second "$host/q/$queue"
ask -H 'Content-Type: application/json' -d '{"a":[1,null]}' "$host/q/$queue"

say 'Take a message, show one, count the rest.'
ask "$host/q/$queue"
ask "$host/q/$queue/$queue:2"
ask -d "body={\"cmd\":\"len\",\"queue\":\"$queue\"}" "$host/queue"

say 'Take with a lease, and ack. A message that is not settled in time is delivered again.'
ask "$host/q/$queue?lease=30"
ask -X DELETE "$host/q/$queue/$queue:2.1"

say 'Add once, even when sent twice.'
ask -H "Idempotency-Key: $queue-7" -d value=seventh "$host/q/$queue"
ask -H "Idempotency-Key: $queue-7" -d value=seventh "$host/q/$queue"

say 'Take several messages, one a line.'
ask "$host/q/$queue?max=10"

say 'An empty queue replies 204 without a body, with a wait only after that time.'
ask -o /dev/null -w '%{http_code}\n' "$host/q/$queue?wait=0.1"

say 'Set the policy, show the numbers, purge.'
ask -d policy=roundrobin "$host/p/$queue"
ask "$host/stats/$queue"
ask -X DELETE "$host/q/$queue"
