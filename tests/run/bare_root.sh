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
# argument list for ./run, such as "build". The roots get this machine's package mirror and proxy.
# Needs root, and about 2 GB in $TMPDIR (default /var/tmp) for each root; they are removed after.
# Exit: 0 all passed, 1 something failed, 77 not possible here (and says why).
set -euo pipefail
repository=$(readlink -f -- "$(dirname -- "${BASH_SOURCE[0]}")/../..")

say() { printf 'bare_root: %s\n' "$*" >&2; }
skip() {
  say "SKIPPED: $*"
  exit 77
}

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

[[ $(id -u) == 0 ]] || skip "making a root needs root; try: sudo $0"
if ! command -v debootstrap >/dev/null; then
  command -v apt-get >/dev/null || skip "debootstrap is missing and this is not Debian"
  { apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy install debootstrap; } >&2 ||
    skip "debootstrap is missing and could not be installed"
fi
unshare --mount --pid --fork true 2>/dev/null || skip "this machine does not allow namespaces"

# The mirror that apt uses here; debootstrap's own default where apt does not say.
mirror=$(apt-get indextargets --format '$(REPO_URI) $(LABEL)' 'Identifier: Packages' \
  'Origin: Debian' 2>/dev/null | awk '$2 == "Debian" {print $1; exit}')
proxy=$(apt-config shell proxy Acquire::http::Proxy | sed -n "s/^proxy='\(.*\)'$/\1/p")
[[ -z $proxy ]] || export http_proxy=$proxy

make_root() {  # make_root SUITE DIR
  debootstrap --variant=minbase "$1" "$2" ${mirror:+"$mirror"} >"$2.log" 2>&1 || {
    tail -n 20 "$2.log" >&2
    return 1
  }
  # How this machine reaches its mirror: proxy and clock rules, name lookup, certificates.
  apt-config dump --format '%f "%v";%n' | grep -E '^Acquire::(http|https|Retries|Check-)' \
    >"$2/etc/apt/apt.conf.d/99host" || true
  cp -L /etc/resolv.conf /etc/hosts "$2/etc/"
  if [[ $mirror == https:* ]]; then
    mkdir -p "$2/etc/ssl/certs"
    cp -L /etc/ssl/certs/ca-certificates.crt "$2/etc/ssl/certs/"
  fi
}

copy_repository() {  # copy_repository DIR
  mkdir -p "$1"
  if [[ -e $repository/.git ]]; then
    git -c safe.directory="$repository" -C "$repository" ls-files -z
  else  # a release archive
    (cd "$repository" && find . -path ./build -prune -o -type f -print0)
  fi | tar -C "$repository" --null -T - -cf - | tar -C "$1" --no-same-owner -xf -
}

# Runs a command in a root, in namespaces of its own: when it ends, its mounts and whatever
# processes it left are gone.
inside() {  # inside DIR COMMAND...
  unshare --mount --pid --fork --kill-child bash -c '
    mount -t proc proc "$0/proc" && mkdir -p "$0/dev/shm" && mount -t tmpfs tmpfs "$0/dev/shm" &&
      exec chroot "$0" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"' "$@" </dev/null
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
  mkdir -p "$2/opt/packages"
  cp "$repository"/build/release/packages/assay*.deb "$2/opt/packages/" ||
    { say "there are no packages: ./run package makes them"; return 1; }
  inside "$2" sh -c 'export DEBIAN_FRONTEND=noninteractive
    cd /opt/packages && apt-get -qq update &&
    apt install -y --no-install-recommends ./assay*.deb && assay demo --out /tmp/demo'
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
