#!/usr/bin/env bash
# Runs every scenario and compares summary.json with the recorded one, byte for byte; then holds the
# schema, the page of manifest fields and the output in the README against what the program prints.
# FORESHOCK_RECORD=1 writes the recorded results anew. Scenarios as arguments: these alone.
set -euo pipefail
cd "$(dirname "$0")/.."
program=.build/release/foreshock
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
differ=0

# Keeps or compares what was made ($2) with what is recorded ($3).
hold() {
  if [ -n "${FORESHOCK_RECORD:-}" ]; then
    mkdir -p "$(dirname "$3")"
    cp "$2" "$3"
    echo "recorded $1"
  elif cmp -s "$2" "$3"; then
    echo "ok $1"
  else
    echo "DIFFERS $1"
    differ=1
  fi
}

# Runs a scenario ($1) into a folder ($2); a missed expectation is an answer, not a failure.
play() {
  local status=0
  mkdir -p "$2"
  "$program" run "$1" --output "$2" >"$2/out.txt" 2>"$2/err.txt" || status=$?
  [ "$status" -le 1 ] || { cat "$2/err.txt"; exit "$status"; }
}

for scenario in "${@:-scenarios/*/*.yaml}"; do
  for file in $scenario; do
    name=$(basename "$(dirname "$file")")/$(basename "$file" .yaml)
    play "$file" "$work/$name"
    hold "$name" "$work/$name/summary.json" "results/$name/summary.json"
  done
done
[ $# -eq 0 ] || exit $differ

"$program" schema >"$work/schema.json"
hold "schema" "$work/schema.json" scenarios/schema.json
"$program" schema --manifests >"$work/fields.md"
hold "manifest fields" "$work/fields.md" Sources/ScenarioFiles/ScenarioFiles.docc/ManifestFields.md

# The README's scenario, and the change that the README makes to it.
awk '/^```yaml/ { inside = 1; next } /^```/ { inside = 0 } inside' README.md >"$work/shop.yaml"
sed 's/numRetries: 2/numRetries: 0/' "$work/shop.yaml" >"$work/changed.yaml"
play "$work/shop.yaml" "$work/shop"
play "$work/changed.yaml" "$work/changed"
cat "$work"/{feed-retry-storm/scenario,shop,changed}/out.txt >"$work/printed.txt"
while IFS= read -r line; do
  case $line in *…*) continue ;; esac
  grep -qF -- "$line" "$work/printed.txt" && continue
  echo "DIFFERS README: $line"
  differ=1
done < <(awk '/^```text/ { inside = 1; next } /^```/ { inside = 0 } inside && NF' README.md)
echo "ok README, when nothing is said above"
exit $differ
