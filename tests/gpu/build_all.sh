#!/usr/bin/env bash
# tests/gpu/build_all.sh BUILD: compiles the module for every architecture of the full list, and
# fails when a kernel of the matrix products, attention, simulate or training spills registers, or a
# kernel of any file is missing. Prints those kernels' registers. Exit 77: the build has no nvcc.
set -euo pipefail
build=${1:?usage: build_all.sh BUILD}

# Without -q: grep would leave before cmake is done, and pipefail takes that for a failure.
if ! cmake --build "$build" --target help | grep -E '^(\.\.\. )?cuda-all\b' >/dev/null; then
  echo "skipped: this build has no nvcc"
  exit 77
fi
log=$build/cuda_all.log
rm -rf "$build/core/compute/cuda/all"
mkdir -p "$build/core/compute/cuda/all"
cmake "$build" >/dev/null  # the folders of the kernels
cmake --build "$build" --target cuda-all -j "${JOBS:-2}" | tee "$log"

# ptxas says the entry first, then its spills and its registers.
awk '
  /Compiling entry function/ {
    entry = $0; sub(/.*function ./, "", entry); sub(/. for .*/, "", entry)
    arch = $0; sub(/.* for ./, "", arch); sub(/.$/, "", arch)
  }
  BEGIN { gated = "igemm8|attention|lattice|bodies|train" }
  /spill stores/ { spilled = $5 + $9; if (spilled > 0 && entry ~ gated) {
                     print "SPILLS " arch " " entry ": " $0; bad = 1 } }
  /Used [0-9]+ registers/ {
    kernels[arch]++
    match($0, /Used [0-9]+/)
    used = substr($0, RSTART + 5, RLENGTH - 5)
    if (entry ~ gated) printf "%-8s %4d registers  %s\n", arch, used, entry
  }
  END { for (a in kernels) { architectures++; if (!most || kernels[a] > most) most = kernels[a] }
        for (a in kernels) if (kernels[a] < most) { print "MISSING kernels for " a; bad = 1 }
        if (architectures < 8) { print "only " architectures + 0 " architectures"; bad = 1 }
        exit bad }' "$log"
echo "no spills in the matrix products, attention, simulate and training of any architecture"
