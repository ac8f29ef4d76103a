package main

// C2SP signed-note, tlog-checkpoint and tlog-cosignature, on golang.org/x/mod/sumdb/note.

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
)

const (
	plainKey       = 1
	cosignatureKey = 4
	noteBytesMax   = 256 << 10
	noteLinesMax   = 64
)

// noteKey is a known key; note.Verifier in both its types.
type noteKey struct {
	name string
	kind byte
	key  []byte
}

func (k *noteKey) Name() string { return k.name }

func (k *noteKey) KeyHash() uint32 {
	return binary.BigEndian.Uint32(sum([]byte(k.name+"\n"), []byte{k.kind}, k.key))
}

func (k *noteKey) Verify(message, signature []byte) bool {
	_, valid := k.time(message, signature)
	return valid
}

// time is when a witness saw the note; 0 of a plain signature.
func (k *noteKey) time(message, signature []byte) (uint64, bool) {
	if k.kind == plainKey {
		return 0, verifySignature(k.key, message, signature)
	}
	if len(signature) != 8+64 {
		return 0, false
	}
	time := binary.BigEndian.Uint64(signature)
	head := []byte(fmt.Sprintf("cosignature/v1\ntime %d\n", time))
	whole := append(head, message...)
	return time, time <= math.MaxInt64 && verifySignature(k.key, whole, signature[8:])
}

func isKeyName(name string) bool {
	for _, c := range name {
		if c <= ' ' || c == 0x7f || c == '+' || unicode.IsSpace(c) {
			return false
		}
	}
	return name != "" && utf8.ValidString(name)
}

var vkeyForm = regexp.MustCompile(`^([^+]*)\+([0-9a-f]{8})\+([^\n]*)$`)

func parseVkey(text string) *noteKey {
	found := vkeyForm.FindStringSubmatch(text)
	malformed(found != nil && isKeyName(found[1]), "vkey: not <name>+<8 hex>+<base64>")
	typed := fromBase64(found[3])
	malformed(len(typed) == 33 && (typed[0] == plainKey || typed[0] == cosignatureKey),
		"vkey: neither type 1 nor type 4")
	key := &noteKey{found[1], typed[0], typed[1:]}
	checkKey(key.key)
	id, _ := hex.DecodeString(found[2])
	malformed(binary.BigEndian.Uint32(id) == key.KeyHash(), "vkey: another id than name and key")
	if key.kind == plainKey { // what strangers' tools make of it
		_, err := note.NewVerifier(text)
		malformed(err == nil, "vkey: %v", err)
	}
	return key
}

// lines splits a text in which the last line ends too.
func lines(text, what string) []string {
	malformed(text == "" || strings.HasSuffix(text, "\n"), "%s: no newline at the end", what)
	split := strings.Split(text, "\n")
	return split[:len(split)-1]
}

type noteLine struct {
	name      string
	id        uint32
	signature []byte
}

type signedNote struct {
	bytes []byte
	text  string
	lines []noteLine
}

// parseNote is stricter than note.Open: canonical base64, and fewer bytes and lines.
func parseNote(data []byte) *signedNote {
	malformed(len(data) <= noteBytesMax, "note: larger than 256 KiB")
	whole := utf8Text(data)
	for i := 0; i < len(whole); i++ {
		malformed(whole[i] >= 0x20 || whole[i] == '\n', "note: a control character")
	}
	cut := strings.LastIndex(whole, "\n\n")
	malformed(cut >= 0, "note: no blank line before signatures")
	out := &signedNote{data, whole[:cut+1], nil}
	for _, line := range lines(whole[cut+2:], "note") {
		words := strings.SplitN(line, " ", 3)
		malformed(len(words) == 3 && words[0] == "—" && isKeyName(words[1]), "note: %q", line)
		raw := fromBase64(words[2])
		malformed(len(raw) >= 5, "note: a signature of too few bytes")
		out.lines = append(out.lines, noteLine{words[1], binary.BigEndian.Uint32(raw), raw[4:]})
	}
	malformed(1 <= len(out.lines) && len(out.lines) <= noteLinesMax, "note: signatures")
	return out
}

type signer struct {
	key  *noteKey
	time uint64
}

// verifyNote gives the signatures by known keys; lines of other keys say nothing to us. note.Open
// decides; it looks at the first line of a key only, so the others are looked at here.
func verifyNote(it *signedNote, known []*noteKey) []signer {
	var verifiers []note.Verifier
	for _, key := range known {
		verifiers = append(verifiers, key)
	}
	_, err := note.Open(it.bytes, note.VerifierList(verifiers...))
	need(err == nil, "signature", "note: %v", err)
	var out []signer
	for _, line := range it.lines {
		for _, key := range known {
			if key.name != line.name || key.KeyHash() != line.id {
				continue
			}
			time, valid := key.time([]byte(it.text), line.signature)
			need(valid, "signature", "note: a signature by %s does not hold", key.name)
			out = append(out, signer{key, time})
		}
	}
	return out
}

type checkpoint struct {
	origin    string
	size      uint64
	root      []byte
	extension string
}

func (c *checkpoint) equals(other *checkpoint) bool {
	return c.origin == other.origin && c.size == other.size && bytes.Equal(c.root, other.root) &&
		c.extension == other.extension
}

func parseCheckpoint(text string) *checkpoint {
	utf8Text([]byte(text))
	parts := strings.SplitN(text, "\n", 4)
	malformed(len(parts) == 4 && parts[0] != "", "checkpoint: fewer than three lines")
	out := &checkpoint{parts[0], parseU64(parts[1]), fromBase64(parts[2]), parts[3]}
	malformed(len(out.root) == 32, "checkpoint: root: not 32 bytes")
	malformed(out.size > 0 || bytes.Equal(out.root, emptyRoot), "checkpoint: the empty tree's root")
	for _, line := range lines(parts[3], "checkpoint") {
		malformed(line != "", "checkpoint: an empty extension line")
	}
	return out
}
