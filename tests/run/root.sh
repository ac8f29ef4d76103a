# Fresh minimal Debian roots, for the trials beside this file: sourced, not run. They get this
# machine's package mirror and proxy. Sets `repository`; needs root, debootstrap and namespaces,
# and about 2 GB in $TMPDIR (default /var/tmp) for each root.
# A trial's exit: 0 all passed, 1 something failed, 77 not possible here (and says why).
repository=$(readlink -f -- "$(dirname -- "${BASH_SOURCE[0]}")/../..")
trial=$(basename -- "$0" .sh)

say() { printf '%s: %s\n' "$trial" "$*" >&2; }
skip() {
  say "SKIPPED: $*"
  exit 77
}

# Installs a Debian package of this machine, unless its program is there.
need_program() {  # need_program PROGRAM PACKAGE
  command -v "$1" >/dev/null && return
  command -v apt-get >/dev/null || skip "$1 is missing and this is not Debian"
  { apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy install \
      --no-install-recommends "$2"; } >&2 ||
    skip "$1 is missing and could not be installed"
}

need_roots() {
  [[ $(id -u) == 0 ]] || skip "making a root needs root; try: sudo $0"
  need_program debootstrap debootstrap
  unshare --mount --pid --fork true 2>/dev/null || skip "this machine does not allow namespaces"
  # The mirror that apt uses here; debootstrap's own default where apt does not say.
  mirror=$(apt-get indextargets --format '$(REPO_URI) $(LABEL)' 'Identifier: Packages' \
    'Origin: Debian' 2>/dev/null | awk '$2 == "Debian" {print $1; exit}')
  local proxy
  proxy=$(apt-config shell proxy Acquire::http::Proxy | sed -n "s/^proxy='\(.*\)'$/\1/p")
  [[ -z $proxy ]] || export http_proxy=$proxy
}

make_root() {  # make_root SUITE DIR [DEBOOTSTRAP OPTION...]
  debootstrap --variant=minbase "${@:3}" "$1" "$2" ${mirror:+"$mirror"} >"$2.log" 2>&1 || {
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

# Runs a command in a root, in namespaces of its own: when it ends, its mounts and whatever
# processes it left are gone.
inside() {  # inside DIR COMMAND...
  unshare --mount --pid --fork --kill-child bash -c '
    mount -t proc proc "$0/proc" && mkdir -p "$0/dev/shm" && mount -t tmpfs tmpfs "$0/dev/shm" &&
      exec chroot "$0" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"' "$@" </dev/null
}

need_bookworm_packages() {
  local suite
  suite=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
  [[ $suite == bookworm ]] || skip "packages built on ${suite:-this system} are not for bookworm"
}

# The three packages that ./run package made.
copy_packages() {  # copy_packages DIR
  mkdir -p "$1"
  cp "$repository"/build/release/packages/assay*.deb "$1/" ||
    { say "there are no packages: ./run package makes them"; return 1; }
}

# Installs them in a root, with nothing that is only recommended.
install_packages() {  # install_packages DIR
  copy_packages "$1/opt/packages"
  inside "$1" sh -c 'export DEBIAN_FRONTEND=noninteractive
    cd /opt/packages && apt-get -qq update &&
    apt install -y --no-install-recommends ./assay*.deb'
}
