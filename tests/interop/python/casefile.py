"""The case file (.assay), the trace file and the opening file."""
import dataclasses
import re

import merkle
import strict_json
from base import Reader, from_b64, from_hex, malformed, need, sha256, u64

BYTES_MAX = 256 << 20
PROOF_MAX = 1 << 20
NAMES = ("registration", "order", "cancel", "reveal", "acceptance", "attestation", "spotcheck",
         "draw", "verdict", "summary", "timeout", "uptime", "slash", "reversal", "policy",
         "dispute", "dispute-move", "dispute-end", "stake", "appeal", "ruling", "worker",
         "paid-challenge")


@dataclasses.dataclass
class CaseFile:
    kind: str = ""
    entries: list = dataclasses.field(default_factory=list)  # (name, proof bytes)
    policy: bytes = None
    trace: bytes = b""
    openings: dict = dataclasses.field(default_factory=dict)  # name -> bytes
    inputs: dict = dataclasses.field(default_factory=dict)


def split(data):
    """The lines but the last, and the last."""
    need(len(data) <= BYTES_MAX, "malformed", "case file: too large")
    last = data[-72:]
    need(len(data) > 72 and data[-73:-72] == b"\n" and last.startswith(b"sha256 ") and
         last.endswith(b"\n"), "malformed", "case file: does not end with a sha256 line")
    return memoryview(data)[:-72], last


def check_digest(data):
    body, last = split(data)
    need(last == b"sha256 %s\n" % sha256(body).hex().encode(), "malformed",
         "case file: its bytes do not hash to what its last line says")


def _members(line, *names):
    need(list(line) == list(names) and all(isinstance(one, str) for one in line.values()),
         "malformed", "case file: other members than " + ", ".join(names))
    return list(line.values())


def _word(text, high):
    need(len(text.encode()) <= high and not re.search("[\x00-\x1f\x7f-\x9f]", text), "malformed",
         "case file: a name that is none")
    return text


class _Lines:
    """Sections in their order: log entries, policy, trace, openings, inputs."""

    def __init__(self):
        self.file, self.section = CaseFile(), 0

    def enter(self, section, many):
        need(section > self.section or (many and section == self.section), "malformed",
             "case file: a line out of order, or there twice")
        self.section = section

    def head(self, line):
        (kind,) = _members(line, "assay")
        need(kind in ("receipt/v1", "evidence/v1"), "malformed", "case file: of no known kind")
        self.file.kind = kind.split("/")[0]

    def line(self, line):
        if "proof" in line:
            name, proof = _members(line, "entry", "proof")
            self.enter(0, True)
            need(name in NAMES and len(proof.encode()) <= PROOF_MAX, "malformed",
                 "case file: no kind of statement that is logged")
            self.file.entries.append((name, proof.encode()))
            return need(len(self.file.entries) <= 4096, "malformed", "case file: too many entries")
        entry = line.get("entry")
        if entry == "policy":
            self.enter(1, False)
            self.file.policy = _members(line, "entry", "text")[1].encode()
        elif entry == "trace":
            self.enter(2, False)
            self.file.trace = from_b64(_members(line, "entry", "data")[1])
            need(self.file.trace, "malformed", "case file: an empty trace")
        elif entry == "opening":
            self.enter(3, True)
            name = self.blob(line, self.file.openings)
            from_hex(name, 32)
        elif entry == "input":
            self.enter(4, True)
            name = self.blob(line, self.file.inputs)
            need(re.fullmatch(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,64}", name), "malformed", "input name")
        else:
            raise malformed("case file: an entry that is not known")

    def blob(self, line, into):
        _, name, data = _members(line, "entry", "name", "data")
        need(_word(name, 64) not in into, "malformed", "case file: a name used twice")
        into[name] = from_b64(data)
        return name


def parse(data):
    body, _ = split(data)
    lines, at = _Lines(), 0
    while at < len(body):
        end = data.index(b"\n", at)
        raw = bytes(body[at:end])
        line = strict_json.parse(raw, BYTES_MAX, 2, 8)
        need(isinstance(line, dict), "malformed", "case file: a line that is no object")
        if at == 0:
            lines.head(line)
        else:
            lines.line(line)
        need(strict_json.dump(line).encode() == raw, "malformed", "case file: a second spelling")
        at = end + 1
    need(lines.file.policy is not None, "malformed", "case file: no policy")
    return lines.file


def parse_trace(data, steps):
    """(state digest, output digest) of states 0 to N."""
    read = Reader(data)
    need(data.startswith(b"assay/trace/v1\n"), "malformed", "trace: another first line")
    read.take(15)
    need(read.left() == 64 * (steps + 1), "malformed", "trace: another number of steps")
    return [(read.take(32), read.take(32)) for _ in range(steps + 1)]


def step_leaf(job, provider, index, step):
    return merkle.leaf_hash(b"assay/step/v1\n" + job + provider + u64(index) + step[0] + step[1])


def trace_root(job, provider, trace):
    return merkle.root(step_leaf(job, provider, i, step) for i, step in enumerate(trace))


@dataclasses.dataclass
class Part:
    state: int
    leaf: int  # None: the whole state
    path: list
    data: bytes


def _part(read):
    state, kind, leaf, path = read.number(4), read.number(1), None, []
    need(kind in (1, 2), "malformed", "opening: a part of an unknown kind")
    if kind == 2:
        leaf, count = read.number(8), read.number(1)
        need(count <= 63, "malformed", "opening: a path longer than any tree is high")
        path = [read.take(32) for _ in range(count)]
    size = read.number(4)
    need(size >= 1 and (kind == 1 or size <= 1024), "malformed", "opening: a part of no such size")
    return Part(state, leaf, path, read.take(size))


def parse_opening(data, bytes_max=BYTES_MAX):
    need(len(data) <= bytes_max, "malformed", "opening: too large")
    need(data[:17] == b"assay/opening/v1\n", "malformed", "opening: another first line")
    read = Reader(data)
    read.take(17)
    count = read.number(4)
    need(count <= read.left() // 9, "malformed", "opening: shorter than its number of parts")
    parts = []
    for _ in range(count):
        parts.append(_part(read))
        place = [(one.state, one.leaf is not None, one.leaf or 0) for one in parts[-2:]]
        need(len(place) < 2 or place[0] < place[1], "malformed", "opening: parts out of order")
    read.end()
    return parts
