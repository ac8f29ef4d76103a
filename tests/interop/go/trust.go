package main

// policy.txt: C2SP tlog-policy with three comment lines of Assay's.

import (
	"bytes"
	"strings"
)

type witnessGroup struct {
	name      string
	threshold uint64
	members   []string
}

type witness struct {
	name string
	key  *noteKey
}

type trustFile struct {
	logs      []*noteKey
	witnesses []witness
	groups    []witnessGroup
	quorum    string
	own       map[string][]byte // verifier, vrf
	policies  [][]byte          // digests

	keys             map[string]bool
	defined, grouped map[string]bool
}

func parseTrust(data []byte) *trustFile {
	malformed(len(data) <= 64<<10, "policy file: over 64 KiB")
	for _, b := range data {
		malformed(b == '\t' || b == '\n' || (b >= 0x20 && b != 0x7f), "policy file: control")
	}
	t := &trustFile{own: map[string][]byte{}, keys: map[string]bool{}, defined: map[string]bool{},
		grouped: map[string]bool{}}
	for i, line := range lines(string(data), "policy file") {
		words := strings.FieldsFunc(line, func(c rune) bool { return c == ' ' || c == '\t' })
		if bad := attempt(func() { t.line(words) }); bad != nil {
			fail("malformed", "policy file: line %d: %s", i+1, bad.what)
		}
	}
	malformed(t.quorum != "", "policy file: no quorum line")
	return t
}

func (t *trustFile) line(words []string) {
	switch {
	case len(words) == 0:
	case strings.HasPrefix(words[0], "#assay-"):
		t.ownLine(words)
	case strings.HasPrefix(words[0], "#"):
	case words[0] == "log":
		malformed(len(words) == 2 || len(words) == 3, "not: log <vkey> [<url>]")
		t.logs = append(t.logs, t.vkey(words[1], plainKey))
	case words[0] == "witness":
		malformed(len(words) == 3 || len(words) == 4, "not: witness <name> <vkey> [<url>]")
		t.define(words[1])
		t.witnesses = append(t.witnesses, witness{words[1], t.vkey(words[2], cosignatureKey)})
	case words[0] == "group":
		t.group(words)
	case words[0] == "quorum":
		malformed(len(words) == 2 && t.quorum == "", "not one: quorum <name>")
		malformed(words[1] == "none" || t.defined[words[1]], "an unknown quorum")
		t.quorum = words[1]
	default:
		fail("malformed", "not log, witness, group, quorum or a comment")
	}
}

func (t *trustFile) vkey(text string, kind byte) *noteKey {
	key := parseVkey(text)
	malformed(key.kind == kind, "a vkey of the other type")
	unique := string(kind) + string(key.key)
	malformed(!t.keys[unique], "the same public key again")
	t.keys[unique] = true
	return key
}

func (t *trustFile) define(name string) {
	malformed(name != "none" && name != "any" && name != "all", "a reserved word as a name")
	malformed(!t.defined[name], "a name that is defined already")
	t.defined[name] = true
}

func (t *trustFile) group(words []string) {
	malformed(len(words) >= 4, "not: group <name> all|any|<k> <name>…")
	members := words[3:]
	for _, member := range members {
		malformed(t.defined[member] && !t.grouped[member], "member %s", member)
		t.grouped[member] = true
	}
	t.define(words[1])
	threshold := uint64(1)
	switch words[2] {
	case "any":
	case "all":
		threshold = uint64(len(members))
	default:
		threshold = parseU64(words[2])
	}
	malformed(1 <= threshold && threshold <= uint64(len(members)), "a threshold nobody can mean")
	t.groups = append(t.groups, witnessGroup{words[1], threshold, members})
}

func (t *trustFile) ownLine(words []string) {
	name := strings.TrimPrefix(words[0], "#assay-")
	malformed(name == "verifier" || name == "vrf" || name == "policy", "an unknown #assay- line")
	malformed(len(words) == 2 && t.own[name] == nil, "not one: %s <hex>", words[0])
	value := fromHex(words[1], 32)
	if name == "policy" {
		malformed(!t.trustsPolicy(value), "a policy named before")
		t.policies = append(t.policies, value)
		return
	}
	t.own[name] = value
	checkKey(value)
}

func (t *trustFile) trustsPolicy(digest []byte) bool {
	for _, policy := range t.policies {
		if bytes.Equal(policy, digest) {
			return true
		}
	}
	return false
}

func (t *trustFile) quorumMet(names []string) bool {
	if t.quorum == "none" {
		return true
	}
	met, signed := map[string]bool{}, map[string]bool{}
	for _, name := range names {
		signed[name] = true
	}
	for _, one := range t.witnesses {
		met[one.name] = signed[one.name]
	}
	for _, group := range t.groups {
		count := uint64(0)
		for _, member := range group.members {
			if met[member] {
				count++
			}
		}
		met[group.name] = count >= group.threshold
	}
	return met[t.quorum]
}

// head is a checkpoint that holds, and the trusted witnesses that signed it.
type head struct {
	checkpoint *checkpoint
	witnesses  []string
}

func checkCheckpoint(t *trustFile, data []byte) *head {
	it := parseNote(data)
	out := &head{parseCheckpoint(it.text), nil}
	known := append([]*noteKey{}, t.logs...)
	for _, one := range t.witnesses {
		known = append(known, one.key)
	}
	byLog, signed := false, map[*noteKey]bool{}
	for _, one := range verifyNote(it, known) {
		byLog = byLog || (one.key.kind == plainKey && one.key.name == out.checkpoint.origin)
		signed[one.key] = true
	}
	need(byLog, "signature", "not signed by a trusted log named %s", out.checkpoint.origin)
	for _, one := range t.witnesses {
		if signed[one.key] {
			out.witnesses = append(out.witnesses, one.name)
		}
	}
	need(t.quorumMet(out.witnesses), "signature", "the quorum %s is not met", t.quorum)
	return out
}
