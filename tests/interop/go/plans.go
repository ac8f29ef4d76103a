package main

// What an order says about the shape of its job, without computing any of it: FORMAT.md "What a
// draw needs of a workload". And the digests and leaves of states of such a shape.

import (
	"encoding/binary"
	"math/bits"
	"sort"
)

const chunkBytes = 1024

type tensor struct {
	dtype byte
	dims  []uint64
}

type jobPlan struct {
	shape        string // independent, chained, appended
	reach        string // "", same_row, neighbours, whole_state, history
	steps, rows  uint64
	tensors      []tensor // of a state; nil: this checker cannot tell
	perParameter int      // train: arrays of the model's size, which follows from a state's
	losses       uint64   // train: of all its optimiser steps
	grid         [3]uint64
	halo         uint64
}

func numberOf(p *value, name string, most, otherwise uint64) uint64 {
	found := p.object().find(name)
	if found == nil && otherwise > 0 {
		return otherwise
	}
	malformed(found != nil, "parameters: %s is missing", name)
	return found.integer(1, most)
}

func planOf(order, attestation *statement) *jobPlan {
	p := order.get("parameters")
	malformed(order.get("version").integer(1, u32Max) == 1, "an unknown version")
	switch order.get("workload").text() {
	case "gemm":
		rows, cols := numberOf(p, "rows", 1<<26, 0), numberOf(p, "cols", 131072, 0)
		return &jobPlan{shape: "chained", reach: "same_row", steps: numberOf(p, "steps", stepsMax, 0),
			rows: rows, tensors: []tensor{{1, []uint64{rows, cols}}, {3, []uint64{rows, 2}}}}
	case "render":
		across := (numberOf(p, "width", 1<<16, 0) + 63) / 64
		down := (numberOf(p, "height", 1<<16, 0) + 63) / 64
		malformed(across*down <= stepsMax, "parameters: too many tiles")
		return &jobPlan{shape: "independent", steps: across * down}
	case "simulate":
		return simulatePlan(p)
	case "train":
		arrays := map[string]int{"adam": 3, "momentum": 2}[textOr(p, "optimizer")]
		if arrays == 0 {
			arrays = 1
		}
		each := numberOf(p, "steps_per_commit", stepsMax, 1)
		all := numberOf(p, "steps", stepsMax*each, 0)
		malformed(all%each == 0, "parameters: steps is no multiple of steps_per_commit")
		return &jobPlan{shape: "chained", steps: all / each, perParameter: arrays, losses: all}
	case "generate": // how many steps its prompts make takes the model's tokens
		prompts := uint64(len(order.get("inputs").items()))
		malformed(prompts > 1, "inputs: no prompt")
		return &jobPlan{shape: "appended", reach: "history",
			steps: attestation.get("trace", "steps").integer(1, stepsMax),
			rows:  (prompts - 1) * numberOf(p, "chunk", stepsMax, 32)}
	}
	fail("malformed", "an unknown workload")
	return nil
}

func textOr(p *value, name string) string {
	if found := p.object().find(name); found != nil {
		return found.text()
	}
	return ""
}

func simulatePlan(p *value) *jobPlan {
	steps := numberOf(p, "steps", stepsMax, 0)
	if textOr(p, "system") == "bodies" {
		blocks := numberOf(p, "bodies", 65536, 0) / 64
		return &jobPlan{shape: "chained", reach: "whole_state", steps: steps, rows: blocks,
			tensors: []tensor{{4, []uint64{blocks, 6, 64}}}}
	}
	out := &jobPlan{shape: "chained", reach: "neighbours", steps: steps, rows: 1,
		halo: (numberOf(p, "steps_per_commit", 64, 48) + 3) / 4}
	size := p.get("size").items()
	malformed(len(size) == 3, "parameters: size")
	for i, side := range size {
		out.grid[2-i] = side.integer(4, 4096) / 4
		out.rows *= out.grid[2-i]
	}
	out.tensors = []tensor{{3, []uint64{out.rows, 19, 64}}}
	return out
}

func (t tensor) bytes() uint64 {
	size := []uint64{0, 1, 2, 4, 8, 4, 1}[t.dtype]
	for _, dim := range t.dims {
		size *= dim
	}
	return size
}

func (t tensor) header() []byte {
	out := []byte{t.dtype, byte(len(t.dims))}
	for _, dim := range t.dims {
		var le [8]byte
		binary.LittleEndian.PutUint64(le[:], dim)
		out = append(out, le[:]...)
	}
	return out
}

func (t tensor) leaves() uint64 { return 1 + (t.bytes()+chunkBytes-1)/chunkBytes }

func stateBytes(tensors []tensor) uint64 {
	total := uint64(0)
	for _, one := range tensors {
		total += one.bytes()
	}
	return total
}

func leafCount(tensors []tensor) uint64 {
	total := uint64(0)
	for _, one := range tensors {
		total += one.leaves()
	}
	return total
}

func leafSize(tensors []tensor, leaf uint64) uint64 {
	for _, one := range tensors {
		if leaf == 0 {
			return uint64(len(one.header()))
		}
		if leaf < one.leaves() {
			left := one.bytes() - (leaf-1)*chunkBytes
			if left > chunkBytes {
				left = chunkBytes
			}
			return left
		}
		leaf -= one.leaves()
	}
	fail("malformed", "a leaf beyond the state")
	return 0
}

// shapeFor is the shape of a whole state of so many bytes; of one that is not, nil.
func (p *jobPlan) shapeFor(size uint64) []tensor {
	if p.perParameter == 0 {
		return p.tensors
	}
	arrays := uint64(p.perParameter)
	malformed(size/4 > p.losses, "a state too small for its losses")
	var out []tensor
	for i := uint64(0); i < arrays; i++ {
		out = append(out, tensor{5, []uint64{(size/4 - p.losses) / arrays}})
	}
	return append(out, tensor{5, []uint64{p.losses}})
}

func stateDigest(tensors []tensor, data []byte) []byte {
	malformed(uint64(len(data)) == stateBytes(tensors), "a state of another size")
	var leaves [][]byte
	for _, one := range tensors {
		leaves = append(leaves, leafHash(one.header()))
		part := data[:one.bytes()]
		data = data[one.bytes():]
		for len(part) > 0 {
			size := min(chunkBytes, len(part))
			leaves = append(leaves, leafHash(part[:size]))
			part = part[size:]
		}
	}
	return rootOfHashes(leaves)
}

type leafSet map[uint64]bool

// addRow adds the leaves of a state that hold this row.
func (p *jobPlan) addRow(row uint64, to leafSet) {
	before := uint64(0)
	for _, one := range p.tensors {
		if len(one.dims) > 0 && one.dims[0] == p.rows {
			width := one.bytes() / p.rows
			for at := row * width / chunkBytes; at <= ((row+1)*width-1)/chunkBytes; at++ {
				to[before+1+at] = true
			}
		}
		before += one.leaves()
	}
}

// around gives the places along one axis, each once: a short axis closes on itself.
func (p *jobPlan) around(at, size uint64) []uint64 {
	var out []uint64
	for i := uint64(0); i < size && i <= 2*p.halo; i++ {
		if 2*p.halo+1 >= size {
			out = append(out, i)
		} else {
			out = append(out, (at+size-p.halo+i)%size)
		}
	}
	return out
}

func (p *jobPlan) neighbours(row uint64) []uint64 {
	zSize, ySize, xSize := p.grid[0], p.grid[1], p.grid[2]
	var out []uint64
	for _, z := range p.around(row/(ySize*xSize), zSize) {
		for _, y := range p.around(row/xSize%ySize, ySize) {
			for _, x := range p.around(row%xSize, xSize) {
				out = append(out, (z*ySize+y)*xSize+x)
			}
		}
	}
	return out
}

func smallest(all ...uint64) uint64 {
	out := all[0]
	for _, one := range all {
		if one < out {
			out = one
		}
	}
	return out
}

func largest(all ...uint64) uint64 {
	out := all[0]
	for _, one := range all {
		if one > out {
			out = one
		}
	}
	return out
}

// pairsAt: how many single rows of single steps an audit of this depth looks at.
func (p *jobPlan) pairsAt(depth *value) uint64 {
	all := p.steps * p.rows
	switch p.reach {
	case "":
		return 0
	case "same_row":
		return smallest(depth.depth("micro"), all)
	}
	count := smallest(p.steps*smallest(largest(depth.depth("rows"), 1), p.rows), pairsMax, all)
	if p.reach == "neighbours" {
		reached := uint64(1)
		for _, size := range p.grid {
			reached *= smallest(2*p.halo+1, size)
		}
		bytes := largest(1, reached*((9+stateBytes(p.tensors))/p.rows))
		count = smallest(count, largest(all/(4*reached), 8<<20/bytes, 1))
	}
	return count
}

// isSmallerWhole: would so many leaves, with their paths, take more bytes than the state?
func (p *jobPlan) isSmallerWhole(leaves uint64) bool {
	path := uint64(bits.Len64(leafCount(p.tensors)))
	return leaves*(18+32*path+chunkBytes-32) > 9+stateBytes(p.tensors)+chunkBytes
}

type partRef struct {
	state uint64
	whole bool
	leaf  uint64
}

// openingParts is all that must be opened, in order.
func (p *jobPlan) openingParts(it *scope) []partRef {
	if p.shape == "independent" {
		return nil
	}
	whole, followed, single := leafSet{}, leafSet{}, map[uint64]leafSet{}
	for _, step := range it.positions {
		whole[step-1], whole[step] = true, true
	}
	for _, row := range it.rows {
		p.addRow(row, followed)
	}
	of := func(state uint64) leafSet {
		if single[state] == nil {
			single[state] = leafSet{}
		}
		return single[state]
	}
	for _, pair := range it.pairs {
		before, row := pair/p.rows, pair%p.rows
		p.addRow(row, of(before+1))
		switch p.reach {
		case "same_row":
			p.addRow(row, of(before))
		case "whole_state":
			whole[before] = true
		case "neighbours":
			for _, one := range p.neighbours(row) {
				p.addRow(one, of(before))
			}
		}
	}
	var parts []partRef
	for state := uint64(1); state <= p.steps; state++ {
		var leaves []uint64
		for leaf := range followed {
			of(state)[leaf] = true
		}
		for leaf := range of(state) {
			leaves = append(leaves, leaf)
		}
		sort.Slice(leaves, func(i, j int) bool { return leaves[i] < leaves[j] })
		if p.shape == "appended" || whole[state] ||
			(p.reach == "neighbours" && p.isSmallerWhole(uint64(len(leaves)))) {
			parts = append(parts, partRef{state: state, whole: true})
			continue
		}
		for _, leaf := range leaves {
			parts = append(parts, partRef{state: state, leaf: leaf})
		}
	}
	return parts
}
