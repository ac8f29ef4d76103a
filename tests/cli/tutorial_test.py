#!/usr/bin/env python3
"""The README's tutorials, run: every console block below a line <!-- tutorial -->.

  tutorial_test.py PROGRAMS            each command must print what the README says, and succeed,
                                       or end as its comment says: # exit 8
  tutorial_test.py PROGRAMS --write    puts what they print now into the README: all of it, so that
                                       ids and sizes are those of one session; but for what has
                                       a line …

The blocks are one session in one folder, in the README's order: an operator starts a verifier, a
provider works for it, a renter orders, a marketplace asks. What differs between runs (ids, times,
measured figures) is compared as live.py replaces it; a line … stands for any lines. The README's
ports are replaced by free ones.
"""

import pathlib
import re
import socket
import subprocess
import sys
import time

import live

README = pathlib.Path(__file__).parents[2] / "README.md"
MARK = "<!-- tutorial -->\n```console\n"
STARTED_S = 1  # what a person needs to go on after something was started with &
BLOCKS_MIN = 4


def blocks(text):
    """Where each block begins and ends."""
    at = 0
    while (at := text.find(MARK, at)) >= 0:
        begin = at + len(MARK)
        at = text.index("```", begin)
        yield begin, at


def commands(block):
    """Pairs of a command, as it stands there, and what it printed."""
    parts = re.split(r"(?m)^\$ ", block)
    assert parts[0] == "", "a block begins with a command"
    for part in parts[1:]:
        lines = part.splitlines(True)
        count = 1
        while lines[count - 1].endswith("\\\n"):
            count += 1
        yield "".join(lines[:count]), "".join(lines[count:])


def wanted_code(command):
    """0, or what a comment at its end says: # exit 8."""
    said = re.search(r"# exit (\d+)$", command.strip())
    return int(said[1]) if said else 0


class Session:
    """A shell that lives as long as the world, and what each command prints on it."""

    def __init__(self, world):
        self.folder = world.folder
        self.shell = subprocess.Popen(
            ["bash"], cwd=world.folder, env=world.environment(), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        world.children.append(self.shell)
        self.ports = {}
        for port in ["8790", "8791"]:
            with socket.socket() as s:
                s.bind(("127.0.0.1", 0))
                self.ports[port] = str(s.getsockname()[1])

    def run(self, command):
        for port, free in self.ports.items():
            command = command.replace(f":{port}", f":{free}")
        end = f"--- end {time.monotonic_ns()}"
        self.shell.stdin.write(f"{command}\ncode=$?; echo; echo \"{end} $code\"\n")
        self.shell.stdin.flush()
        printed = ""
        for line in self.shell.stdout:
            if line.startswith(end):
                break
            printed += line
        for port, free in self.ports.items():
            printed = printed.replace(f":{free}", f":{port}")
        if command.rstrip().endswith("&"):
            self.wait_until_started(re.search(r">(\S+\.log)", command)[1])
        return printed.removesuffix("\n"), int(line.split()[-1])

    def wait_until_started(self, log):
        """Until it says that it is there, and what it says then is written."""
        deadline = time.monotonic() + live.WAIT_S
        while time.monotonic() < deadline:
            path = self.folder / log
            if path.exists() and re.search("listening on|registered", path.read_text()):
                break
            time.sleep(0.05)
        time.sleep(STARTED_S)

    def end(self):
        self.shell.stdin.write("kill $(jobs -p); wait; exit\n")
        self.shell.stdin.flush()
        self.shell.wait(live.WAIT_S)


def comparable(text):
    lines = (re.sub(r" {2,}", "  ", line.strip()) for line in live.stable(text).splitlines())
    return "\n".join(line for line in lines if line)


def fits(expected, printed):
    pattern = re.escape(comparable(expected)).replace("…", ".*")
    return re.fullmatch(pattern, comparable(printed), re.S) is not None


def main():
    programs, write = sys.argv[1], "--write" in sys.argv
    text = README.read_text()
    found = list(blocks(text))
    if len(found) < BLOCKS_MIN:
        print(f"the README has {len(found)} tutorial blocks, not {BLOCKS_MIN} or more")
        return 1
    wrong, count, written = 0, 0, []
    with live.World(programs) as world:
        session = Session(world)
        for begin, end in found:
            new = ""
            for command, expected in commands(text[begin:end]):
                printed, code = session.run(command)
                count += 1
                right_code = code == wanted_code(command)
                good = right_code and fits(expected, printed)
                keep = good and (not write or "…" in expected)
                new += f"$ {command}{expected if keep else printed}"
                if not good and not (write and right_code):
                    wrong += 1
                    print(f"$ {command}exit {code}, and it printed:\n{printed}not:\n{expected}")
            written.append(new)
        session.end()
    if write:
        for (begin, end), new in reversed(list(zip(found, written))):
            text = text[:begin] + new + text[end:]
        README.write_text(text)
    print(f"{count} commands in {len(found)} tutorials, {wrong} not as the README says")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
