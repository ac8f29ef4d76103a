package main

// Final scores: that the numbers follow from a state, by the fold's formula in integers of any size,
// the state from a snapshot, and the snapshot from a log.

import (
	"bytes"
	"encoding/binary"
	"math/big"
)

type scoreState struct {
	provider                            []byte
	class                               string
	r, s, fr, fs, slash                 uint64
	tombstoned                          bool
	uptime, performance, stake, audited uint64
	ageDays                             uint32
}

const (
	q30      = 1 << 30
	massMax  = 1 << 56
	stateMax = 512
)

func parseState(data []byte) *scoreState {
	magic := []byte("assay/state/v1\n")
	malformed(len(data) >= len(magic)+33 && bytes.HasPrefix(data, magic), "not a state")
	data = data[len(magic):]
	it := &scoreState{provider: data[:32]}
	length := int(data[32])
	data = data[33:]
	malformed(0 < length && length <= 128 && len(data) == length+115, "a state of another length")
	it.class = string(data[:length])
	for _, c := range data[:length] {
		malformed(c > ' ' && c < 0x7f, "a state's class")
	}
	data = data[length:]
	take := func(size int) uint64 {
		var wide [8]byte
		copy(wide[8-size:], data[:size])
		data = data[size:]
		return binary.BigEndian.Uint64(wide[:])
	}
	below := func(size int, most uint64) uint64 {
		number := take(size)
		malformed(number <= most, "a state's number is out of range")
		return number
	}
	below(1, 1) // headline
	for _, mass := range []*uint64{&it.r, &it.s, &it.fr, &it.fs, &it.slash} {
		*mass = below(8, massMax)
	}
	take(4) // proven
	hours, last := take(8), take(8)
	malformed(last == u64Max || last <= hours, "proven after now")
	it.tombstoned = below(1, 1) == 1
	for _, factor := range []*uint64{&it.uptime, &it.performance, &it.stake} {
		*factor = below(8, q30)
	}
	it.ageDays = uint32(take(4))
	below(1, 4) // tier
	take(8)     // attested
	it.audited = take(8)
	return it
}

func stateRule(v *value) {
	data := fromBase64(v.text())
	malformed(len(data) <= stateMax, "too long for a state")
	parseState(data)
}

func number(n uint64) *big.Int          { return new(big.Int).SetUint64(n) }
func product(a, b *big.Int) *big.Int    { return new(big.Int).Rsh(new(big.Int).Mul(a, b), 30) }
func quotient(a, b *big.Int) *big.Int   { return new(big.Int).Div(new(big.Int).Lsh(a, 30), b) }
func sumOf(a, b *big.Int) *big.Int      { return new(big.Int).Add(a, b) }
func difference(a, b *big.Int) *big.Int { return new(big.Int).Sub(a, b) }
func nearest(n, d int64) *big.Int       { return number((uint64(n)*q30 + uint64(d)/2) / uint64(d)) }
func ppmOf(value *big.Int) uint64       { return product(value, number(million)).Uint64() }
func leastOf(a, b *big.Int) *big.Int {
	if a.Cmp(b) < 0 {
		return a
	}
	return b
}

// twoToMinus is 2^-exponent, bit by bit: each factor is the square root of the one before.
func twoToMinus(exponent *big.Int) *big.Int {
	result, root := number(q30), number(q30/2)
	for bit := 29; bit >= 0; bit-- {
		root = new(big.Int).Sqrt(new(big.Int).Lsh(root, 30))
		if exponent.Bit(bit) == 1 {
			result = product(result, root)
		}
	}
	whole := new(big.Int).Rsh(exponent, 30)
	if whole.Cmp(big.NewInt(31)) >= 0 {
		return big.NewInt(0)
	}
	return result.Rsh(result, uint(whole.Uint64()))
}

func minusLog2(x *big.Int) *big.Int {
	one, two := number(q30), number(2*q30)
	out := big.NewInt(0)
	for x = new(big.Int).Set(x); x.Cmp(one) < 0; x.Lsh(x, 1) {
		out.Add(out, one)
	}
	for bit := 29; bit >= 0; bit-- {
		x = product(x, x)
		if x.Cmp(two) >= 0 {
			x.Rsh(x, 1)
			out.Sub(out, number(1<<uint(bit)))
		}
	}
	return out
}

// lowerBound is Wilson's, at z = 1.645.
func lowerBound(good, all *big.Int) *big.Int {
	if all.Sign() == 0 {
		return all
	}
	one, z2 := number(q30), nearest(2706025, million)
	p := one
	if good.Cmp(all) < 0 {
		p = quotient(good, all)
	}
	per, spread := quotient(one, all), quotient(z2, all)
	inner := product(per, spread)
	inner.Div(inner, big.NewInt(4))
	inner.Add(inner, product(product(p, difference(one, p)), per))
	low := new(big.Int).Div(spread, big.NewInt(2))
	low.Add(low, p)
	low.Sub(low, new(big.Int).Sqrt(new(big.Int).Lsh(product(z2, inner), 30)))
	if low.Sign() <= 0 {
		return big.NewInt(0)
	}
	return quotient(low, sumOf(one, spread))
}

func stakeFactor(stake uint64) *big.Int {
	if stake == 0 || stake == q30 {
		return number(stake)
	}
	log := minusLog2(number(stake))
	return twoToMinus(log.Div(log.Mul(log, big.NewInt(15)), big.NewInt(100)))
}

func ageCap(days uint32) *big.Int {
	for _, one := range []struct {
		days uint32
		ppm  int64
	}{{3, 699999}, {14, 819999}, {30, 879999}, {90, 909999}} {
		if days < one.days {
			return nearest(one.ppm, million)
		}
	}
	return number(q30)
}

// checkNumbers: does the statement say what follows from the state?
func checkNumbers(p *value, it *scoreState) {
	all := number(it.r + it.s)
	integrity := lowerBound(number(it.r), all)
	if fast := it.fr + it.fs; fast > 0 {
		share := quotient(quotient(number(it.fr), number(fast)), nearest(95, 100))
		integrity = product(integrity, leastOf(share, number(q30)))
	}
	slash := twoToMinus(product(number(it.slash), number(1549082005)))
	trust := product(product(slash, integrity), number(it.uptime))
	trust = product(product(trust, number(it.performance)), stakeFactor(it.stake))
	trust = leastOf(trust, ageCap(it.ageDays))
	if it.tombstoned {
		trust = big.NewInt(0)
	}
	for name, due := range map[string]uint64{"trust_ppm": ppmOf(trust), "slash_ppm": ppmOf(slash),
		"integrity_ppm": ppmOf(integrity), "uptime_ppm": ppmOf(number(it.uptime)),
		"performance_ppm": ppmOf(number(it.performance)), "stake_ppm": ppmOf(number(it.stake)),
		"uncertainty_ppm": ppmOf(quotient(number(2*q30), sumOf(all, number(2*q30))))} {
		need(p.get(name).integer(0, million) == due, "mismatch", "%s: the state has %d", name, due)
	}
	need(p.get("audits").u64() == it.audited, "mismatch", "audits")
	need(p.get("tombstoned").is == it.tombstoned, "mismatch", "tombstoned")
}

// checkSnapshot: is the snapshot that the score names in the log?
func checkSnapshot(text []byte, p *value, trust *trustFile) {
	proof := parseProof(text)
	at := checkCheckpoint(trust, proof.checkpoint)
	checkInclusion(leafHash(proof.extra), proof.index, at.checkpoint.size, proof.path,
		at.checkpoint.root)
	leaf := parseLeaf(proof.extra)
	verifyLeaf(leaf)
	need(bytes.Equal(leaf.signer, trust.own["verifier"]), "signature", "somebody else's snapshot")
	said, named := parseStatement(leaf.payload, "snapshot"), p.get("snapshot")
	same := proof.index == named.get("index").u64() && at.checkpoint.origin == p.get("origin").text()
	same = same && bytes.Equal(leaf.paeDigest, named.get("statement").bytes())
	for _, name := range []string{"origin", "epoch", "tree_size", "root", "policy"} {
		same = same && said.get(name).text() == p.get(name).text()
	}
	for _, name := range []string{"states", "states_root"} {
		same = same && said.get(name).text() == named.get(name).text()
	}
	need(same, "unbound", "another snapshot than the score names")
}

// checkScore checks a file of `assay score final`: the envelope on one line, then perhaps the
// snapshot's proof. It gives the trust.
func checkScore(data []byte, trust *trustFile, say func(string, ...interface{})) uint64 {
	line, proof := data, []byte(nil)
	if end := bytes.IndexByte(data, '\n'); end >= 0 {
		line, proof = data[:end], data[end+1:]
	}
	need(trust.own["verifier"] != nil, "usage", "whose word is this?")
	payload, _, _ := openEnvelope(line, trust.own["verifier"])
	p := parseStatement(payload, "score").value
	known := false
	for _, log := range trust.logs {
		known = known || log.name == p.get("origin").text()
	}
	need(known, "unbound", "of another log")
	need(len(trust.policies) == 0 || trust.trustsPolicy(p.get("policy").bytes()), "unbound",
		"another policy")
	need(p.get("final").is == true, "no_evidence", "a preview")
	named := p.get("snapshot")
	state := fromBase64(named.get("state").text())
	it := parseState(state)
	need(bytes.Equal(it.provider, p.get("provider").bytes()) && it.class == p.get("class").text(),
		"unbound", "the state of another provider or class")
	need(named.get("index").u64() == p.get("tree_size").u64(), "unbound", "at another size")
	var path [][]byte
	for _, hash := range named.get("path").items() {
		path = append(path, hash.bytes())
	}
	checkInclusion(leafHash(state), named.get("state_index").u64(), named.get("states").u64(), path,
		named.get("states_root").bytes())
	checkNumbers(p, it)
	if len(proof) > 0 {
		checkSnapshot(proof, p, trust)
	}
	say("%s: trust %d ppm as epoch %s ended", it.class, p.get("trust_ppm").integer(0, million),
		p.get("epoch").text())
	return p.get("trust_ppm").integer(0, million)
}
