#!/usr/bin/env bash
# Runs the tests. Installs the programs that they need (Redis, HTTP clients, nginx, Chromium), then builds and runs
# every test project.
# Usage: test/run.sh [--filter FullyQualifiedName~Streams] [other arguments for dotnet test]
set -euo pipefail
cd "$(dirname "$0")/.."

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else return 1; fi; }

install() { # install DEBIAN_PACKAGE OTHER_PACKAGE: installs a package with the package manager of the system
  if command -v apt-get >/dev/null; then
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq -o Acquire::Retries=3 &&
      as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o Acquire::Retries=3 "$1" >/dev/null
  elif command -v dnf >/dev/null; then as_root dnf install -y -q "$2"
  elif command -v apk >/dev/null; then as_root apk add -q "$2"
  elif command -v brew >/dev/null; then brew install -q "$2"
  else return 1
  fi
}

need() { # need COMMAND DEBIAN_PACKAGE OTHER_PACKAGE: installs the package if the command is missing
  command -v "$1" >/dev/null && return
  echo "Installing $2, which the tests need."
  install "$2" "$3" && command -v "$1" >/dev/null && return
  echo "The tests need the command $1, but it could not be installed. Install $2 (or $3) and run this script again." >&2
  exit 1
}

need redis-server redis-server redis
need python3 python3 python3
need curl curl curl
need node nodejs nodejs
need npm npm npm
need nginx nginx nginx
need chromium chromium chromium
if [ "$(uname)" = Linux ]; then need systemd-analyze systemd systemd; fi

filter=''
arguments=()
while [ $# -gt 0 ]; do
  case "$1" in
    --filter) filter=${2?"--filter must be followed by an expression."}; shift ;;
    --filter=*) filter=${1#--filter=} ;;
    *) arguments+=("$1") ;;
  esac
  shift
done

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
trap 'kill $(jobs -rp) 2>/dev/null; exit 130' INT TERM

run() { # run PROJECT NAME FILTER: runs tests of a project, and shows their output when they have ended
  local options=() child code=0
  if [ -n "$3" ]; then options=(--filter "$3"); fi
  RESTMQ_MEASURED=$logs/$2.measured dotnet test "$1" -c Release --no-build --nologo --logger 'console;verbosity=minimal' \
    ${options[@]+"${options[@]}"} ${arguments[@]+"${arguments[@]}"} > "$logs/$2.log" 2>&1 &
  child=$!
  trap 'kill "$child" 2>/dev/null' TERM
  wait "$child" || code=$?
  cat "$logs/$2.log"
  if [ $code != 0 ]; then echo "$2 failed (exit code $code)." | tee -a "$logs/failed"; fi
}

also() { # also CONDITION: prints the caller's filter and this condition together
  if [ -n "$filter" ]; then echo "($filter)&($1)"; else echo "$1"; fi
}

dotnet build RestMq.sln -c Release --nologo -v q || exit 1

# The projects that take longest begin.
slow=(test/RestMq.Ledger.Tests test/RestMq.Core.Tests test/RestMq.EndToEnd.Tests test/RestMq.Packages.Tests)
others=$(grep -l Microsoft.NET.Test.Sdk test/*/*.csproj test/tools/*/*.csproj | xargs -n 1 dirname |
  grep -vxF "$(printf '%s\n' "${slow[@]}")")
# These projects also have tests that measure the machine (Runs=alone).
measuring=' test/RestMq.Core.Tests test/RestMq.EndToEnd.Tests '
# Two projects run at a time, because most tests wait more than they compute.
for project in "${slow[@]}" $others; do
  while [ "$(jobs -rp | wc -l)" -ge 2 ]; do sleep 0.2; done
  case "$measuring" in
    *" $project "*) run "$project" "$(basename "$project")" "$(also 'Runs!=alone')" & ;;
    *) run "$project" "$(basename "$project")" "$filter" & ;;
  esac
done
wait
# The tests that measure the machine come last, while nothing else runs.
for project in $measuring; do
  run "$project" "$(basename "$project").alone" "$(also 'Runs=alone')" &
  wait
done

cat "$logs"/*.measured 2>/dev/null || true
status=0
if [ -e "$logs/failed" ]; then status=1; cat "$logs/failed"; fi
# dotnet test prints the counts of each project on a separate line. This prints their sum.
awk '/Failed: +[0-9]+, Passed: +[0-9]+, Skipped:/ {
       for (i = 1; i < NF; i++) {
         if ($i == "Failed:") failed += $(i + 1)
         if ($i == "Passed:") passed += $(i + 1)
         if ($i == "Skipped:") skipped += $(i + 1)
       }
     }
     END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped; exit passed == 0 }' "$logs"/*.log || status=1
exit "$status"
