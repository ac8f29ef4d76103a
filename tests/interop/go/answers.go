package main

// One function a folder of vectors/: it fails as the scenario must, or compares what it says.

import (
	"strings"
)

func answerEd25519(v *scenario) {
	checkKey(v.bytes("public_key"))
	need(verifySignature(v.bytes("public_key"), v.bytes("message"), v.bytes("signature")),
		"signature", "does not hold")
}

func answerVrf(v *scenario) {
	beta := vrfVerify(v.bytes("public_key"), v.bytes("alpha"), v.bytes("proof"))
	if v.has("output") {
		same(hexText(beta), v.text("output"), "output")
		h := hashToCurve(v.bytes("public_key"), v.bytes("alpha"))
		same(hexText(encodePoint(h)), v.text("h"), "h")
	}
}

func answerMerkle(v *scenario) {
	switch v.text("kind") {
	case "root":
		var leaves [][]byte
		for _, one := range v.allBytes("leaf") {
			leaves = append(leaves, leafHash(one))
		}
		same(hexText(rootOfHashes(leaves)), v.text("root"), "root")
	case "inclusion":
		checkInclusion(v.bytes("leaf_hash"), v.number("index"), v.number("size"),
			v.allBytes("path"), v.bytes("root"))
	default:
		checkConsistency(v.number("old_size"), v.bytes("old_root"), v.number("size"),
			v.bytes("root"), v.allBytes("path"))
	}
}

func answerJSON(v *scenario) {
	data := []byte(strings.Join(v.all("text"), ""))
	if v.has("hex") {
		data = v.bytes("hex")
	}
	same(parseJSON(data, 1<<20, 32, 1<<17).dump(), v.text("dump"), "dump")
}

func answerEnvelope(v *scenario) {
	payload, digest, signature := openEnvelope([]byte(v.text("envelope")), v.bytes("key"))
	same(string(payload), v.text("payload"), "payload")
	same(hexText(digest), v.text("pae_sha256"), "PAE")
	same(hexText(signature), v.text("signature"), "signature")
}

func answerNote(v *scenario) {
	var known []*noteKey
	for _, one := range v.all("vkey") {
		known = append(known, parseVkey(one))
	}
	signed := verifyNote(parseNote(v.body()), known)
	var names []string
	for _, one := range signed {
		names = append(names, one.key.name)
	}
	same(strings.Join(names, " "), v.text("signers"), "signers")
	if v.has("time") {
		same(signed[len(signed)-1].time, v.text("time"), "time")
	}
}

func answerCheckpoint(v *scenario) {
	it := parseCheckpoint(string(v.body()))
	same(it.origin, v.text("origin"), "origin")
	same(it.size, v.text("size"), "size")
	same(hexText(it.root), v.text("root"), "root")
}

func answerLeaf(v *scenario) {
	it := parseLeaf(v.bytes("hex"))
	verifyLeaf(it)
	same(it.kind, v.text("kind"), "kind")
	same(it.time, v.text("time"), "time")
	same(hexText(it.signer), v.text("signer"), "signer")
	same(hexText(it.paeDigest), v.text("pae_sha256"), "PAE")
	same(string(it.payload), v.text("payload"), "payload")
	same(hexText(sum(it.signer, it.paeDigest)), v.text("dedup"), "dedup")
}

func answerProof(v *scenario) {
	it := parseProof(v.body())
	same(it.index, v.text("index"), "index")
	same(len(it.path), v.text("path"), "path")
	same(hexText(it.extra), strings.Join(v.all("extra"), ""), "extra")
}

func answerTrust(v *scenario) {
	it := parseTrust(v.body())
	met := func(names string) bool {
		return it.quorumMet(strings.Split(strings.TrimPrefix(names, "-"), " "))
	}
	for _, names := range v.all("met") {
		same(met(names), true, "met by "+names)
	}
	for _, names := range v.all("unmet") {
		same(met(names), false, "unmet by "+names)
	}
	for _, name := range []string{"verifier", "vrf"} {
		same(hexText(it.own[name]), strings.Join(v.all(name), ""), name)
	}
	var policies []string
	for _, policy := range it.policies {
		policies = append(policies, hexText(policy))
	}
	same(strings.Join(policies, " "), strings.Join(v.all("policy"), " "), "policies")
}

func answerHead(v *scenario) {
	it := checkCheckpoint(parseTrust(joinLines(v.all("trust"))), v.body())
	same(it.checkpoint.origin, v.text("origin"), "origin")
	same(it.checkpoint.size, v.text("size"), "size")
	same(strings.Join(it.witnesses, " "), v.text("witnesses"), "witnesses")
}

func answerTile(v *scenario) {
	switch v.text("kind") {
	case "path":
		tile := parseTilePath(v.text("path"))
		level := "entries"
		if tile.L >= 0 {
			same(tile.L, v.text("level"), "level")
		} else {
			same(level, v.text("level"), "level")
		}
		same(tile.N, v.text("index"), "index")
		same(tile.W, v.text("width"), "width")
	case "hashes":
		hashes := parseTile(v.bytes("hex"), v.number("width"))
		same(hexText(rootOfHashes(hashes)), v.text("root"), "root")
	case "bundle":
		var leaves [][]byte
		for _, entry := range parseBundle(v.bytes("hex"), v.number("width")) {
			leaves = append(leaves, leafHash(entry))
		}
		same(hexText(rootOfHashes(leaves)), v.text("root"), "root")
	default:
		files := map[string]string{}
		for _, one := range v.all("file") {
			words := strings.Split(one, " ")
			files[words[0]] = words[1]
		}
		fetch := func(path string) []byte {
			data, there := files[path]
			malformed(there, "%s is not there", path)
			return fromHex(data, -1)
		}
		checkFiles(v.number("size"), v.bytes("root"), fetch, func(uint64, []byte) {})
	}
}

func answerPolicy(v *scenario) {
	same(hexText(sum([]byte(v.text("text")))), v.text("digest"), "digest")
	parsePolicy([]byte(v.text("text")))
}

func answerChallenge(v *scenario) {
	it := parseChallenge([]byte(v.text("json")))
	same(ordered(it, challengeRule.members).dump(), v.text("json"), "written again")
}

func answerDraw(v *scenario) {
	switch v.text("kind") {
	case "statement":
		parseStatement([]byte(v.text("payload")), "draw")
	case "alpha":
		same(hexText(drawAlpha(v.text("origin"), v.number("size"), v.bytes("root"), v.number("k"),
			v.bytes("beacon"))), v.text("alpha"), "alpha")
	case "seed":
		same(hexText(drawSeed(v.bytes("beta"), v.number("index"), v.bytes("leaf_hash"),
			v.text("reason"), v.bytes("secret"))), v.text("seed"), "seed")
	case "coin":
		audited := map[bool]string{true: "1", false: "0"}
		same(audited[coinSaysAudit(v.number("word"), v.number("p_ppm"))], v.text("audited"), "coin")
	default:
		words, numbers := &stream{seed: v.bytes("seed")}, &stream{seed: v.bytes("seed")}
		for _, word := range v.all("word") {
			same(words.word(), word, "word")
		}
		numbers.word()
		for i, number := range numbers.distinct(v.number("count"), v.number("n")) {
			same(number, v.all("number")[i], "number")
		}
	}
}

func stepOf(text string) stepDigests {
	both := fromHex(text, 64)
	return stepDigests{both[:32], both[32:]}
}

func answerTrace(v *scenario) {
	if v.text("kind") == "file" {
		parseTrace(v.bytes("hex"), v.number("steps"))
		return
	}
	job, provider := v.bytes("job"), v.bytes("provider")
	if v.text("kind") == "leaf" {
		leaf := stepLeaf(job, provider, v.number("index"), stepOf(v.text("step")))
		same(hexText(leaf), v.text("leaf_hash"), "leaf hash")
		return
	}
	var trace []stepDigests
	for _, one := range v.all("step") {
		trace = append(trace, stepOf(one))
	}
	same(hexText(traceRoot(job, provider, trace)), v.text("root"), "root")
}

func answerOpening(v *scenario) { parseOpening(v.bytes("hex"), v.number("bytes_max")) }

func answerCaseFile(v *scenario) {
	answer := "ok"
	if bad := attempt(func() { checkCaseDigest(v.body()) }); bad != nil {
		answer = bad.code
	}
	same(answer, v.text("digest"), "the digest line")
	parseCase(v.body())
}

func notDigit(c rune) bool { return c < '0' || c > '9' }

func answerStateDigest(v *scenario) {
	types := map[string]byte{"s8": 1, "s16": 2, "s32": 3, "s64": 4, "f32": 5, "u8": 6}
	var tensors []tensor
	var data []byte
	for _, one := range v.all("tensor") {
		words := strings.SplitN(one, " ", 3)
		it := tensor{dtype: types[words[0]]}
		for _, dim := range strings.FieldsFunc(words[1], notDigit) {
			it.dims = append(it.dims, parseU64(dim))
		}
		tensors = append(tensors, it)
		if len(words) == 3 {
			data = append(data, fromHex(words[2], -1)...)
		}
	}
	same(hexText(stateDigest(tensors, data)), v.text("digest"), "digest")
}
