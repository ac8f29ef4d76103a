package main

// A whole receipt or fraud proof, layer by layer, in the order of FORMAT.md "Checking a case file".
// Nothing is recomputed: what a workload's steps give takes its engine, and the report says so.

import (
	"bytes"
	"fmt"
	"strings"
)

// stages follow each other in the log; the first four must be there.
var stages = []string{"policy", "order", "acceptance", "attestation", "draw", "verdict", "summary"}

var caseKinds = map[string]bool{"policy": true, "order": true, "acceptance": true,
	"attestation": true, "reveal": true, "draw": true, "spotcheck": true, "verdict": true,
	"summary": true, "slash": true, "dispute": true, "dispute-move": true, "dispute-end": true,
	"stake": true, "paid-challenge": true}

type provenEntry struct {
	kind     string
	index    uint64
	leafHash []byte
	leaf     *logLeaf
}

type checker struct {
	trust *trustFile
	say   func(format string, args ...interface{})

	file    *caseFile
	head    *head
	entries []provenEntry

	policy             *value
	order, attestation *statement
	job, provider      []byte
	plan               *jobPlan
	trace              []stepDigests
	draw               *statement
	reason             string // why the draw was made over this attestation
	coin               uint64
	scope              *scope
	opened             *statement // the spot-check whose opening was proven
}

func statementKind(name string) string {
	if name == "order" {
		return "job"
	}
	return name
}

func (c *checker) find(name string) *provenEntry {
	for i := range c.entries {
		if c.entries[i].kind == name {
			return &c.entries[i]
		}
	}
	return nil
}

// Layers file, signature, proof.

func (c *checker) open(data []byte, kind string) {
	need(len(c.trust.logs) > 0 && len(c.trust.own) == 2 && len(c.trust.policies) > 0, "usage",
		"the policy file lacks a log or an #assay- line")
	c.file = parseCase(data)
	malformed(c.file.kind == kind, "this is %s", c.file.kind)
	for _, one := range c.file.entries {
		entry := c.prove(one.name, one.proof)
		need(c.find(one.name) == nil || one.name == "dispute-move", "unbound",
			"%s is in the file twice", one.name)
		c.entries = append(c.entries, entry)
	}
	need(len(c.entries) > 0, "no_evidence", "the file has no log entry at all")
	names := strings.Join(c.head.witnesses, " ")
	if names == "" {
		names = "none asked for"
	}
	c.say("log: %d entries proven in %s at size %d, witnesses: %s", len(c.entries),
		c.head.checkpoint.origin, c.head.checkpoint.size, names)
}

func (c *checker) prove(name string, data []byte) provenEntry {
	need(caseKinds[name], "unbound", "%s is no part of a case file", name)
	proof := parseProof(data)
	at := checkCheckpoint(c.trust, proof.checkpoint)
	need(proof.extra != nil, "no_evidence", "%s: the proof has no leaf", name)
	entry := provenEntry{name, proof.index, leafHash(proof.extra), nil}
	checkInclusion(entry.leafHash, proof.index, at.checkpoint.size, proof.path, at.checkpoint.root)
	entry.leaf = parseLeaf(proof.extra)
	verifyLeaf(entry.leaf)
	kind := openStatement(entry.leaf.payload).kind
	need(kind == statementKind(name), "unbound", "%s: it is a %s", name, kind)
	if c.head == nil {
		c.head = at
	}
	need(c.head.checkpoint.equals(at.checkpoint), "unbound", "%s: proven at another head", name)
	return entry
}

func (c *checker) byVerifier(name string) {
	need(bytes.Equal(c.find(name).leaf.signer, c.trust.own["verifier"]), "signature",
		"%s: not signed by the trusted verifier", name)
}

func (c *checker) read(name string) *statement {
	return parseStatement(c.find(name).leaf.payload, statementKind(name))
}

// Binding.

func (c *checker) bindJob() {
	for _, name := range stages[:4] {
		need(c.find(name) != nil, "no_evidence", "the file lacks %s", name)
	}
	c.bindPolicy()
	c.order, c.job = c.read("order"), c.find("order").leaf.paeDigest
	need(bytes.Equal(c.find("order").leaf.signer, c.order.get("renter").bytes()), "signature",
		"order: not signed by the renter it names")
	acceptance := c.read("acceptance")
	c.provider = c.find("acceptance").leaf.signer
	need(bytes.Equal(acceptance.get("job").bytes(), c.job), "unbound", "acceptance: of another job")
	named := c.order.get("provider")
	need(named.is == nil || bytes.Equal(named.bytes(), c.provider), "unbound",
		"acceptance: the order is for another provider")
	c.bindAttestation()
	c.bindOrderOfLog()
	c.say("job %x: order, acceptance, attestation and policy belong together", c.job)
}

func (c *checker) bindPolicy() {
	need(c.trust.trustsPolicy(sum(c.file.policy)), "unbound", "policy: not one you trust")
	c.byVerifier("policy")
	change := c.read("policy")
	need(change.get("document").text() == string(c.file.policy), "unbound",
		"policy: not the one that its leaf has")
	c.policy = parsePolicy(c.file.policy)
	epoch := uint64(c.find("order").leaf.time) / 1000 / c.policy.get("epoch_seconds").integer(1, 86400)
	need(change.get("activation_epoch").u64() <= epoch, "unbound",
		"order: logged before that policy was in force")
}

func (c *checker) bindAttestation() {
	c.attestation = c.read("attestation")
	leaf := c.find("attestation").leaf
	need(bytes.Equal(c.attestation.get("job").bytes(), c.job), "unbound",
		"attestation: of another job")
	need(bytes.Equal(leaf.signer, c.provider), "unbound",
		"attestation: not by the provider that accepted")
	accepted := c.find("acceptance").leaf.time
	need(leaf.time <= accepted+c.order.get("deadline_ms").u64(), "unbound",
		"attestation: after the deadline")
}

func (c *checker) bindOrderOfLog() {
	for i := 1; i < len(c.entries); i++ {
		before, after := c.entries[i-1], c.entries[i]
		need(before.index < after.index && before.leaf.time <= after.leaf.time, "unbound",
			"%s does not follow %s in the log", after.kind, before.kind)
	}
	var last *provenEntry
	for _, name := range stages {
		entry := c.find(name)
		if entry == nil {
			continue
		}
		need(last == nil || last.index < entry.index, "unbound", "%s: before its cause", name)
		last = entry
	}
}

func (c *checker) bindInputs(allThere bool) {
	named := map[string]*value{}
	for _, one := range c.order.get("inputs").items() {
		named[one.get("name").text()] = one
	}
	held := map[string]bool{}
	for _, one := range c.file.inputs {
		need(named[one.name] != nil, "unbound", "the order has no input %s", one.name)
	}
	for _, one := range c.file.inputs {
		due := named[one.name]
		need(uint64(len(one.data)) == due.get("size_bytes").u64() &&
			bytes.Equal(sum(one.data), due.get("sha256").bytes()), "no_evidence",
			"input %s: not the bytes that the order names", one.name)
		held[one.name] = true
	}
	for name := range named {
		need(held[name] || !allThere, "no_evidence", "input %s is not there", name)
	}
}

func (c *checker) bindTrace(allInputs bool) {
	c.bindInputs(allInputs)
	c.plan = planOf(c.order, c.attestation)
	need(len(c.file.trace) > 0, "no_evidence", "the file has no trace")
	need(bytes.Equal(sum(c.file.trace), c.attestation.get("trace_blob").bytes()), "unbound",
		"trace: not the attested file")
	c.trace = parseTrace(c.file.trace, c.plan.steps)
	need(c.attestation.get("trace", "steps").integer(1, stepsMax) == c.plan.steps, "unbound",
		"trace: another number of steps")
	root := c.attestation.get("trace", "root").bytes()
	need(bytes.Equal(traceRoot(c.job, c.provider, c.trace), root), "unbound",
		"trace: another root than was attested")
	result := c.trace[len(c.trace)-1].state
	if c.plan.shape != "chained" {
		var leaves [][]byte
		for _, step := range c.trace[1:] {
			leaves = append(leaves, leafHash(step.output))
		}
		result = rootOfHashes(leaves)
	}
	need(bytes.Equal(result, c.attestation.subject), "unbound", "the result does not follow")
	c.say("trace: %d steps lead to the attested root and result", c.plan.steps)
}

// Draw.

// cause tells why the draw was made over this attestation, and the leaf that it must cover.
func (c *checker) cause() (string, uint64) {
	at, paid, stake := c.find("attestation"), c.find("paid-challenge"), c.find("stake")
	if paid == nil && stake == nil {
		return "first", at.index
	}
	need(c.file.kind == "evidence" && (paid == nil || stake == nil), "unbound",
		"what asks for another audit stands in fraud proofs, alone")
	entry, reason := paid, "paid"
	if paid == nil {
		entry, reason = stake, "retro"
		it := c.read("stake")
		told := bytes.Equal(entry.leaf.signer, c.trust.own["verifier"])
		for _, one := range c.policy.get("operators").items() {
			told = told || bytes.Equal(entry.leaf.signer, one.bytes())
		}
		need(told, "signature", "stake: not by an operator")
		need(it.get("move").text() == "unbond" && bytes.Equal(it.get("provider").bytes(), c.provider),
			"unbound", "stake: no unbonding of this provider")
	} else {
		it := c.read("paid-challenge")
		need(bytes.Equal(it.get("challenger").bytes(), entry.leaf.signer), "signature",
			"challenge: by another key")
		need(bytes.Equal(it.get("attestation").bytes(), at.leaf.paeDigest) &&
			it.get("attestation_index").u64() == at.index &&
			bytes.Equal(it.get("job").bytes(), c.job), "unbound",
			"challenge: about another attestation or job")
	}
	need(entry.index > at.index, "unbound", "%s: before the attestation", entry.kind)
	return reason, entry.index
}

func (c *checker) checkDraw() {
	entry := c.find("draw")
	if entry == nil {
		c.say("draw: none in this file")
		return
	}
	c.byVerifier("draw")
	draw, at := c.read("draw"), c.find("attestation")
	from, to, size := draw.get("from").u64(), draw.get("to").u64(), draw.get("size").u64()
	reason, due := c.cause()
	c.reason = reason
	need(from <= due && due < to, "unbound", "draw: of other leaves")
	need(to <= size && size <= entry.index, "unbound", "draw: of no such size")
	alpha := drawAlpha(c.head.checkpoint.origin, size, draw.get("root").bytes(),
		draw.get("k").u64(), draw.get("beacon").bytes())
	var beta []byte
	bad := attempt(func() {
		beta = vrfVerify(c.trust.own["vrf"], alpha, draw.get("proof").bytes())
	})
	need(bad == nil, "proof", "draw: %v", bad)
	seed := drawSeed(beta, at.index, at.leafHash, reason, c.secret(size))
	c.draw, c.coin = draw, (&stream{seed: seed}).word()
	c.scope = scopeOf(seed, c.plan, c.order.get("assurance").text(), c.policy)
	c.say("draw %d: the VRF gives %d steps, %d rows, %d pairs", draw.get("k").u64(),
		len(c.scope.positions), len(c.scope.rows), len(c.scope.pairs))
}

// secret is the renter's, when it was revealed below the draw's checkpoint.
func (c *checker) secret(size uint64) []byte {
	none := make([]byte, 32)
	entry := c.find("reveal")
	if entry == nil {
		return none
	}
	reveal := c.read("reveal")
	need(bytes.Equal(entry.leaf.signer, c.order.get("renter").bytes()), "signature",
		"reveal: not by the renter")
	secret := reveal.get("secret").bytes()
	committed := c.order.get("renter_secret_commitment").bytes()
	need(bytes.Equal(reveal.get("job").bytes(), c.job) && bytes.Equal(sum(secret), committed),
		"unbound", "reveal: does not open the commitment of this order")
	if entry.index < size {
		return secret
	}
	return none
}

// Opening.

func (c *checker) isAbout(it *statement) bool {
	at := c.find("attestation")
	return bytes.Equal(it.get("draw").bytes(), c.find("draw").leaf.paeDigest) &&
		it.get("reason").text() == c.reason &&
		bytes.Equal(it.get("attestation").bytes(), at.leaf.paeDigest) &&
		it.get("attestation_index").u64() == at.index
}

func (c *checker) checkOpened() {
	entry := c.find("spotcheck")
	if c.scope == nil || entry == nil {
		c.say("opening: nothing was opened")
		return
	}
	said := c.read("spotcheck")
	need(bytes.Equal(entry.leaf.signer, c.provider), "unbound", "spotcheck: not by the provider")
	need(c.isAbout(said), "unbound", "spotcheck: answers another draw")
	need(c.scope.repeatedBy(said), "unbound", "spotcheck: other positions than drawn")
	need(entry.index > c.find("draw").index, "unbound", "spotcheck: before the draw")
	var data []byte
	for _, one := range c.file.openings {
		if one.name == said.get("opening_blob").text() {
			data = one.data
		}
	}
	need(data != nil, "no_evidence", "the file lacks the opening")
	need(uint64(len(data)) == said.get("opening_bytes").u64() &&
		bytes.Equal(sum(data), said.get("opening_blob").bytes()), "unbound",
		"opening: not the bytes that were signed")
	c.checkParts(parseOpening(data, caseBytesMax))
	c.opened = said
}

func (c *checker) checkParts(parts []openedPart) {
	due := c.plan.openingParts(c.scope)
	malformed(len(parts) == len(due), "opening: other parts than were asked for")
	for i, part := range parts {
		malformed(part.partRef == due[i], "opening: part %d is another one", i)
	}
	if c.plan.shape == "appended" {
		c.say("opening: the form of these states takes the model: NOT CHECKED here")
		return
	}
	for _, part := range parts {
		committed := c.trace[part.state].state
		tensors := c.plan.shapeFor(uint64(len(part.data)))
		if part.whole {
			need(bytes.Equal(stateDigest(tensors, part.data), committed), "proof",
				"opening: state %d is not the committed one", part.state)
			continue
		}
		malformed(uint64(len(part.data)) == leafSize(tensors, part.leaf), "opening: a leaf's size")
		checkInclusion(leafHash(part.data), part.leaf, leafCount(tensors), part.path, committed)
	}
	c.say("opening: %d parts proven against the trace", len(parts))
}

func (c *checker) namedOpening() string {
	if c.find("spotcheck") == nil {
		return ""
	}
	return c.read("spotcheck").get("opening_blob").text()
}

func (c *checker) checkOnlyNamed() {
	for _, one := range c.file.openings {
		need(one.name == c.namedOpening(), "unbound", "an opening that nobody named")
	}
}

// Verdict.

func (c *checker) checkVerdict() *statement {
	if c.find("verdict") == nil {
		c.checkSummary(nil)
		c.say("verdict: none. NOT AUDITED: this file shows what the provider signed, no more")
		return nil
	}
	c.byVerifier("verdict")
	it := c.read("verdict")
	need(c.scope != nil, "no_evidence", "verdict: the file has no draw")
	need(c.isAbout(it) && bytes.Equal(it.get("job").bytes(), c.job) &&
		bytes.Equal(it.get("provider").bytes(), c.provider), "unbound",
		"verdict: on another draw, attestation, job or provider")
	need(c.scope.repeatedBy(it), "unbound", "verdict: on other positions than drawn")
	p := it.get("p_ppm").integer(0, million)
	least := map[string]uint64{"first": c.policy.get("audit_ppm").integer(1, million),
		"paid": million, "retro": 1}[c.reason]
	need(p >= least, "unbound", "verdict: p below what is due")
	need(coinSaysAudit(c.coin, p), "unbound", "verdict: the coin says: not audited")
	if outcome := it.get("outcome").text(); outcome == "match" || outcome == "mismatch" {
		need(c.opened != nil, "no_evidence", "verdict: judges openings that are not there")
		need(c.opened.get("ordinal").dump() == it.get("ordinal").dump() &&
			c.find("spotcheck").index < c.find("verdict").index, "unbound",
			"verdict: rests on another opening")
	}
	c.checkSummary(it)
	return it
}

// levels say what was done.
func (c *checker) levels(verdict *statement) []string {
	if verdict.get("outcome").text() != "match" {
		return []string{"FAILED"}
	}
	var out []string
	add := func(name, outcomes string, of uint64) {
		if count := len(verdict.get(outcomes).outcomes()); count > 0 {
			out = append(out, fmt.Sprintf("ASSAY_%s_%d_OF_%d", name, count, of))
		}
	}
	add("REPLAYED", "position_outcomes", c.plan.steps)
	add("FOLLOWED_ROWS", "row_outcomes", c.plan.rows)
	add("MICRO_ROWS", "pair_outcomes", c.plan.steps*c.plan.rows)
	return out
}

func (c *checker) checkSummary(verdict *statement) {
	if c.find("summary") == nil {
		return
	}
	c.byVerifier("summary")
	it := c.read("summary")
	need(verdict != nil, "unbound", "summary: there is no verdict")
	attested := it.get("inputAttestations").items()[0].get("digest", "sha256").bytes()
	need(it.get("resourceUri").text() == "job:"+hexText(c.job) &&
		bytes.Equal(it.subject, c.attestation.subject) &&
		bytes.Equal(attested, c.find("attestation").leaf.paeDigest) &&
		bytes.Equal(it.get("policy", "digest", "sha256").bytes(), sum(c.file.policy)) &&
		it.get("verifier", "id").text() == c.head.checkpoint.origin, "unbound",
		"summary: about another job, result, attestation, policy or verifier")
	var claimed []string
	for _, one := range it.get("verifiedLevels").items() {
		claimed = append(claimed, one.text())
	}
	need(strings.Join(claimed, "\n") == strings.Join(c.levels(verdict), "\n"), "unbound",
		"summary: claims other than the verdict gives")
}

func (c *checker) judge(verdict *statement) {
	codes := map[string]string{"mismatch": "mismatch", "unavailable": "no_evidence",
		"inconclusive": "inconclusive"}
	outcome := verdict.get("outcome").text()
	need(outcome == "match", codes[outcome], "the verdict is %s: %s", outcome,
		verdict.get("detail").text())
	c.say("verdict: match, %s", strings.Join(c.levels(verdict), " "))
}

// checkSlash: nil where there is none.
func (c *checker) checkSlash() *statement {
	entry, at := c.find("slash"), c.find("attestation")
	if entry == nil {
		return nil
	}
	c.byVerifier("slash")
	it := c.read("slash")
	need(bytes.Equal(it.get("provider").bytes(), c.provider) &&
		bytes.Equal(it.get("job").bytes(), c.job) && it.get("attestation_index").u64() == at.index &&
		entry.index > at.index, "unbound", "slash: about another attestation")
	return it
}

func checkReceipt(data []byte, trust *trustFile, say func(string, ...interface{}), allInputs bool) {
	c := &checker{trust: trust, say: say}
	c.open(data, "receipt")
	c.bindJob()
	c.bindTrace(allInputs)
	c.checkDraw()
	c.checkOpened()
	c.checkOnlyNamed()
	if verdict := c.checkVerdict(); verdict != nil {
		c.judge(verdict)
	}
	if slash := c.checkSlash(); slash != nil {
		codes := map[string]string{"wrong-result": "mismatch", "withheld": "no_evidence",
			"equivocation": "equivocation"}
		fail(codes[slash.get("fault").text()], "the provider was slashed for this job")
	}
	checkCaseDigest(data)
	say("replay: NOT MADE. This program computes no workload; assay audit --replay does")
}
