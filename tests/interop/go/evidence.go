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
			about = draw.get("from").u64() <= at.index && at.index < draw.get("to").u64()
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
	if second != nil {
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
