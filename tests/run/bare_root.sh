#!/usr/bin/env bash
# Tries the README's two commands where nothing is installed: a fresh minimal Debian (debootstrap)
# with only the repository's tracked files in it, started from another folder, without TERM.
#
#   tests/run/bare_root.sh [--keep] [SUITE...] [-- COMMAND...]
#   tests/run/bare_root.sh [--keep] --packages [SUITE...]
#
# --packages tries the packages of ./run package instead: `apt install ./assay*.deb && assay demo`,
# in a root of the Debian that they were built on (default: bookworm), which gets nothing else.
# SUITE is bookworm, trixie (default: both). COMMAND replaces `demo` and `test`: each is one
# argument list for ./run, such as "build". What it needs and its exit: root.sh. The roots are
# removed after.
set -euo pipefail
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/root.sh"

keep=no
packages=no
suites=()
commands=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --keep) keep=yes ;;
    --packages) packages=yes ;;
    --)
      commands=("${@:2}")
      break
      ;;
    *) suites+=("$1") ;;
  esac
  shift
done
[[ $packages == no || ${#suites[@]} -gt 0 ]] || suites=(bookworm)
[[ ${#suites[@]} -gt 0 ]] || suites=(bookworm trixie)
[[ ${#commands[@]} -gt 0 ]] || commands=("demo --out /tmp/demo" test)

need_roots

copy_repository() {  # copy_repository DIR
  mkdir -p "$1"
  if [[ -e $repository/.git ]]; then
    git -c safe.directory="$repository" -C "$repository" ls-files -z
  else  # a release archive
    (cd "$repository" && find . -path ./build -prune -o -type f -print0)
  fi | tar -C "$repository" --null -T - -cf - | tar -C "$1" --no-same-owner -xf -
}

# Without root or sudo, ./run must not try; it must say which packages to ask for.
try_unprivileged() {  # try_unprivileged DIR
  local output nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
  output=$(inside "$1" "${nobody[@]}" /opt/assay/run build 2>&1) &&
    { say "as nobody, ./run build passed in a bare root"; return 1; }
  [[ $output == *"apt-get install -y --no-install-recommends cmake "* ]] ||
    { say "as nobody, ./run did not say what to install: $output"; return 1; }
}

try_packages() {  # try_packages SUITE DIR
  install_packages "$2"
  inside "$2" assay demo --out /tmp/demo
  say "$1: packages passed in $SECONDS s"
}

try() {  # try SUITE DIR
  say "$1: making the root"
  make_root "$1" "$2"
  if [[ $packages == yes ]]; then
    try_packages "$@"
    return
  fi
  copy_repository "$2/opt/assay"
  try_unprivileged "$2"
  local command words
  for command in "${commands[@]}"; do
    read -ra words <<<"$command"
    say "$1: ./run $command"
    inside "$2" /opt/assay/run "${words[@]}"
  done
  say "$1: passed in $SECONDS s"
}

base=$(mktemp -d "${TMPDIR:-/var/tmp}/assay-bare.XXXXXX")
[[ $keep == yes ]] || trap 'rm -rf --one-file-system -- "$base"' EXIT
failed=()
for suite in "${suites[@]}"; do
  SECONDS=0
  # A shell of its own, because `set -e` does not reach into a tested command.
  (try "$suite" "$base/$suite") &
  wait $! || failed+=("$suite")
done
if [[ ${#failed[@]} -gt 0 ]]; then
  say "FAILED in ${failed[*]}"
  exit 1
fi
