"""Final scores: that the numbers follow from a state, the state from a snapshot, and the snapshot
from a log."""
import logs
import merkle
import notes
import score_states
import statements
from base import need
from receipt import open_envelope


def check_snapshot(text, score, trust):
    """Is the snapshot that the score names in the log?"""
    proof = logs.parse_proof(text)
    head = notes.check_checkpoint(trust, proof.checkpoint)
    data = proof.extra or b""
    merkle.check_inclusion(merkle.leaf_hash(data), proof.index, head.checkpoint.size, proof.path,
                           head.checkpoint.root)
    leaf = logs.parse_leaf(data)
    logs.verify_leaf(leaf)
    need(leaf.signer == trust.own["verifier"], "signature", "the snapshot is somebody else's")
    said, named = statements.parse(leaf.payload, "snapshot"), score["snapshot"]
    same = all(said[name] == score[name] for name in ("origin", "epoch", "tree_size", "root",
                                                       "policy"))
    same = same and all(said[name] == named[name] for name in ("states", "states_root"))
    same = same and proof.index == named["index"] and leaf.pae_digest == named["statement"]
    need(same and head.checkpoint.origin == score["origin"], "unbound", "another snapshot")


def check_score(data, trust):
    """A file of `assay score final`: the envelope on one line, perhaps the snapshot's proof."""
    line, _, proof = data.partition(b"\n")
    need("verifier" in trust.own, "usage", "whose word is this?")
    payload, _, _ = open_envelope(line, trust.own["verifier"])
    score = statements.parse(payload, "score")
    need(any(log.name == score["origin"] for log in trust.logs), "unbound", "of another log")
    need(not trust.policies or score["policy"] in trust.policies, "unbound", "another policy")
    need(score["final"], "no_evidence", "a preview")
    named = score["snapshot"]
    it = score_states.parse_state(named["state"])
    need(it["provider"] == score["provider"] and it["class"] == score["class"], "unbound",
         "the state of another provider or class")
    need(named["index"] == score["tree_size"], "unbound", "a snapshot at another size")
    merkle.check_inclusion(merkle.leaf_hash(named["state"]), named["state_index"],
                           named["states"], named["path"], named["states_root"])
    due = score_states.numbers(it)
    for name, value in due.items():
        need(score[name] == value, "mismatch", f"{name}: the state has {value}")
    if proof:
        check_snapshot(proof, score, trust)
    return score
