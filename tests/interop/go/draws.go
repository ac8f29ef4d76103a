package main

// The draw: alpha, seed, stream, coin and what they make of an attestation.

import (
	"encoding/binary"
	"math/big"
	"sort"
)

var reasonNumbers = map[string]byte{"first": 0, "retro": 1, "appeal": 2, "paid": 3}

func drawAlpha(origin string, size uint64, root []byte, k uint64, beacon []byte) []byte {
	return sum([]byte("assay/draw/v1\n"+origin+"\n"), u64Bytes(size), root, u64Bytes(k), beacon)
}

func drawSeed(beta []byte, index uint64, leafHash []byte, reason string, secret []byte) []byte {
	return sum([]byte("assay/seed/v1\n"), beta, u64Bytes(index), leafHash,
		[]byte{reasonNumbers[reason]}, secret)
}

type stream struct {
	seed    []byte
	counter uint64
	block   []byte
}

func (s *stream) word() uint64 {
	if len(s.block) == 0 {
		s.block = sum(s.seed, u64Bytes(s.counter))
		s.counter++
	}
	word := binary.BigEndian.Uint64(s.block)
	s.block = s.block[8:]
	return word
}

// below: words at or above the largest multiple of n are rejected.
func (s *stream) below(n uint64) uint64 {
	excess := -n % n // 2^64 mod n
	word := s.word()
	for excess != 0 && word >= -excess {
		word = s.word()
	}
	return word % n
}

func (s *stream) distinct(count, n uint64) []uint64 {
	var out []uint64
	for seen := map[uint64]bool{}; uint64(len(out)) < count; {
		if number := s.below(n); !seen[number] {
			seen[number] = true
			out = append(out, number)
		}
	}
	return out
}

func coinSaysAudit(word, ppm uint64) bool {
	if ppm >= million {
		return true
	}
	limit := new(big.Int).Lsh(new(big.Int).SetUint64(ppm), 64)
	limit.Div(limit, big.NewInt(million))
	return word < limit.Uint64()
}

type scope struct{ positions, rows, pairs []uint64 }

func ascending(numbers []uint64) []uint64 {
	sort.Slice(numbers, func(i, j int) bool { return numbers[i] < numbers[j] })
	return numbers
}

// repeatedBy: does a spot-check or a verdict say exactly what was drawn?
func (s *scope) repeatedBy(it *statement) bool {
	pairs := "null"
	if len(s.pairs) > 0 {
		all := []byte("assay/pairs/v1\n")
		for _, pair := range s.pairs {
			all = append(all, u64Bytes(pair)...)
		}
		count := spellNumbers([]uint64{uint64(len(s.pairs))}).items()[0].dump()
		pairs = `{"count":` + count + `,"digest":"` + hexText(sum(all)) + `"}`
	}
	found := it.get("pairs")
	if found.is != nil {
		found = ordered(found, pairRule.members)
	}
	return spellNumbers(s.positions).dump() == it.get("positions").dump() &&
		spellNumbers(s.rows).dump() == it.get("rows").dump() && found.dump() == pairs
}

// drawPairs: the same number of rows in each step, and one more in a random few.
func drawPairs(s *stream, plan *jobPlan, count uint64) []uint64 {
	ofStep := make([]uint64, plan.steps)
	for i := range ofStep {
		ofStep[i] = count / plan.steps
	}
	if rest := count % plan.steps; rest > 0 {
		for _, step := range s.distinct(rest, plan.steps) {
			ofStep[step]++
		}
	}
	var out []uint64
	for step, rows := range ofStep {
		for _, row := range s.distinct(rows, plan.rows) {
			out = append(out, uint64(step)*plan.rows+row)
		}
	}
	return ascending(out)
}

// scopeOf: FORMAT.md "What a draw asks for".
func scopeOf(seed []byte, plan *jobPlan, assurance string, policy *value) *scope {
	out := &scope{}
	if assurance == "full" {
		for step := uint64(1); step <= plan.steps; step++ {
			out.positions = append(out.positions, step)
		}
		return out
	}
	depth, s := policy.get(assurance), &stream{seed: seed}
	s.word() // the coin
	if plan.shape == "independent" {
		chosen := map[uint64]bool{1: true, plan.steps: true}
		for _, step := range s.distinct(smallest(depth.depth("units"), plan.steps), plan.steps) {
			chosen[step+1] = true
		}
		for step := range chosen {
			out.positions = append(out.positions, step)
		}
		ascending(out.positions)
		return out
	}
	pairs, rows, whole := plan.pairsAt(depth), uint64(0), depth.depth("steps")
	if plan.reach == "same_row" {
		rows = smallest(depth.depth("rows"), plan.rows)
		if micro := depth.depth("micro"); rows == 0 && 0 < micro && micro < plan.steps {
			rows = 1 // some links would go unseen
		}
	}
	if pairs == 0 && (plan.reach != "same_row" || depth.depth("rows") == 0) {
		whole = largest(whole, 1)
	}
	for _, step := range s.distinct(smallest(whole, plan.steps), plan.steps) {
		out.positions = append(out.positions, step+1)
	}
	ascending(out.positions)
	out.rows = ascending(s.distinct(rows, largest(plan.rows, 1)))
	if pairs > 0 {
		out.pairs = drawPairs(s, plan, pairs)
	}
	return out
}
