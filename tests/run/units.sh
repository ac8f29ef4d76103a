#!/usr/bin/env bash
# Boots a bookworm root with systemd, installs the packages of ./run package in it, and tries the
# units of the verifier and the prover as systemd runs them: units_inside.sh says what.
#
#   tests/run/units.sh [--keep]
#
# Needs systemd-nspawn, and what root.sh needs; its exits are there.
set -euo pipefail
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/root.sh"

BOOT_SECONDS_MAX=240
need_roots
need_bookworm_packages
need_program systemd-nspawn systemd-container

base=$(mktemp -d "${TMPDIR:-/var/tmp}/assay-units.XXXXXX")
[[ ${1:-} == --keep ]] || trap 'rm -rf --one-file-system -- "$base"' EXIT
root=$base/root

copy_packages "$base/packages"
say "making the root"
make_root bookworm "$root" --include=systemd,systemd-sysv,dbus
say "installing the packages"
install_packages "$root" >"$base/install.log" 2>&1 ||
  { tail -n 20 "$base/install.log" >&2; exit 1; }

mkdir -p "$root/etc/assay" "$root/opt/trial"
cp "$repository/tests/run/units_inside.sh" "$root/opt/trial/"
cat >"$root/etc/assay/assay.toml" <<'TOML'
[verifier.init]
origin = "units.example/log"
[verifier.serve]
listen = "127.0.0.1:8790"
[prover.run]
verifier = "http://127.0.0.1:8790"
name = "rack7"
TOML
cat >"$root/etc/systemd/system/trial.service" <<'UNIT'
[Unit]
After=network.target dbus.service
[Service]
Type=exec
ExecStart=/opt/trial/units_inside.sh
ExecStopPost=/bin/systemctl --no-block poweroff
StandardOutput=file:/opt/trial/told
StandardError=file:/opt/trial/told
[Install]
WantedBy=multi-user.target
UNIT
ln -s ../trial.service "$root/etc/systemd/system/multi-user.target.wants/trial.service"
: >"$root/etc/machine-id"

# One hierarchy of control groups, as Debian boots with, whatever this machine has mounted; no
# manager of this machine's is asked for anything.
say "booting"
unshare --mount bash -c '
  umount -R /sys/fs/cgroup 2>/dev/null || umount -l /sys/fs/cgroup
  mount -t cgroup2 none /sys/fs/cgroup
  SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 exec timeout "$0" "$@"' "$BOOT_SECONDS_MAX" \
  systemd-nspawn --quiet --register=no --keep-unit --private-network --directory="$root" --boot \
  </dev/null >"$base/boot.log" 2>&1 || true
if [[ ! -e $root/opt/trial/told ]]; then
  skip "systemd does not boot in a container here: $(tail -n 3 "$base/boot.log")"
fi
cat "$root/opt/trial/told" >&2
[[ $(tail -n 1 "$root/opt/trial/told") == "all well" ]] || { say FAILED; exit 1; }
say "passed in $SECONDS s"
