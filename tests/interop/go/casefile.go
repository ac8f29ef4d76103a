package main

// The case file (.assay), the trace file and the opening file.

import (
	"bytes"
	"math"
)

const (
	caseBytesMax    = 256 << 20
	digestLineBytes = len("sha256 \n") + 64
)

type entryLine struct {
	name  string
	proof []byte
}

type namedBytes struct {
	name string
	data []byte
}

type caseFile struct {
	kind             string // receipt, evidence
	entries          []entryLine
	policy, trace    []byte
	openings, inputs []namedBytes
}

// Kinds of statements that are logged, as a case file names them.
var entryNames = map[string]bool{"registration": true, "order": true, "cancel": true,
	"reveal": true, "acceptance": true, "attestation": true, "spotcheck": true, "draw": true, "verdict": true,
	"summary": true, "timeout": true, "uptime": true, "slash": true, "reversal": true, "policy": true,
	"dispute": true, "dispute-move": true, "dispute-end": true, "stake": true, "appeal": true,
	"ruling": true, "worker": true, "paid-challenge": true}

// splitCase gives all lines but the last, and the last.
func splitCase(data []byte) ([]byte, []byte) {
	malformed(len(data) <= caseBytesMax, "case file: too large")
	cut := len(data) - digestLineBytes
	malformed(cut > 0 && data[cut-1] == '\n' && bytes.HasPrefix(data[cut:], []byte("sha256 ")) &&
		data[len(data)-1] == '\n', "case file: does not end with a sha256 line")
	return data[:cut], data[cut:]
}

func checkCaseDigest(data []byte) {
	body, last := splitCase(data)
	malformed(string(last) == "sha256 "+hexText(sum(body))+"\n", "case file: another digest")
}

type caseReader struct {
	file    *caseFile
	section int
	names   map[string]bool
}

// enter keeps the sections in their order: log entries, policy, trace, openings, inputs.
func (r *caseReader) enter(section int, many bool) {
	inOrder := section > r.section || (many && section == r.section)
	malformed(inOrder, "case file: a line out of order, or there twice")
	if section > r.section {
		r.names = map[string]bool{}
	}
	r.section = section
}

// strs takes the values of a line that has exactly these members, all of them strings.
func strs(line *value, names ...string) []string {
	var out []string
	it := line.object().members
	malformed(len(it) == len(names), "case file: other members than it must have")
	for i, name := range names {
		malformed(it[i].name == name, "case file: %s where %s must be", it[i].name, name)
		out = append(out, it[i].it.text())
	}
	return out
}

func (r *caseReader) head(line *value) {
	kind := strs(line, "assay")[0]
	malformed(kind == "receipt/v1" || kind == "evidence/v1", "case file: of no known kind")
	r.file.kind = kind[:len(kind)-len("/v1")]
}

func (r *caseReader) line(line *value) {
	if line.object().find("proof") != nil {
		it := strs(line, "entry", "proof")
		r.enter(0, true)
		malformed(entryNames[it[0]] && len(it[1]) <= 1<<20, "case file: nothing that is logged")
		r.file.entries = append(r.file.entries, entryLine{it[0], []byte(it[1])})
		malformed(len(r.file.entries) <= 4096, "case file: too many entries")
		return
	}
	switch line.get("entry").text() {
	case "policy":
		r.enter(1, false)
		r.file.policy = append([]byte{}, strs(line, "entry", "text")[1]...)
	case "trace":
		r.enter(2, false)
		r.file.trace = fromBase64(strs(line, "entry", "data")[1])
		malformed(len(r.file.trace) > 0, "case file: an empty trace")
	case "opening":
		r.enter(3, true)
		blob := r.blob(line)
		fromHex(blob.name, 32)
		r.file.openings = append(r.file.openings, blob)
	case "input":
		r.enter(4, true)
		blob := r.blob(line)
		malformed(isFileWord(blob.name), "case file: not a name of an input")
		r.file.inputs = append(r.file.inputs, blob)
	default:
		fail("malformed", "case file: an entry that is not known")
	}
}

func (r *caseReader) blob(line *value) namedBytes {
	it := strs(line, "entry", "name", "data")
	malformed(len(it[1]) <= 64 && !r.names[it[1]], "case file: a name used twice, or too long")
	r.names[it[1]] = true
	return namedBytes{it[1], fromBase64(it[2])}
}

func parseCase(data []byte) *caseFile {
	body, _ := splitCase(data)
	r := &caseReader{file: &caseFile{}}
	for first := true; len(body) > 0; first = false {
		end := bytes.IndexByte(body, '\n')
		line := parseJSON(body[:end], caseBytesMax, 2, 8)
		if first {
			r.head(line)
		} else {
			r.line(line)
		}
		malformed(line.dump() == string(body[:end]), "case file: a second spelling")
		body = body[end+1:]
	}
	malformed(r.file.policy != nil, "case file: no policy")
	return r.file
}

type stepDigests struct{ state, output []byte }

// parseTrace gives the digests of states 0 to N.
func parseTrace(data []byte, steps uint64) []stepDigests {
	magic := []byte("assay/trace/v1\n")
	malformed(bytes.HasPrefix(data, magic), "trace: another first line")
	read := &reader{data[len(magic):]}
	malformed(uint64(len(read.data)) == 64*(steps+1), "trace: another number of steps")
	var out []stepDigests
	for i := uint64(0); i <= steps; i++ {
		out = append(out, stepDigests{read.take(32), read.take(32)})
	}
	return out
}

func stepLeaf(job, provider []byte, index uint64, step stepDigests) []byte {
	return leafHash(bytes.Join([][]byte{[]byte("assay/step/v1\n"), job, provider, u64Bytes(index),
		step.state, step.output}, nil))
}

func traceRoot(job, provider []byte, trace []stepDigests) []byte {
	var leaves [][]byte
	for i, step := range trace {
		leaves = append(leaves, stepLeaf(job, provider, uint64(i), step))
	}
	return rootOfHashes(leaves)
}

type openedPart struct {
	partRef
	path [][]byte
	data []byte
}

func parsePart(read *reader) openedPart {
	part := openedPart{}
	part.state = read.number(4)
	kind := read.number(1)
	malformed(kind == 1 || kind == 2, "opening: a part of an unknown kind")
	part.whole = kind == 1
	if !part.whole {
		part.leaf = read.number(8)
		count := read.number(1)
		malformed(count <= 63, "opening: a path longer than any tree is high")
		for ; count > 0; count-- {
			part.path = append(part.path, read.take(32))
		}
	}
	size := read.number(4)
	malformed(size >= 1 && (part.whole || size <= 1024), "opening: a part of no such size")
	part.data = read.take(size)
	return part
}

func (p partRef) before(other partRef) bool {
	if p.state != other.state {
		return p.state < other.state
	}
	if p.whole != other.whole {
		return p.whole
	}
	return !p.whole && p.leaf < other.leaf
}

func parseOpening(data []byte, most uint64) []openedPart {
	malformed(uint64(len(data)) <= most, "opening: too large")
	magic := []byte("assay/opening/v1\n")
	malformed(bytes.HasPrefix(data, magic), "opening: another first line")
	read := &reader{data[len(magic):]}
	count := read.number(4)
	malformed(count <= math.MaxInt32 && count <= uint64(len(read.data)/9), "opening: too few bytes")
	var parts []openedPart
	for i := uint64(0); i < count; i++ {
		part := parsePart(read)
		inOrder := i == 0 || parts[i-1].before(part.partRef)
		malformed(inOrder, "opening: parts out of order")
		parts = append(parts, part)
	}
	read.end()
	return parts
}
