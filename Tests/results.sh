#!/usr/bin/env bash
# Runs every scenario that has a recorded result and compares summary.json byte for byte.
# FORESHOCK_RECORD=1 writes the recorded results anew.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
differ=0
for scenario in scenarios/{bookinfo-canary,client-instances,feed-retry-storm,ratings-delay,slow-pod}/*.yaml; do
  name=$(basename "$(dirname "$scenario")")/$(basename "$scenario" .yaml)
  status=0
  .build/release/foreshock run "$scenario" --output "$work/$name" >"$work/out.txt" 2>"$work/err.txt" || status=$?
  [ "$status" -le 1 ] || { cat "$work/err.txt"; exit "$status"; }
  if [ -n "${FORESHOCK_RECORD:-}" ]; then
    mkdir -p "results/$name"
    cp "$work/$name/summary.json" "results/$name/summary.json"
    echo "recorded $name"
  elif cmp -s "$work/$name/summary.json" "results/$name/summary.json"; then
    echo "ok $name"
  else
    echo "DIFFERS $name"
    differ=1
  fi
done
exit $differ
