#!/usr/bin/env bash
# Builds the image of api/package/Containerfile from the packages of ./run package, and tries it:
# the demo; the verifier that is its default command, asked from outside; stopped by SIGTERM; and
# started anew on the same volume.
#
#   tests/run/container.sh [--keep]
#
# No registry is asked: debian:12-slim is a bookworm root made here (debootstrap), imported under
# that name into a storage of its own. Needs podman, and what root.sh needs; its exits are there.
set -euo pipefail
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/root.sh"

STOP_SECONDS_MAX=5
need_roots
need_bookworm_packages
command -v podman >/dev/null ||
  skip "podman is missing (Debian: apt install podman crun containernetworking-plugins)"
command -v curl >/dev/null || skip "curl is missing"

# A kernel with both kinds of control groups mounted is nothing that crun takes: in a mount
# namespace of this script's own there is one kind.
if [[ -e /sys/fs/cgroup/unified && ${ASSAY_TRIAL_NAMESPACE:-} != yes ]]; then
  ASSAY_TRIAL_NAMESPACE=yes exec unshare --mount \
    bash -c 'umount /sys/fs/cgroup/unified; exec "$@"' - "$0" "$@"
fi

base=$(mktemp -d "${TMPDIR:-/var/tmp}/assay-container.XXXXXX")
pod() { podman --root "$base/storage" --runroot "$base/run" "$@"; }
# Below any machine's hard limits: without CAP_SYS_RESOURCE they cannot be raised.
limits=(--ulimit nofile=4096:4096 --ulimit nproc=4096:4096)

clean_up() {
  pod rm --all --force --time 0 >/dev/null 2>&1 || true
  umount "$base/storage/overlay" 2>/dev/null || true
  rm -rf --one-file-system -- "$base"
}
[[ ${1:-} == --keep ]] || trap clean_up EXIT

fail() {
  say "FAILED: $*"
  exit 1
}

copy_packages "$base/packages"
say "making debian:12-slim"
make_root bookworm "$base/root"
debian=docker.io/library/debian:12-slim
tar -C "$base/root" -cf - . | pod import - $debian >"$base/import.log" 2>&1 ||
  fail "the root could not be imported: $(tail -n 3 "$base/import.log")"
rm -rf --one-file-system -- "$base/root"
pod run --rm "${limits[@]}" $debian true 2>"$base/first.log" ||
  skip "no container runs on this machine: $(tail -n 1 "$base/first.log")"

say "building the image"
pod build "${limits[@]}" -t assay -f "$repository/api/package/Containerfile" "$base/packages" \
  >"$base/build.log" 2>&1 || fail "building: $(tail -n 20 "$base/build.log")"
bytes=$(pod image inspect --format '{{.Size}}' assay)
say "the image: $((bytes / 1000000)) MB"

say "assay demo in it"
pod run --rm "${limits[@]}" assay assay demo --out /tmp/demo --no-color >"$base/demo.log" 2>&1 ||
  fail "the demo: $(tail -n 20 "$base/demo.log")"
grep -E 'cheats caught' "$base/demo.log" >&2

# What it answers, as soon as it does.
answers() {  # answers URL PATH
  local end=$((SECONDS + 20))
  until curl -fsS --max-time 5 "$1$2" 2>"$base/curl.log"; do
    [[ $SECONDS -lt $end ]] || fail "$1$2 does not answer: $(cat "$base/curl.log"); the service: $(
      pod logs verifier 2>&1 | tail -n 20)"
    sleep 0.2
  done
}

stop_well() {
  local began milliseconds code
  began=$(date +%s%3N)
  pod stop --time 20 verifier >/dev/null 2>"$base/stop.log"
  milliseconds=$(($(date +%s%3N) - began))
  code=$(pod inspect --format '{{.State.ExitCode}}' verifier)
  [[ $code == 0 ]] || fail "SIGTERM ended it with $code: $(pod logs verifier 2>&1 | tail -n 20)"
  [[ $milliseconds -lt $((STOP_SECONDS_MAX * 1000)) ]] || fail "it took $milliseconds ms to stop"
  say "stopped by SIGTERM in $milliseconds ms, exit code 0"
}

say "its default command"
pod run --detach --name verifier --volume assay:/var/lib/assay --publish 127.0.0.1::8790 \
  "${limits[@]}" assay >/dev/null
url=http://$(pod port verifier 8790/tcp)
version=$(answers "$url" /v1/version)
say "$url/v1/version: $version"
[[ $(pod exec verifier id -un) == assay ]] || fail "it does not run as the user assay"
answers "$url" / | grep -q '<main' || fail "it serves no pages"
key=$(answers "$url" /v1/policy.txt | sed -n 's/^log //p')
[[ -n $key ]] || fail "its policy.txt names no log"
pod exec verifier assay provider list --verifier http://127.0.0.1:8790 >/dev/null 2>&1 ||
  fail "assay does not reach it from inside"
stop_well

say "the same volume again"
pod start verifier >/dev/null
url=http://$(pod port verifier 8790/tcp)
again=$(answers "$url" /v1/policy.txt | sed -n 's/^log //p')
[[ $again == "$key" ]] || fail "after a restart it is another log: $again, not $key"
stop_well
say "passed in $SECONDS s"
