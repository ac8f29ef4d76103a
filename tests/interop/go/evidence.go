package main

// DSSE envelopes, and fraud proofs.

import "bytes"

func parseEnvelope(data []byte) (kind string, payload []byte, signatures [][]byte) {
	it := parseJSON(data, 128<<10, 16, 1024)
	textOf(0, 256, "").check(it.get("payloadType"))
	textOf(0, (payloadMax+2)/3*4, "").check(it.get("payload"))
	payload = fromAnyBase64(it.get("payload").text())
	malformed(len(payload) <= payloadMax, "envelope: payload too large")
	all := it.get("signatures").items()
	malformed(1 <= len(all) && len(all) <= 16, "envelope: %d signatures", len(all))
	for _, one := range all {
		if keyid := one.object().find("keyid"); keyid != nil {
			textOf(0, 256, "").check(keyid)
		}
		textOf(0, 8192, "").check(one.get("sig"))
		signatures = append(signatures, fromAnyBase64(one.get("sig").text()))
	}
	return it.get("payloadType").text(), payload, signatures
}

// openEnvelope gives the payload, its PAE digest, and the signature of this key over it.
func openEnvelope(data, key []byte) (payload, digest, signature []byte) {
	kind, payload, signatures := parseEnvelope(data)
	malformed(kind == payloadType, "envelope: another payloadType")
	for _, one := range signatures {
		if verifySignature(key, pae(payload), one) {
			return payload, sum(pae(payload)), one
		}
	}
	fail("signature", "envelope: no signature by the expected key")
	return
}

// secondAttestation: two different ones of one job under one key are the whole proof.
func (c *checker) secondAttestation(second namedBytes) bool {
	need(hexText(sum(second.data)) == second.name, "unbound", "second attestation: its digest")
	payload, digest, _ := openEnvelope(second.data, c.provider)
	other := parseStatement(payload, "attestation")
	need(bytes.Equal(other.get("job").bytes(), c.job), "unbound",
		"second attestation: of another job")
	return !bytes.Equal(digest, c.find("attestation").leaf.paeDigest)
}

// checkCarried: nothing else in a proof of equivocation may be about something else.
func (c *checker) checkCarried(second string) {
	at := c.find("attestation")
	attested := hexText(at.leaf.paeDigest)
	_, due := c.cause()
	for i := range c.entries {
		name, about := c.entries[i].kind, true
		switch name {
		case "spotcheck", "verdict":
			about = c.read(name).get("attestation").text() == attested
		case "summary":
			named := c.read(name).get("inputAttestations").items()[0]
			about = named.get("digest", "sha256").text() == attested
		case "reveal":
			about = c.read(name).get("job").text() == hexText(c.job)
		case "draw":
			draw := c.read(name)
			about = draw.get("from").u64() <= due && due < draw.get("to").u64()
		}
		need(about, "unbound", "%s is about something else", name)
	}
	trace := c.file.trace
	need(len(trace) == 0 || hexText(sum(trace)) == c.attestation.get("trace_blob").text(), "unbound",
		"the trace is not the attested file")
	for _, one := range c.file.openings {
		named := one.name == c.namedOpening() && hexText(sum(one.data)) == one.name
		need(one.name == second || named, "unbound", "an opening that nobody named")
	}
	ordered := map[string]string{}
	for _, one := range c.order.get("inputs").items() {
		ordered[one.get("name").text()] = one.get("sha256").text()
	}
	for _, one := range c.file.inputs {
		need(ordered[one.name] == hexText(sum(one.data)), "unbound", "no such input %s", one.name)
	}
}

// faultNamed: does a verdict that rests on all else name a step that is wrong?
func (c *checker) faultNamed() bool {
	c.bindTrace(true)
	c.checkDraw()
	c.checkOpened()
	verdict := c.checkVerdict()
	if verdict == nil || c.opened == nil || verdict.get("outcome").text() != "mismatch" {
		return false
	}
	fault := verdict.get("fault")
	if fault.is == nil || fault.get("step").is == nil {
		return false
	}
	row := fault.get("row")
	need(fault.get("step").integer(0, u32Max) <= c.plan.steps &&
		(row.is == nil || row.integer(0, u32Max) < c.plan.rows), "unbound",
		"verdict: the job has no such step or row")
	c.say("fault: step %s, row %s, named by the verdict. NOT RECOMPUTED here: assay slash check does",
		fault.get("step").dump(), row.dump())
	return true
}

// checkMove: is this the next move, by whose turn it is, with its bytes in the file?
func (c *checker) checkMove(entry *provenEntry, number uint64, challenger []byte) string {
	opening := c.find("dispute")
	said := parseStatement(entry.leaf.payload, "dispute-move")
	need(bytes.Equal(said.subject, opening.leaf.paeDigest) &&
		said.get("dispute_index").u64() == opening.index &&
		said.get("number").integer(0, 16) == number, "unbound",
		"move %d: not the next one of this dispute", number)
	kind, blob := said.get("move", "kind").text(), said.get("move", "blob").text()
	mover := challenger
	if kind == "answer" {
		mover = c.provider
	}
	need(bytes.Equal(entry.leaf.signer, mover), "unbound",
		"move %d: not by the side whose move it is", number)
	need((kind == "answer") == (number%2 == 0), "conflict", "move %d: out of turn", number)
	if kind != "answer" && kind != "conviction" {
		return kind
	}
	for _, one := range c.file.openings {
		if one.name == blob {
			need(hexText(sum(one.data)) == blob, "unbound", "move %d: other bytes", number)
			return kind
		}
	}
	fail("no_evidence", "move %d: its bytes are not in the file", number)
	return kind
}

// checkDispute: the chain of moves. Whether its conviction holds takes the step's operations.
func (c *checker) checkDispute() bool {
	c.bindTrace(true)
	opening, at, it := c.find("dispute"), c.find("attestation"), c.read("dispute")
	challenger := it.get("challenger").bytes()
	need(bytes.Equal(it.get("attestation").bytes(), at.leaf.paeDigest) &&
		it.get("attestation_index").u64() == at.index &&
		bytes.Equal(it.get("job").bytes(), c.job) &&
		bytes.Equal(challenger, opening.leaf.signer), "unbound",
		"dispute: about another attestation, or signed by another key")
	malformed(it.get("step").integer(0, stepsMax) <= c.plan.steps,
		"dispute: the job has no such step")
	number, last := uint64(0), ""
	for i := range c.entries {
		if c.entries[i].kind == "dispute-move" {
			need(last != "conviction", "conflict", "a move after the conviction")
			last = c.checkMove(&c.entries[i], number, challenger)
			number++
		}
	}
	c.say("dispute about step %s: %d moves in turn", it.get("step").dump(), number)
	if last != "conviction" {
		return false
	}
	c.say("conviction: NOT RECOMPUTED here: assay slash check does")
	return true
}

// checkEvidence returns when no fraud is shown. It fails with equivocation when that is shown, and
// with inconclusive where all holds together but for a step that this program cannot recompute.
func checkEvidence(data []byte, trust *trustFile, say func(string, ...interface{})) {
	c := &checker{trust: trust, say: say}
	c.open(data, "evidence")
	c.bindJob()
	opening := c.namedOpening()
	var second *namedBytes
	for i := range c.file.openings {
		if c.file.openings[i].name != opening && second == nil {
			second = &c.file.openings[i]
		}
	}
	shown, code := false, "inconclusive"
	if c.find("dispute") != nil {
		shown = c.checkDispute()
	} else if second != nil {
		shown, code = c.secondAttestation(*second), "equivocation"
		c.checkCarried(second.name)
	} else {
		shown = c.faultNamed()
	}
	c.checkSlash()
	checkCaseDigest(data)
	need(!shown, code, "all of it holds together; what it shows is %s", code)
	say("no fraud shown")
}
