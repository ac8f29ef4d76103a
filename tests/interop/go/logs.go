package main

// C2SP tlog-proof and tlog-tiles, and the log leaf.

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight  = 8
	tileWidth   = 1 << tileHeight
	payloadMax  = 65393
	payloadType = "application/vnd.in-toto+json"
)

type tlogProof struct {
	index      uint64
	path       [][]byte
	checkpoint []byte // a signed note
	extra      []byte // nil: none
}

func parseProof(data []byte) *tlogProof {
	text := utf8Text(data)
	out := &tlogProof{}
	takeLine := func() string {
		end := strings.IndexByte(text, '\n')
		malformed(end >= 0, "proof: cut short")
		line := text[:end]
		text = text[end+1:]
		return line
	}
	malformed(takeLine() == "c2sp.org/tlog-proof@v1", "proof: another first line")
	line := takeLine()
	if strings.HasPrefix(line, "extra ") {
		out.extra = fromBase64(line[len("extra "):])
		malformed(1 <= len(out.extra) && len(out.extra) <= 0xffff, "proof: extra")
		line = takeLine()
	}
	malformed(strings.HasPrefix(line, "index "), "proof: no index")
	out.index = parseU64(line[len("index "):])
	for line = takeLine(); line != ""; line = takeLine() {
		hash := fromBase64(line)
		malformed(len(hash) == 32 && len(out.path) < 64, "proof: path")
		out.path = append(out.path, hash)
	}
	out.checkpoint = []byte(text)
	parseNote(out.checkpoint)
	return out
}

type logLeaf struct {
	kind                         uint64 // 1 inline statement, 2 detached, 3 evidence
	time                         uint64
	signer, paeDigest, signature []byte
	payload                      []byte
}

func pae(payload []byte) []byte {
	return []byte(fmt.Sprintf("DSSEv1 %d %s %d %s", len(payloadType), payloadType, len(payload),
		payload))
}

func parseLeaf(data []byte) *logLeaf {
	read := &reader{data}
	version := read.number(1)
	leaf := &logLeaf{kind: read.number(1), time: read.number(8), signer: read.take(32),
		paeDigest: read.take(32), signature: read.take(64)}
	length := read.number(4)
	malformed(version == 1 && 1 <= leaf.kind && leaf.kind <= 3, "leaf: unknown version or kind")
	malformed(length == uint64(len(read.data)), "leaf: another payload length")
	leaf.payload = read.take(length)
	malformed(leaf.time <= 1<<53, "leaf: time beyond 2^53")
	if leaf.kind != 1 {
		malformed(length == 0, "leaf: only inline statements have a payload")
		return leaf
	}
	malformed(length <= payloadMax, "leaf: payload too large")
	malformed(bytes.Equal(sum(pae(leaf.payload)), leaf.paeDigest), "leaf: another PAE digest")
	return leaf
}

func verifyLeaf(leaf *logLeaf) {
	need(leaf.kind == 1, "no_evidence", "leaf: the statement is not in it")
	need(verifySignature(leaf.signer, pae(leaf.payload), leaf.signature), "signature",
		"leaf: not signed by its signer")
}

// tlog's own paths name the height of tiles and call entries data: C2SP's do neither.

func tilePath(tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight))
	return "tile/" + strings.Replace(path, "data/", "entries/", 1)
}

func parseTilePath(text string) tlog.Tile {
	malformed(strings.HasPrefix(text, "tile/") && len(text) <= 64, "tile path")
	rest := strings.TrimPrefix(text, "tile/")
	malformed(!strings.HasPrefix(rest, "data/"), "tile path: level")
	own := strings.Replace(rest, "entries/", "data/", 1)
	tile, err := tlog.ParseTilePath(fmt.Sprintf("tile/%d/%s", tileHeight, own))
	malformed(err == nil, "tile path: %v", err)
	return tile
}

func widthOf(level int, index, size uint64) uint64 {
	if level >= 8 {
		return 0
	}
	hashes := size >> (tileHeight * level)
	if index < hashes/tileWidth {
		return tileWidth
	}
	if index == hashes/tileWidth {
		return hashes % tileWidth
	}
	return 0
}

func parseTile(data []byte, width uint64) [][]byte {
	malformed(uint64(len(data)) == 32*width, "tile: not %d hashes", width)
	var out [][]byte
	for ; len(data) > 0; data = data[32:] {
		out = append(out, data[:32])
	}
	return out
}

func parseBundle(data []byte, width uint64) [][]byte {
	read := &reader{data}
	var out [][]byte
	for i := uint64(0); i < width; i++ {
		out = append(out, read.take(read.number(2)))
	}
	read.end()
	return out
}

type fetcher func(path string) []byte

// tileReader lets tlog read C2SP's files. tlog holds every tile against the root of the tree.
type tileReader struct{ fetch fetcher }

func (r tileReader) Height() int                     { return tileHeight }
func (r tileReader) SaveTiles([]tlog.Tile, [][]byte) {}
func (r tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range tiles {
		data := r.fetch(tilePath(tile))
		parseTile(data, uint64(tile.W))
		out = append(out, data)
	}
	return out, nil
}

// checkFiles holds all tiles and bundles of a log against its root, and shows every leaf.
func checkFiles(size uint64, root []byte, fetch fetcher, see func(index uint64, entry []byte)) {
	need(size <= math.MaxInt64/2, "proof", "a log of more leaves than tlog counts")
	if size == 0 {
		need(bytes.Equal(root, emptyRoot), "proof", "the empty log has another root")
		return
	}
	kept := map[string][]byte{}
	once := func(path string) []byte {
		if kept[path] == nil {
			kept[path] = fetch(path)
		}
		return kept[path]
	}
	checkUpperTiles(size, root, once)
	for index := uint64(0); index*tileWidth < size; index++ {
		width := widthOf(0, index, size)
		hashes := parseTile(once(pathOf("0", index, width)), width)
		for i, entry := range parseBundle(fetch(pathOf("entries", index, width)), width) {
			need(bytes.Equal(leafHash(entry), hashes[i]), "proof", "bundle %d: entry %d", index, i)
			see(index*tileWidth+uint64(i), entry)
		}
	}
}

func pathOf(level string, index, width uint64) string {
	tile := tlog.Tile{H: tileHeight, L: -1, N: int64(index), W: int(width)}
	if level != "entries" {
		tile.L, _ = strconv.Atoi(level)
	}
	return tilePath(tile)
}

// checkUpperTiles asks tlog for a hash of every tile of every level: what it gives it has proven.
func checkUpperTiles(size uint64, root []byte, fetch fetcher) {
	tree := tlog.Tree{N: int64(size), Hash: toHash(root)}
	hashes := tlog.TileHashReader(tree, tileReader{fetch})
	for level := 0; size>>(tileHeight*level) > 0 && level < 8; level++ {
		for index := uint64(0); index*tileWidth < size>>(tileHeight*level); index++ {
			first := tlog.StoredHashIndex(tileHeight*level, int64(index*tileWidth))
			_, err := hashes.ReadHashes([]int64{first})
			need(err == nil, "proof", "tiles: %v", err)
		}
	}
}
