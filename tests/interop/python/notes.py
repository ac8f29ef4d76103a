"""C2SP signed-note, tlog-checkpoint, tlog-cosignature and tlog-policy."""
import dataclasses
import re

import curve
from base import Wrong, from_b64, from_hex, malformed, need, parse_u64, sha256
from base import utf8
from merkle import EMPTY

PLAIN, COSIGNATURE = 1, 4
SPACES = (set("\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000") |
          {chr(c) for c in range(0x2000, 0x200B)})


@dataclasses.dataclass(frozen=True)
class Key:
    name: str
    type: int
    key: bytes

    def id(self):
        return sha256(self.name.encode(), b"\n", bytes([self.type]), self.key)[:4]


def is_key_name(name):
    return name != "" and all(c > " " and c not in "+\x7f" and c not in SPACES and
                              not "\ud800" <= c <= "\udfff" for c in name)


def parse_vkey(text):
    found = re.fullmatch(r"([^+]*)\+([0-9a-f]{8})\+(.*)", text, re.DOTALL)
    need(found and is_key_name(found.group(1)), "malformed", "vkey: not <name>+<8 hex>+<base64>")
    typed = from_b64(found.group(3))
    need(len(typed) == 33 and typed[0] in (PLAIN, COSIGNATURE), "malformed",
         "vkey: neither type 1 nor type 4")
    key = Key(found.group(1), typed[0], typed[1:])
    curve.check_key(key.key)
    need(key.id() == from_hex(found.group(2)), "malformed", "vkey: another id than name and key")
    return key


def take_lines(text, what):
    """All lines of a text in which the last one ends too."""
    need(text == "" or text.endswith("\n"), "malformed", what + ": the last line has no newline")
    return text.split("\n")[:-1]


@dataclasses.dataclass
class Note:
    text: str
    signatures: list  # (name, id, bytes)


def parse_note(data):
    need(len(data) <= 256 << 10, "malformed", "note: larger than 256 KiB")
    whole = utf8(data)
    need(all(c >= " " or c == "\n" for c in whole), "malformed", "note: a control character")
    cut = whole.rfind("\n\n")
    need(cut >= 0, "malformed", "note: no blank line before signatures")
    signatures = []
    for line in take_lines(whole[cut + 2:], "note"):
        found = re.fullmatch("\u2014 ([^ ]*) (.*)", line)
        need(found and is_key_name(found.group(1)), "malformed", "note: no signature line")
        raw = from_b64(found.group(2))
        need(len(raw) >= 5, "malformed", "note: a signature of too few bytes")
        signatures.append((found.group(1), raw[:4], raw[4:]))
    need(1 <= len(signatures) <= 64, "malformed", "note: no signature, or more than 64")
    return Note(whole[:cut + 1], signatures)


def _time_if_valid(key, signature, text):
    message = text.encode()
    if key.type == PLAIN:
        return 0 if curve.verify(key.key, message, signature) else None
    if len(signature) != 72:
        return None
    time = int.from_bytes(signature[:8], "big")
    head = f"cosignature/v1\ntime {time}\n".encode()
    valid = time < 2**63 and curve.verify(key.key, head + message, signature[8:])
    return time if valid else None


def verify_note(note, known):
    """(key, time) of the signatures by known keys. Lines of other keys say nothing to us."""
    found = []
    for name, key_id, signature in note.signatures:
        for key in known:
            if key.name == name and key.id() == key_id:
                time = _time_if_valid(key, signature, note.text)
                need(time is not None, "signature", f"the signature by {name} does not hold")
                found.append((key, time))
    need(found, "signature", "not signed by any known key")
    return found


@dataclasses.dataclass
class Checkpoint:
    origin: str
    size: int
    root: bytes
    extension: str = ""


def parse_checkpoint(text):
    parts = text.split("\n", 3)
    need(len(parts) == 4 and parts[0], "malformed", "checkpoint: fewer than three lines")
    size, root = parse_u64(parts[1]), from_b64(parts[2])
    need(len(root) == 32, "malformed", "checkpoint: root: not 32 bytes")
    need(size > 0 or root == EMPTY, "malformed", "checkpoint: another root than the empty tree's")
    for line in take_lines(parts[3], "checkpoint"):
        need(line, "malformed", "checkpoint: an empty extension line")
    return Checkpoint(parts[0], size, root, parts[3])


@dataclasses.dataclass
class Trust:
    """policy.txt."""
    logs: list = dataclasses.field(default_factory=list)
    witnesses: dict = dataclasses.field(default_factory=dict)  # name -> Key
    groups: list = dataclasses.field(default_factory=list)  # (name, threshold, members)
    quorum: str = None
    own: dict = dataclasses.field(default_factory=dict)  # verifier, vrf: bytes
    policies: list = dataclasses.field(default_factory=list)  # digests

    def quorum_met(self, names):
        met = set(names) & set(self.witnesses)
        for name, threshold, members in self.groups:
            if len(met & set(members)) >= threshold:
                met.add(name)
        return self.quorum == "none" or self.quorum in met


class _TrustParser:
    def __init__(self):
        self.trust = Trust()
        self.keys = {PLAIN: set(), COSIGNATURE: set()}
        self.defined, self.grouped = set(), set()

    def line(self, words):
        if not words or (words[0].startswith("#") and not words[0].startswith("#assay-")):
            return
        if words[0].startswith("#assay-"):
            return self.own(words)
        verbs = {"log": self.log, "witness": self.witness, "group": self.group,
                 "quorum": self.quorum}
        need(words[0] in verbs, "malformed", "not log, witness, group, quorum or a comment")
        verbs[words[0]](words[1:])

    def vkey(self, text, key_type):
        key = parse_vkey(text)
        need(key.type == key_type, "malformed", "a vkey of the other type")
        need(key.key not in self.keys[key_type], "malformed", "the same public key again")
        self.keys[key_type].add(key.key)
        return key

    def define(self, name):
        need(name not in ("none", "any", "all"), "malformed", "a reserved word as a name")
        need(name not in self.defined, "malformed", "a name that is defined already")
        self.defined.add(name)

    def log(self, words):
        need(1 <= len(words) <= 2, "malformed", "not: log <vkey> [<url>]")
        self.trust.logs.append(self.vkey(words[0], PLAIN))

    def witness(self, words):
        need(2 <= len(words) <= 3, "malformed", "not: witness <name> <vkey> [<url>]")
        self.define(words[0])
        self.trust.witnesses[words[0]] = self.vkey(words[1], COSIGNATURE)

    def group(self, words):
        need(len(words) >= 3, "malformed", "not: group <name> all|any|<k> <name>...")
        members = words[2:]
        for member in members:
            need(member in self.defined and member not in self.grouped, "malformed",
                 "a member that is not defined, or in a group already")
            self.grouped.add(member)
        self.define(words[0])
        fixed = {"all": len(members), "any": 1}
        threshold = fixed[words[1]] if words[1] in fixed else parse_u64(words[1])
        need(1 <= threshold <= len(members), "malformed", "a threshold nobody can mean")
        self.trust.groups.append((words[0], threshold, members))

    def quorum(self, words):
        need(len(words) == 1 and self.trust.quorum is None, "malformed", "a second quorum")
        need(words[0] == "none" or words[0] in self.defined, "malformed", "an unknown quorum")
        self.trust.quorum = words[0]

    def own(self, words):
        kind = words[0][len("#assay-"):]
        need(kind in ("verifier", "vrf", "policy") and len(words) == 2 and
             kind not in self.trust.own, "malformed", "no #assay- line that is known")
        value = from_hex(words[1], 32)
        if kind == "policy":
            need(value not in self.trust.policies, "malformed", "a policy named before")
            self.trust.policies.append(value)
        else:
            self.trust.own[kind] = value
            curve.check_key(value)


def parse_trust(data):
    need(len(data) <= 64 << 10, "malformed", "policy file: over 64 KiB")
    for byte in data:
        need(byte in b"\t\n" or (byte >= 0x20 and byte != 0x7F), "malformed", "a control character")
    parser = _TrustParser()
    text = data.decode("latin-1")  # names are octets
    for number, line in enumerate(take_lines(text, "policy file"), 1):
        try:
            parser.line([utf8_or_latin(word) for word in re.split("[ \t]+", line) if word])
        except Wrong as wrong:
            raise malformed(f"policy file: line {number}: {wrong}") from None
    need(parser.trust.quorum is not None, "malformed", "policy file: no quorum line")
    return parser.trust


def utf8_or_latin(word):
    octets = word.encode("latin-1")
    return octets.decode("utf-8", "surrogateescape")


@dataclasses.dataclass
class Head:
    checkpoint: Checkpoint
    witnesses: list  # names that signed


def check_checkpoint(trust, data):
    """A signed note, against the trusted log and its quorum of witnesses."""
    note = parse_note(data)
    checkpoint = parse_checkpoint(note.text)
    signed = [key for key, _ in verify_note(note, trust.logs + list(trust.witnesses.values()))]
    need(any(key in trust.logs and key.name == checkpoint.origin for key in signed), "signature",
         "not signed by a trusted log named " + checkpoint.origin)
    names = [name for name, key in trust.witnesses.items() if key in signed]
    need(trust.quorum_met(names), "signature", f"the quorum {trust.quorum} is not met")
    return Head(checkpoint, names)
