#!/bin/sh
# A queue by curl, from the first message to the last. Usage: rest_tour.sh [queue]
set -eu
host=${RESTMQ:-http://localhost:8888}
queue=${1:-tour}

say() { printf '\n# %s\n' "$*"; }
shown() { case $1 in *[!A-Za-z0-9_./:=-]*) printf " '%s'" "$1" ;; *) printf ' %s' "$1" ;; esac; } # So that it can be pasted; no word here holds a single quote.
ask() { printf '$ curl'; for word in "$@"; do shown "$word"; done; printf '\n'; curl -sS --fail-with-body "$@"; }

say 'Add: the reply is the key.'
ask -d "queue=$queue&value=foobar" "$host/"
ask -d value=second "$host/q/$queue"
ask -H 'Content-Type: application/json' -d '{"a":[1,null]}' "$host/q/$queue"

say 'Take one; look at one; how many are left.'
ask "$host/q/$queue"
ask "$host/q/$queue/$queue:2"
ask -d "body={\"cmd\":\"len\",\"queue\":\"$queue\"}" "$host/queue"

say 'Take with a lease, and settle: what is not settled in time comes back.'
ask "$host/q/$queue?lease=30"
ask -X DELETE "$host/q/$queue/$queue:2.1"

say 'Send once, even if it is sent twice.'
ask -H "Idempotency-Key: $queue-7" -d value=seventh "$host/q/$queue"
ask -H "Idempotency-Key: $queue-7" -d value=seventh "$host/q/$queue"

say 'Several at once, one a line.'
ask "$host/q/$queue?max=10"

say 'An empty queue is 204, without a body; with a wait it takes that long to say so.'
ask -o /dev/null -w '%{http_code}\n' "$host/q/$queue?wait=0.1"

say 'Policy, numbers, and an end.'
ask -d policy=roundrobin "$host/p/$queue"
ask "$host/stats/$queue"
ask -X DELETE "$host/q/$queue"
