#!/bin/bash
# What units.sh tries in the system that it boots. Says what holds, and "all well" at the end.
set -uo pipefail
exec </dev/null
WATCHDOG_SECONDS=3
url=http://127.0.0.1:8790
work=$(mktemp -d)
wrong=0

expect() {  # expect WHAT COMMAND...
  local said
  if said=$("${@:2}" 2>&1); then
    echo "holds  $1"
  else
    echo "FAILS  $1: ${said##*$'\n'}"
    wrong=$((wrong + 1))
  fi
}
value() { systemctl show --value --property "$2" "$1"; }
is() { [[ $(value "$1" "$2") == "$3" ]] || { echo "$2 is $(value "$1" "$2")"; return 1; }; }
within() {  # within SECONDS COMMAND...: until it holds
  local end=$((SECONDS + $1))
  until "${@:2}" >/dev/null 2>&1; do
    [[ $SECONDS -lt $end ]] || { "${@:2}"; return 1; }
    sleep 0.1
  done
}
milliseconds() { date +%s%3N; }
origin_is() { assay log verify --verifier $url --policy $policy --known-head "$work/head"; }

# Type=notify: start comes back when the service has said READY=1.
began=$(milliseconds)
expect "the verifier starts and says that it is ready" systemctl start assay-verifier
echo "       after $(($(milliseconds) - began)) ms, its first start, keys and store made"
data=/var/lib/assay-verifier/data
policy=$work/policy.txt
expect "its folder is private" test "$(stat -Lc %a /var/lib/assay-verifier)" = 700
expect "and lies where DynamicUser puts it" test -d /var/lib/private/assay-verifier/data
expect "policy.txt names the origin of assay.toml" \
  grep -q "^log units.example/log+" $data/policy.txt
cp $data/policy.txt "$policy"
pid=$(value assay-verifier MainPID)
user=$(stat -c %u "/proc/$pid")
expect "it runs as a user of its own: $user" test "$user" -ge 61184 -a "$user" -le 65519
expect "without a capability" grep -q '^CapBnd:.0\{16\}$' "/proc/$pid/status"
expect "under a filter of system calls" grep -q '^Seccomp:.2$' "/proc/$pid/status"
expect "and can gain nothing" grep -q '^NoNewPrivs:.1$' "/proc/$pid/status"
readonly_usr() { nsenter --target "$pid" --mount sh -c '! touch /usr/x 2>/dev/null'; }
expect "the system is read-only to it" readonly_usr
expect "it answers" assay provider list --verifier $url

# Work within the sandbox: orders, replays, receipts, and what the prover needs for its own.
expect "the prover starts" systemctl start assay-prover
registered() { assay provider show rack7 --verifier $url; }
expect "and registers" within 20 registered
expect "a job is done, attested, audited" timeout 60 assay job submit --verifier $url \
  --workload gemm --rows 64 --cols 64 --steps 8 --provider rack7 --key "$work/renter.key" --wait \
  --receipt "$work/receipt.assay"
expect "its receipt holds, replayed here" assay audit "$work/receipt.assay" --policy "$policy" \
  --replay 8
expect "and so does the log" origin_is

# The watchdog, in seconds instead of half a minute.
mkdir -p /run/systemd/system/assay-verifier.service.d
printf '[Service]\nWatchdogSec=%s\n' $WATCHDOG_SECONDS \
  >/run/systemd/system/assay-verifier.service.d/watchdog.conf
systemctl daemon-reload
expect "it starts anew" systemctl restart assay-verifier
sleep $((3 * WATCHDOG_SECONDS))
expect "alive for three times the watchdog's patience, it is left alone" \
  is assay-verifier NRestarts 0
pid=$(value assay-verifier MainPID)
began=$(milliseconds)
kill -STOP "$pid"
anew() { is assay-verifier NRestarts 1 && is assay-verifier ActiveState active; }
expect "hung, it is killed by the watchdog and started again" within 60 anew
echo "       serving again after $(($(milliseconds) - began)) ms"
watchdog_said() { journalctl --unit assay-verifier --no-pager | grep -q 'Watchdog timeout'; }
expect "the journal says why" watchdog_said
expect "its log goes on where it was" origin_is
expect "killed at once, it comes back" kill -KILL "$(value assay-verifier MainPID)"
anew() { is assay-verifier NRestarts 2 && is assay-verifier ActiveState active; }
expect "and its log with it" within 30 anew
expect "whole" origin_is

# What systemd says of both.
for unit in assay-verifier assay-prover; do
  echo "       $(systemd-analyze security --no-pager $unit | tail -n 1)"
done
began=$(milliseconds)
expect "the prover stops" systemctl stop assay-prover
echo "       in $(($(milliseconds) - began)) ms"
expect "and that is no failure" is assay-prover Result success
began=$(milliseconds)
expect "the verifier stops" systemctl stop assay-verifier
echo "       in $(($(milliseconds) - began)) ms"
expect "well" is assay-verifier ExecMainStatus 0
expect "its folder is whole" assay-verifier fsck --data $data

# What ends with 16 (an old copy) or 20 (forked) stays down.
for code in 16 20; do
  printf '[Service]\nType=exec\nExecStartPre=\nExecStart=\nExecStart=/bin/sh -c "exit %s"\n' $code \
    >/run/systemd/system/assay-verifier.service.d/watchdog.conf
  systemctl daemon-reload
  systemctl start assay-verifier
  sleep 3
  expect "ended with $code, it is not started again" is assay-verifier NRestarts 0
  expect "but stays failed" is assay-verifier ActiveState failed
  systemctl reset-failed assay-verifier
done
rm -rf "$work"
[[ $wrong == 0 ]] && echo "all well" || echo "$wrong things wrong"
