"""A whole receipt or fraud proof, layer by layer, in the order of FORMAT.md "Checking a case file".
Nothing is recomputed: what a workload's steps give takes its engine, and the report says so."""
import dataclasses

import casefile
import curve
import draws
import logs
import merkle
import notes
import plans
import statements
import strict_json
from base import Wrong, from_any_b64, need, sha256

KINDS = ("policy", "order", "acceptance", "attestation", "reveal", "draw", "spotcheck", "verdict",
         "summary", "slash", "dispute", "dispute-move", "dispute-end", "stake", "paid-challenge")
STAGES = ("policy", "order", "acceptance", "attestation", "draw", "verdict", "summary")
ZEROS = bytes(32)


@dataclasses.dataclass
class Entry:
    kind: str
    index: int
    leaf_hash: bytes
    leaf: logs.Leaf


class Checker:
    def __init__(self, trust, say=lambda line: None):
        self.trust, self.say = trust, say
        self.entries, self.head, self.file = {}, None, None
        self.logged = []  # all of them: of moves there may be many

    # Layers file, signature, proof.

    def open(self, data, kind):
        need(self.trust.logs and set(self.trust.own) == {"verifier", "vrf"} and
             self.trust.policies, "usage",
             "the policy file lacks a log or an #assay- line")
        self.file = casefile.parse(data)
        need(self.file.kind == kind, "malformed", "this is " + self.file.kind)
        for name, proof in self.file.entries:
            entry = self.prove(name, proof)
            need(name not in self.entries or name == "dispute-move", "unbound",
                 name + " is in the file twice")
            self.entries[name] = entry
            self.logged.append(entry)
        need(self.entries, "no_evidence", "the file has no log entry at all")
        origin, size = self.head.checkpoint.origin, self.head.checkpoint.size
        self.say(f"log: {len(self.entries)} entries proven in {origin} at size {size}, "
                 f"witnesses: {' '.join(self.head.witnesses) or 'none asked for'}")

    def prove(self, name, data):
        need(name in KINDS, "unbound", name + " is no part of a case file")
        proof = logs.parse_proof(data)
        head = notes.check_checkpoint(self.trust, proof.checkpoint)
        need(proof.extra is not None, "no_evidence", name + ": the proof has no leaf")
        hash_ = merkle.leaf_hash(proof.extra)
        merkle.check_inclusion(hash_, proof.index, head.checkpoint.size, proof.path,
                               head.checkpoint.root)
        leaf = logs.parse_leaf(proof.extra)
        logs.verify_leaf(leaf)
        kind, _, _ = statements.kind_of(leaf.payload)
        need(kind == {"order": "job"}.get(name, name), "unbound", f"{name}: it is a {kind}")
        self.head = self.head or head
        need(self.head.checkpoint == head.checkpoint, "unbound", name + ": another head")
        return Entry(name, proof.index, hash_, leaf)

    def by_verifier(self, name):
        need(self.entries[name].leaf.signer == self.trust.own["verifier"], "signature",
             name + ": not signed by the trusted verifier")

    def read(self, name):
        return statements.parse(self.entries[name].leaf.payload, {"order": "job"}.get(name, name))

    # Binding.

    def bind_job(self):
        for name in STAGES[:4]:
            need(name in self.entries, "no_evidence", "the file lacks " + name)
        self.bind_policy()
        self.order = self.read("order")
        self.job = self.entries["order"].leaf.pae_digest
        need(self.entries["order"].leaf.signer == self.order["renter"], "signature",
             "order: not signed by the renter it names")
        acceptance = self.read("acceptance")
        self.provider = self.entries["acceptance"].leaf.signer
        need(acceptance["job"] == self.job, "unbound", "acceptance: of another job")
        need(self.order["provider"] in (None, self.provider), "unbound",
             "acceptance: the order is for another provider")
        self.bind_attestation()
        self.bind_order_of_log()
        self.say(f"job {self.job.hex()}: order, acceptance, attestation and policy belong together")

    def bind_policy(self):
        need(sha256(self.file.policy) in self.trust.policies, "unbound",
             "policy: not one you trust")
        self.by_verifier("policy")
        change = self.read("policy")
        need(change["document"].encode() == self.file.policy, "unbound",
             "policy: not the one that its leaf has")
        self.policy = statements.parse_policy(self.file.policy)
        epoch = self.entries["order"].leaf.time // 1000 // self.policy["epoch_seconds"]
        need(change["activation_epoch"] <= epoch, "unbound",
             "order: logged before that policy was in force")

    def bind_attestation(self):
        self.attestation, entry = self.read("attestation"), self.entries["attestation"]
        need(self.attestation["job"] == self.job, "unbound", "attestation: of another job")
        need(entry.leaf.signer == self.provider, "unbound",
             "attestation: not by the provider that accepted")
        taken = entry.leaf.time - self.entries["acceptance"].leaf.time
        need(taken <= self.order["deadline_ms"], "unbound", "attestation: after the deadline")

    def bind_order_of_log(self):
        for before, after in zip(self.logged, self.logged[1:]):
            need(before.index < after.index and before.leaf.time <= after.leaf.time, "unbound",
                 f"{after.kind} does not follow {before.kind} in the log")
        stages = [self.entries[name].index for name in STAGES if name in self.entries]
        need(stages == sorted(stages), "unbound", "a stage of the job was logged before its cause")

    def bind_inputs(self, all_there):
        named = {one["name"]: one for one in self.order["inputs"]}
        for name in self.file.inputs:
            need(name in named, "unbound", "the order has no input " + name)
        for name, one in named.items():
            held = self.file.inputs.get(name)
            need(held is not None or not all_there, "no_evidence", f"input {name} is not there")
            need(held is None or (len(held) == one["size_bytes"] and
                                  sha256(held) == one["sha256"]), "no_evidence",
                 f"input {name}: not the bytes that the order names")

    def bind_trace(self, all_inputs):
        self.bind_inputs(all_inputs)
        self.plan = plans.plan_of(self.order, self.attestation)
        need(self.file.trace, "no_evidence", "the file has no trace")
        need(sha256(self.file.trace) == self.attestation["trace_blob"], "unbound",
             "trace: not the attested file")
        self.trace = casefile.parse_trace(self.file.trace, self.plan.steps)
        attested = self.attestation["trace"]
        need(attested["steps"] == self.plan.steps, "unbound", "trace: another number of steps")
        need(casefile.trace_root(self.job, self.provider, self.trace) == attested["root"],
             "unbound", "trace: another root than was attested")
        result = self.trace[-1][0]
        if self.plan.shape != "chained":
            result = merkle.root(merkle.leaf_hash(output) for _, output in self.trace[1:])
        need(result == self.attestation["subject"], "unbound", "the result does not follow")
        self.say(f"trace: {self.plan.steps} steps lead to the attested root and result")

    # Draw.

    def cause(self):
        """Why the draw was made over this attestation, and the leaf that it must cover."""
        at = self.entries["attestation"]
        causes = [name for name in ("paid-challenge", "stake") if name in self.entries]
        if not causes:
            return "first", at.index
        need(self.file.kind == "evidence" and len(causes) == 1, "unbound",
             "what asks for another audit stands in fraud proofs, alone")
        name, = causes
        said, entry = self.read(name), self.entries[name]
        if name == "stake":
            operators = [*self.policy["operators"], self.trust.own["verifier"]]
            need(entry.leaf.signer in operators, "signature", "stake: not by an operator")
            need(said["move"] == "unbond" and said["provider"] == self.provider, "unbound",
                 "stake: no unbonding of this provider")
        else:
            need(said["challenger"] == entry.leaf.signer, "signature", "challenge: by another key")
            need(self.is_about(said) and said["job"] == self.job, "unbound",
                 "challenge: about another attestation or job")
        need(entry.index > at.index, "unbound", name + ": before the attestation")
        return ("retro" if name == "stake" else "paid"), entry.index

    def check_draw(self):
        self.scope = None
        if "draw" not in self.entries:
            return self.say("draw: none in this file")
        self.by_verifier("draw")
        draw, entry = self.read("draw"), self.entries["draw"]
        at = self.entries["attestation"]
        self.reason, due = self.cause()
        need(draw["from"] <= due < draw["to"], "unbound", "draw: of other leaves")
        need(draw["to"] <= draw["size"] <= entry.index, "unbound", "draw: of no such size")
        try:
            alpha = draws.alpha(self.head.checkpoint.origin, draw)
            beta = curve.vrf_verify(self.trust.own["vrf"], alpha, draw["proof"])
        except Wrong as wrong:
            raise Wrong("proof", f"draw: {wrong}") from None
        seed = draws.seed(beta, at.index, at.leaf_hash, self.reason, self.secret(draw))
        self.coin = draws.Stream(seed).word()
        self.scope = draws.scope_of(seed, self.plan, self.order["assurance"], self.policy)
        self.say(f"draw {draw['k']}: the VRF gives {len(self.scope.positions)} steps, "
                 f"{len(self.scope.rows)} rows, {len(self.scope.pairs)} pairs")

    def secret(self, draw):
        """The renter's, when it was revealed below the draw's checkpoint."""
        if "reveal" not in self.entries:
            return ZEROS
        reveal, entry = self.read("reveal"), self.entries["reveal"]
        need(entry.leaf.signer == self.order["renter"], "signature", "reveal: not by the renter")
        need(reveal["job"] == self.job and
             sha256(reveal["secret"]) == self.order["renter_secret_commitment"], "unbound",
             "reveal: does not open the commitment of this order")
        return reveal["secret"] if entry.index < draw["size"] else ZEROS

    # Opening.

    def check_opened(self):
        self.opened = None
        if self.scope is None or "spotcheck" not in self.entries:
            return self.say("opening: nothing was opened")
        said, entry = self.read("spotcheck"), self.entries["spotcheck"]
        need(entry.leaf.signer == self.provider, "unbound", "spotcheck: not by the provider")
        need(said["draw"] == self.entries["draw"].leaf.pae_digest and self.is_about(said) and
             said["reason"] == self.reason, "unbound", "spotcheck: answers another draw")
        need(self.scope.repeated_by(said), "unbound", "spotcheck: other positions than drawn")
        need(entry.index > self.entries["draw"].index, "unbound", "spotcheck: before the draw")
        data = self.file.openings.get(said["opening_blob"].hex())
        need(data is not None, "no_evidence", "the file lacks the opening")
        need(len(data) == said["opening_bytes"] and sha256(data) == said["opening_blob"],
             "unbound", "opening: not the bytes that were signed")
        self.check_parts(casefile.parse_opening(data))
        self.opened = said | {"index": entry.index}

    def is_about(self, said):
        at = self.entries["attestation"]
        return said["attestation"] == at.leaf.pae_digest and said["attestation_index"] == at.index

    def check_parts(self, parts):
        due = plans.opening_parts(self.plan, self.scope.positions, self.scope.rows,
                                  self.scope.pairs)
        need([(one.state, one.leaf) for one in parts] == due, "malformed",
             "opening: other parts than were asked for")
        if parts and self.plan.tensors is None:
            return self.say("opening: the form of these states takes the model: NOT CHECKED here")
        for part in parts:
            committed = self.trace[part.state][0]
            tensors = plans.shape_for(self.plan, len(part.data))
            if part.leaf is None:
                need(plans.state_digest(tensors, part.data) == committed, "proof",
                     f"opening: state {part.state} is not the committed one")
                continue
            need(len(part.data) == plans.leaf_size(tensors, part.leaf), "malformed",
                 "opening: a leaf of another size")
            merkle.check_inclusion(merkle.leaf_hash(part.data), part.leaf,
                                   plans.leaf_count(tensors), part.path, committed)
        self.say(f"opening: {len(parts)} parts proven against the trace")

    def check_only_named(self):
        need(set(self.file.openings) <= {self.named_opening()}, "unbound",
             "an opening that nobody named")

    def named_opening(self):
        return self.read("spotcheck")["opening_blob"].hex() if "spotcheck" in self.entries else ""

    # Verdict.

    def check_verdict(self):
        if "verdict" not in self.entries:
            self.check_summary(None)
            self.say("verdict: none. NOT AUDITED: this file shows what the provider signed")
            return None
        self.by_verifier("verdict")
        it = self.read("verdict")
        need(self.scope is not None, "no_evidence", "verdict: the file has no draw")
        need(it["draw"] == self.entries["draw"].leaf.pae_digest and
             it["reason"] == self.reason and self.is_about(it) and it["job"] == self.job
             and it["provider"] == self.provider,
             "unbound", "verdict: on another draw, attestation, job or provider")
        need(self.scope.repeated_by(it), "unbound", "verdict: on other positions than drawn")
        least = {"first": self.policy["audit_ppm"], "paid": 10**6, "retro": 1}[self.reason]
        need(it["p_ppm"] >= least, "unbound", "verdict: p below what is due")
        need(draws.coin_says_audit(self.coin, it["p_ppm"]), "unbound",
             "verdict: the coin says that this attestation is not audited")
        if it["outcome"] in ("match", "mismatch"):
            need(self.opened, "no_evidence", "verdict: judges openings that are not there")
            need(self.opened["ordinal"] == it["ordinal"] and
                 self.opened["index"] < self.entries["verdict"].index, "unbound",
                 "verdict: rests on another opening")
        self.check_summary(it)
        return it

    def levels(self, verdict):
        if verdict["outcome"] != "match":
            return ["FAILED"]
        kinds = (("REPLAYED", "position_outcomes", self.plan.steps),
                 ("FOLLOWED_ROWS", "row_outcomes", self.plan.rows),
                 ("MICRO_ROWS", "pair_outcomes", self.plan.steps * self.plan.rows))
        return [f"ASSAY_{name}_{len(verdict[found])}_OF_{of}" for name, found, of in kinds
                if verdict[found]]

    def check_summary(self, verdict):
        if "summary" not in self.entries:
            return
        self.by_verifier("summary")
        it = self.read("summary")
        need(verdict is not None, "unbound", "summary: there is no verdict")
        at = self.entries["attestation"]
        need(it["resourceUri"] == self.job and it["subject"] == self.attestation["subject"] and
             it["inputAttestations"] == [at.leaf.pae_digest] and
             it["policy"] == sha256(self.file.policy) and
             it["verifier"]["id"] == self.head.checkpoint.origin, "unbound",
             "summary: about another job, result, attestation, policy or verifier")
        need(it["verifiedLevels"] == self.levels(verdict), "unbound",
             "summary: claims other than the verdict gives")

    def judge(self, verdict):
        codes = {"mismatch": "mismatch", "unavailable": "no_evidence",
                 "inconclusive": "inconclusive"}
        need(verdict["outcome"] not in codes, codes.get(verdict["outcome"]),
             f"the verdict is {verdict['outcome']}: {verdict['detail']}")
        self.say("verdict: match, " + " ".join(self.levels(verdict)))

    def check_slash(self):
        if "slash" not in self.entries:
            return None
        self.by_verifier("slash")
        it, at = self.read("slash"), self.entries["attestation"]
        need(it["provider"] == self.provider and it["job"] == self.job and
             it["attestation_index"] == at.index < self.entries["slash"].index, "unbound",
             "slash: about another attestation")
        return it


FAULTS = {"wrong-result": "mismatch", "withheld": "no_evidence", "equivocation": "equivocation"}


def check_receipt(data, trust, say=lambda line: None, all_inputs=True):
    """Raises Wrong with the code of the layer that fails."""
    it = Checker(trust, say)
    it.open(data, "receipt")
    it.bind_job()
    it.bind_trace(all_inputs)
    it.check_draw()
    it.check_opened()
    it.check_only_named()
    verdict = it.check_verdict()
    if verdict:
        it.judge(verdict)
    slash = it.check_slash()
    need(not slash, FAULTS.get(slash and slash["fault"]), "the provider was slashed for this job")
    casefile.check_digest(data)
    say("replay: NOT MADE. This program computes no workload; assay audit --replay does")


def _parse_envelope(data):
    value = strict_json.parse(data, 128 << 10, 16, 1024)
    need(isinstance(value, dict), "malformed", "envelope: not an object")
    kind, payload = (statements.opaque(1 << 20)(value.get(name))
                     for name in ("payloadType", "payload"))
    statements.text()(kind), statements.text(0, 87192)(payload)
    signatures = value.get("signatures")
    need(isinstance(signatures, list) and 1 <= len(signatures) <= 16, "malformed",
         "envelope: signatures")
    raw = []
    for one in signatures:
        need(isinstance(one, dict), "malformed", "envelope: a signature")
        statements.text()(one.get("keyid", ""))
        raw.append(from_any_b64(statements.text(0, 8192)(one.get("sig"))))
    payload = from_any_b64(payload)
    need(len(payload) <= logs.PAYLOAD_MAX, "malformed", "envelope: payload too large")
    return kind, payload, raw


def open_envelope(data, key):
    """DSSE: the payload, its PAE digest, and the signature of this key over it."""
    kind, payload, signatures = _parse_envelope(data)
    need(kind.encode() == logs.PAYLOAD_TYPE, "malformed", "envelope: another payloadType")
    message = logs.pae(payload)
    for one in signatures:
        if len(one) == 64 and curve.verify(key, message, one):
            return payload, sha256(message), one
    raise Wrong("signature", "envelope: no signature by the expected key")


def _check_second(it, name, data):
    """Two different attestations of one job under one key are the whole proof."""
    need(sha256(data).hex() == name, "unbound", "second attestation: another digest than its name")
    payload, digest, _ = open_envelope(data, it.provider)
    other = statements.parse(payload, "attestation")
    need(other["job"] == it.job, "unbound", "second attestation: of another job")
    return digest != it.entries["attestation"].leaf.pae_digest


def _check_carried(it, second):
    """Nothing else in a proof of equivocation may be about something else."""
    at = it.entries["attestation"]
    _, due = it.cause()
    for name in it.entries:
        if name in ("spotcheck", "verdict"):
            about = it.read(name)["attestation"] == at.leaf.pae_digest
        elif name == "summary":
            about = it.read(name)["inputAttestations"] == [at.leaf.pae_digest]
        elif name == "reveal":
            about = it.read(name)["job"] == it.job
        elif name == "draw":
            draw = it.read(name)
            about = draw["from"] <= due < draw["to"]
        else:
            continue
        need(about, "unbound", name + " is about something else")
    need(not it.file.trace or sha256(it.file.trace) == it.attestation["trace_blob"], "unbound",
         "the trace is not the attested file")
    for name, data in it.file.openings.items():
        need(name == second or (name == it.named_opening() and sha256(data).hex() == name),
             "unbound", "an opening that nobody named")
    named = {one["name"]: one["sha256"] for one in it.order["inputs"]}
    for name, data in it.file.inputs.items():
        need(named.get(name) == sha256(data), "unbound", "the order has no such input " + name)


def _check_mismatch(it, say):
    it.bind_trace(True)
    it.check_draw()
    it.check_opened()
    verdict = it.check_verdict()
    if not verdict or not it.opened or verdict["outcome"] != "mismatch" or \
            verdict["fault"] is None or verdict["fault"]["step"] is None:
        return False
    fault = verdict["fault"]
    need(fault["step"] <= it.plan.steps and
         (fault["row"] is None or fault["row"] < it.plan.rows), "unbound",
         "verdict: the job has no such step or row")
    say(f"fault: step {fault['step']}, row {fault['row']}, named by the verdict. NOT RECOMPUTED "
        "here: assay slash check does")
    return True


def _check_move(it, entry, number, dispute, opening):
    """Is this the next move, by whose turn it is, with its bytes in the file?"""
    said = statements.parse(entry.leaf.payload, "dispute-move")
    need(said["subject"] == opening.leaf.pae_digest and said["dispute_index"] == opening.index and
         said["number"] == number, "unbound", f"move {number}: not the next one of this dispute")
    move, answers = said["move"], said["move"]["kind"] == "answer"
    need(entry.leaf.signer == (it.provider if answers else dispute["challenger"]), "unbound",
         f"move {number}: not by the side whose move it is")
    need(answers == (number % 2 == 0), "conflict", f"move {number}: out of turn")
    if move["blob"] != ZEROS:
        data = it.file.openings.get(move["blob"].hex())
        need(data is not None, "no_evidence", f"move {number}: its bytes are not in the file")
        need(sha256(data) == move["blob"], "unbound", f"move {number}: other bytes than it names")
    return move["kind"]


def _check_dispute(it, say):
    """The chain of moves. Whether the conviction holds takes the step's operations."""
    it.bind_trace(True)
    opening, dispute = it.entries["dispute"], it.read("dispute")
    need(it.is_about(dispute) and dispute["job"] == it.job and
         dispute["challenger"] == opening.leaf.signer, "unbound",
         "dispute: about another attestation, or signed by another key")
    need(dispute["step"] <= it.plan.steps, "malformed", "dispute: the job has no such step")
    moves = [one for one in it.logged if one.kind == "dispute-move"]
    kinds = [_check_move(it, entry, number, dispute, opening)
             for number, entry in enumerate(moves)]
    need("conviction" not in kinds[:-1], "conflict", "a move after the conviction")
    say(f"dispute about step {dispute['step']}: {len(kinds)} moves in turn, "
        f"{kinds.count('answer')} of them answers")
    if kinds[-1:] != ["conviction"]:
        return False
    say("conviction: NOT RECOMPUTED here: assay slash check does")
    return True


def check_evidence(data, trust, say=lambda line: None):
    """Returns when no fraud is shown. Raises equivocation when that is shown, and inconclusive
    where all holds together but for a step that this program cannot recompute."""
    it = Checker(trust, say)
    it.open(data, "evidence")
    it.bind_job()
    opening = it.named_opening()
    seconds = [one for one in it.file.openings.items() if one[0] != opening]
    shown = None
    if "dispute" in it.entries:
        shown = "inconclusive" if _check_dispute(it, say) else None
    elif seconds:
        shown = "equivocation" if _check_second(it, *seconds[0]) else None
        _check_carried(it, seconds[0][0])
    elif _check_mismatch(it, say):
        shown = "inconclusive"
    it.check_slash()
    casefile.check_digest(data)
    need(shown is None, shown, "shown: two different attestations of one job"
         if shown == "equivocation" else "everything holds but the step was not recomputed here")
