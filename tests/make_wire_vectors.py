#!/usr/bin/env python3
"""Writes vectors/{json,dsse,note,checkpoint,leaf,proof,tlog,trust,webhook}/ from their
specifications (DSSE v1.0.2; C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-tiles,
tlog-proof and tlog-policy; Standard Webhooks v1a), sharing no code with core/. The output never
changes by itself; --check compares instead."""
import base64
import json
import pathlib
import struct
import sys

import reference
from reference import sha256

ROOT = pathlib.Path(__file__).resolve().parent.parent / "vectors"
SEED_A = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
SEED_B = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
SEED_C = bytes.fromhex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7")
files = {}  # "<folder>/<scenario>.txt": its text


public = reference.public_key


def b64(data):
    return base64.b64encode(data).decode()


def write(folder, name, expect, note, **fields):
    """A field is a string, or a list for a key that repeats."""
    lines = [f"# vectors/{folder}/{name}.txt", f"expect: {expect}", f"note: {note}"]
    for key, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            lines.append(f"{key}: {one}".rstrip(" ") if one == "" else f"{key}: {one}")
    assert f"{folder}/{name}.txt" not in files
    files[f"{folder}/{name}.txt"] = "\n".join(lines) + "\n"


def text_field(text):
    """A text as repeated `line`s where it is whole printable lines, as `hex` otherwise."""
    data = text if isinstance(text, bytes) else text.encode()
    try:
        shown = data.decode()
    except UnicodeDecodeError:
        return {"hex": data.hex()}
    plain = shown.endswith("\n") and all(c == "\n" or c >= " " for c in shown)
    if not plain or "\x7f" in shown:
        return {"hex": data.hex()}
    return {"line": shown[:-1].split("\n")}


# --- JSON ---

def make_json():
    def good(name, note, text, dump, **more):
        write("json", name, "ok", note, text=text, dump=dump, **more)

    def bad(name, note, text, **more):
        field = {"hex": text.hex()} if isinstance(text, bytes) else {"text": text}
        write("json", name, "malformed", note, **field, **more)

    good("order_kept", "members stay in the order they came in", '{"b":1,"a":{"d":[],"c":{}}}',
         '{"b":1,"a":{"d":[],"c":{}}}')
    good("spaces_dropped", "space between tokens has no meaning", ' { "a" : [ 1 , 2 ] } ',
         '{"a":[1,2]}')
    good("scalar_alone", "any value may stand alone", "null", "null")
    good("escapes", "one spelling per string: only what JSON requires is escaped",
         r'"\u0041\/\u00e9\u0001\n\"\\\u007f"', '"A/é\\u0001\\n\\"\\\\\x7f"')
    good("surrogate_pair", "a pair is one character", r'"\ud83d\ude00"', '"😀"')
    good("nul_escaped", "an escaped NUL is a character like others", r'"a\u0000b"', r'"a\u0000b"')
    good("int64_min", "the smallest integer", "-9223372036854775808", "-9223372036854775808")
    good("uint64_max", "the largest integer, not rounded", "18446744073709551615",
         "18446744073709551615")
    good("above_double", "2^53 + 1 is not rounded through a double", "9007199254740993",
         "9007199254740993")
    good("minus_zero", "an integer zero has no sign", "-0", "0")
    good("same_key_apart", "equal keys in different objects are no duplicates",
         '[{"a":1},{"a":{"a":2}}]', '[{"a":1},{"a":{"a":2}}]')
    good("depth_32", "nesting at the limit", "[" * 32 + "]" * 32, "[" * 32 + "]" * 32)
    good("fraction_allowed", "the caller allows fractions", "[0.1,1e2,-0.0,2.50]",
         "[0.1,100.0,-0.0,2.5]", fractions="1")

    bad("depth_33", "one deeper than the limit", "[" * 33 + "]" * 33)
    bad("deep_json", "no stack is used up before the refusal", "[" * 10_000)
    bad("deep_objects", "the same with objects", '{"a":' * 10_000)
    bad("duplicate_json_keys", "which of the two would count?", '{"job":1,"x":2,"job":3}')
    bad("duplicate_nested", "in an inner object", '[{"a":{"b":1,"b":1}}]')
    bad("duplicate_escaped", "the same key in another spelling", r'{"a":1,"\u0061":2}')
    bad("uint64_max_plus_1", "would have to be rounded", "18446744073709551616")
    bad("int64_min_minus_1", "would have to be rounded", "-9223372036854775809")
    bad("huge_integer", "two hundred digits", "9" * 200)
    bad("fraction", "no statement has any", '{"a":1.5}')
    bad("exponent", "an integer, but not spelled as one", "1e3")
    bad("fraction_overflow", "infinity is no number", "1e999", fractions="1")
    bad("huge_integer_fractions", "allowing fractions does not allow rounding integers",
        "123456789012345678901234567890", fractions="1")
    bad("nan", "not JSON", "NaN", fractions="1")
    bad("leading_zero", "not JSON", "01")
    bad("plus_sign", "not JSON", "+1")
    bad("lone_high_surrogate", "half a character", r'"\ud800"')
    bad("lone_low_surrogate", "half a character", r'"\udc00x"')
    bad("utf8_broken", "a byte that starts nothing", b'"\xff"')
    bad("utf8_overlong", "an overlong slash", b'"\xc0\xaf"')
    bad("utf8_surrogate", "a surrogate in UTF-8", b'"\xed\xa0\x80"')
    bad("utf8_beyond", "above U+10FFFF", b'"\xf4\x90\x80\x80"')
    bad("byte_order_mark", "a second spelling of the same text", b"\xef\xbb\xbf{}")
    bad("nul_at_end", "bytes after the value", b"{}\x00hidden")
    bad("control_in_string", "must be escaped", b'"a\nb"')
    bad("trailing_value", "one value and nothing after it", "{} {}")
    bad("trailing_comma", "not JSON", "[1,]")
    bad("comment", "not JSON", "[1] // one")
    bad("single_quotes", "not JSON", "{'a':1}")
    bad("truncated", "an object that does not end", '{"a":[1,2')
    bad("empty", "nothing at all", b"")
    bad("only_space", "nothing at all", b" \n")


# --- DSSE ---

TYPE = "application/vnd.in-toto+json"
PAYLOAD = ('{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"out","digest":{"sha256":'
           '"b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9"}}],"predicateType":'
           '"https://example.com/vcr/receipt/v1","predicate":{}}').encode()


def pae(kind, body):
    kind = kind.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body)


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def make_dsse():
    key = public(SEED_C)
    keyid = sha256(key).hex()
    message = pae(TYPE, PAYLOAD)
    sig = reference.sign(SEED_C, message)
    plain = {"payload": b64(PAYLOAD), "payloadType": TYPE,
             "signatures": [{"keyid": keyid, "sig": b64(sig)}]}

    def case(name, expect, note, envelope, body=PAYLOAD, signature=sig, by=key):
        fields = {"key": by.hex(),
                  "envelope": envelope if isinstance(envelope, str) else compact(envelope)}
        if expect == "ok":
            fields |= {"payload": body.decode(), "pae_sha256": sha256(pae(TYPE, body)).hex(),
                       "signature": signature.hex()}
        write("dsse", name, expect, note, **fields)

    def signatures(*items):
        return plain | {"signatures": list(items)}

    ours = plain["signatures"][0]
    case("check_vector", "ok", "PAE of 268 bytes; what seal() writes", plain)
    url = "".join({"+": "-", "/": "_"}.get(c, c) for c in b64(sig))
    case("url_alphabet", "ok", "base64url is accepted", signatures({"keyid": keyid, "sig": url}))
    case("no_padding", "ok", "base64 without padding is accepted",
         signatures({"keyid": keyid, "sig": url.rstrip("=")}))
    case("unknown_members", "ok", "unknown members are ignored, at both levels",
         {"extension": {"a": [1, None]}} | signatures(ours | {"cert": "x"}))
    case("other_keyid", "ok", "keyid is only a hint", signatures(ours | {"keyid": "somebody"}))
    case("no_keyid", "ok", "keyid is optional", signatures({"sig": b64(sig)}))
    case("second_signature_counts", "ok", "somebody else signed first",
         signatures({"keyid": "x", "sig": b64(bytes(64))}, ours))
    case("other_algorithm_ignored", "ok", "a signature of 71 bytes cannot be Ed25519",
         signatures({"keyid": "ecdsa", "sig": b64(bytes(71))}, ours))
    case("sixteen_signatures", "ok", "as many as are read",
         signatures(*[{"sig": b64(bytes(64))}] * 15, ours))
    body = '{"name":"é😀"}'.encode()
    case("length_in_bytes", "ok", "PAE counts bytes, not characters",
         {"payload": b64(body), "payloadType": TYPE,
          "signatures": [{"sig": b64(reference.sign(SEED_C, pae(TYPE, body)))}]}, body,
         reference.sign(SEED_C, pae(TYPE, body)))

    case("other_key", "signature", "signed, but not by the key we ask for", plain,
         by=public(SEED_A))
    case("payload_changed", "signature", "one character of the statement",
         plain | {"payload": b64(PAYLOAD.replace(b"out", b"oot"))})
    case("payload_signed_bare", "signature", "a signature over the payload instead of the PAE",
         signatures({"sig": b64(reference.sign(SEED_C, PAYLOAD))}))
    case("small_order_key", "signature", "the neutral element as key, R = 1, S = 0: fits any text",
         signatures({"sig": b64(b"\x01" + bytes(63))}), by=b"\x01" + bytes(31))
    big_s = int.from_bytes(sig[32:], "little") + reference.Q
    case("signature_malleated", "signature", "S + q instead of S",
         signatures({"sig": b64(sig[:32] + big_s.to_bytes(32, "little"))}))
    case("only_other_algorithm", "signature", "nothing here can be ours",
         signatures({"sig": b64(sig + b"\x00")}))
    case("other_type", "malformed", "the type is signed too, and must be in-toto",
         {"payload": b64(PAYLOAD), "payloadType": "text/plain",
          "signatures": [{"sig": b64(reference.sign(SEED_C, pae("text/plain", PAYLOAD)))}]})
    case("no_signatures", "malformed", "an envelope is signed", signatures())
    case("seventeen_signatures", "malformed", "more than are read",
         signatures(*[{"sig": b64(bytes(64))}] * 16, ours))
    case("no_payload", "malformed", "a member is missing",
         {k: v for k, v in plain.items() if k != "payload"})
    case("payload_not_base64", "malformed", "a character of neither alphabet",
         plain | {"payload": "e30*"})
    case("payload_twice", "malformed", "a duplicate key",
         compact(plain)[:-1] + ',"payload":"e30="}')
    case("signatures_an_object", "malformed", "not an array", plain | {"signatures": ours})
    case("not_an_object", "malformed", "an array", "[]")
    case("payload_too_large", "malformed", "one byte more than a log leaf holds",
         plain | {"payload": b64(bytes(65_394))})


# --- Notes, checkpoints, proofs ---

def key_id(name, kind, key):
    return sha256(name.encode() + b"\n" + bytes([kind]) + key)[:4]


def vkey(name, kind, key):
    return f"{name}+{key_id(name, kind, key).hex()}+{b64(bytes([kind]) + key)}"


def signature_line(name, kind, seed, signature):
    return f"— {name} {b64(key_id(name, kind, public(seed)) + signature)}\n"


def signed(name, seed, text):
    return signature_line(name, 1, seed, reference.sign(seed, text.encode()))


def cosigned(name, seed, text, time):
    message = f"cosignature/v1\ntime {time}\n{text}".encode()
    return signature_line(name, 4, seed, struct.pack(">Q", time) + reference.sign(seed, message))


LOG, WITNESS = "log.example/vcr-test", "witness.example/w1"
LEAVES = [b"leaf-%d" % i for i in range(300)]
TIME = 1_700_000_000


def checkpoint_of(leaves):
    return f"{LOG}\n{len(leaves)}\n{b64(reference.root(leaves))}\n"


def make_note():
    text = "If you think cryptography is the answer to your problem,\n\nthen you know neither.\n"
    log, other = signed(LOG, SEED_A, text), signed("other.example", SEED_B, text)
    known = vkey(LOG, 1, public(SEED_A))
    witness = vkey(WITNESS, 4, public(SEED_B))

    def case(name, expect, note, body, vkeys=(known, witness), **more):
        write("note", name, expect, note, vkey=list(vkeys), **text_field(body), **more)

    case("one_signature", "ok", "text with an empty line in it", text + "\n" + log, signers=LOG)
    case("unknown_ignored", "ok", "signatures by others do not matter",
         text + "\n" + other + log + signed("third.example", SEED_C, text), signers=LOG)
    case("unknown_garbage_ignored", "ok", "not even whether they could be signatures",
         text + "\n" + f"— x {b64(b'12345')}\n" + log, signers=LOG)
    case("cosignature", "ok", "time and text are signed together",
         text + "\n" + log + cosigned(WITNESS, SEED_B, text, TIME), signers=f"{LOG} {WITNESS}",
         time=str(TIME))
    case("sixteen_signatures", "ok", "as many as must be accepted",
         text + "\n" + other * 15 + log, signers=LOG)
    case("same_name_other_id", "ok", "name and id together say whose line it is",
         text + "\n" + signed(LOG, SEED_B, text) + log, signers=LOG)
    case("empty_text_line", "ok", "the text may be one empty line",
         "\n\n" + signed(LOG, SEED_A, "\n"), signers=LOG)

    case("unknown_only", "signature", "nobody we know", text + "\n" + other)
    broken = signature_line(LOG, 1, SEED_A, reference.sign(SEED_A, b"another text\n"))
    case("known_fails", "signature", "a known key's line over another text", text + "\n" + broken)
    case("known_fails_beside_valid", "signature", "one valid signature does not excuse another",
         text + "\n" + cosigned(WITNESS, SEED_B, text, TIME) + broken)
    case("known_truncated", "signature", "63 bytes",
         text + "\n" + signature_line(LOG, 1, SEED_A, bytes(63)))
    moved = struct.pack(">Q", TIME + 1) + reference.sign(
        SEED_B, f"cosignature/v1\ntime {TIME}\n{text}".encode())
    case("cosignature_time_moved", "signature", "the time is signed",
         text + "\n" + log + signature_line(WITNESS, 4, SEED_B, moved))
    far = struct.pack(">Q", 2**63) + reference.sign(
        SEED_B, f"cosignature/v1\ntime {2**63}\n{text}".encode())
    case("cosignature_time_beyond", "signature", "a time above 2^63 - 1",
         text + "\n" + log + signature_line(WITNESS, 4, SEED_B, far))
    case("plain_as_cosignature", "signature", "a signature over the bare text is no cosignature",
         text + "\n" + log + signature_line(
             WITNESS, 4, SEED_B, struct.pack(">Q", TIME) + reference.sign(SEED_B, text.encode())))
    case("no_signature", "malformed", "nothing after the blank line", text + "\n")
    case("no_blank_line", "malformed", "text and signature not separated", "text\n" + log)
    case("last_newline_missing", "malformed", "the last line does not end",
         (text + "\n" + log)[:-1])
    case("trailing_text", "malformed", "a line that is no signature",
         text + "\n" + log + "and more\n")
    case("hyphen_for_dash", "malformed", "a hyphen is no em dash",
         text + "\n" + log.replace("—", "-"))
    case("no_name", "malformed", "an empty key name", text + "\n" + log.replace(LOG, ""))
    case("plus_in_name", "malformed", "a plus would make vkeys ambiguous",
         text + "\n" + log.replace(LOG, "a+b"))
    case("space_in_name", "malformed", "a no-break space",
         text + "\n" + log.replace(LOG, "a\u00a0b"))
    case("two_spaces", "malformed", "one space separates name and signature",
         text + "\n" + log.replace(LOG, LOG + " "))
    case("carriage_return", "malformed", "a control character", text + "\n" + log[:-1] + "\r\n")
    case("tab_in_text", "malformed", "well signed, but a control character",
         "a\tb\n\n" + signed(LOG, SEED_A, "a\tb\n"))
    case("not_utf8", "malformed", "a byte that starts nothing",
         b"\xff" + (text + "\n" + log).encode())
    case("base64_unpadded", "malformed", "one spelling only", text + "\n" + log.replace("=", ""))
    case("base64_empty", "malformed", "no signature bytes",
         text + "\n" + f"— {LOG} {b64(key_id(LOG, 1, public(SEED_A)))}\n")
    case("sixty_five_signatures", "malformed", "more than are read", text + "\n" + other * 64 + log)


def make_checkpoint():
    root = b64(reference.root(LEAVES))
    empty = b64(sha256(b""))

    def case(name, expect, note, body, **more):
        write("checkpoint", name, expect, note, **text_field(body), **more)

    def good(name, note, body, size, root_of):
        case(name, "ok", note, body, origin=body.split("\n")[0], size=str(size), root=root_of.hex())

    good("golden", "the 300-leaf log of vectors/tlog", checkpoint_of(LEAVES), 300,
         reference.root(LEAVES))
    good("empty_tree", "size 0 has one root only", f"{LOG}\n0\n{empty}\n", 0, sha256(b""))
    good("size_max", "64 bits", f"{LOG}\n{2**64 - 1}\n{root}\n", 2**64 - 1, reference.root(LEAVES))
    good("extension", "opaque lines are kept", f"{LOG}\n300\n{root}\nsome extension\nand another\n",
         300, reference.root(LEAVES))
    good("origin_any", "an origin is any line that is not empty", f"Origin + spaces\n300\n{root}\n",
         300, reference.root(LEAVES))
    case("empty_tree_other_root", "malformed", "size 0 with a root of something",
         f"{LOG}\n0\n{root}\n")
    case("two_lines", "malformed", "no root", f"{LOG}\n300\n")
    case("origin_empty", "malformed", "the first line is empty", f"\n300\n{root}\n")
    case("size_leading_zero", "malformed", "one spelling per number", f"{LOG}\n0300\n{root}\n")
    case("size_plus", "malformed", "no sign", f"{LOG}\n+300\n{root}\n")
    case("size_space", "malformed", "no space", f"{LOG}\n300 \n{root}\n")
    case("size_negative", "malformed", "no sign", f"{LOG}\n-1\n{root}\n")
    case("size_overflow", "malformed", "2^64", f"{LOG}\n{2**64}\n{root}\n")
    case("size_hex", "malformed", "decimal only", f"{LOG}\n0x12c\n{root}\n")
    case("root_short", "malformed", "31 bytes", f"{LOG}\n300\n{b64(bytes(31))}\n")
    case("root_long", "malformed", "33 bytes", f"{LOG}\n300\n{b64(bytes(33))}\n")
    case("root_unpadded", "malformed", "one spelling only", f"{LOG}\n300\n{root.rstrip('=')}\n")
    case("root_loose_bits", "malformed", "base64 whose last bits are not zero",
         f"{LOG}\n300\n{root[:-2]}d=\n")
    case("extension_empty", "malformed", "extension lines are not empty",
         f"{LOG}\n300\n{root}\n\n")
    case("last_newline_missing", "malformed", "the root line does not end", f"{LOG}\n300\n{root}")
    case("not_utf8", "malformed", "a byte that starts nothing",
         b"\xfe" + checkpoint_of(LEAVES).encode())


def golden_note():
    body = checkpoint_of(LEAVES)
    return body + "\n" + signed(LOG, SEED_A, body) + cosigned(WITNESS, SEED_B, body, TIME)


def proof_text(index, extra=None, note=None):
    path = "".join(b64(h) + "\n" for h in reference.inclusion(index, LEAVES))
    head = "" if extra is None else f"extra {b64(extra)}\n"
    return f"c2sp.org/tlog-proof@v1\n{head}index {index}\n{path}\n{note or golden_note()}"


def make_proof():
    note = golden_note()
    plain = proof_text(73, note=note)

    def case(name, expect, why, body, **more):
        write("proof", name, expect, why, **text_field(body), **more)

    case("plain", "ok", "nine hashes, then the checkpoint", plain, index="73", path="9")
    case("extra", "ok", "opaque bytes before the index", proof_text(73, b"leaf-73", note),
         index="73", path="9", extra=b"leaf-73".hex())
    alone = f"c2sp.org/tlog-proof@v1\nindex 0\n\n{note}"
    case("no_path", "ok", "a log of one leaf needs no hashes", alone, index="0", path="0")
    case("other_version", "malformed", "not v1", plain.replace("proof@v1", "proof@v2"))
    case("extra_after_index", "malformed", "extra comes first",
         plain.replace("index 73\n", "index 73\nextra bGVhZg==\n"))
    case("extra_twice", "malformed", "one extra line",
         proof_text(73, b"a", note).replace("index", "extra YQ==\nindex"))
    case("extra_empty", "malformed", "left out when there is none",
         plain.replace("index 73", "extra \nindex 73"))
    case("extra_not_base64", "malformed", "one spelling only",
         plain.replace("index 73", "extra YQ\nindex 73"))
    case("index_missing", "malformed", "no index line", plain.replace("index 73\n", ""))
    case("index_leading_zero", "malformed", "one spelling per number",
         plain.replace("index 73", "index 073"))
    case("index_negative", "malformed", "no sign", plain.replace("index 73", "index -1"))
    case("index_overflow", "malformed", "2^64", plain.replace("index 73", f"index {2**64}"))
    case("hash_short", "malformed", "31 bytes",
         plain.replace("index 73\n", f"index 73\n{b64(bytes(31))}\n"))
    case("path_too_long", "malformed", "65 hashes",
         plain.replace("index 73\n", "index 73\n" + (b64(bytes(32)) + "\n") * 56))
    case("no_blank_line", "malformed", "path and checkpoint not separated",
         plain.replace("=\n\n" + LOG, "=\n" + LOG, 1))
    case("no_checkpoint", "malformed", "nothing after the path", plain.split("\n\n")[0] + "\n\n")
    case("checkpoint_unsigned", "malformed", "not a signed note",
         plain.split("\n\n—")[0] + "\n")
    case("trailing_line", "malformed", "a line after the signatures", plain + "x\n")
    case("carriage_returns", "malformed", "lines end in newlines alone",
         plain.replace("\n", "\r\n"))


def make_tlog():
    hashes = [reference.sha256(b"\x00" + leaf) for leaf in LEAVES]
    tiles = []

    def tile(path, data):
        tiles.append(f"{path} {len(data)} {sha256(data).hex()}")

    tile("tile/0/000", b"".join(hashes[:256]))
    for width in range(1, 45):
        tile(f"tile/0/001.p/{width}", b"".join(hashes[256:256 + width]))
    tile("tile/1/000.p/1", reference.root(LEAVES[:256]))
    entries = [struct.pack(">H", len(leaf)) + leaf for leaf in LEAVES]
    tile("tile/entries/000", b"".join(entries[:256]))
    tile("tile/entries/001.p/44", b"".join(entries[256:]))
    roots = [f"{n} {b64(reference.root(LEAVES[:n]))}" for n in (1, 2, 3, 7, 255, 256, 257, 300)]
    write("tlog", "golden", "ok",
          'leaf i is the ASCII text "leaf-<i>"; the proofs were also accepted by '
          "golang.org/x/mod v0.7.0 (sumdb/note, sumdb/tlog)",
          leaves="300", log_seed=SEED_A.hex(), witness_seed=SEED_B.hex(),
          witness_time=str(TIME), log_vkey=vkey(LOG, 1, public(SEED_A)),
          witness_vkey=vkey(WITNESS, 4, public(SEED_B)), root=roots, tile=tiles,
          checkpoint=golden_note()[:-1].split("\n"), proof_index="73",
          proof=proof_text(73)[:-1].split("\n"), old_size="257",
          consistency=[b64(h) for h in reference.consistency(257, LEAVES)])


# --- Log leaf ---

def make_leaf():
    key = public(SEED_C)

    def leaf(version=1, kind=1, time=TIME * 1000, signer=key, digest=None, signature=None,
             length=None, payload=PAYLOAD):
        digest = sha256(pae(TYPE, PAYLOAD)) if digest is None else digest
        signature = reference.sign(SEED_C, pae(TYPE, PAYLOAD)) if signature is None else signature
        length = len(payload) if length is None else length
        return (bytes([version, kind]) + struct.pack(">Q", time) + signer + digest + signature +
                struct.pack(">I", length) + payload)

    def case(name, expect, note, data, **more):
        write("leaf", name, expect, note, hex=data.hex(), **more)

    inline = leaf()
    case("statement", "ok", "an inline statement; expect covers parse and signature", inline,
         kind="1", time=str(TIME * 1000), signer=key.hex(),
         pae_sha256=sha256(pae(TYPE, PAYLOAD)).hex(), payload=PAYLOAD.decode(),
         dedup=sha256(key, sha256(pae(TYPE, PAYLOAD))).hex())
    case("time_max", "ok", "2^53 ms", leaf(time=2**53), kind="1", time=str(2**53),
         signer=key.hex(), pae_sha256=sha256(pae(TYPE, PAYLOAD)).hex(), payload=PAYLOAD.decode(),
         dedup=sha256(key, sha256(pae(TYPE, PAYLOAD))).hex())
    case("detached", "no_evidence", "the digest alone; the statement is elsewhere",
         leaf(kind=2, payload=b""))
    case("evidence", "no_evidence", "the digest of raw bytes", leaf(kind=3, payload=b""))
    case("other_signer", "signature", "somebody else's key over the same statement",
         leaf(signer=public(SEED_A)))
    case("other_signature", "signature", "a signature over something else",
         leaf(signature=reference.sign(SEED_C, PAYLOAD)))
    case("empty", "malformed", "no bytes", b"")
    case("head_short", "malformed", "141 bytes", inline[:141])
    case("version_0", "malformed", "there is no version 0", leaf(version=0))
    case("version_2", "malformed", "a newer version", leaf(version=2))
    case("kind_0", "malformed", "outside 1..3", leaf(kind=0))
    case("kind_4", "malformed", "outside 1..3", leaf(kind=4))
    case("time_beyond", "malformed", "2^53 + 1 ms", leaf(time=2**53 + 1))
    case("time_negative", "malformed", "the sign bit", leaf(time=2**63))
    case("length_short", "malformed", "a byte left over", leaf(length=len(PAYLOAD) - 1))
    case("length_long", "malformed", "a byte missing", leaf(length=len(PAYLOAD) + 1))
    case("length_huge", "malformed", "4 GiB promised", leaf(length=2**32 - 1))
    case("trailing_byte", "malformed", "one leaf and nothing after it", inline + b"\x00")
    case("payload_not_signed", "malformed", "a payload with another PAE digest",
         leaf(payload=PAYLOAD.replace(b"out", b"oot")))
    case("detached_with_payload", "malformed", "detached means without", leaf(kind=2))
    case("evidence_with_payload", "malformed", "a digest only", leaf(kind=3))


# --- policy.txt ---

def make_trust():
    log = vkey(LOG, 1, public(SEED_A))
    seeds = {name: sha256(name.encode()) for name in ("x1", "x2", "x3", "y1", "y2", "y3")}
    witnesses = {name: vkey(f"{name}.example", 4, public(seed)) for name, seed in seeds.items()}
    verifier, vrf, policy = public(SEED_B).hex(), public(SEED_C).hex(), sha256(b"policy").hex()
    own = f"#assay-verifier {verifier}\n#assay-vrf {vrf}\n#assay-policy {policy}\n"
    three = "".join(f"witness {n} {witnesses[n]}\n" for n in ("x1", "x2", "x3"))
    base = f"log {log}\n{three}"

    def good(name, note, text, met=(), unmet=(), **more):
        write("trust", name, "ok", note, **text_field(text), met=list(met), unmet=list(unmet),
              **more)

    def bad(name, note, text):
        write("trust", name, "malformed", note, **text_field(text))

    good("single_box", "one log, no witness, our three lines", f"log {log}\nquorum none\n{own}",
         met=["-", "x1"], verifier=verifier, vrf=vrf, policy=policy)
    good("two_policies", "after a change both hold, each for its time",
         f"log {log}\nquorum none\n{own}#assay-policy {sha256(b'next').hex()}\n", met=["-"],
         verifier=verifier, vrf=vrf, policy=[policy, sha256(b"next").hex()])
    good("one_witness", "the quorum may be one witness", base + "quorum x1\n", met=["x1", "x1 x2"],
         unmet=["-", "x2 x3"])
    good("two_of_three", "a threshold", base + "group g 2 x1 x2 x3\nquorum g\n",
         met=["x1 x3", "x1 x2 x3"], unmet=["-", "x1", "y1 x1"])
    good("nested_groups", "the example of the specification",
         f"log {log}\n\n" + "".join(f"witness {n} {witnesses[n]}\n" for n in witnesses) +
         "group X-witnesses 2 x1 x2 x3\ngroup Y-witnesses any y1 y2 y3\n"
         "group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n",
         met=["x1 x2 y3", "x2 x3 y1 y2"], unmet=["x1 x2 x3", "x1 y1 y2 y3", "-"])
    good("tabs_comments_urls", "white space and comments have no meaning",
         (f"# a comment\n \t # another\n\n\tlog\t{log}  https://log.example \n"
          f"  witness  x1 {witnesses['x1']}\thttps://x1.example\nquorum x1\n").encode(),
         met=["x1"], unmet=["-"])
    good("foreign_octets", "names are octets",
         f"witness Ünïcode {witnesses['x1']}\nquorum Ünïcode\n", met=["Ünïcode"],
         unmet=["-", "x1"])
    good("no_log", "the log may be known from elsewhere", "quorum none\n", met=["-"])
    good("key_rotation", "two keys of one log",
         f"log {log}\nlog {vkey(LOG, 1, public(SEED_B))}\nquorum none\n", met=["-"])
    good("groups_after_quorum", "a group that nobody uses",
         base + "quorum x1\ngroup g all x2 x3\n", met=["x1"], unmet=["x2 x3"])

    bad("no_quorum", "fails closed", base)
    bad("empty", "fails closed", b"")
    bad("quorum_twice", "which one?", base + "quorum x1\nquorum none\n")
    bad("quorum_undefined", "nobody of that name", base + "quorum x9\n")
    bad("quorum_before_definition", "only names above count",
        f"log {log}\nquorum x1\nwitness x1 {witnesses['x1']}\n")
    bad("group_before_definition", "which rules out circles",
        f"group g any x1\nwitness x1 {witnesses['x1']}\nquorum g\n")
    bad("group_of_itself", "a circle", base + "group g any g\nquorum g\n")
    bad("member_none", "none is nobody", base + "group g any none\nquorum g\n")
    bad("member_twice", "a witness that counts twice", base + "group g 2 x1 x1\nquorum g\n")
    bad("member_of_two_groups", "a witness that counts twice",
        base + "group g any x1 x2\ngroup h any x1 x3\nquorum h\n")
    bad("group_empty", "at least one member", base + "group g all\nquorum g\n")
    bad("threshold_zero", "would be met by nobody", base + "group g 0 x1 x2\nquorum g\n")
    bad("threshold_too_high", "could never be met", base + "group g 3 x1 x2\nquorum g\n")
    bad("threshold_leading_zero", "one spelling", base + "group g 02 x1 x2\nquorum g\n")
    bad("name_twice", "which one?", base + f"witness x1 {witnesses['y1']}\nquorum x1\n")
    bad("name_none", "none is reserved", f"witness none {witnesses['x1']}\nquorum none\n")
    bad("witness_key_twice", "one witness under two names",
        base + f"witness again {vkey('again.example', 4, public(seeds['x1']))}\nquorum x1\n")
    bad("log_key_twice", "one log under two names",
        f"log {log}\nlog {vkey('again.example', 1, public(SEED_A))}\nquorum none\n")
    bad("log_with_witness_key", "type 4 cannot sign checkpoints",
        f"log {witnesses['x1']}\nquorum none\n")
    bad("witness_with_log_key", "type 1 cannot cosign", f"witness w {log}\nquorum w\n")
    bad("vkey_wrong_id", "the id does not follow from name and key",
        f"log {log.replace('log.example', 'lag.example')}\nquorum none\n")
    bad("vkey_upper_case", "one spelling",
        f"log {log.replace('2c6433e2', '2C6433E2')}\nquorum none\n")
    bad("vkey_unknown_type", "ML-DSA", f"log {vkey(LOG, 6, public(SEED_A))}\nquorum none\n")
    bad("vkey_small_order", "a key that fits any message",
        f"log {vkey(LOG, 1, bytes([1]) + bytes(31))}\nquorum none\n")
    bad("unknown_keyword", "fails closed", base + "quorums x1\nquorum x1\n")
    bad("extra_word", "a line has its words and no more", base + "quorum x1 x2\n")
    bad("carriage_return", "only tab and newline", (base + "quorum x1\r\n").encode())
    bad("delete_character", "only tab and newline", (base + "# \x7f\nquorum x1\n").encode())
    bad("last_newline_missing", "the last line does not end", (base + "quorum x1").encode())
    bad("own_unknown", "a typing error must not go unnoticed",
        f"quorum none\n#assay-verifer {verifier}\n")
    bad("own_policy_twice", "one line for each",
        f"quorum none\n#assay-policy {policy}\n#assay-policy {policy}\n")
    bad("own_twice", "which one?", f"quorum none\n#assay-vrf {vrf}\n#assay-vrf {vrf}\n")
    bad("own_short", "63 digits", f"quorum none\n#assay-vrf {vrf[:-1]}\n")
    bad("own_upper_case", "one spelling", f"quorum none\n#assay-policy {policy.upper()}\n")
    bad("own_small_order", "a key that fits any message",
        f"quorum none\n#assay-verifier {'01' + '00' * 31}\n")


# --- Webhooks ---

def webhook_id(origin, kind, index):
    return "msg_" + sha256(f"assay/webhook/v1\n{origin}\n{kind}\n{index}".encode()).hex()[:32]


def make_webhook():
    key, other, body = public(SEED_A), public(SEED_B), '{"type":"slash.pending","data":{}}'
    ident, at = webhook_id("assay.example/log", "slash.pending", 42), 1795363204

    def signature(seed=SEED_A, ident=ident, at=at, body=body):
        return "v1a," + b64(reference.sign(seed, f"{ident}.{at}.{body}".encode()))

    def case(name, expect, note, ident=ident, at=at, header=None, now=at, body=body, **more):
        write("webhook", name, expect, note, key=key.hex(), id=ident, timestamp=at,
              signature=signature() if header is None else header, body=body, now=now, **more)

    case("signed", "ok", "what sign_webhook() gives", seed=SEED_A.hex(),
         key_text="whpk_" + b64(key), origin="assay.example/log", type="slash.pending", index=42)
    case("two_signatures", "ok", "while a key changes both sign",
         header=f"{signature(SEED_B)} {signature()}")
    case("other_scheme_skipped", "ok", "v1 is for receivers with a shared secret",
         header=f"v1,{b64(bytes(32))} {signature()}")
    case("five_minutes_late", "ok", "within the tolerance", now=at + 300)
    case("played_again", "stale", "an old attempt, recorded and sent anew", now=at + 302)
    case("from_the_future", "stale", "a wrong clock, here or there", now=at - 302)
    case("another_key", "signature", "signed, by somebody else", header=signature(SEED_B))
    case("another_body", "signature", "one byte of it changed", body=body.replace("{}", "[]"))
    case("another_id", "signature", "an id of its own for an old message",
         ident=webhook_id("assay.example/log", "slash.pending", 43))
    case("another_time", "signature", "a fresh time for an old message", at=at + 1)
    case("no_signature", "signature", "an empty header", header="")
    case("only_other_schemes", "signature", "nothing for us", header=f"v1,{b64(bytes(32))}")
    case("signature_cut", "malformed", "not 64 bytes", header="v1a," + b64(bytes(63)))
    case("signature_not_base64", "malformed", "not base64", header="v1a,!")
    case("time_not_a_number", "malformed", "seconds only", at="2026-11-29T00:00:00Z", now=at)
    case("id_with_a_dot", "malformed", "it would move the border to the time", ident="msg_1.2")
    case("id_empty", "malformed", "an id is how a second delivery is known", ident="")
    assert other != key


def main():
    for make in (make_json, make_dsse, make_note, make_checkpoint, make_proof, make_tlog,
                 make_leaf, make_trust, make_webhook):
        make()
    folders = sorted({name.split("/")[0] for name in files})
    present = {str(path.relative_to(ROOT)) for folder in folders
               for path in (ROOT / folder).glob("*")}
    if "--check" in sys.argv[1:]:
        wrong = sorted(present ^ set(files)) + sorted(
            name for name in present & set(files)
            if (ROOT / name).read_bytes() != files[name].encode())
        print("\n".join(f"{name}: missing, unknown or different" for name in wrong)
              or f"{len(files)} vectors are as generated")
        return 1 if wrong else 0
    for name, text in files.items():
        (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / name).write_bytes(text.encode())
    for name in present - set(files):
        (ROOT / name).unlink()
    print(f"{len(files)} vectors written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
