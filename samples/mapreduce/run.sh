#!/bin/sh
# Counts the words of a text with two mappers and a reducer. Usage: run.sh [file] [--frequencies]
set -eu
here=$(dirname "$0")
host=${RESTMQ:-http://localhost:8888}
file=$here/alice.txt
case ${1:-} in '' | --*) ;; *) file=$1 && shift ;; esac
parts=parts-$$ results=results-$$

python3 "$here/map.py" "$parts" "$results" "$@" &
python3 "$here/map.py" "$parts" "$results" "$@" &
count=$(python3 "$here/feed.py" "$parts" "$file")
python3 "$here/reduce.py" "$results" "$count"
# Purging ends the mappers' streams, and so the mappers.
for queue in "$parts" "$results"; do curl -sS -o /dev/null -X DELETE "$host/q/$queue"; done
wait
