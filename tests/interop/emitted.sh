#!/bin/sh
# emitted.sh BUILD PROGRAMS: runs the real service and real agents, an honest one and two cheats,
# over sockets, and has the checkers in go/ and python/ look at all that leaves the service: its
# checkpoint, tiles and bundles, receipts of several workloads, and fraud proofs of both kinds.
# Exit codes: 0 they accept it, 1 no, 77 a checker cannot run here.
set -eu
build=$1
bin=$2
. "${0%/*}/checkers.sh"
folder=$(mktemp -d)
children=
finish() {
  code=$?
  trap - EXIT
  for child in $children; do kill "$child" 2>/dev/null || true; done
  wait
  [ "$code" = 0 ] || tail -n 20 "$folder"/*.log >&2 || true
  rm -rf "$folder"
  exit "$code"
}
trap finish EXIT
trap 'exit 1' INT TERM
fail() {
  echo "emitted.sh: $*" >&2
  exit 1
}
start() {  # start NAME PROGRAM ARGUMENTS...
  name=$1
  shift
  "$@" >"$folder/$name.log" 2>&1 &
  children="$children $!"
}
# Both checkers must end with this code.
expect() {  # expect CODE WORDS...
  due=$1
  shift
  for checker in go_check python_check; do
    code=0
    "$checker" "$@" >"$folder/$checker.out" 2>&1 || code=$?
    if [ "$code" != "$due" ]; then
      cat "$folder/$checker.out" >&2
      fail "$checker $*: exit $code where $due is expected"
    fi
  done
  echo "exit $due by both: $1 $(basename "$2"): $(tail -n 1 "$folder/go_check.out")"
}

"$bin/assay-verifier" init --data "$folder/verifier" --policy demo >/dev/null 2>&1
start verifier "$bin/assay-verifier" serve --data "$folder/verifier" --listen 127.0.0.1:0
address=
tries=0
while [ -z "$address" ]; do
  tries=$((tries + 1))
  [ "$tries" -lt 300 ] || fail "the verifier did not start"
  sleep 0.1
  address=$(grep -o 'http://127.0.0.1:[1-9][0-9]*' "$folder/verifier.log" | head -n 1) || true
done
export ASSAY_VERIFIER="$address"
policy=$folder/verifier/policy.txt

for name in honest zero-state equivocate; do
  "$bin/assay-prover" init --key "$folder/$name.key" >/dev/null
  cheat=
  [ "$name" = honest ] || cheat="--misbehave $name"
  # shellcheck disable=SC2086
  start "$name" "$bin/assay-prover" run --verifier "$address" --key "$folder/$name.key" \
    --name "$name" --backend cpu $cheat
done
tries=0
until [ "$("$bin/assay" provider list --json | grep -o '"name"' | wc -l)" -ge 3 ]; do
  tries=$((tries + 1))
  [ "$tries" -lt 300 ] || fail "the agents did not register"
  sleep 0.1
done

submit() {  # submit NAME PROVIDER OPTIONS...
  receipt=$folder/$1.assay
  provider=$2
  shift 2
  "$bin/assay" job submit --key "$folder/renter.key" --provider "$provider" --wait \
    --receipt "$receipt" "$@" >>"$folder/jobs.log" 2>&1
}
submit gemm honest --workload gemm --rows 8 --cols 64 --steps 6 ||
  fail "the honest job failed"
cat >"$folder/scene.json" <<'SCENE'
{"camera": {"position": [0, 1, 4], "look_at": [0, 0.5, 0]},
 "background": {"horizon": [1, 1, 1], "zenith": [0.4, 0.6, 1]},
 "materials": {"red": {"type": "diffuse", "color": [0.8, 0.2, 0.2]}},
 "objects": [{"type": "sphere", "center": [0, 0.5, 0], "radius": 0.5, "material": "red"}]}
SCENE
submit gemm_strict honest --workload gemm --rows 40 --cols 64 --steps 5 --assurance strict ||
  fail "the strict job failed"
submit render honest --workload render --scene "$folder/scene.json" --width 128 --height 96 \
  --samples 1 || fail "the render job failed"
submit zero-state zero-state --workload gemm --rows 8 --cols 64 --steps 6 || true
submit equivocate equivocate --workload gemm --rows 8 --cols 64 --steps 6 || true

tries=0
until [ "$("$bin/assay" slash list --json | grep -o '"fault"' | wc -l)" -ge 2 ]; do
  tries=$((tries + 1))
  [ "$tries" -lt 600 ] || fail "the cheats were not caught"
  sleep 0.1
done
sleep 1  # their evidence must be under a signed head

for kind in gemm gemm_strict render; do
  expect 0 receipt "$folder/$kind.assay" --policy "$policy"
done
slashes=$("$bin/assay" slash list --json)
found=0
for id in $(printf '%s' "$slashes" | grep -o '"id": *"[0-9]*"' | grep -o '[0-9]*'); do
  "$bin/assay" slash show "$id" --evidence "$folder/evidence_$id.assay" >/dev/null 2>&1
  ours=0
  "$bin/assay" slash check "$folder/evidence_$id.assay" --policy "$policy" >/dev/null 2>&1 ||
    ours=$?
  case $ours in
    14) expect 15 evidence "$folder/evidence_$id.assay" --policy "$policy" ;;  # not recomputed
    20) expect 20 evidence "$folder/evidence_$id.assay" --policy "$policy" ;;
    *) fail "assay slash check of slash $id ends with $ours" ;;
  esac
  found=$((found + 1))
done
[ "$found" -ge 2 ] || fail "no evidence was found in: $slashes"
expect 0 log "$address" --policy "$policy"
sed 's/^#assay-vrf .*/#assay-vrf '"$(sed -n 's/^#assay-verifier //p' "$policy")"'/' "$policy" \
  >"$folder/other.txt"
expect 12 receipt "$folder/gemm.assay" --policy "$folder/other.txt"
