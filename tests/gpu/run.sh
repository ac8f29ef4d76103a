#!/usr/bin/env bash
# tests/gpu/run.sh: builds on a machine with a GPU, proves CUDA = CPU, runs compute-sanitizer, then
# times; all within 9 minutes. Needs bash, g++, nvcc and the driver, and none of the program's
# libraries. Writes tests/gpu/results/<device>-<date>.json (or under $OUT, where that is set).
# Exit 0: equal; 1: not; 77: there is no GPU, or no nvcc.
set -euo pipefail
root=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../..
cd -- "$root"

skip() {
  echo "skipped: $1"
  exit 77
}
nvcc=$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)
[[ -x $nvcc ]] || skip "there is no nvcc"
command -v nvidia-smi >/dev/null || skip "there is no nvidia-smi, so no NVIDIA driver"
device=$(nvidia-smi --query-gpu=name --format=csv,noheader 2>/dev/null | head -n 1) || true
[[ -n $device ]] || skip "the driver shows no GPU"
arch=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -n 1 | tr -d .)
case $arch in 9? | 10?) arch+=a ;; esac  # these have instructions of their own

build=${BUILD:-build/gpu}
mkdir -p "$build"
jobs=$(nproc)
host_flags=(-std=c++20 -O2 -I. -ffp-contract=off -fno-math-errno -fPIC -fvisibility=hidden)
exact=(--fmad=false --ftz=false --prec-div=true --prec-sqrt=true)

# One command a line, $jobs at a time.
commands() {
  local source object flags
  for source in core/compute/cuda/*.cu; do
    object=$build/$(basename "$source" .cu).cuda.o
    echo "$nvcc -std=c++20 -O3 ${exact[*]} --expt-relaxed-constexpr -I. -lineinfo" \
      "-Xcompiler=-fPIC,-fvisibility=hidden,-ffp-contract=off" \
      "-gencode arch=compute_$arch,code=sm_$arch -c $source -o $object"
  done
  for source in core/base/{bytes,random,result}.cc core/compute/{engine,philox}.cc \
    core/compute/cpu/{igemm8_packed,igemm8_scalar,panels,requantize}.cc \
    core/compute/cpu/level_{sse2,avx2,avx512}.cc \
    core/compute/cuda/{module,device,gemm_chain,limb_gemm,render_tiles,two_states}.cc \
    core/compute/cuda/{body_steps,lattice_cells,text_decoder,text_session}.cc \
    core/compute/generate/transformer.cc core/compute/rx1/*.cc \
    core/compute/simulate/{bodies_run,bodies_start,lattice_geometry,lattice_run}.cc \
    core/compute/simulate/level_*.cc \
    core/compute/render/{accel,hit_avx2,hit_scalar,light,mesh,packet,split,trace}.cc \
    tests/core/compute/render/random_scene.cc tests/gpu/*.cc; do
    flags=()
    case $source in  # as in core/compute/CMakeLists.txt
      *level_sse2.cc) flags=(-O3) ;;
      *level_avx2.cc) flags=(-O3 -mavx2 -mfma) ;;
      *level_avx512.cc)
        flags=(-O3 -mfma -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni
          -mprefer-vector-width=512)
        ;;
    esac
    case $source in */rx1/*level_* | */simulate/level_*) flags+=(-fno-trapping-math) ;; esac
    echo "g++ ${host_flags[*]} ${flags[*]} -c $source -o $build/$(tr / _ <<<"${source%.cc}").o"
  done
}
echo "building for $device (sm_$arch)"
commands | xargs -P "$jobs" -d '\n' -n 1 bash -c
"$nvcc" -shared -cudart static -o "$build/libassay_cuda.so" "$build"/*.cuda.o -ldl
objects=()
for object in "$build"/*.o; do [[ $object == *.cuda.o ]] || objects+=("$object"); done
g++ -o "$build/gpu_check" "${objects[@]}" -ldl -lpthread

date=$(date -u +%Y-%m-%d)
commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
results=${OUT:-tests/gpu/results}
mkdir -p "$results"
result="$results/$(tr ' /' '__' <<<"$device")-$date.json"
check=("$build/gpu_check" "$build/libassay_cuda.so" "$result" "$commit" "$date")

sanitizer=$(command -v compute-sanitizer || echo /usr/local/cuda/bin/compute-sanitizer)
said=""
if [[ -x $sanitizer ]]; then
  for tool in memcheck racecheck synccheck; do
    echo "compute-sanitizer --tool $tool"
    # racecheck needs no more than the shapes that memcheck has proven; each tool has its share of
    # the time, and running out of it is said, in the results too.
    set +e
    timeout 100 "$sanitizer" --tool "$tool" --error-exitcode 3 "${check[@]}" small
    status=$?
    set -e
    said+="${said:+, }$tool"
    if [[ $status == 0 ]]; then
      said+=" clean"
    elif [[ $status == 124 ]]; then
      echo "NOT FINISHED: $tool ran out of its 100 seconds"
      said+=" NOT FINISHED"
    else
      echo "FAILED: $tool"
      exit 1
    fi
  done
else
  echo "NOT RUN: there is no compute-sanitizer"
fi
timeout 200 "${check[@]}" "${said:-not run}"
echo "written: $result"
