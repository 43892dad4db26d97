#!/usr/bin/env bash
# Runs the tests. Installs the programs that they need (Redis, HTTP clients, nginx, Chromium), then builds and runs
# every test project.
# Usage: test/run.sh [arguments for dotnet test, such as --filter FullyQualifiedName~Streams]
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
need systemd-analyze systemd systemd

log=$(mktemp)
export RESTMQ_MEASURED
RESTMQ_MEASURED=$(mktemp)
trap 'rm -f "$log" "$RESTMQ_MEASURED"' EXIT
status=0
dotnet build RestMq.sln -c Release --nologo -v q || exit 1
# The projects run one after another (-m:1). They share the cores of the machine, and some tests measure the latency of
# a delivery.
dotnet test RestMq.sln -c Release --no-build --nologo -m:1 --logger 'console;verbosity=minimal' "$@" 2>&1 | tee "$log" || status=$?

cat "$RESTMQ_MEASURED"
# dotnet test prints the counts of each project on a separate line. This prints their sum.
awk '/Failed: +[0-9]+, Passed: +[0-9]+, Skipped:/ {
       for (i = 1; i < NF; i++) {
         if ($i == "Failed:") failed += $(i + 1)
         if ($i == "Passed:") passed += $(i + 1)
         if ($i == "Skipped:") skipped += $(i + 1)
       }
     }
     END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped; exit passed == 0 }' "$log" || status=1
exit "$status"
