"""The vectors of what is not one JSON statement: the draw, traces, openings and case files. Part of
make_statement_vectors.py."""
import statement_examples as ex
from reference import sha256

MAGIC = b"assay/opening/v1\n"


def make_draw(scenario, payload):
    def statement(name, expect, note, **changes):
        changed = {f"predicate/{key}" if not key.startswith("/") else key[1:]: value
                   for key, value in changes.items()}
        scenario("draw", name, expect, note, kind="statement", payload=payload("draw", changed))
    statement("example", "ok", "as in FORMAT.md")
    statement("second", "ok", "draw 1 goes on where draw 0 ended",
              **{"k": "1", "from": "5", "to": "9", "size": "12"})
    statement("beacon", "ok", "a drand round and its signature", beacon="00" * 7 + "2a" + "ab" * 48)
    statement("beacon_short", "malformed", "8 + 48 bytes", beacon="ab" * 55)
    statement("empty_range", "malformed", "covers nothing", to="0")
    statement("beyond_the_checkpoint", "malformed", "leaves that are not there", to="6")
    statement("first_not_from_zero", "malformed", "would skip leaves", **{"from": "1"})
    statement("second_from_zero", "malformed", "would draw twice", k="1")
    statement("proof_short", "malformed", "80 bytes", proof="ab" * 79)
    statement("subject_of_another_root", "malformed", "the checkpoint's root",
              root=ex.named("something else").hex())
    for name, beacon, k in (("alpha", b"", 0), ("alpha_with_beacon", bytes(range(56)), 3)):
        scenario("draw", name, "ok", "the VRF's input", kind="alpha", origin=ex.ORIGIN, size=5,
                 root=ex.named("root"), k=k, beacon=beacon,
                 alpha=ex.alpha_of(5, ex.named("root"), k, beacon))
    for reason, name in enumerate(("first", "retro", "appeal", "paid")):
        secret = ex.named("secret") if reason % 2 else bytes(32)
        scenario("draw", f"seed_{name}", "ok", "the seed of one attestation", kind="seed",
                 beta=ex.BETA, index=2**40 + reason, leaf_hash=ex.named("leaf"), reason=name,
                 secret=secret,
                 seed=ex.seed_of(ex.BETA, 2**40 + reason, ex.named("leaf"), reason, secret))
    for n, count in ((1, 1), (2, 2), (10, 10), (1000, 29), (4096, 299), (2**63 + 1, 40)):
        scenario("draw", f"stream_{n}", "ok", "words, then numbers below n without repeats: each "
                 "word mod n, rejected above the largest multiple of n", kind="stream",
                 seed=ex.SEED, n=n, count=count, word=ex.words(ex.SEED, 9)[:9],
                 number=distinct(ex.SEED, count, n))
    half = 2**63
    for name, word, p_ppm, audited in (
            ("half_below", half - 1, 500_000, 1), ("half_at", half, 500_000, 0),
            ("always", 2**64 - 1, 1_000_000, 1), ("never", 0, 0, 0),
            ("one_ppm_below", 2**64 // 10**6 - 1, 1, 1), ("one_ppm_at", 2**64 // 10**6, 1, 0),
            ("nearly_always", 999_999 * 2**64 // 10**6, 999_999, 0),
            ("nearly_always_below", 999_999 * 2**64 // 10**6 - 1, 999_999, 1)):
        scenario("draw", f"coin_{name}", "ok", "audited iff word < floor(p_ppm * 2^64 / 10^6)",
                 kind="coin", word=word, p_ppm=p_ppm, audited=audited)


def distinct(seed, count, n):
    """After word 0, which is the coin."""
    numbers, limit = [], 2**64 - 2**64 % n
    for word in ex.words(seed, 40_000)[1:]:
        if len(numbers) == count:
            break
        if word < limit and word % n not in numbers:
            numbers.append(word % n)
    assert len(numbers) == count
    return numbers


def make_trace(scenario):
    for index in range(3):
        scenario("trace", f"leaf_{index}", "ok", "a step's leaf", kind="leaf", job=ex.JOB,
                 provider=ex.KEY["provider"], index=index, step=ex.STATES[index] + bytes(32),
                 leaf_hash=sha256(b"\x00", ex.step_leaf(index)))
    scenario("trace", "tree", "ok", "the attested root", kind="tree", job=ex.JOB,
             provider=ex.KEY["provider"], step=[state + bytes(32) for state in ex.STATES],
             root=ex.TRACE_ROOT)
    good = ex.TRACE_FILE
    for name, data, steps, expect, note in (
            ("file", good, 2, "ok", "as in FORMAT.md"),
            ("file_of_other_steps", good, 3, "malformed", "N comes from the plan"),
            ("file_cut", good[:-1], 2, "malformed", "cut short"),
            ("file_longer", good + b"\x00", 2, "malformed", "a byte too many"),
            ("file_magic", b"A" + good[1:], 2, "malformed", "not a trace"),
            ("file_empty", b"", 2, "malformed", "nothing")):
        scenario("trace", name, expect, note, kind="file", hex=data, steps=steps)


def part(state, data, leaf=None, path=()):
    head = state.to_bytes(4, "big")
    if leaf is None:
        head += b"\x01"
    else:
        head += b"\x02" + ex.u64(leaf) + bytes([len(path)]) + b"".join(path)
    return head + len(data).to_bytes(4, "big") + data


def opening(*parts, count=None):
    number = len(parts) if count is None else count
    return MAGIC + number.to_bytes(4, "big") + b"".join(parts)


def make_opening(scenario):
    hashes = [ex.named(f"node {i}") for i in range(64)]
    good, bad = "ok", "malformed"
    for name, expect, note, data in (
            ("example", good, "as in FORMAT.md", ex.OPENING),
            ("empty", good, "independent units need none", opening()),
            ("whole_then_leaf", good, "whole first", opening(part(1, b"x"), part(1, b"y", 0))),
            ("leaf_of_1024", good, "the most", opening(part(1, bytes(1024), 7, hashes[:63]))),
            ("leaf_then_whole", bad, "whole first", opening(part(1, b"y", 0), part(1, b"x"))),
            ("states_descending", bad, "ascending", opening(part(2, b"x"), part(1, b"x"))),
            ("whole_twice", bad, "none twice", opening(part(1, b"x"), part(1, b"x"))),
            ("leaf_twice", bad, "none twice", opening(part(1, b"x", 3), part(1, b"x", 3))),
            ("leaves_descending", bad, "ascending", opening(part(1, b"x", 3), part(1, b"x", 2))),
            ("leaf_of_1025", bad, "one over", opening(part(1, bytes(1025), 7))),
            ("leaf_empty", bad, "a leaf has data", opening(part(1, b"", 7))),
            ("path_of_64", bad, "no tree is so high", opening(part(1, b"x", 7, hashes))),
            ("whole_empty", bad, "a state has data", opening(part(1, b""))),
            ("kind_unknown", bad, "1 or 2", opening(b"\x00\x00\x00\x01\x03\x00\x00\x00\x01x")),
            ("count_enormous", bad, "caps before allocation", opening(count=2**32 - 1)),
            ("count_too_low", bad, "bytes after the last part", opening(part(1, b"x"), count=0)),
            ("count_too_high", bad, "a part is missing", opening(part(1, bytes(9)), count=2)),
            ("size_enormous", bad, "caps before allocation",
             opening(b"\x00\x00\x00\x01\x01\xff\xff\xff\xffx")),
            ("cut_in_path", bad, "cut short", opening(part(1, b"x", 7, hashes[:2]))[:-40]),
            ("magic", bad, "not an opening", b"assay/opening/v2\n" + ex.OPENING[17:]),
            ("nothing", bad, "no bytes", b"")):
        scenario("opening", name, expect, note, hex=data, bytes_max=1 << 20)
    scenario("opening", "too_large", bad, "beyond what the caller allows", hex=ex.OPENING,
             bytes_max=len(ex.OPENING) - 1)


def make_receipt(scenario):
    full = ex.receipt_lines(ex.RECEIPT_ENTRIES)
    small = ex.receipt_lines(ex.RECEIPT_ENTRIES[:1])

    def one(name, expect, note, text, digest="ok"):
        data = text.encode()
        plain = text.endswith("\n") and text.count("\n") > 0
        fields = {"line": text[:-1].split("\n")} if plain else {"hex": data}
        scenario("receipt", name, expect, note, **fields, digest=digest)

    def lines(name, expect, note, content, kind="receipt/v1"):
        one(name, expect, note, ex.case_file(kind, content))
    lines("full", "ok", "every part of the history", full)
    lines("small", "ok", "as in FORMAT.md", small)
    lines("evidence", "ok", "the same container", full, kind="evidence/v1")
    lines("no_inputs", "ok", "replay fetches them", small[:-1])
    lines("no_trace", "ok", "beyond 4,096 steps", [small[0], small[1]])
    lines("nothing_but_policy", "ok", "judging is not parsing", [small[1]])
    lines("two_verdicts", "ok", "an audit and its appeal", full[:6] + [full[5]] + full[6:])
    lines("no_policy", "malformed", "by which rules?", [small[0], *small[2:]])
    lines("policy_twice", "malformed", "by which of the two?", [*small[:2], *small[1:]])
    lines("trace_twice", "malformed", "which of the two?", [*small[:3], *small[2:]])
    lines("trace_before_policy", "malformed", "one order", [small[0], small[2], small[1]])
    lines("log_entry_late", "malformed", "one order", [*small, small[0]])
    lines("opening_after_input", "malformed", "one order", [*small[:3], small[4], small[3]])
    lines("trace_empty", "malformed", "no line says that",
          [*small[:2], {"entry": "trace", "data": ""}])
    lines("entry_unknown", "malformed", "none that this version knows",
          [{"entry": "note", "text": "x"}, *small])
    lines("log_entry_unknown", "malformed", "not a logged kind",
          [{**small[0], "entry": "heartbeat"}, *small[1:]])
    lines("order_named_job", "malformed", "one word per idea",
          [{**small[0], "entry": "job"}, *small[1:]])
    lines("input_twice", "malformed", "which one is meant?", [*small, small[-1]])
    lines("input_with_a_path", "malformed", "a name becomes a file's name",
          [*small[:-1], {**small[-1], "name": "../tensors"}])
    lines("opening_named_oddly", "malformed", "named by the spot-check",
          [*small[:3], {**small[3], "name": "first"}])
    lines("unknown_member", "malformed", "strict", [{**small[0], "hint": "x"}, *small[1:]])
    lines("kind_unknown", "malformed", "receipt or evidence", small, kind="receipt/v2")
    lines("members_swapped", "malformed", "a second spelling",
          [*small[:1], {"text": ex.POLICY, "entry": "policy"}, *small[2:]])
    text = ex.case_file("receipt/v1", small)
    body = text[:text.index("sha256 ")].replace('"entry":"policy"', '"entry": "policy"')
    one("spaced", "malformed", "a second spelling",
        body + f"sha256 {sha256(body.encode()).hex()}\n")
    one("other_digest", "ok", "parsed, then refused by the last check",
        text[:-3] + ("0" if text[-3] != "0" else "1") + text[-2:], digest="malformed")
    one("body_changed", "ok", "the layers come first; the digest catches what they do not",
        text.replace(ex.b64(ex.tensors), ex.b64(b"other bytes")), digest="malformed")
    for name, changed in (("no_digest_line", text[:text.index("sha256 ")]),
                          ("no_newline_at_end", text[:-1]), ("line_after_the_end", text + "\n"),
                          ("digest_upper_case_word", text.replace("sha256 ", "SHA256 ")),
                          ("nothing", "")):
        one(name, "malformed", "the last line is missing", changed, digest="malformed")


def make_all(scenario, payload):
    make_draw(scenario, payload)
    make_trace(scenario)
    make_opening(scenario)
    make_receipt(scenario)
