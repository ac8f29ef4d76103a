#!/bin/sh
# demo_runs.sh ASSAY COUNT: the demo, COUNT times in a row. `assay demo` itself fails when a cheat
# is missed or an honest provider accused; here each run must also end within a minute.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
run=1
while [ "$run" -le "$2" ]; do
  start=$(date +%s)
  "$1" demo --json --quiet --out "$folder/demo" >"$folder/summary.json"
  seconds=$(($(date +%s) - start))
  grep -Eq '"false_accusations": ?0(,|$)' "$folder/summary.json"
  echo "run $run of $2: $seconds s"
  for file in picture.png story.txt simulation.png; do
    [ -s "$folder/demo/$file" ] || { echo "a run left no $file" >&2; exit 1; }
  done
  [ "$seconds" -lt 60 ] || { echo "a run took $seconds s; it has less than 60" >&2; exit 1; }
  rm -rf "$folder/demo"
  run=$((run + 1))
done
# And once without a model: all but the story.
"$1" demo --json --quiet --no-story --out "$folder/demo" >"$folder/summary.json"
grep -Eq '"false_accusations": ?0(,|$)' "$folder/summary.json"
[ -s "$folder/demo/simulation.png" ]
[ ! -e "$folder/demo/story.txt" ]
