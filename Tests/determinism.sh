#!/usr/bin/env bash
# The same scenario and seed must give the same bytes: with one thread and with two, in release and
# in debug. Wall time and threads are in timing.json alone, which is not compared.
set -euo pipefail
cd "$(dirname "$0")/.."
swift build -c release --product foreshock --quiet
swift build --product foreshock --quiet
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
scenario=scenarios/bookinfo-canary/weight-10.yaml
run() { # name, program, threads
  local status=0
  "$2" run "$scenario" --replications 2 --threads "$3" --output "$work/$1" >"$work/$1.txt" || status=$?
  [ "$status" -le 1 ] || { echo "determinism: $1 ended with status $status"; exit 1; }
}
run release-1 .build/release/foreshock 1
run release-2 .build/release/foreshock 2
run debug-2 .build/debug/foreshock 2
for other in release-2 debug-2; do
  for file in summary.json timeseries.csv events.ndjson report.html; do
    cmp "$work/release-1/$file" "$work/$other/$file"
  done
done
echo "determinism: one and two threads, release and debug: the same bytes"
