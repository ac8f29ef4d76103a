#!/usr/bin/env python3
"""Writes vectors/audit/: the case files of vectors/bases/ changed in one place each. Whoever
changes them holds every key where it says so (signed again, logged again), so that each layer is
reached: what only flips bytes fails in the proof, what is logged again in the signature, what is
signed again in the binding. Shares no code with core/; --check compares instead of writing."""
import base64
import difflib
import json
import pathlib
import re
import struct

import reference
from reference import sha256
from written_files import write_or_check

try:  # the same signatures, a thousand times as fast
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    def sign(seed, message):
        return Ed25519PrivateKey.from_private_bytes(seed).sign(message)
except ImportError:
    sign = reference.sign

ROOT = pathlib.Path(__file__).resolve().parent.parent / "vectors"
BASES = ROOT / "bases"
KEYS = {name: sha256(f"tests/sim {name}".encode())
        for name in ("verifier", "log", "renter", "provider alice", "stranger")}
KEYS["challenger"] = sha256(b"challenger")
SIGNER = {"policy": "verifier", "order": "renter", "acceptance": "provider alice",
          "attestation": "provider alice", "draw": "verifier", "spotcheck": "provider alice",
          "verdict": "verifier", "summary": "verifier", "reveal": "renter", "slash": "verifier",
          "paid-challenge": "challenger", "stake": "verifier"}
TYPE = b"application/vnd.in-toto+json"
files = {}
_public = {}


def public(name):
    if name not in _public:
        _public[name] = reference.public_key(KEYS[name])
    return _public[name]


def b64(data):
    return base64.b64encode(data).decode()


def dump(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def pae(payload):
    return b"DSSEv1 %d %s %d %s" % (len(TYPE), TYPE, len(payload), payload)


class Leaf:
    """The fields of a log leaf as bytes."""

    def __init__(self, data):
        self.version, self.kind, self.time = data[0:1], data[1:2], data[2:10]
        self.signer, self.digest, self.signature = data[10:42], data[42:74], data[74:138]
        self.length, self.payload = data[138:142], data[142:]

    def bytes(self):
        return b"".join((self.version, self.kind, self.time, self.signer, self.digest,
                         self.signature, self.length, self.payload))

    def say(self, payload, signer):
        """Another payload; signer: who signs it, or None for nobody."""
        self.payload, self.length = payload, struct.pack(">I", len(payload))
        self.digest = sha256(pae(payload))
        if signer:
            self.signer, self.signature = public(signer), sign(KEYS[signer], pae(payload))


class Entry:
    def __init__(self, name, proof):
        self.name = name
        head, self.note = proof.split("\n\n", 1)
        lines = head.split("\n")
        self.leaf = Leaf(base64.b64decode(lines[1][len("extra "):]))
        self.index = int(lines[2][len("index "):])
        self.path = [base64.b64decode(line) for line in lines[3:]]
        self.raw = None  # other bytes than the leaf's

    def proof(self):
        extra = b64(self.raw if self.raw is not None else self.leaf.bytes())
        path = "".join(b64(one) + "\n" for one in self.path)
        return f"c2sp.org/tlog-proof@v1\nextra {extra}\nindex {self.index}\n{path}\n{self.note}"


class Case:
    """A case file taken apart."""

    def __init__(self, data):
        self.lines = [json.loads(line) for line in data.decode().split("\n")[:-2]]
        self.entries = {}
        moves = 0
        for line in self.lines:
            if "proof" not in line:
                continue
            line["key"] = line["entry"]  # of moves there are many: each has its number
            if line["entry"] == "dispute-move":
                line["key"] = f"dispute-move {moves}"
                moves += 1
            self.entries[line["key"]] = Entry(line["entry"], line["proof"])
        self.origin, size, _ = next(iter(self.entries.values())).note.split("\n")[:3]
        self.size = int(size)
        self.known = {}  # (from, to) -> hash, of what no entry lies in
        for entry in self.entries.values():
            self.learn(entry.index, list(entry.path), 0, self.size)

    def learn(self, index, path, low, high):
        if high - low == 1:
            return
        middle = low + reference.split(high - low)
        sibling = path.pop()
        if index < middle:
            self.known[middle, high] = sibling
            self.learn(index, path, low, middle)
        else:
            self.known[low, middle] = sibling
            self.learn(index, path, middle, high)

    def node(self, low, high):
        inside = [one for one in self.entries.values() if low <= one.index < high]
        if not inside:
            return self.known[low, high]
        if high - low == 1:
            return sha256(b"\x00", inside[0].leaf.bytes())
        middle = low + reference.split(high - low)
        return sha256(b"\x01", self.node(low, middle), self.node(middle, high))

    def path_of(self, index, low, high):
        if high - low == 1:
            return []
        middle = low + reference.split(high - low)
        if index < middle:
            return self.path_of(index, low, middle) + [self.node(middle, high)]
        return self.path_of(index, middle, high) + [self.node(low, middle)]

    def note(self, extension="", signer="log"):
        body = f"{self.origin}\n{self.size}\n{b64(self.node(0, self.size))}\n{extension}"
        key = sha256(self.origin.encode(), b"\n\x01", public(signer))[:4]
        signature = key + sign(KEYS[signer], body.encode())
        return f"{body}\n— {self.origin} {b64(signature)}\n"

    def log_again(self):
        """Every leaf as it now is, under a head signed by the log's key."""
        note = self.note()
        for entry in self.entries.values():
            entry.note, entry.path = note, self.path_of(entry.index, 0, self.size)

    def line(self, entry, name=None):
        return next(one for one in self.lines
                    if one["entry" if "entry" in one else "assay"] == entry and
                    (name is None or one["name"] == name))

    def drop(self, entry):
        self.lines = [one for one in self.lines if one.get("entry") != entry]

    def text(self):
        for line in self.lines:
            key = line.get("key", line["entry"]) if "proof" in line else None
            if key in self.entries and "as_is" not in line:
                line["proof"] = self.entries[key].proof()
        lines = [{k: v for k, v in one.items() if k not in ("as_is", "key")}
                 for one in self.lines]
        body = "".join(dump(one) + "\n" for one in lines).encode()
        return body + b"sha256 %s\n" % sha256(body).hex().encode()


def tokens(data):
    return re.findall(rb"(?:(?!\\n|\n|\",\").)*(?:\\n|\n|\",\"|$)", data, re.DOTALL)


def patches(base, changed):
    """What turns one into the other: (offset, bytes taken out, bytes put in)."""
    a, b = tokens(base), tokens(changed)
    starts = [0]
    for one in a:
        starts.append(starts[-1] + len(one))
    found = []
    for kind, i, j, k, m in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        out, into, at = base[starts[i]:starts[j]], b"".join(b[k:m]), starts[i]
        while out and into and out[0] == into[0]:
            out, into, at = out[1:], into[1:], at + 1
        while out and into and out[-1] == into[-1]:
            out, into = out[:-1], into[:-1]
        found.append((at, len(out), into))
    return found


class Base:
    """One file of vectors/bases/, and the vectors that are made of it."""

    def __init__(self, name, kind, trust="policy.txt", expect="ok", unreplayed=None):
        self.name, self.kind, self.trust = name, kind, trust
        self.expect, self.unreplayed = expect, unreplayed
        self.data = (BASES / f"{name}.assay").read_bytes()

    def vector(self, name, expect, note, changed, trust=None):
        """expect: None where the change leaves the answer as it is."""
        data = changed if isinstance(changed, bytes) else changed.text()
        assert data != self.data or trust or name == "untouched", name
        path = ROOT / "audit" / f"{self.name}_{name}.txt"
        assert path not in files, path
        lines = [f"# vectors/audit/{path.name}", f"expect: {expect or self.expect}",
                 f"note: {note}", f"kind: {self.kind}", f"base: {self.name}.assay",
                 f"trust: {trust or self.trust}", f"sha256: {sha256(data).hex()}"]
        if expect in (None, "ok") and self.unreplayed:
            lines.insert(2, f"unreplayed: {self.unreplayed}")
        lines += [f"patch: {at} {length} {b64(into)}" for at, length, into in
                  patches(self.data, data)]
        files[path] = ("\n".join(lines) + "\n").encode()

    def case(self):
        return Case(self.data)

    def changed(self, name, expect, note, change):
        case = self.case()
        result = change(case)
        self.vector(name, expect, note, case if result is None else result)


# Statements, member by member.

def walk(value, path=()):
    """Every member that holds no other one, and every empty list."""
    if isinstance(value, dict) and value:
        for name, one in value.items():
            yield from walk(one, (*path, name))
    elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
        for number, one in enumerate(value):
            yield from walk(one, (*path, number))
    else:
        yield path, value


WORDS = {"first": "retro", "paid": "first", "retro": "first", "unbond": "undelegate",
         "match": "inconclusive", "mismatch": "inconclusive",
         "standard": "strict", "strict": "standard", "full": "strict", "PASSED": "FAILED",
         "philox": "inputs", "1.0": "1.1"}


DEVICE = {"uuid": "x", "model": "x", "driver": "x", "memory_bytes": "1"}
INSTEAD = {"devices": [DEVICE], "pairs": {"count": 1, "digest": "ab" * 32},
           "inputs": [{"name": "x", "sha256": "ab" * 32, "size_bytes": "1"}],
           "fault": {"step": 1, "row": None}}


def shifted(runs):
    """As many other numbers."""
    numbers = [n for one in runs
               for n in (range(one[0], one[1] + 1) if isinstance(one, list) else [one])]
    numbers = [n + 1 for n in numbers] if numbers else [1]
    out = []
    for n in numbers:
        if out and out[-1][1] == n - 1:
            out[-1][1] = n
        else:
            out.append([n, n])
    return [n for first, last in out
            for n in ([[first, last]] if last - first > 1 else range(first, last + 1))]


def other(value, name=""):
    """Another value of the same form."""
    if name in INSTEAD and not value:
        return INSTEAD[name]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value - 1 if value >= 1_000_000 else value + 1
    if value is None:
        return "ab" * 32
    if isinstance(value, list):
        texts = value and isinstance(value[0], str)
        return [other(one) for one in value] if texts else shifted(value)
    if value in WORDS:
        return WORDS[value]
    if re.fullmatch("[0-9]{1,19}", value):
        return str(int(value) + 1)
    if re.search("[0-9a-f]{64}$", value):
        return value[:-1] + ("0" if value[-1] != "0" else "1")
    if re.fullmatch("(?:[mxui][0-9]+)+", value):
        return ("i" if value[0] == "m" else "m") + value[1:]
    if value.endswith("Z"):
        return value[:-2] + ("0Z" if value[-2] != "0" else "1Z")
    if value.startswith("ASSAY_"):
        return value + "0"
    return value + "x"


def put(value, path, new):
    for name in path[:-1]:
        value = value[name]
    value[path[-1]] = new


def follow(statement):
    """The subject that the predicate now asks for, where it says the same."""
    kind = statement["predicateType"].split("/")[-2]
    p, subject = statement["predicate"], statement["subject"][0]["digest"]
    same = {"job": "nonce", "acceptance": "job", "reveal": "job", "spotcheck": "attestation",
            "draw": "root", "verdict": "attestation", "slash": "attestation",
            "dispute": "attestation", "paid-challenge": "attestation"}
    if kind == "stake":
        subject["sha256"] = sha256(bytes.fromhex(p["provider"])).hex()
    if kind in same:
        subject["sha256"] = p[same[kind]]
    if kind == "policy":
        subject["sha256"] = sha256(p["document"].encode()).hex()


# What answers when a member is another one and all is signed and logged again. What is not named
# here does not bind (unbound); None: a claim on which nothing in the file rests.
ANSWERS = {
    ("policy", "activation_epoch"): None,
    ("order", "renter"): "signature",
    ("acceptance", "devices"): None, ("acceptance", "expected_end"): None,
    ("draw", "k"): "malformed", ("draw", "from"): "malformed", ("draw", "to"): "malformed",
    ("draw", "root"): "proof", ("draw", "beacon"): "proof", ("draw", "proof"): "proof",
    ("spotcheck", "opening_blob"): "no_evidence",
    ("verdict", "p_ppm"): None, ("verdict", "runs"): None, ("verdict", "device"): None,
    ("verdict", "replay_ops"): None, ("verdict", "detail"): None,
    ("verdict", "workers"): None,
    ("verdict", "pairs", "count"): "malformed",
    ("verdict", "position_outcomes"): "malformed", ("verdict", "row_outcomes"): "malformed",
    ("verdict", "pair_outcomes"): "malformed", ("verdict", "fault"): "malformed",
    ("summary", "timeVerified"): None, ("summary", "slsaVersion"): "malformed",
    ("summary", "policy"): "malformed", ("summary", "inputAttestations"): "malformed",
    ("summary", "verificationResult"): "malformed",
    ("paid-challenge", "challenger"): "signature", ("paid-challenge", "deposit_micros"): None,
    ("stake", "amount_micros"): None, ("stake", "reference"): None,
}


def answer(kind, path, more):
    for table in (more, ANSWERS):
        for key in ((kind, *path), (kind, path[0]), (kind,)):
            if key in table:
                return table[key]
    return "unbound"


def of_payload(case, kind):
    return json.loads(case.entries[kind].leaf.payload)


def say(case, kind, statement, signer="own"):
    signer = SIGNER[kind] if signer == "own" else signer
    case.entries[kind].leaf.say(dump(statement).encode(), signer)
    case.log_again()


def make_members(base, kind, more):
    """Each member of one statement, signed and logged again."""
    for path, value in walk(of_payload(base.case(), kind)["predicate"]):
        case = base.case()
        statement = of_payload(case, kind)
        new = "00" * 56 if path == ("beacon",) else other(value, path[-1])
        if path == ("document",):
            new = value.replace('"demo"', '"omed"')
        put(statement["predicate"], path, new)
        follow(statement)
        say(case, kind, statement)
        expect = answer(kind, path, more)
        note = "signed and logged again" if expect else "a claim: nothing in the file rests on it"
        base.vector("_".join([kind, *map(str, path)]), expect, note, case)


def make_statement(base, kind):
    """What holds for any statement, whatever it says."""
    def change(name, expect, note, do, again=True):
        case = base.case()
        do(case, case.entries[kind].leaf)
        if again:
            case.log_again()
        base.vector(f"{kind}_{name}", expect, note, case)

    def flip(data, at=0):
        return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]

    def payload(case, leaf, signer):
        statement = json.loads(leaf.payload)
        statement["predicate"]["added"] = 1
        leaf.say(dump(statement).encode(), signer)

    def subject(case, leaf):
        statement = json.loads(leaf.payload)
        put(statement, ("subject", 0, "name"), "other")
        leaf.say(dump(statement).encode(), SIGNER[kind])

    def other_kind(case, leaf):
        statement = json.loads(leaf.payload)
        statement["predicateType"] = "https://assay.example/cancel/v1"
        leaf.say(dump(statement).encode(), SIGNER[kind])

    def set_(field, value):
        return lambda case, leaf: setattr(leaf, field, value(getattr(leaf, field)))

    stranger = {"acceptance": "unbound", "attestation": "unbound", "spotcheck": "unbound"}
    change("payload_flipped", "proof", "a byte of the leaf", set_("payload", lambda p: flip(p, 9)),
           again=False)
    change("time_flipped", "proof", "a byte of the leaf", set_("time", lambda t: flip(t, 7)),
           again=False)
    change("not_signed", "signature", "logged again, but nobody signed it",
           lambda case, leaf: payload(case, leaf, None))
    change("signature_flipped", "signature", "logged again", set_("signature", flip))
    change("by_a_stranger", stranger.get(kind, "signature"), "signed and logged again",
           lambda case, leaf: leaf.say(leaf.payload, "stranger"))
    change("member_added", "malformed", "signed and logged again",
           lambda case, leaf: payload(case, leaf, SIGNER[kind]))
    change("other_subject", "malformed", "signed and logged again", subject)
    change("other_kind", "unbound", "in the log, but another statement", other_kind)
    change("leaf_version", "malformed", "logged again", set_("version", lambda _: b"\x02"))
    change("leaf_kind", "malformed", "logged again", set_("kind", lambda _: b"\x02"))
    change("leaf_digest", "malformed", "logged again", set_("digest", flip))
    change("leaf_length", "malformed", "logged again", set_("length", lambda n: flip(n, 3)))
    last = kind == list(base.case().entries)[-1] and kind != "attestation"
    change("leaf_later", None if last else "unbound",
           "an hour later: after what follows it, or after the deadline; logged again",
           set_("time", lambda t: struct.pack(">Q", struct.unpack(">Q", t)[0] + 3_600_000)))


# Proofs and the file around them.

def make_proofs(base, kind):
    def change(name, expect, note, do):
        case = base.case()
        entry = case.entries[kind]
        proof = do(entry)
        line = case.line(kind)
        line["proof"], line["as_is"] = proof or entry.proof(), True
        base.vector(f"proof_{name}", expect, note, case)

    def replaced(old, new, count=1):
        return lambda entry: entry.proof().replace(old, new, count)

    entry = base.case().entries[kind]
    origin, size, root = entry.note.split("\n")[:3]
    last = entry.note.rstrip("\n").split(" ")[-1]
    forged = bytearray(base64.b64decode(last))
    forged[20] ^= 1
    grease = "— grease.example/x " + b64(b"\xfa\xce\xfa\xceunknown") + "\n"
    change("index", "proof", "another leaf", lambda it: setattr(it, "index", it.index + 1))
    change("index_beyond", "proof", "beyond the log", lambda it: setattr(it, "index", 2**40))
    change("index_zero", "malformed", "a leading zero", replaced("index ", "index 0"))
    change("path_flipped", "proof", "one hash", lambda it: it.path.__setitem__(
        0, bytes([it.path[0][0] ^ 1]) + it.path[0][1:]))
    change("path_short", "proof", "a hash is missing", lambda it: it.path.pop() and None)
    change("path_long", "proof", "a hash too many", lambda it: it.path.append(bytes(32)))
    change("path_swapped", "proof", "two hashes", lambda it: it.path.reverse())
    change("path_hash_short", "malformed", "31 bytes",
           lambda it: it.path.__setitem__(0, it.path[0][:31]))
    change("no_leaf", "no_evidence", "no extra line", lambda it: re.sub(
        "extra [^\n]*\n", "", it.proof()))
    change("leaf_cut", "proof", "its last byte is missing",
           lambda it: setattr(it, "raw", it.leaf.bytes()[:-1]))
    change("other_version", "malformed", "tlog-proof@v2", replaced("proof@v1", "proof@v2"))
    change("other_origin", "signature", "of the head", replaced(origin + "\n", origin + "x\n"))
    change("other_size", "signature", "of the head", replaced(f"\n{size}\n", f"\n{int(size)+1}\n"))
    change("other_root", "signature", "of the head", replaced(root, b64(sha256(b"other"))))
    change("signature_flipped", "signature", "the log's own", replaced(last, b64(bytes(forged))))
    change("not_signed", "malformed", "a head without a signature",
           replaced(entry.note.split("\n\n")[1], ""))
    change("grease", None, "a line of an unknown key says nothing", lambda it: it.proof() + grease)
    change("grease_first", None, "wherever it stands", replaced("\n— ", "\n" + grease + "— "))
    change("signed_twice", None, "the same line again", lambda it: it.proof() +
           it.note.split("\n\n")[1])
    change("not_a_line", "malformed", "after the signatures", lambda it: it.proof() + "x\n")


def make_head(base):
    def by_stranger(case):
        case.log_again()
        note = case.note(signer="stranger")
        for entry in case.entries.values():
            entry.note = note

    def extended(case):
        list(case.entries.values())[-1].note = case.note("an extension\n")

    base.changed("head_by_a_stranger", "signature", "a log that nobody trusts", by_stranger)
    base.changed("two_heads", "unbound", "both signed by the log, of one size and root", extended)


def make_file(base):
    def lines(change):
        def do(case):
            change(case.lines)
        return do

    def named(entry, change):
        return lambda case: change(case.line(entry))

    kinds = list(base.case().entries)
    base.vector("untouched", None, "as the service gave it", base.data)
    for name, expect in (("policy", "no_evidence"), ("order", "no_evidence"),
                         ("acceptance", "no_evidence"), ("attestation", "no_evidence")):
        base.changed(f"without_{name}", expect, "an entry is missing", lambda case, n=name: setattr(
            case, "lines", [one for one in case.lines if not ("proof" in one and
                                                              one["entry"] == n)]))
    base.changed("without_entries", "no_evidence", "no log entry at all", lambda case: setattr(
        case, "lines", [one for one in case.lines if "proof" not in one]))
    base.changed("entry_twice", "unbound", "the order again", lines(
        lambda it: it.insert(2, dict(next(one for one in it if one.get("entry") == "order")))))
    base.changed("entries_swapped", "unbound", "not as they were logged", lines(swap_entries))
    base.changed("entry_renamed", "unbound", "an acceptance as an order",
                 lambda case: (case.line("acceptance").update(as_is=True, entry="order"),
                               case.line("order").update(as_is=True, entry="acceptance")) and None)
    base.changed("entry_of_no_place", "unbound", "a kind that is logged, but in no case file",
                 lambda case: case.line(kinds[-1]).update(as_is=True, entry="uptime"))
    base.changed("entry_unknown", "malformed", "no kind of statement",
                 lambda case: case.line(kinds[-1]).update(as_is=True, entry="opinion"))
    base.changed("policy_other", "unbound", "the document", lambda case: [
        one for one in case.lines if "text" in one][0].update(text=[
            one for one in case.lines if "text" in one][0]["text"].replace("demo", "omed")))
    base.changed("trace_flipped", "unbound", "a digest of a state", named("trace", flip_data))
    base.changed("without_trace", None if base.expect == "equivocation" else "no_evidence",
                 "no trace line", lambda case: case.drop("trace"))
    base.changed("other_assay", "malformed", "another kind of case file",
                 lambda case: case.lines[0].update(assay="receipt/v2"))
    base.changed("receipt_for_evidence", "malformed", "the one as the other",
                 lambda case: case.lines[0].update(assay={
                     "receipt": "evidence/v1", "evidence": "receipt/v1"}[base.kind]))
    base.changed("member_added", "malformed", "to the first line",
                 lambda case: case.lines[0].update(more="x"))
    base.vector("digest_flipped", "malformed", "the last line",
                base.data[:-2] + (b"0" if base.data[-2:-1] != b"0" else b"1") + b"\n")
    base.vector("without_digest", "malformed", "no last line", base.data[:-72])
    base.vector("cut_short", "malformed", "the last byte is missing", base.data[:-1])
    base.vector("line_added", "malformed", "after the last", base.data + b"\n")
    base.vector("spaces", "malformed", "a second spelling, hashed again", spaced(base.data))


def swap_entries(it):
    proofs = [i for i, one in enumerate(it) if "proof" in one]
    it[proofs[-1]], it[proofs[-2]] = it[proofs[-2]], it[proofs[-1]]


def spaced(data):
    body = data[:-72].replace(b'{"assay":', b'{"assay": ', 1)
    return body + b"sha256 %s\n" % sha256(body).hex().encode()


def flip_data(line):
    data = bytearray(base64.b64decode(line["data"]))
    data[-40] ^= 1
    line["data"] = b64(bytes(data))


def make_blobs(base):
    """Openings: of other bytes than were signed, and of signed bytes that are no proof."""
    def bytes_of(case):
        return bytearray(base64.b64decode(case.line("opening")["data"]))

    def signed_again(change):
        def do(case):
            data = bytes(change(bytes_of(case)))
            name = sha256(data).hex()
            case.line("opening").update(name=name, data=b64(data))
            statement = of_payload(case, "spotcheck")
            statement["predicate"].update(opening_blob=name, opening_bytes=str(len(data)))
            say(case, "spotcheck", statement)
        return do

    def flip(at):
        def do(data):
            data[at] ^= 1
            return data
        return do

    base.changed("opening_flipped", "unbound", "not the bytes that were signed",
                 lambda case: flip_data(case.line("opening")))
    base.changed("opening_renamed", "no_evidence" if base.kind == "receipt" else
                 "unbound", "under another digest",
                 lambda case: case.line("opening").update(name=sha256(b"other").hex()))
    base.changed("without_opening", "no_evidence", "an opening is missing",
                 lambda case: case.drop("opening"))
    more = sha256(b"more").hex()
    base.changed("opening_added", "unbound" if base.kind == "receipt" else "malformed",
                 "nobody named it",
                 lambda case: case.lines.append({"entry": "opening", "name": more,
                                                 "data": b64(b"more")}))
    base.changed("opening_other_data", "proof", "signed again, but not what the trace commits to",
                 signed_again(flip(-1)))
    base.changed("opening_other_magic", "malformed", "signed again", signed_again(flip(0)))
    base.changed("opening_cut", "malformed", "signed again", signed_again(lambda d: d[:-1]))
    base.changed("opening_longer", "malformed", "signed again", signed_again(lambda d: d + b"x"))
    base.changed("opening_empty", "malformed", "no part, signed again",
                 signed_again(lambda d: d[:17] + bytes(4)))
    base.changed("opening_other_state", "malformed", "signed again", signed_again(flip(24)))


def make_inputs(base):
    base.changed("input_flipped", "no_evidence", "not the bytes that the order names",
                 lambda case: flip_data(case.line("input")))
    base.changed("without_input", "no_evidence", "nothing is known of it",
                 lambda case: case.drop("input"))
    base.changed("input_added", "unbound", "the order has no such input",
                 lambda case: case.lines.append({"entry": "input", "name": "zzz",
                                                 "data": b64(b"x")}))


def make_trust(base):
    """The same file, by somebody who trusts others."""
    text = (BASES / base.trust).read_text()
    others = {
        "log": ("signature", re.sub("log [^\n]*", "log " + vkey(base.case().origin,
                                                            b"\x01" + public("stranger")), text)),
        "verifier": ("signature", re.sub("(verifier) .*", r"\1 " + public("stranger").hex(), text)),
        "vrf": ("proof", re.sub("(vrf) .*", r"\1 " + public("stranger").hex(), text)),
        "policy": ("unbound", re.sub("(#assay-policy) .*", r"\1 " + "ab" * 32, text)),
        "lacks_vrf": ("usage", re.sub("#assay-vrf .*\n", "", text)),
        "witness": ("signature", re.sub("quorum none", witness() + "quorum w", text))}
    for name, (expect, other_text) in others.items():
        path = BASES / f"{base.trust[:-4]}_{name}.txt"
        files[path] = other_text.encode()
        base.vector(f"trust_{name}", expect, "by another policy.txt", base.data, path.name)


def vkey(origin, typed):
    return f"{origin}+{sha256(origin.encode() + bytes([10]) + typed)[:4].hex()}+{b64(typed)}"


def witness():
    return f"witness w {vkey('w.example', bytes([4]) + public('stranger'))}\n"


def make_verdicts(base):
    """Verdicts that are told rightly, and are bad news; and what may not be left out."""
    def outcome(name, letter, fault=None):
        def do(case):
            statement = of_payload(case, "verdict")
            p = statement["predicate"]
            p.update(outcome=name, fault=fault)
            for key in ("position_outcomes", "row_outcomes", "pair_outcomes"):
                p[key] = re.sub("[a-z]", letter, p[key])
            case.lines = [one for one in case.lines if one.get("entry") != "summary"]
            say(case, "verdict", statement)
        return do

    def without(*names):
        return lambda case: setattr(case, "lines", [one for one in case.lines
                                                    if one.get("entry") not in names])

    base.changed("verdict_mismatch", "mismatch", "no summary, an honest verdict",
                 outcome("mismatch", "x", {"step": 1, "row": None}))
    base.changed("verdict_unavailable", "no_evidence", "the openings never came",
                 outcome("unavailable", "u"))
    base.changed("verdict_inconclusive", "inconclusive", "the verifier could not judge",
                 outcome("inconclusive", "i"))
    base.changed("without_summary", None, "a summary repeats the verdict", without("summary"))
    base.changed("not_audited", None, "no verdict yet", without("summary", "verdict"))
    base.changed("without_verdict", "unbound", "what is only signed has not passed",
                 without("verdict"))
    base.changed("without_draw", "no_evidence", "a verdict rests on a draw",
                 without("draw", "spotcheck", "opening"))
    base.changed("without_spotcheck", "no_evidence", "a verdict rests on an opening",
                 without("spotcheck", "opening"))
    base.changed("without_spotcheck_alone", "unbound", "then nobody named the opening",
                 without("spotcheck"))
    base.changed("only_signed", None, "order, acceptance and attestation alone",
                 without("draw", "spotcheck", "opening", "verdict", "summary"))


def make_slashes(base):
    """A slash in the summary's place of the log."""
    def slash(fault, change=lambda p: None, signer="verifier"):
        def do(case):
            at = case.entries["attestation"]
            p = {"provider": at.leaf.signer.hex(), "class": "cpu/gemm@1", "fault": fault,
                 "job": case.entries["order"].leaf.digest.hex(),
                 "attestation": at.leaf.digest.hex(), "attestation_index": str(at.index),
                 "evidence_indices": [str(at.index)], "evidence_blob": "00" * 32,
                 "delivery_proof": "{}" if fault == "withheld" else "", "severity_ppm": 1_000_000,
                 "finality": "1795363206000", "detail": ""}
            change(p)
            entry = case.entries.pop("summary")
            entry.name = "slash"
            case.entries["slash"] = entry
            case.line("summary").update(entry="slash", key="slash")
            say(case, "slash", {
                "_type": "https://in-toto.io/Statement/v1",
                "subject": [{"name": "attestation", "digest": {"sha256": p["attestation"]}}],
                "predicateType": "https://assay.example/slash/v1", "predicate": p}, signer)
        return do

    base.changed("slash_wrong_result", "mismatch", "whatever the verdict says",
                 slash("wrong-result"))
    base.changed("slash_withheld", "no_evidence", "whatever the verdict says", slash("withheld"))
    base.changed("slash_equivocation", "equivocation", "whatever the verdict says",
                 slash("equivocation"))
    base.changed("slash_by_a_stranger", "signature", "only the verifier slashes",
                 slash("wrong-result", signer="stranger"))
    for member, value in (("provider", "ab" * 32), ("job", "ab" * 32), ("attestation_index", "1")):
        base.changed(f"slash_other_{member}", "unbound", "about something else",
                     slash("wrong-result", lambda p, m=member, v=value: p.update({m: v})))


def make_second(base):
    """The second attestation of an equivocation: the envelope among the openings."""
    first = base.case().entries["attestation"]

    def envelope(case):
        for line in case.lines:
            if line.get("entry") == "opening":
                return line, json.loads(base64.b64decode(line["data"]))
        raise AssertionError("no second attestation")

    def changed(name, expect, note, change, keep_name=False):
        case = base.case()
        line, it = envelope(case)
        it = change(it) or it
        data = it if isinstance(it, bytes) else dump(it).encode()
        line["data"] = b64(data)
        if not keep_name:
            line["name"] = sha256(data).hex()
        base.vector(f"second_{name}", expect, note, case)

    def said(change, signer="provider alice"):
        def do(it):
            statement = json.loads(base64.b64decode(it["payload"]))
            change(statement)
            return sealed(dump(statement).encode(), signer)
        return do

    def sealed(payload, signer):
        return {"payload": b64(payload), "payloadType": TYPE.decode(), "signatures": [
            {"keyid": sha256(public(signer)).hex(),
             "sig": b64(sign(KEYS[signer], pae(payload)))}]}

    _, it = envelope(base.case())
    statement = json.loads(base64.b64decode(it["payload"]))
    for path, value in walk(statement["predicate"]):
        expect = "unbound" if path == ("job",) else None
        note = "signed again: of another job" if expect else "signed again: two all the same"
        changed("_".join(map(str, path)), expect, note,
                said(lambda s, p=path, v=value: put(s["predicate"], p, other(v, p[-1]))))
    changed("result", None, "signed again: two all the same", said(
        lambda s: put(s, ("subject", 0, "digest", "sha256"), "ab" * 32)))
    changed("member_added", "malformed", "signed again", said(
        lambda s: s["predicate"].update(more=1)))
    changed("is_the_first", "ok", "no fraud: one attestation twice",
            lambda _: sealed(first.leaf.payload, "provider alice"))
    changed("by_a_stranger", "signature", "signed by another key", said(lambda s: None, "stranger"))
    changed("payload_flipped", "signature", "not signed again", lambda it: it.update(
        payload=b64(base64.b64decode(it["payload"]).replace(b'"seq":"', b'"seq":"9', 1))))
    changed("other_type", "malformed", "not in-toto", lambda it: it.update(payloadType="text"))
    changed("keyid_other", None, "a hint, no more",
            lambda it: it["signatures"][0].update(keyid="ab" * 32))
    changed("member_unknown", None, "DSSE: ignored", lambda it: it.update(more=1))
    changed("without_signature", "malformed", "none", lambda it: it.update(signatures=[]))
    changed("not_json", "malformed", "no envelope", lambda it: b"no envelope")
    changed("misnamed", "unbound", "under another digest", lambda it: it.update(more=1), True)


def make_dispute(base):
    """The transcript of a dispute: every move by the right hand, in turn, with its bytes."""
    def members(key, signer, more):
        for path, value in walk(of_payload(base.case(), key)["predicate"]):
            if path == ("step",):
                continue  # of another step: that takes its operations to notice
            case = base.case()
            statement = of_payload(case, key)
            put(statement["predicate"], path, other(value, path[-1]))
            follow(statement)
            say(case, key, statement, signer)
            expect = more.get(path[-1], "unbound")
            base.vector("_".join([key.replace(" ", "_").replace("-", "_"), *map(str, path)]),
                        expect, "signed and logged again" if expect else
                        "a claim: nothing in the file rests on it", case)

    def without(key):
        return lambda case: setattr(case, "lines", [one for one in case.lines
                                                    if one.get("key") != key])

    def move_of(case, number):
        return of_payload(case, f"dispute-move {number}")

    def by_stranger(key):
        return lambda case: (case.entries[key].leaf.say(case.entries[key].leaf.payload,
                                                        "stranger"), case.log_again()) and None

    def out_of_turn(case):
        statement = move_of(case, 1)
        statement["predicate"]["move"] = move_of(case, 0)["predicate"]["move"]
        say(case, "dispute-move 1", statement, "provider alice")

    def answer_as_choice(case):
        statement = move_of(case, 0)
        statement["predicate"]["move"] = move_of(case, 1)["predicate"]["move"]
        say(case, "dispute-move 0", statement, "challenger")

    def line_of(case, number):
        blob = move_of(case, number)["predicate"]["move"]["blob"]
        return case.line("opening", blob)

    moves = [key for key in base.case().entries if key.startswith("dispute-move")]
    last = len(moves) - 1
    base.vector("untouched", None, "as the service gave it", base.data)
    members("dispute", "challenger", {})
    members("dispute-move 0", "provider alice",
            {"blob": "no_evidence", "choice": "malformed", "kind": "malformed"})
    members("dispute-move 1", "challenger", {"blob": "malformed", "kind": "malformed",
                                             "choice": "malformed"})
    members(f"dispute-move {last}", "challenger",
            {"blob": "no_evidence", "choice": "malformed", "kind": "malformed"})
    quiet = Base(base.name, base.kind, base.trust, base.expect)  # without a replay it says the same
    quiet.changed("without_last_move", "ok", "it shows nothing", without(moves[last]))
    base.changed("without_end", None, "the conviction shows what it shows", without("dispute-end"))
    base.changed("without_move_1", "unbound", "a move is missing", without(moves[1]))
    quiet.changed("without_moves", "ok", "it shows nothing", lambda case: setattr(
        case, "lines", [one for one in case.lines if one.get("entry") != "dispute-move"]))
    for key in ("dispute", moves[0], moves[1], moves[last]):
        base.changed(key.replace(" ", "_").replace("-", "_") + "_by_a_stranger", "unbound",
                     "signed and logged again", by_stranger(key))
    base.changed("out_of_turn", "conflict", "the provider moves twice", out_of_turn)
    base.changed("challenger_begins", "conflict", "the provider moves first", answer_as_choice)
    for number, name in ((0, "digests"), (last, "conviction")):
        base.changed(f"{name}_flipped", "unbound", "not the bytes that the move names",
                     lambda case, n=number: flip_data(line_of(case, n)))
        base.changed(f"without_{name}", "no_evidence", "the bytes of a move are missing",
                     lambda case, n=number: case.lines.remove(line_of(case, n)))
    base.changed("trace_flipped", "unbound", "a digest of a state",
                 lambda case: flip_data(case.line("trace")))


def make_again(base, cause, more):
    """An audit that was not the first: its draw covers what asked for it."""
    def without(key):
        return lambda case: setattr(case, "lines", [one for one in case.lines
                                                    if one.get("key") != key])

    base.vector("untouched", None, "as the service gave it", base.data)
    for kind in (cause, "spotcheck", "verdict"):
        make_members(base, kind, MORE["mismatch"] | more)
        make_statement(base, kind)
    base.changed("without_cause", "unbound", "the draw is of other leaves", without(cause))
    base.changed("without_draw", "no_evidence", "the verdict rests on none", without("draw"))
    base.changed("trace_flipped", "unbound", "a digest of a state",
                 lambda case: flip_data(case.line("trace")))
    base.changed("as_a_receipt", "malformed", "a fraud proof is none", lambda case: case.lines[
        0].update(assay="receipt/v1"))


def make_all():
    gemm = Base("gemm", "receipt")
    for kind in gemm.case().entries:
        make_members(gemm, kind, {})
        make_statement(gemm, kind)
    make_proofs(gemm, "order")
    for make in (make_head, make_file, make_blobs, make_verdicts, make_slashes, make_trust):
        make(gemm)
    for name in ("gemm_full", "gemm_strict", "train", "train_commits", "lattice", "bodies"):
        base = Base(name, "receipt")
        base.vector("untouched", None, "as the service gave it", base.data)
        make_members(base, "spotcheck", {})
        base.changed("trace_flipped", "unbound", "a digest of a state",
                     lambda case: flip_data(case.line("trace")))
    render = Base("render", "receipt")
    make_file(render)
    make_inputs(render)
    revealed = Base("revealed", "receipt", "revealed_policy.txt")
    revealed.vector("untouched", None, "as the service gave it", revealed.data)
    make_members(revealed, "reveal", {})
    make_statement(revealed, "reveal")
    revealed.changed("without_reveal", "unbound", "other positions follow",
                     lambda case: setattr(case, "lines", [
                         one for one in case.lines if one.get("entry") != "reveal"]))
    mismatch = Base("mismatch", "evidence", expect="mismatch", unreplayed="inconclusive")
    make_file(mismatch)
    make_blobs(mismatch)
    for kind in mismatch.case().entries:
        make_members(mismatch, kind, MORE["mismatch"])
        make_statement(mismatch, kind)
    make_dispute(Base("dispute", "evidence", "dispute_policy.txt", expect="mismatch",
                      unreplayed="inconclusive"))
    for name, cause, more in (
            ("challenge", "paid-challenge", {("verdict", "p_ppm"): "unbound"}),
            ("unbonding", "stake", {})):
        make_again(Base(name, "evidence", f"{name}_policy.txt", expect="mismatch",
                        unreplayed="inconclusive"), cause, more)
    equivocation = Base("equivocation", "evidence", expect="equivocation")
    make_file(equivocation)
    make_second(equivocation)
    for kind in equivocation.case().entries:
        make_members(equivocation, kind, MORE["equivocation"])
        make_statement(equivocation, kind)


# Evidence: outcomes are the verifier's word, which the step shows whatever they are; and a blob
# that no spot-check names is taken for a second attestation.
MORE = {
    "mismatch": {("verdict", "position_outcomes"): None, ("verdict", "row_outcomes"): None,
                 ("verdict", "pair_outcomes"): None, ("verdict", "outcome"): "malformed",
                 ("verdict", "fault", "row"): None, ("verdict", "fault", "step"): "ok",
                 ("spotcheck", "opening_blob"): "malformed",
                 ("summary", "verifiedLevels"): "malformed"},
    "equivocation": {("attestation",): None, ("attestation", "job"): "unbound",
                     ("attestation", "trace_blob"): "unbound"}}


def main():
    make_all()
    there = list((ROOT / "audit").glob("*.txt")) + list(BASES.glob("policy_*.txt"))
    write_or_check(files, there)


if __name__ == "__main__":
    main()
