#!/usr/bin/env python3
"""Writes vectors/witness/ from C2SP tlog-witness, sharing no code with core/ or verifier/: what a
log sends, what the witness knew, and its answer to the byte. The output never changes by itself;
--check compares instead."""
import pathlib

import reference
from make_wire_vectors import (SEED_A, SEED_B, SEED_C, b64, cosigned, public, signature_line,
                               signed, text_field, vkey)
from written_files import write_or_check

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "witness"
LOG, OTHER, NAME = "log.example/witnessed", "log.example/other", "witness.example/w1"
TIME = 1_764_000_000
STATUS = {"ok": 200, "malformed": 400, "signature": 403, "not_found": 404, "conflict": 409,
          "proof": 422}
LEAVES = [b"leaf-%d" % i for i in range(13)]
FORKED = [b"leaf-0", b"another"] + LEAVES[2:]
KNOWN = [vkey(LOG, 1, public(SEED_A)), vkey(OTHER, 1, public(SEED_C))]
files = {}


def checkpoint(count, leaves=None, origin=LOG, extension=""):
    leaves = (LEAVES if leaves is None else leaves)[:count]
    return f"{origin}\n{count}\n{b64(reference.root(leaves))}\n{extension}"


def proof(old, count, leaves=None):
    leaves = (LEAVES if leaves is None else leaves)[:count]
    return [b64(node) for node in reference.consistency(old, leaves)]


def body(old, path, text, signatures=None):
    signatures = signed(LOG, SEED_A, text) if signatures is None else signatures
    return f"old {old}\n" + "".join(line + "\n" for line in path) + "\n" + text + "\n" + signatures


def case(name, expect, note, request, known=0, logs=KNOWN, text=None, known_leaves=None):
    """known: the size that the witness cosigned last; text: what it cosigns now."""
    lines = [f"# vectors/witness/{name}.txt", f"expect: {expect}", f"note: {note}"]
    fields = {"log": list(logs), "known_size": str(known)}
    if known:
        leaves = LEAVES if known_leaves is None else known_leaves
        fields["known_root"] = reference.root(leaves[:known]).hex()
    fields |= text_field(request) | {"status": str(STATUS[expect])}
    if expect == "ok":
        fields |= {"seed": SEED_B.hex(), "name": NAME, "time": str(TIME)}
        fields["cosignature"] = cosigned(NAME, SEED_B, text, TIME).rstrip("\n")
    if expect == "conflict":
        fields["size"] = str(known)
    for key, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            lines.append(f"{key}: {one}" if one else f"{key}:")
    path = FOLDER / f"{name}.txt"
    assert path not in files
    files[path] = ("\n".join(lines) + "\n").encode()


def good():
    def grown(name, note, old, count, **more):
        text = checkpoint(count)
        path = proof(old, count) if 0 < old < count else []
        case(name, "ok", note, body(old, path, text), known=old, text=text, **more)

    grown("first", "a log that it never saw, from 0", 0, 5)
    grown("first_empty", "the empty tree", 0, 0)
    grown("grown_by_one", "the smallest step", 5, 6)
    grown("grown", "an unbalanced tree out of another", 5, 13)
    grown("grown_from_power_of_two", "the old root is a subtree: it is not in the proof", 8, 13)
    grown("grown_from_one", "a single leaf", 1, 13)
    grown("once_more", "the same head again, for a fresh time", 13, 13)
    text = checkpoint(13)
    other = signed("stranger.example", SEED_C, text)
    log = signed(LOG, SEED_A, text)
    garbage = f"— grease.invalid/00 {b64(b'0123456789')}\n"
    case("strangers_ignored", "ok", "signatures by keys that it does not know",
         body(5, proof(5, 13), text, garbage + other + log), known=5, text=text)
    case("another_witness_ignored", "ok", "a cosignature is not its business",
         body(5, proof(5, 13), text, log + cosigned("witness.example/w2", SEED_C, text, TIME)),
         known=5, text=text)
    case("two_keys", "ok", "a log may have two keys under one origin",
         body(5, proof(5, 13), text, signed(LOG, SEED_C, text) + log), known=5, text=text,
         logs=[KNOWN[0], vkey(LOG, 1, public(SEED_C))])
    case("second_key", "ok", "either of them is enough",
         body(5, proof(5, 13), text, signed(LOG, SEED_C, text)), known=5, text=text,
         logs=[KNOWN[0], vkey(LOG, 1, public(SEED_C))])
    extended = checkpoint(13, extension="an extension line\n")
    case("extension", "ok", "extension lines are opaque, and cosigned with the rest",
         body(5, proof(5, 13), extended), known=5, text=extended)
    other_log = checkpoint(13, origin=OTHER)
    case("another_log", "ok", "each origin has its own key and its own head",
         body(0, [], other_log, signed(OTHER, SEED_C, other_log)), text=other_log)


def strangers():
    text = checkpoint(13, origin="log.example/unknown")
    case("origin_unknown", "not_found", "a log that it does not witness",
         body(0, [], text, signed("log.example/unknown", SEED_A, text)))
    case("origin_unknown_but_signed_by_known", "not_found",
         "a known log's key under another origin", body(0, [], text, signed(LOG, SEED_A, text)))
    text = checkpoint(13)
    path = proof(5, 13)
    case("unsigned_by_log", "signature", "only strangers signed",
         body(5, path, text, signed("stranger.example", SEED_C, text)), known=5)
    case("signed_by_another_log", "signature", "a log that it knows, but not this one",
         body(5, path, text, signed(OTHER, SEED_C, text)), known=5)
    case("signed_under_another_name", "signature", "the right key, but its name is not the origin",
         body(5, path, text, signed("log.example/alias", SEED_A, text)), known=5)
    case("signature_of_another_size", "signature", "the signature is over another checkpoint",
         body(5, path, text, signed(LOG, SEED_A, checkpoint(12))), known=5)
    broken = signature_line(LOG, 1, SEED_A, reference.sign(SEED_A, b"another text\n"))
    case("signature_broken_beside_valid", "signature",
         "a known key's line that fails is not excused by one that holds",
         body(5, path, text, signed(LOG, SEED_A, text) + broken), known=5)
    case("signature_by_cosigning", "signature", "a log signs the bare text, not as a witness does",
         body(5, path, text, cosigned(LOG, SEED_A, text, TIME)), known=5)


def conflicts():
    text = checkpoint(13)

    def conflict(name, note, old, known, path=None, **more):
        path = proof(old, 13) if path is None else path
        case(name, "conflict", note, body(old, path, text), known=known, **more)

    conflict("old_behind", "the log lost its memory of the last answer", 5, 8)
    conflict("old_zero", "how a log asks for the size", 0, 8, path=[])
    conflict("old_ahead", "the witness lost some: it says so", 8, 5)
    conflict("old_never_seen", "it never saw this log: its size is 0", 5, 0)
    conflict("old_behind_same_size", "the witness has this very checkpoint already", 5, 13)
    conflict("split_view", "another tree of the size that it cosigned", 13, 13, path=[],
             known_leaves=FORKED)
    conflict("split_view_before_proof", "the size goes before the proof, whatever that says", 5, 13,
             path=[], known_leaves=FORKED)


def bad_proofs():
    text = checkpoint(13)

    def bad(name, note, old, path, **more):
        case(name, "proof", note, body(old, path, text), known=old, **more)

    path = proof(5, 13)
    bad("proof_missing", "none where one must be", 5, [])
    bad("proof_short", "one hash too few", 5, path[:-1])
    bad("proof_long", "one hash too many", 5, path + path[-1:])
    bad("proof_reordered", "two hashes changed places", 5, path[1::-1] + path[2:])
    bad("proof_wrong_hash", "one other hash", 5, path[:-1] + [b64(bytes(32))])
    bad("proof_from_another_size", "that of 6 leaves", 5, proof(6, 13))
    bad("proof_from_zero", "nothing leads from nothing", 0, path)
    bad("proof_to_itself", "nothing leads from a head to itself", 13, [b64(bytes(32))])
    bad("forked", "a right proof, from a tree that the witness never saw", 5, path,
        known_leaves=FORKED)
    case("rewritten", "proof", "the log rewrote a leaf under the known head",
         body(5, proof(5, 13, FORKED), checkpoint(13, FORKED)), known=5)


def malformed():
    text = checkpoint(13)
    path = proof(5, 13)
    right = body(5, path, text)

    def bad(name, note, request, known=5):
        assert request != right
        case(name, "malformed", note, request, known=known)

    bad("rollback", "older than what it cosigned", body(13, [], checkpoint(5)), known=13)
    bad("old_above_size", "a proof cannot lead back", body(8, [], checkpoint(5)))
    bad("empty", "no request at all", b"")
    bad("no_old_line", "the first line is missing", right.split("\n", 1)[1])
    bad("old_word", "another word", right.replace("old ", "from ", 1))
    bad("old_upper_case", "one spelling", right.replace("old ", "Old ", 1))
    bad("old_two_spaces", "one space", right.replace("old ", "old  ", 1))
    bad("old_leading_zero", "one spelling", right.replace("old 5", "old 05", 1))
    bad("old_signed", "no sign", right.replace("old 5", "old +5", 1))
    bad("old_empty", "no number", right.replace("old 5", "old ", 1))
    bad("old_beyond_64_bits", "2^64", right.replace("old 5", f"old {2**64}", 1))
    bad("old_carriage_return", "only newlines end lines", right.replace("old 5\n", "old 5\r\n", 1))
    bad("proof_31_bytes", "a hash has 32", body(5, [b64(bytes(31))], text))
    bad("proof_33_bytes", "a hash has 32", body(5, [b64(bytes(33))], text))
    bad("proof_hex", "base64, not hex", body(5, [bytes(32).hex()], text))
    bad("proof_unpadded", "one spelling", body(5, [b64(bytes(32)).rstrip("=")], text))
    bad("proof_trailing_bits", "one spelling", body(5, [b64(bytes(32))[:-2] + "B="], text))
    bad("proof_space", "nothing besides the hash", body(5, [path[0] + " "] + path[1:], text))
    bad("proof_64_lines", "at most 63", body(5, [b64(bytes(32))] * 64, text))
    bad("no_blank_line", "nothing between proof and checkpoint", right.replace("\n\n", "\n", 1))
    bad("two_blank_lines", "the checkpoint would begin with an empty line",
        right.replace("\n\n", "\n\n\n", 1))
    bad("no_checkpoint", "nothing after the blank line", "old 0\n\n", known=0)
    bad("checkpoint_unsigned", "a checkpoint is a signed note", f"old 0\n\n{text}", known=0)
    bad("checkpoint_no_newline", "the last line does not end", right[:-1])
    bad("checkpoint_trailing_text", "a line that is no signature", right + "and more\n")
    bad("checkpoint_not_utf8", "a byte that starts nothing", right.encode() + b"\xff\n")
    other = "no\ncheckpoint\n"
    bad("note_without_checkpoint", "well signed, but no checkpoint",
        body(0, [], other, signed(LOG, SEED_A, other)), known=0)
    for name, size in (("size_leading_zero", "013"), ("size_signed", "-13"), ("size_hex", "0xd")):
        wrong = text.replace("\n13\n", f"\n{size}\n")
        bad(name, "one spelling", body(5, path, wrong, signed(LOG, SEED_A, wrong)))
    wrong = f"{LOG}\n0\n{b64(bytes(32))}\n"
    bad("empty_tree_root", "the empty tree has one root", body(0, [], wrong), known=0)


def main():
    for make in (good, strangers, conflicts, bad_proofs, malformed):
        make()
    write_or_check(files, FOLDER.glob("*"))


if __name__ == "__main__":
    main()
