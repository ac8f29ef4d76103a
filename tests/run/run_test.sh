#!/usr/bin/env bash
# ./run, tried on a copy of itself with stand-ins for the system's programs: what it installs, when
# it refuses, what it says, and its exit codes. Nothing is installed or built.
# shellcheck disable=SC2016 # what stands in single quotes belongs to the stand-ins
set -euo pipefail
repository=$(readlink -f -- "$(dirname -- "${BASH_SOURCE[0]}")/../..")
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
tree=$work/tree
bin=$work/bin
calls=$work/calls
failures=0
checks=0

# A stand-in that notes how it was called, then runs the given lines.
stand_in() {  # stand_in NAME LINES
  printf '#!/bin/bash\necho "%s $*" >>"%s"\n%s\n' "$1" "$calls" "$2" >"$bin/$1"
  chmod +x "$bin/$1"
}

# A fresh machine: Debian, root, everything installed, a build that works.
fresh() {
  rm -rf -- "$bin" "$tree" "$calls"
  mkdir -p "$bin" "$tree"
  : >"$calls"
  cp "$repository/run" "$tree/run"
  local tool
  for tool in awk bash cat chmod dirname env grep mkdir nproc readlink rm true; do
    ln -s "$(type -P "$tool")" "$bin/$tool"
  done
  stand_in id 'echo 0'
  stand_in dpkg-query 'echo installed'
  stand_in apt-get 'exit 0'
  stand_in cmake 'if [[ $1 == --build ]]; then
    mkdir -p build/release/bin
    for program in assay assay-bench assay-sim; do
      printf "#!/bin/bash\necho \"$program in \$PWD: \$*\"" >build/release/bin/$program
      chmod +x build/release/bin/$program
    done
  fi'
  stand_in ctest 'echo "100% tests passed, 0 tests failed out of 3"'
}

run() {  # run ARGUMENTS...: sets code, output (both streams), result (stdout alone)
  code=0
  (cd "$work" && env -i PATH="$bin" "$tree/run" "$@") </dev/null >"$work/out" 2>"$work/err" ||
    code=$?
  result=$(<"$work/out")
  output="$result$(<"$work/err")"
}

fail() {
  failures=$((failures + 1))
  printf 'FAILED %s: %s\n  exit %s; output: %s\n  calls: %s\n' "$name" "$1" "$code" "$output" \
    "$(grep -v ^dpkg-query "$calls" || true)"
}
exits() { checks=$((checks + 1)) && { [[ $code == "$1" ]] || fail "expected exit $1"; }; }
says() { checks=$((checks + 1)) && { [[ $output == *"$1"* ]] || fail "expected to read: $1"; }; }
called() { checks=$((checks + 1)) && { grep -qxF -- "$1" "$calls" || fail "expected call: $1"; }; }
not_called() {
  checks=$((checks + 1)) && { ! grep -q -- "^$1" "$calls" || fail "unexpected call: $1"; }
}

name="help needs nothing and goes to stdout"
fresh
rm "$bin/dpkg-query" "$bin/cmake"
run --help
exits 0
says "usage: ./run COMMAND"
[[ $result == usage* ]] || fail "expected help on stdout"

name="no command, and an unknown one, are usage errors"
fresh
run
exits 2
says "usage: ./run COMMAND"
run biuld
exits 2
says "unknown command 'biuld'"

name="nothing missing, nothing installed"
fresh
run build
exits 0
not_called apt-get
called "cmake --preset release"

name="only what is missing is installed, without a question"
fresh
stand_in dpkg-query '[[ $* == *ninja-build* || $* == *catch2* ]] || echo installed'
stand_in apt-get '[[ $DEBIAN_FRONTEND == noninteractive ]] || exit 9'
run build
exits 0
says "installing ninja-build catch2"
grep -q '^apt-get .* update$' "$calls" || fail "expected an update"
grep -q '^apt-get .* install -y --no-install-recommends ninja-build catch2$' "$calls" ||
  fail "expected an install of two packages"

name="a package that was removed but left its settings counts as missing"
fresh
stand_in dpkg-query 'if [[ $* == *lmdb* ]]; then echo config-files; else echo installed; fi'
run build
says "installing liblmdb-dev"

name="sudo is used where it asks nothing"
fresh
stand_in id 'echo 1000'
stand_in dpkg-query '[[ $* == *g++* ]] || echo installed'
stand_in sudo 'shift; exec "$@"'
run build
exits 0
grep -q '^sudo -n env .* install -y --no-install-recommends g++$' "$calls" ||
  fail "expected the install through sudo"

name="neither root nor sudo: it says what to run, and builds nothing"
fresh
stand_in id 'echo 1000'
stand_in dpkg-query '[[ $* == *g++* || $* == *libpng* ]] || echo installed'
run demo
exits 4
says "apt-get install -y --no-install-recommends g++ libpng-dev"
not_called cmake

name="sudo that wants a password, and nobody there to type it"
fresh
stand_in id 'echo 1000'
stand_in dpkg-query 'exit 1'
stand_in sudo 'exit 1'
run demo
exits 4
says "apt-get install"
not_called apt-get

name="not root, but nothing is missing"
fresh
stand_in id 'echo 1000'
run build
exits 0

name="apt-get fails"
fresh
stand_in dpkg-query 'exit 1'
stand_in apt-get '[[ $* == *update ]]'
run build
exits 5
says "could not install: cmake"
not_called cmake

name="not Debian: with the tools there it builds, without them it names what is needed"
fresh
rm "$bin/dpkg-query" "$bin/apt-get"
stand_in ninja ''
run build
exits 0
rm "$bin/ninja"
run build
exits 4
says "this is not Debian"
says "libsodium-dev"

name="demo becomes the program, in the caller's folder, with its arguments"
fresh
run demo --out "a b"
exits 0
[[ $result == "assay in $work: demo --out a b" ]] || fail "expected the demo's own output alone"

name="bench passes its arguments on"
fresh
run bench gemm
exits 0
says "assay-bench in $work: gemm"

name="sim passes its arguments on"
fresh
run sim --seed 7
exits 0
says "assay-sim in $work: --seed 7"

name="bench installs its peers, and goes on without them"
fresh
stand_in dpkg-query '[[ $* == *libdnnl-dev* ]] || echo installed'
stand_in apt-get 'exit 1'
run bench hash
exits 0
says "installing libdnnl-dev"
says "going on without them"
says "assay-bench in $work: hash"

name="bench --report hands over the committed results"
fresh
run bench --report
exits 0
says "assay-bench in $work: --report $tree/README.md $tree/tests/bench/results/"

name="test ends with ctest's own count and passes arguments on"
fresh
run test -R wire
exits 0
[[ $result == *"100% tests passed, 0 tests failed out of 3" ]] || fail "expected ctest's count last"
grep -q '^ctest --preset release .*-R wire$' "$calls" || fail "expected ctest with -R wire"

name="a failing test fails test"
fresh
stand_in ctest 'exit 8'
run test
exits 1
says "tests failed under release"

name="a failing configure shows why"
fresh
stand_in cmake 'echo "CMake Error: no sodium" >&2; exit 1'
run build
exits 1
says "CMake Error: no sodium"
says "./run clean"

name="a failing build fails every command that needs it"
fresh
stand_in cmake '[[ $1 != --build ]]'
for command in build demo test bench sim; do
  run "$command"
  exits 1
  says "building build/release failed"
done
not_called ctest

name="a build folder that was copied from elsewhere is configured afresh"
fresh
mkdir -p "$tree/build/release"
echo "CMAKE_HOME_DIRECTORY:INTERNAL=/elsewhere" >"$tree/build/release/CMakeCache.txt"
run build
called "cmake --preset release --fresh"

name="a tree that cannot be written to"
fresh
: >"$tree/build"
run build
exits 4
says "cannot write to $tree/build"

name="clean removes the build folder and nothing else"
fresh
mkdir -p "$tree/build/release"
run clean
exits 0
[[ ! -e $tree/build && -e $tree/run ]] || fail "expected only build/ to be gone"

name="continuous integration runs the README's test command"
fresh
mkdir "$tree/.ci"
cp "$repository/.ci/run" "$tree/.ci/run"
code=0
output=$(env -i PATH="$bin:/bin" "$tree/.ci/run" 2>&1) || code=$?
exits 0
grep -q '^ctest --preset release' "$calls" || fail "expected ctest"

echo "$checks checks, $failures failed"
[[ $failures == 0 && $checks -ge 40 ]]
