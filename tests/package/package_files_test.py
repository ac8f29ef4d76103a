#!/usr/bin/env python3
"""What the packages bring besides the programs: units, edge configuration, example settings; and
that the service tells systemd what the unit waits for.

  package_files_test.py PROGRAMS

systemd-analyze and haproxy are asked where they are installed, and named where they are not.
Exit: 0 all well, 1 not.
"""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).parents[2]
UNITS = ["verifier/package/assay-verifier.service", "prover/package/assay-prover.service"]
EXPOSURE_MAX = 20  # of 100, by systemd-analyze security: 2.0 is "OK"
wrong = []


def expect(holds, what):
    if not holds:
        wrong.append(what)
        print(what)


def run(words, **more):
    return subprocess.run(words, capture_output=True, text=True, timeout=60, **more)


def check_units(folder, programs):
    for path in UNITS:
        text = (ROOT / path).read_text()
        for word in ["DynamicUser=yes", "StateDirectory=", "ProtectSystem=strict"]:
            expect(word in text, f"{path} lacks {word}")
        # The programs stand where they were built.
        text = re.sub(r"/usr/bin/(?=assay)", f"{programs}/", text)
        text = re.sub(r"(?m)^Documentation=.*\n", "", text)
        (folder / pathlib.Path(path).name).write_text(text)
    expect("WatchdogSec=" in (ROOT / UNITS[0]).read_text(), "the verifier's unit has no watchdog")
    if shutil.which("systemd-analyze") is None:
        print("systemd-analyze is not installed: the units were not verified")
        return
    for path in UNITS:
        unit = folder / pathlib.Path(path).name
        done = run(["systemd-analyze", "verify", unit])
        ours = [line for line in done.stderr.splitlines() if unit.name in line]
        expect(not ours, f"{path}: {ours}")
        if "--offline" not in run(["systemd-analyze", "--help"]).stdout:
            continue
        done = run(["systemd-analyze", "security", "--offline=true",
                    f"--threshold={EXPOSURE_MAX}", unit])
        expect(done.returncode == 0, f"{path}: {done.stdout[-200:]}{done.stderr}")


def check_edge(folder):
    if shutil.which("haproxy") is None:
        print("haproxy is not installed: the edge's configuration was not read")
        return
    text = (ROOT / "api/edge/haproxy.cfg").read_text()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=edge",
         "-keyout", folder / "key", "-out", folder / "cert"],
        check=True, capture_output=True,
    )
    pem = folder / "edge.pem"
    pem.write_bytes((folder / "cert").read_bytes() + (folder / "key").read_bytes())
    config = folder / "haproxy.cfg"
    config.write_text(text.replace("/etc/haproxy/assay.pem", str(pem)))
    done = run(["haproxy", "-c", "-f", config])
    expect(done.returncode == 0 and "WARNING" not in done.stderr, done.stdout + done.stderr)


def check_settings(folder, programs):
    """Every line of the example, made to count, is a setting that a program knows."""
    text = (ROOT / "api/package/assay.toml").read_text()
    live = re.sub(r"(?m)^# (?=\[|[a-z-]+ = )", "", text)
    expect(live != text, "the example has no settings")
    path = folder / "assay.toml"
    path.write_text(live)
    for program in ["assay", "assay-prover", "assay-verifier"]:
        done = run([programs / program, "config", "show", "--origin", "-o", "csv"],
                   env={"PATH": os.environ["PATH"], "ASSAY_CONFIG": str(path)})
        expect(done.returncode == 0, f"{program}: {done.stderr}")
        expect("assay.toml:" in done.stdout, f"{program} takes nothing from the example")


def check_watchdog(folder, programs):
    """Ready when it listens, alive again and again, stopping when it is told to."""
    data, name = folder / "data", folder / "notify"
    subprocess.run([programs / "assay-verifier", "init", "--data", data, "--policy", "demo"],
                   check=True, capture_output=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(name))
        notify.settimeout(20)
        child = subprocess.Popen(
            [programs / "assay-verifier", "serve", "--data", data, "--listen", "127.0.0.1:0"],
            env={"PATH": os.environ["PATH"], "NOTIFY_SOCKET": str(name), "WATCHDOG_USEC": "500000"},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        try:
            said = [notify.recv(64)]
            began = time.monotonic()
            while len(said) < 5:
                said.append(notify.recv(64))
            expect(said == [b"READY=1"] + [b"WATCHDOG=1"] * 4, f"systemd was told {said}")
            expect(time.monotonic() - began < 4 * 0.5 + 2, "the watchdog was fed too late")
            child.terminate()
            while (word := notify.recv(64)) == b"WATCHDOG=1":
                pass
            expect(word == b"STOPPING=1", f"at its end it said {word}")
            expect(child.wait(20) == 0, "it did not stop well")
        finally:
            child.kill()


def main():
    programs = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        check_units(folder, programs)
        check_edge(folder)
        check_settings(folder, programs)
        check_watchdog(folder, programs)
    print(f"{len(wrong)} things wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
