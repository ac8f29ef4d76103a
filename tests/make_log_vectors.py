#!/usr/bin/env python3
"""Writes vectors/{head,tile}/: checkpoints against a policy file with its quorum (tlog-cosignature,
tlog-policy), and the files of a log (tlog-tiles), from the specifications alone. The output never
changes by itself; --check compares instead."""
import base64
import pathlib

import reference
from make_wire_vectors import b64, cosigned, key_id, public, signed, vkey
from reference import sha256
from written_files import write_or_check

ROOT = pathlib.Path(__file__).resolve().parent.parent / "vectors"
LOG = "log.example/heads"
TIME = 1_790_000_000
SEEDS = {name: sha256(b"assay log vectors " + name.encode())
         for name in ("log", "w1", "w2", "w3", "stranger", "grease")}
files = {}


def write(folder, name, expect, note, **fields):
    lines = [f"# vectors/{folder}/{name}.txt", f"expect: {expect}", f"note: {note}"]
    for key, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            lines.append(f"{key}: {one}" if one != "" else f"{key}:")
    path = ROOT / folder / f"{name}.txt"
    assert path not in files, path
    files[path] = ("\n".join(lines) + "\n").encode()


def log_line(origin=LOG, seed="log"):
    return f"log {vkey(origin, 1, public(SEEDS[seed]))}"


def witness_line(name):
    return f"witness {name} {vkey(name + '.example', 4, public(SEEDS[name]))}"


TWO_OF_THREE = [log_line(), *map(witness_line, ("w1", "w2", "w3")), "group g 2 w1 w2 w3",
                "quorum g"]
NOBODY = [log_line(), "quorum none"]
BODY = f"{LOG}\n7\n{b64(sha256(b'seven leaves'))}\n"


def by_log(body=BODY, origin=LOG, seed="log"):
    return signed(origin, SEEDS[seed], body)


def by(name, body=BODY, time=TIME, key_name=None, seed=None):
    return cosigned(key_name or name + ".example", SEEDS[seed or name], body, time)


def grease():
    """A line of no known algorithm: readers must pass over it."""
    raw = sha256(b"grease")[:4] + b"\xfa" + sha256(b"grease line") * 2
    return f"— grease.example/{SEEDS['grease'][:4].hex()} {b64(raw)}\n"


def head(name, expect, note, trust, text, witnesses=None):
    fields = {"trust": trust}
    if all(c >= " " or c == "\n" for c in text) and text.endswith("\n"):
        fields["line"] = text.split("\n")[:-1]
    else:
        fields["hex"] = text.encode().hex()
    if expect == "ok":
        fields |= {"origin": LOG, "size": "7", "witnesses": witnesses}
    write("head", name, expect, note, **fields)


def make_head():
    def ok(name, note, trust, lines, witnesses):
        head(name, "ok", note, trust, BODY + "\n" + lines, witnesses)

    def bad(name, note, trust, lines, body=BODY, expect="signature"):
        head(name, expect, note, trust, body + "\n" + lines)

    all_three = by("w1") + by("w2") + by("w3")
    ok("log_alone", "the policy asks for no witness", NOBODY, by_log(), "")
    ok("log_alone_with_cosignatures", "signatures of others say nothing", NOBODY,
       by_log() + all_three, "")
    ok("two_of_three", "the quorum", TWO_OF_THREE, by_log() + by("w1") + by("w3"), "w1 w3")
    ok("all_three", "more than the quorum", TWO_OF_THREE, by_log() + all_three, "w1 w2 w3")
    ok("shuffled", "the order of the lines means nothing", TWO_OF_THREE,
       by("w3") + by_log() + by("w1"), "w1 w3")
    ok("grease_last", "a line of an unknown algorithm", TWO_OF_THREE,
       by_log() + by("w1") + by("w2") + grease(), "w1 w2")
    ok("grease_first", "wherever it stands", TWO_OF_THREE,
       grease() + by("w2") + by("w1") + by_log(), "w1 w2")
    ok("stranger_beside", "a witness nobody named", TWO_OF_THREE,
       by_log() + by("stranger") + by("w1") + by("w2"), "w1 w2")
    ok("stranger_garbage", "nobody checks what it signed", TWO_OF_THREE,
       by_log() + by("stranger", BODY + "x") + by("w1") + by("w2"), "w1 w2")
    ok("signed_twice", "two times by one witness, both hold", TWO_OF_THREE,
       by_log() + by("w1") + by("w1", time=TIME + 60) + by("w2"), "w1 w2")
    ok("time_zero", "no bound on what time it is", TWO_OF_THREE,
       by_log() + by("w1", time=0) + by("w2", time=2**63 - 1), "w1 w2")
    ok("nested_groups", "a group of groups",
       [log_line(), *map(witness_line, ("w1", "w2", "w3")), "group a any w1 w2",
        "group b all a w3", "quorum b"], by_log() + by("w2") + by("w3"), "w2 w3")
    ok("two_logs", "either may sign its own", [log_line(), log_line("other.example", "stranger"),
                                               "quorum none"], by_log(), "")

    bad("one_of_three", "too few", TWO_OF_THREE, by_log() + by("w1"))
    bad("one_twice", "one witness counts once", TWO_OF_THREE,
        by_log() + by("w1") + by("w1", time=TIME + 1))
    bad("no_witness", "fails closed", TWO_OF_THREE, by_log())
    bad("witnesses_alone", "the log itself must sign", TWO_OF_THREE, all_three)
    bad("strangers_alone", "nobody known", NOBODY, by("w1"))
    bad("log_signature_fails", "a known key's bad line rejects the note", TWO_OF_THREE,
        by_log(BODY + "x\n") + all_three)
    bad("witness_signature_fails", "though the quorum is met without it", TWO_OF_THREE,
        by_log() + by("w1") + by("w2") + by("w3", BODY + "x\n"))
    bad("second_signature_fails", "the first by this witness holds, the second does not",
        TWO_OF_THREE, by_log() + by("w1") + by("w1", BODY + "x\n") + by("w2"))
    bad("time_not_signed", "the time is part of what is signed", TWO_OF_THREE,
        moved_time(by_log() + by("w1") + by("w2")))
    bad("time_beyond", "2^63 seconds", TWO_OF_THREE,
        by_log() + by("w1") + by("w2", time=2**63))
    bad("plain_for_cosignature", "a witness's key that signs as a log does", TWO_OF_THREE,
        by_log() + by("w1") + plain_under_cosigner())
    bad("other_origin", "a trusted key under another log's name", NOBODY,
        by_log(BODY.replace(LOG, "elsewhere.example")),
        BODY.replace(LOG, "elsewhere.example"))
    bad("origin_of_the_other_log", "each log signs for itself only",
        [log_line(), log_line("other.example", "stranger"), "quorum none"],
        by_log(BODY.replace(LOG, "other.example")), BODY.replace(LOG, "other.example"))
    bad("size_changed", "of a signed text", NOBODY, by_log(), BODY.replace("\n7\n", "\n8\n"))
    bad("root_changed", "of a signed text", NOBODY, by_log(),
        BODY.replace(b64(sha256(b"seven leaves")), b64(sha256(b"others"))))
    bad("extension_added", "of a signed text", NOBODY, by_log(), BODY + "extension\n")
    bad("signed_but_no_checkpoint", "two lines", NOBODY, by_log(f"{LOG}\n7\n"), f"{LOG}\n7\n",
        expect="malformed")
    bad("signed_size_leading_zero", "a second spelling", NOBODY,
        by_log(BODY.replace("\n7\n", "\n07\n")), BODY.replace("\n7\n", "\n07\n"),
        expect="malformed")
    bad("grease_without_dash", "unknown lines must be signature lines too", TWO_OF_THREE,
        by_log() + by("w1") + by("w2") + "grease\n", expect="malformed")
    bad("grease_short", "a signature of four bytes has none", TWO_OF_THREE,
        by_log() + by("w1") + by("w2") + "— grease.example 3q2+7w==\n", expect="malformed")


def plain_under_cosigner():
    """A log's kind of signature under the id of a witness's key."""
    raw = key_id("w2.example", 4, public(SEEDS["w2"])) + reference.sign(SEEDS["w2"], BODY.encode())
    return f"— w2.example {b64(raw)}\n"


def moved_time(lines):
    """The last cosignature with its time one second later, and the signature as it was."""
    *before, last = lines.splitlines(keepends=True)
    dash, name, raw = last.rstrip("\n").split(" ")
    data = bytearray(base64.b64decode(raw))
    data[11] ^= 1
    return "".join(before) + f"{dash} {name} {b64(bytes(data))}\n"


def make_paths():
    def ok(name, path, level, index, width):
        write("tile", "path_" + name, "ok", "spelled so and no other way", kind="path", path=path,
              level=str(level), index=str(index), width=str(width))

    def bad(name, note, path):
        write("tile", "path_" + name, "malformed", note, kind="path", path=path)

    ok("first", "tile/0/000", 0, 0, 256)
    ok("partial", "tile/0/001.p/44", 0, 1, 44)
    ok("deep", "tile/3/x001/x234/067", 3, 1234067, 256)
    ok("level_63", "tile/63/999.p/1", 63, 999, 1)
    ok("thousand", "tile/0/x001/000.p/255", 0, 1000, 255)
    ok("entries", "tile/entries/000", "entries", 0, 256)
    ok("entries_partial", "tile/entries/x001/x000/000.p/7", "entries", 1000000, 7)
    bad("slash_first", "relative to the log's prefix", "/tile/0/000")
    bad("two_digits", "three in a group", "tile/0/00")
    bad("four_digits", "three in a group", "tile/0/1000")
    bad("last_with_x", "all but the last have an x", "tile/0/x001/x000")
    bad("first_without_x", "all but the last have an x", "tile/0/001/000")
    bad("leading_group", "no group of zeros before", "tile/0/x000/001")
    bad("level_64", "no log is so high", "tile/64/000")
    bad("level_leading_zero", "one spelling", "tile/00/000")
    bad("level_named", "only entries has a name", "tile/data/000")
    bad("width_0", "an empty tile is none", "tile/0/000.p/0")
    bad("width_256", "a full tile is not partial", "tile/0/000.p/256")
    bad("width_leading_zero", "one spelling", "tile/0/000.p/01")
    bad("width_missing", "after .p/ comes one", "tile/0/000.p/")
    bad("trailing_slash", "one spelling", "tile/0/000/")
    bad("dots", "no way out", "tile/0/../000")


def hashes_of(entries):
    return [sha256(b"\x00", entry) for entry in entries]


def subtree(hashes):
    """The root over leaf hashes."""
    if len(hashes) == 1:
        return hashes[0]
    k = reference.split(len(hashes))
    return sha256(b"\x01", subtree(hashes[:k]), subtree(hashes[k:]))


def bundle_of(entries):
    return b"".join(len(one).to_bytes(2, "big") + one for one in entries)


def make_tiles():
    entries = [b"entry %d" % i for i in range(5)]
    hashes = hashes_of(entries)
    root = subtree(hashes).hex()

    def case(name, expect, note, kind, width, data):
        more = {"root": root} if expect == "ok" else {}
        write("tile", name, expect, note, kind=kind, width=str(width), hex=data.hex(), **more)

    tile, bundle = b"".join(hashes), bundle_of(entries)
    case("hashes", "ok", "five hashes", "hashes", 5, tile)
    case("hashes_short", "malformed", "a byte is missing", "hashes", 5, tile[:-1])
    case("hashes_fewer", "malformed", "a hash is missing", "hashes", 5, tile[:-32])
    case("hashes_more", "malformed", "a hash too many", "hashes", 5, tile + hashes[0])
    case("bundle", "ok", "five entries, each after its length", "bundle", 5, bundle)
    case("bundle_fewer", "malformed", "an entry is missing", "bundle", 6, bundle)
    case("bundle_more", "malformed", "an entry too many", "bundle", 4, bundle)
    case("bundle_cut", "malformed", "within the last entry", "bundle", 5, bundle[:-1])
    case("bundle_cut_in_length", "malformed", "within a length", "bundle", 5,
         bundle_of(entries[:4]) + b"\x00")
    case("bundle_length_too_large", "malformed", "a length beyond the end", "bundle", 5,
         bundle_of(entries[:4]) + b"\xff\xff" + entries[4])
    case("bundle_trailing", "malformed", "a byte after the last entry", "bundle", 5, bundle + b"\0")
    case("bundle_nothing", "malformed", "no bytes", "bundle", 1, b"")


def log_files(entries):
    """All files of a log of fewer than 65,536 leaves, and its root."""
    hashes, out = hashes_of(entries), {}

    def tiles(level, all_of_it):
        for at in range(0, len(all_of_it), 256):
            part = all_of_it[at:at + 256]
            end = "" if len(part) == 256 else f".p/{len(part)}"
            out[f"tile/{level}/{at // 256:03}{end}"] = b"".join(part)
            if level == 0:
                out[f"tile/entries/{at // 256:03}{end}"] = bundle_of(entries[at:at + 256])

    tiles(0, hashes)
    full = [subtree(hashes[at:at + 256]) for at in range(0, len(hashes) - 255, 256)]
    if full:
        tiles(1, full)
    return out, subtree(hashes)


def make_logs():
    def case(name, expect, note, size, root, all_files):
        write("tile", name, expect, note, kind="log", size=str(size), root=root.hex(),
              file=[f"{path} {data.hex()}" for path, data in sorted(all_files.items())])

    small = [b"entry %d" % i for i in range(5)]
    five, root = log_files(small)
    case("log_5", "ok", "two files", 5, root, five)
    other = dict(five) | {"tile/entries/000.p/5": bundle_of(small[:4] + [b"entry X"])}
    case("log_5_entry_changed", "proof", "an entry that its tile does not commit to", 5, root,
         other)
    swapped = [small[1], small[0], *small[2:]]
    case("log_5_entries_swapped", "proof", "the order counts", 5, root,
         dict(five) | {"tile/entries/000.p/5": bundle_of(swapped)})
    case("log_5_all_changed", "proof", "tile and bundle agree, the root does not", 5, root,
         log_files(small[:4] + [b"entry X"])[0])
    case("log_5_other_root", "proof", "the checkpoint's root is another", 5, sha256(b"x"), five)
    case("log_5_tile_missing", "malformed", "a file is not there", 5, root,
         {"tile/entries/000.p/5": five["tile/entries/000.p/5"]})
    case("log_5_bundle_missing", "malformed", "a file is not there", 5, root,
         {"tile/0/000.p/5": five["tile/0/000.p/5"]})
    case("log_5_tile_wide", "malformed", "a hash too many", 5, root,
         dict(five) | {"tile/0/000.p/5": five["tile/0/000.p/5"] + sha256(b"x")})

    big = [b"%d" % i for i in range(257)]
    files_257, root_257 = log_files(big)
    case("log_257", "ok", "a full tile, and the level above it", 257, root_257, files_257)
    changed = log_files([b"x", *big[1:]])[0]
    case("log_257_full_tile_changed", "proof",
         "tile 0 and its bundle agree with each other, and the level above with the root", 257,
         root_257, changed | {"tile/1/000.p/1": files_257["tile/1/000.p/1"]})
    case("log_257_upper_tile_changed", "proof", "the level above does not follow from tile 0", 257,
         root_257, files_257 | {"tile/1/000.p/1": sha256(b"x")})


def main():
    make_head()
    make_paths()
    make_tiles()
    make_logs()
    write_or_check(files, [p for f in ("head", "tile") for p in (ROOT / f).glob("*.txt")])


if __name__ == "__main__":
    main()
