package main

// RFC 6962 by golang.org/x/mod/sumdb/tlog, which counts leaves in 63 bits.

import (
	"bytes"
	"math"

	"golang.org/x/mod/sumdb/tlog"
)

var emptyRoot = sum()

func toHash(data []byte) tlog.Hash {
	var hash tlog.Hash
	malformed(copy(hash[:], data) == len(hash) && len(data) == len(hash), "not a hash")
	return hash
}

func leafHash(data []byte) []byte {
	hash := tlog.RecordHash(data)
	return hash[:]
}

// rootOf is the root over leaf hashes. A subtree is closed as soon as it is full.
func rootOfHashes(hashes [][]byte) []byte {
	type subtree struct {
		leaves int
		hash   tlog.Hash
	}
	var full []subtree
	for _, hash := range hashes {
		full = append(full, subtree{1, toHash(hash)})
		for n := len(full); n > 1 && full[n-1].leaves == full[n-2].leaves; n = len(full) {
			joined := subtree{2 * full[n-1].leaves, tlog.NodeHash(full[n-2].hash, full[n-1].hash)}
			full = append(full[:n-2], joined)
		}
	}
	if len(full) == 0 {
		return emptyRoot
	}
	result := full[len(full)-1].hash
	for i := len(full) - 2; i >= 0; i-- {
		result = tlog.NodeHash(full[i].hash, result)
	}
	return result[:]
}

func hashPath(path [][]byte) []tlog.Hash {
	var out []tlog.Hash
	for _, hash := range path {
		out = append(out, toHash(hash))
	}
	return out
}

func checkInclusion(leaf []byte, index, size uint64, path [][]byte, root []byte) {
	need(index < size && size <= math.MaxInt64, "proof", "no leaf %d in a tree of %d", index, size)
	err := tlog.CheckRecord(hashPath(path), int64(size), toHash(root), int64(index), toHash(leaf))
	need(err == nil, "proof", "inclusion: %v", err)
}

// checkConsistency also knows the empty tree, which tlog does not.
func checkConsistency(oldSize uint64, oldRoot []byte, size uint64, root []byte, path [][]byte) {
	need(oldSize <= size && size <= math.MaxInt64, "proof", "the log shrank")
	if oldSize == 0 {
		need(len(path) == 0 && bytes.Equal(oldRoot, emptyRoot), "proof", "of the empty tree")
		need(size > 0 || bytes.Equal(root, emptyRoot), "proof", "the empty tree has another root")
		return
	}
	err := tlog.CheckTree(hashPath(path), int64(size), toHash(root), int64(oldSize), toHash(oldRoot))
	need(err == nil, "proof", "consistency: %v", err)
}
