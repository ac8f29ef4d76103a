"""Answers every scenario of the folders in vectors/ that this checker knows, and says where its
answer is another one than the file expects."""
import casefile
import curve
import draws
import logs
import merkle
import notes
import plans
import receipt
import scores
import statements
import strict_json
import vectorfile
from base import Wrong, malformed, need, sha256


def same(got, due, what):
    if got != due:
        raise AssertionError(f"{what}: {got!r} where {due!r} is expected")


def ed25519(v):
    curve.check_key(v.bytes("public_key"))
    need(curve.verify(v.bytes("public_key"), v.bytes("message"), v.bytes("signature")),
         "signature", "does not hold")


def ecvrf(v):
    beta = curve.vrf_verify(v.bytes("public_key"), v.bytes("alpha"), v.bytes("proof"))
    if v.has("output"):
        same(beta, v.bytes("output"), "output")
        h = curve.hash_to_curve(v.bytes("public_key"), v.bytes("alpha"))
        same(curve.encode(h), v.bytes("h"), "h")


def merkle_(v):
    path = [bytes.fromhex(one) for one in v.all("path")]
    if v.text("kind") == "root":
        leaves = [merkle.leaf_hash(bytes.fromhex(one)) for one in v.all("leaf")]
        return same(merkle.root(leaves), v.bytes("root"), "root")
    if v.text("kind") == "inclusion":
        return merkle.check_inclusion(v.bytes("leaf_hash"), v.number("index"), v.number("size"),
                                      path, v.bytes("root"))
    merkle.check_consistency(v.number("old_size"), v.bytes("old_root"), v.number("size"),
                             v.bytes("root"), path)


def json_(v):
    data = v.bytes("hex") if v.has("hex") else v.text("text").encode()
    same(strict_json.dump(strict_json.parse(data)), v.text("dump"), "dump")


def dsse(v):
    payload, digest, signature = receipt.open_envelope(v.text("envelope").encode(), v.bytes("key"))
    same(payload.decode(), v.text("payload"), "payload")
    same(digest, v.bytes("pae_sha256"), "PAE")
    same(signature, bytes.fromhex(v.text("signature")), "signature")


def note(v):
    known = [notes.parse_vkey(one) for one in v.all("vkey")]
    signed = notes.verify_note(notes.parse_note(v.body()), known)
    same(" ".join(key.name for key, _ in signed), v.text("signers"), "signers")
    if v.has("time"):
        same(signed[-1][1], v.number("time"), "time")


def checkpoint(v):
    try:
        text = v.body().decode()
    except UnicodeDecodeError:
        raise malformed("not UTF-8") from None
    it = notes.parse_checkpoint(text)
    same((it.origin, it.size, it.root), (v.text("origin"), v.number("size"), v.bytes("root")), "it")


def leaf(v):
    it = logs.parse_leaf(v.bytes("hex"))
    logs.verify_leaf(it)
    same((it.kind, it.time, it.signer, it.pae_digest, it.payload.decode(), it.dedup()),
         (v.number("kind"), v.number("time"), v.bytes("signer"), v.bytes("pae_sha256"),
          v.text("payload"), v.bytes("dedup")), "leaf")


def proof(v):
    it = logs.parse_proof(v.body())
    same((it.index, len(it.path)), (v.number("index"), v.number("path")), "proof")
    same((it.extra or b"").hex(), v.text("extra") if v.has("extra") else "", "extra")


def _names(text):
    return [] if text == "-" else [one.encode().decode() for one in text.split(" ")]


def trust(v):
    it = notes.parse_trust(v.body())
    for names in v.all("met"):
        same(it.quorum_met(_names(names)), True, "met by " + names)
    for names in v.all("unmet"):
        same(it.quorum_met(_names(names)), False, "unmet by " + names)
    due = {name: v.bytes(name) for name in ("verifier", "vrf") if v.has(name)}
    same(it.own, due, "own lines")
    same(" ".join(it.hex() for it in it.policies), " ".join(v.all("policy")), "policies")


def head(v):
    it = notes.check_checkpoint(
        notes.parse_trust("".join(line + "\n" for line in v.all("trust")).encode()), v.body())
    same((it.checkpoint.origin, it.checkpoint.size, " ".join(it.witnesses)),
         (v.text("origin"), v.number("size"), v.text("witnesses")), "head")


def tile(v):
    kind = v.text("kind")
    if kind == "path":
        level, index, width = logs.parse_tile_path(v.text("path"))
        same((str(level), index, width), (v.text("level"), v.number("index"), v.number("width")),
             "path")
    elif kind == "hashes":
        hashes = logs.parse_tile(v.bytes("hex"), v.number("width"))
        same(merkle.root(hashes), v.bytes("root"), "root")
    elif kind == "bundle":
        entries = logs.parse_bundle(v.bytes("hex"), v.number("width"))
        same(merkle.root(map(merkle.leaf_hash, entries)), v.bytes("root"), "root")
    else:
        files = dict(one.split(" ") for one in v.all("file"))
        for _ in logs.check_files(v.number("size"), v.bytes("root"),
                                  lambda path: fetch_hex(files, path)):
            pass


def fetch_hex(files, path):
    need(path in files, "malformed", path + " is not there")
    return bytes.fromhex(files[path])


def statement(kind):
    def check(v):
        name = v.text("kind") if kind == "events" else {"order": "job"}.get(kind, kind)
        payload = v.text("payload").encode()
        statements.parse(payload, name)
        due = v.text("canonical") if v.has("canonical") else v.text("payload")
        same(statements.rewritten(payload, name), due, "written again")
    return check


def challenge(v):
    data = v.text("json").encode()
    statements.parse_challenge(data)
    rewritten = statements.spelled(strict_json.parse(data), statements.CHALLENGE.rules)
    same(rewritten, v.text("json"), "written again")


def policy(v):
    data = v.text("text").encode()
    same(sha256(data), v.bytes("digest"), "digest")
    statements.parse_policy(data)


def draw(v):
    kind = v.text("kind")
    if kind == "statement":
        return statements.parse(v.text("payload").encode(), "draw")
    if kind == "alpha":
        it = {"size": v.number("size"), "root": v.bytes("root"), "k": v.number("k"),
              "beacon": v.bytes("beacon")}
        return same(draws.alpha(v.text("origin"), it), v.bytes("alpha"), "alpha")
    if kind == "seed":
        seed = draws.seed(v.bytes("beta"), v.number("index"), v.bytes("leaf_hash"),
                          v.text("reason"), v.bytes("secret"))
        return same(seed, v.bytes("seed"), "seed")
    if kind == "coin":
        says = draws.coin_says_audit(v.number("word"), v.number("p_ppm"))
        return same(says, v.text("audited") == "1", "coin")
    words, numbers = draws.Stream(v.bytes("seed")), draws.Stream(v.bytes("seed"))
    for word in v.all("word"):
        same(words.word(), int(word), "word")
    numbers.word()
    same(numbers.distinct(v.number("count"), v.number("n")), list(map(int, v.all("number"))),
         "numbers")


def _step(text):
    return bytes.fromhex(text[:64]), bytes.fromhex(text[64:])


def trace(v):
    kind = v.text("kind")
    if kind == "file":
        return casefile.parse_trace(v.bytes("hex"), v.number("steps"))
    job, provider = v.bytes("job"), v.bytes("provider")
    steps = list(map(_step, v.all("step")))
    if kind == "leaf":
        return same(casefile.step_leaf(job, provider, v.number("index"), steps[0]),
                    v.bytes("leaf_hash"), "leaf hash")
    same(casefile.trace_root(job, provider, steps), v.bytes("root"), "root")


def opening(v):
    casefile.parse_opening(v.bytes("hex"), v.number("bytes_max"))


def case_file(v):
    data = v.body()
    try:
        casefile.check_digest(data)
        answer = "ok"
    except Wrong as wrong:
        answer = wrong.code
    same(answer, v.text("digest"), "the digest line")
    casefile.parse(data)


def state_digest(v):
    types = {"s8": 1, "s16": 2, "s32": 3, "s64": 4, "f32": 5, "u8": 6}
    tensors, data = [], b""
    for one in v.all("tensor"):
        dtype, dims, *more = one.split(" ")
        dims = [int(n) for n in dims.strip("[]").split(",") if n]
        tensors.append((types[dtype], dims))
        data += bytes.fromhex(more[0]) if more else b""
    same(plans.state_digest(tensors, data), v.bytes("digest"), "digest")


def audit(v):
    folder = v.path.parent.parent / "bases"
    data = v.patched(folder)
    same(sha256(data).hex(), v.text("sha256"), "the patched file")
    policy_txt = notes.parse_trust((folder / v.text("trust")).read_bytes())
    if v.text("kind") == "receipt":
        return receipt.check_receipt(data, policy_txt)
    receipt.check_evidence(data, policy_txt)


def score(v):
    """The statement on a line of its own, then what proves its snapshot."""
    data = v.text("statement").encode() + b"\n" + v.bytes("proof_hex")
    said = scores.check_score(data, notes.parse_trust(v.bytes("trust_hex")))
    same(said["trust_ppm"], v.number("trust_ppm"), "trust")


STATEMENT_KEYS = ("payload", "canonical", "kind")
FOLDERS = {  # folder: what answers, its keys, how many scenarios there are at least
    "ed25519": (ed25519, ("seed", "public_key", "message", "signature"), 32),
    "ecvrf": (ecvrf, ("seed", "public_key", "alpha", "proof", "h", "output"), 25),
    "merkle": (merkle_, ("kind", "leaf", "leaf_hash", "index", "size", "path", "root", "old_size",
                         "old_root"), 49),
    "json": (json_, ("text", "hex", "fractions", "dump"), 45),
    "dsse": (dsse, ("key", "envelope", "payload", "pae_sha256", "signature"), 25),
    "note": (note, ("vkey", "line", "hex", "signers", "time"), 29),
    "checkpoint": (checkpoint, ("line", "hex", "origin", "size", "root"), 21),
    "leaf": (leaf, ("hex", "kind", "time", "signer", "pae_sha256", "payload", "dedup"), 21),
    "proof": (proof, ("line", "hex", "index", "path", "extra"), 19),
    "trust": (trust, ("line", "hex", "met", "unmet", "verifier", "vrf", "policy"), 43),
    "head": (head, ("trust", "line", "hex", "origin", "size", "witnesses"), 20),
    "tile": (tile, ("kind", "path", "level", "index", "width", "hex", "size", "root", "file"), 40),
    "policy": (policy, ("text", "digest"), 18),
    "challenge": (challenge, ("json",), 14),
    "draw": (draw, ("kind", "payload", "origin", "size", "root", "k", "beacon", "alpha", "beta",
                    "index", "leaf_hash", "reason", "secret", "seed", "n", "count", "word",
                    "number", "p_ppm", "audited"), 30),
    "trace": (trace, ("kind", "job", "provider", "index", "step", "leaf_hash", "root", "hex",
                      "steps"), 10),
    "opening": (opening, ("hex", "bytes_max"), 22),
    "receipt": (case_file, ("line", "hex", "digest"), 31),
    "state_digest": (state_digest, ("tensor", "digest"), 10),
    "score": (score, ("statement", "proof_hex", "trust_hex", "trust_ppm"), 40),
    "audit": (audit, ("base", "patch", "trust", "kind", "sha256", "unreplayed"), 200),
}
for _name, _least in (("registration", 11), ("order", 21), ("acceptance", 6), ("attestation", 22),
                      ("spotcheck", 29), ("heartbeat", 29), ("verdict", 25), ("summary", 20),
                      ("events", 34)):
    FOLDERS[_name] = (statement(_name), STATEMENT_KEYS, _least)


def answer(check, vector):
    try:
        check(vector)
        return "ok"
    except Wrong as wrong:
        return wrong.code


def check_all(root, say):
    """The number of scenarios, of those not judged, and of disagreements."""
    count = skipped = wrong = 0
    for folder, (check, keys, at_least) in FOLDERS.items():
        for vector in vectorfile.load(root, folder, keys, at_least):
            name = f"{folder}/{vector.path.stem}"
            if vector.has("fractions"):  # no statement has any, so this JSON knows none
                skipped += 1
                continue
            count += 1
            due = vector.text("unreplayed") if vector.has("unreplayed") else vector.expect
            try:
                got = answer(check, vector)
            except AssertionError as different:
                got = str(different)
            if got != due:
                wrong += 1
                say(f"{name}: {got} where {due} is expected")
    return count, skipped, wrong
