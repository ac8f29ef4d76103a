#!/usr/bin/env python3
"""Writes vectors/score: final score statements, each with what proves its snapshot, and the answer
of a reader who trusts one policy file. Needs Python 3 and nothing else.

  tests/make_score_vectors.py           write the files
  tests/make_score_vectors.py --check   exit 1 if a file differs from what would be written
"""
import copy
import pathlib
import random
import sys

import statement_examples as ex
from fold_reference import ONE, Record, near
from reference import inclusion, root, sha256, sign
from score_states import score_numbers, score_state, state_bytes

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors"
TRUST = ex.examples()["policy-txt"] + "\n"
files = {}


def write(name, expect, note, envelope, proof, trust_ppm, trust=TRUST):
    path = f"score/{name}.txt"
    assert path not in files, path
    files[path] = "\n".join([f"# vectors/{path}", f"expect: {expect}", f"note: {note}",
                             f"statement: {envelope}", f"proof_hex: {proof.encode().hex()}".strip(),
                             f"trust_hex: {trust.encode().hex()}",
                             f"trust_ppm: {trust_ppm}"]) + "\n"


class Scene:
    """Some states, the snapshot of them at the end of the examples' log, and one score of it."""

    def __init__(self, states=None, at=None):
        if states is None:
            states, at = ex.SCORE_STATES, ex.FINAL_AT
        order = sorted(states, key=lambda it: (sha256(it["provider"]), it["class"]))
        self.at = order.index(states[at])
        self.state = copy.deepcopy(order[self.at])
        self.leaves = [state_bytes(it) for it in order]
        self.snapshot = ex.snapshot | {"states": str(len(order)),
                                       "states_root": root(self.leaves).hex()}
        self.role = "verifier"
        self.log = None
        self.logged()
        self.score = {
            "provider": self.state["provider"].hex(), "class": self.state["class"],
            "origin": ex.ORIGIN, "tree_size": "9", "root": self.snapshot["root"],
            "policy": self.snapshot["policy"], "epoch": self.snapshot["epoch"], "final": True,
            **score_numbers(self.state),
            "snapshot": {"index": "9", "statement": ex.digest(self.said).hex(),
                         "states": self.snapshot["states"],
                         "states_root": self.snapshot["states_root"], "state_index": str(self.at),
                         "state": ex.b64(self.leaves[self.at]),
                         "path": [node.hex() for node in inclusion(self.at, self.leaves)]}}

    def logged(self, role="verifier"):
        """The log with the snapshot at its end, and two leaves more."""
        self.said = ex.statement("snapshot", "states", bytes.fromhex(self.snapshot["states_root"]),
                                 self.snapshot)
        later = [ex.leaf("renter", ex.statement("cancel", "job", ex.JOB, {"job": ex.JOB.hex()}),
                         ex.NOW + 10_000 + i) for i in range(2)]
        self.log = ex.LOG + [ex.leaf(role, self.said, ex.NOW + 10_000)] + later

    def trust(self):
        return self.score["trust_ppm"]

    def envelope(self):
        payload = ex.statement("score", "provider", sha256(bytes.fromhex(self.score["provider"])),
                               self.score)
        return ex.envelope(self.role, payload)

    def proof(self, index=9):
        return ex.tlog_proof(index, self.log)


def whole(name, expect, note, change, proof=True):
    """The example, changed in one place."""
    scene = Scene()
    change(scene)
    write(name, expect, note, scene.envelope(), scene.proof() if proof else "", scene.trust())


def proven(**values):
    return lambda scene: scene.score["snapshot"].update(values)


def said(**values):
    return lambda scene: scene.score.update(values)


def resnapped(**values):
    """Another snapshot is in the log than the score names."""
    def change(scene):
        scene.snapshot.update(values)
        scene.logged()
    return change


def numbers():
    for name in ("trust_ppm", "slash_ppm", "integrity_ppm", "uptime_ppm", "performance_ppm",
                 "stake_ppm", "uncertainty_ppm"):
        def one(scene, name=name):
            scene.score[name] += -1 if scene.score[name] else 1
        whole(f"wrong_{name}", "mismatch", "one part in a million less than the state has", one)
    whole("wrong_audits", "mismatch", "the state counts one", said(audits="2"))
    whole("wrong_tombstone", "mismatch", "the state has none", said(tombstoned=True))


def proofs():
    other = ex.named("something else").hex()
    whole("other_root", "proof", "the state is not in that", proven(states_root=other))
    whole("other_index", "proof", "another place in the tree", proven(state_index="1"))
    whole("index_beyond", "proof", "there are three", proven(state_index="3"))
    whole("more_states", "proof", "a path of another length", proven(states="5"))

    def longer(scene):
        scene.score["snapshot"]["path"].append(other)

    def shorter(scene):
        scene.score["snapshot"]["path"].pop()

    def bent(scene):
        scene.score["snapshot"]["path"][0] = other
    whole("path_longer", "proof", "lengths are exact", longer)
    whole("path_shorter", "proof", "lengths are exact", shorter)
    whole("path_bent", "proof", "leads elsewhere", bent)

    def raised(scene):
        state = copy.deepcopy(scene.state)
        state["record"].r += ONE
        scene.score |= score_numbers(state)
        scene.score["snapshot"]["state"] = ex.b64(state_bytes(state))
    whole("state_raised", "proof", "better than the snapshot's, and consistent in itself", raised)

    def unproven(scene):
        scene.log = ex.LOG + [ex.leaf("verifier", scene.said, ex.NOW + 10_001)]
    scene = Scene()
    text = scene.proof()
    unproven(scene)
    cut = text.index("\n\n")
    write("in_another_log", "proof", "the head is of a log with another leaf there",
          scene.envelope(), text[:cut] + scene.proof()[scene.proof().index("\n\n"):], scene.trust())
    scene = Scene()
    write("proof_of_another_leaf", "malformed", "a summary is no snapshot", scene.envelope(),
          scene.proof(8), scene.trust())


def bindings():
    other = ex.named("something else").hex()
    whole("of_another_provider", "unbound", "the state is somebody else's",
          said(provider=ex.KEY["renter"].hex()))
    whole("of_another_class", "unbound", "the state is of gemm", said(**{"class": "cpu/train@1"}))
    whole("of_another_log", "unbound", "not in the policy file", said(origin="other.example/log"))
    whole("by_another_policy", "unbound", "not in the policy file", said(policy=other))
    whole("at_another_size", "unbound", "the snapshot is leaf 9", said(tree_size="8"))
    whole("of_another_epoch", "unbound", "than the snapshot", said(epoch="1795363210"))
    whole("of_another_history", "unbound", "the log had another root", said(root=other))
    whole("other_snapshot_named", "unbound", "by its digest", proven(statement=other))
    whole("snapshot_of_another_epoch", "unbound", "in the log", resnapped(epoch="1795363199"))
    whole("snapshot_of_other_states", "unbound", "in the log", resnapped(states_root=other))
    whole("snapshot_at_another_size", "unbound", "in the log", resnapped(tree_size="10"))

    def stranger(scene):
        scene.logged("renter")
    whole("snapshot_by_another", "signature", "anybody can log something", stranger)


def signatures():
    def renter(scene):
        scene.role = "renter"
    whole("by_another", "signature", "not the verifier's word", renter)
    scene = Scene()
    text = scene.envelope()
    good = text[text.index('"sig":"') + 7:][:20]
    write("signature_bent", "signature", "one letter", text.replace(good, good[::-1]),
          scene.proof(), scene.trust())
    proof = scene.proof()
    body = proof[proof.index("\n\n") + 2:]
    note = body[:body.index("\n\n") + 1]
    forged = ex.b64(ex.key_id(ex.ORIGIN, ex.KEY["log"]) + sign(ex.seed("renter"), note.encode()))
    write("head_by_another", "signature", "not the log's word", scene.envelope(),
          proof[:proof.index("\n\n") + 2] + note + f"\n\u2014 {ex.ORIGIN} {forged}\n",
          scene.trust())


def forms():
    whole("preview", "no_evidence", "nothing to be proven against", lambda scene: (
        scene.score.update(final=False), scene.score.pop("snapshot")))
    whole("without_the_snapshot", "ok", "the statement alone", lambda scene: None, proof=False)
    whole("example", "ok", "as in FORMAT.md", lambda scene: None)
    scene = Scene()
    write("proof_cut", "malformed", "ends early", scene.envelope(), scene.proof()[:-30],
          scene.trust())
    write("proof_of_nothing", "malformed", "another text", scene.envelope(), "hello\n",
          scene.trust())
    write("envelope_cut", "malformed", "ends early", scene.envelope()[:-10], scene.proof(),
          scene.trust())
    text = TRUST.replace(sha256(ex.POLICY.encode()).hex(), ex.named("a policy").hex())
    write("policy_not_trusted", "unbound", "the reader trusts another", scene.envelope(),
          scene.proof(), scene.trust(), text)
    whole("class_not_a_class", "malformed", "strict", said(rank=1))


def histories():
    """Any record, with any factors, in trees of any size."""
    rng = random.Random(2026)
    for i in range(24):
        states = []
        for number in range(rng.choice((1, 1, 2, 3, 4, 7, 8, 33))):
            record = Record()
            for _ in range(rng.randrange(0, 9)):
                proven_now = int(rng.random() < .12)
                record.fold(rng.choice((0, 1, 24, 500)), rng.choice((0, 1, 7, 60)),
                            rng.choice((0, 0, 0, 1, 2)), proven_now, 1_000_000 * proven_now,
                            int(proven_now and rng.random() < .2))
            factors = tuple(near(rng.choice((0, 1, 250_000, 994_000, 999_999, 1_000_000)),
                                 1_000_000) for _ in range(3))
            if rng.random() < .6:
                factors = (near(994, 1000), near(rng.randrange(500, 1000), 1000), near(8, 10))
            states.append(score_state(
                ex.named(f"key {i} {number}"), rng.choice(("cpu/gemm@1", "h100/render@2")),
                rng.random() < .5, record, factors,
                age_days=rng.choice((0, 2, 3, 13, 40, 95, 4000)),
                tier=rng.randrange(5), attested=rng.randrange(2**40),
                audited=rng.randrange(2**20), passed=rng.randrange(2**20)))
        scene = Scene(states, rng.randrange(len(states)))
        write(f"random_{i:02}", "ok", f"one of {len(states)} states", scene.envelope(),
              scene.proof(), scene.trust())


for make in (numbers, proofs, bindings, signatures, forms, histories):
    make()
if sys.argv[1:] not in ([], ["--check"]):
    sys.exit(__doc__)
different = 0
for path, text in sorted(files.items()):
    file = VECTORS / path
    if sys.argv[1:] == ["--check"]:
        if not file.exists() or file.read_text() != text:
            print(f"differs: vectors/{path}")
            different += 1
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
if sys.argv[1:] == []:
    print(f"{len(files)} files")
sys.exit(1 if different else 0)
