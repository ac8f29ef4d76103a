package main

// Answers every scenario of the folders in vectors/ that this checker knows, and says where its
// answer is another one than the file expects.

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
)

type scenario struct {
	folder, name string
	fields       map[string][]string
}

var vectorLine = regexp.MustCompile(`^([a-z0-9_]+):(?: (.*))?$`)

func readScenario(path, folder string, keys []string) *scenario {
	text, err := os.ReadFile(path)
	need(err == nil, "not_found", "%v", err)
	name := filepath.Base(path)
	all := strings.Split(string(text), "\n")
	malformed(all[0] == "# vectors/"+folder+"/"+name && all[len(all)-1] == "", "%s: its form", path)
	known := map[string]bool{"expect": true, "note": true, "source": true}
	for _, key := range keys {
		known[key] = true
	}
	out := &scenario{folder, strings.TrimSuffix(name, ".txt"), map[string][]string{}}
	for _, line := range all[1 : len(all)-1] {
		if strings.HasPrefix(line, "#") {
			continue
		}
		found := vectorLine.FindStringSubmatch(line)
		malformed(found != nil && known[found[1]], "%s: not understood: %.60s", path, line)
		out.fields[found[1]] = append(out.fields[found[1]], found[2])
	}
	return out
}

func (v *scenario) has(key string) bool { return len(v.fields[key]) > 0 }

func (v *scenario) text(key string) string {
	malformed(len(v.fields[key]) == 1, "%s/%s: not one %s", v.folder, v.name, key)
	return v.fields[key][0]
}

func (v *scenario) bytes(key string) []byte { return fromHex(v.text(key), -1) }

func (v *scenario) number(key string) uint64 { return parseU64(v.text(key)) }

func (v *scenario) all(key string) []string { return v.fields[key] }

func (v *scenario) allBytes(key string) [][]byte {
	var out [][]byte
	for _, one := range v.fields[key] {
		out = append(out, fromHex(one, -1))
	}
	return out
}

// body is what `hex` or the `line`s stand for.
func (v *scenario) body() []byte {
	if v.has("hex") {
		return v.bytes("hex")
	}
	return joinLines(v.all("line"))
}

func joinLines(all []string) []byte {
	var out bytes.Buffer
	for _, line := range all {
		out.WriteString(line + "\n")
	}
	return out.Bytes()
}

// patched is a file of vectors/bases/ with its patches: offset, bytes taken out, base64 put in.
func (v *scenario) patched(root string) []byte {
	base, err := os.ReadFile(filepath.Join(root, "bases", v.text("base")))
	need(err == nil, "not_found", "%v", err)
	var out []byte
	at := uint64(0)
	for _, patch := range v.all("patch") {
		words := strings.Split(patch, " ")
		offset, length := parseU64(words[0]), parseU64(words[1])
		data, err := base64.StdEncoding.DecodeString(words[2])
		malformed(err == nil && at <= offset && offset+length <= uint64(len(base)), "a bad patch")
		out = append(append(out, base[at:offset]...), data...)
		at = offset + length
	}
	return append(out, base[at:]...)
}

// same fails with words that no scenario expects.
func same(got, due interface{}, what string) {
	said := fmt.Sprintf("%s: %v where %v is due", what, got, due)
	need(fmt.Sprint(got) == fmt.Sprint(due), said, "")
}

type folder struct {
	check   func(*scenario)
	keys    string
	atLeast int
}

func statementFolder(kind string) func(*scenario) {
	return func(v *scenario) {
		name := statementKind(kind)
		if kind == "events" {
			name = v.text("kind")
		}
		payload := []byte(v.text("payload"))
		parseStatement(payload, name)
		due := "payload"
		if v.has("canonical") {
			due = "canonical"
		}
		same(rewritten(payload, name), v.text(due), "written again")
	}
}

func folders(root string) map[string]folder {
	out := map[string]folder{
		"ed25519":    {answerEd25519, "seed public_key message signature", 32},
		"ecvrf":      {answerVrf, "seed public_key alpha proof h output", 25},
		"merkle":     {answerMerkle, "kind leaf leaf_hash index size path root old_size old_root", 49},
		"json":       {answerJSON, "text hex fractions dump", 45},
		"dsse":       {answerEnvelope, "key envelope payload pae_sha256 signature", 25},
		"note":       {answerNote, "vkey line hex signers time", 29},
		"checkpoint": {answerCheckpoint, "line hex origin size root", 21},
		"leaf":       {answerLeaf, "hex kind time signer pae_sha256 payload dedup", 21},
		"proof":      {answerProof, "line hex index path extra", 19},
		"trust":      {answerTrust, "line hex met unmet verifier vrf policy", 43},
		"head":       {answerHead, "trust line hex origin size witnesses", 20},
		"tile":       {answerTile, "kind path level index width hex size root file", 40},
		"policy":     {answerPolicy, "text digest", 18},
		"challenge":  {answerChallenge, "json", 14},
		"draw": {answerDraw, "kind payload origin size root k beacon alpha beta index leaf_hash " +
			"reason secret seed n count word number p_ppm audited", 30},
		"trace":        {answerTrace, "kind job provider index step leaf_hash root hex steps", 10},
		"opening":      {answerOpening, "hex bytes_max", 22},
		"receipt":      {answerCaseFile, "line hex digest", 31},
		"state_digest": {answerStateDigest, "tensor digest", 10},
		"score":        {answerScore, "statement proof_hex trust_hex trust_ppm", 40},
		"audit": {func(v *scenario) { answerAudit(v, root) },
			"base patch trust kind sha256 unreplayed", 200},
	}
	for name, atLeast := range map[string]int{"registration": 11, "order": 21, "acceptance": 6,
		"attestation": 22, "spotcheck": 29, "heartbeat": 29, "verdict": 25, "summary": 20,
		"events": 34} {
		out[name] = folder{statementFolder(name), "payload canonical kind", atLeast}
	}
	return out
}

func checkVectors(root string) (count, skipped, disagreed int) {
	all := folders(root)
	var names []string
	for name := range all {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		paths, _ := filepath.Glob(filepath.Join(root, name, "*.txt"))
		malformed(len(paths) >= all[name].atLeast, "%s: %d scenarios", name, len(paths))
		for _, path := range paths {
			v := readScenario(path, name, strings.Fields(all[name].keys))
			if v.has("fractions") { // no statement has any, so this JSON knows none
				skipped++
				continue
			}
			count++
			due := v.text("expect")
			if v.has("unreplayed") {
				due = v.text("unreplayed")
			}
			got := "ok"
			if bad := attempt(func() { all[name].check(v) }); bad != nil {
				got = bad.code
			}
			if got != due {
				disagreed++
				fmt.Printf("%s/%s: %s where %s is expected\n", name, v.name, got, due)
			}
		}
	}
	return
}

// answerScore: the statement on a line of its own, then what proves its snapshot.
func answerScore(v *scenario) {
	data := append([]byte(v.text("statement")+"\n"), v.bytes("proof_hex")...)
	silent := func(string, ...interface{}) {}
	said := checkScore(data, parseTrust(v.bytes("trust_hex")), silent)
	same(said, v.number("trust_ppm"), "trust")
}

func answerAudit(v *scenario, root string) {
	data := v.patched(root)
	same(hexText(sum(data)), v.text("sha256"), "the patched file")
	text, err := os.ReadFile(filepath.Join(root, "bases", v.text("trust")))
	need(err == nil, "not_found", "%v", err)
	silent := func(string, ...interface{}) {}
	if v.text("kind") == "receipt" {
		checkReceipt(data, parseTrust(text), silent, true)
	} else {
		checkEvidence(data, parseTrust(text), silent)
	}
}
