package main

// What a member of a statement may be: a rule refuses what it may not, and knows the order of the
// members of an object (or of the objects of a list), for writing it again.

import (
	"math/big"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

type rule struct {
	check   func(*value)
	members []ruled
}

type ruled struct {
	name     string
	rule     rule
	optional bool // left out where there is nothing to say
}

const (
	million  = 1000000
	stepsMax = 4096
	rowsMax  = 65536
	pairsMax = 1024
	u32Max   = 1<<32 - 1
	u64Max   = 1<<64 - 1
	timeMax  = 1 << 53
	dayMs    = 86400000
)

func (v *value) text() string {
	text, ok := v.is.(string)
	malformed(ok, "not a string")
	return text
}

func (v *value) u64() uint64 { return parseU64(v.text()) }

func (v *value) integer(low, high uint64) uint64 {
	number, ok := v.is.(*big.Int)
	malformed(ok && number.IsUint64() && low <= number.Uint64() && number.Uint64() <= high,
		"not an integer of %d..%d", low, high)
	return number.Uint64()
}

func (v *value) object() *object {
	it, ok := v.is.(*object)
	malformed(ok, "not an object")
	return it
}

func (v *value) items() []*value {
	it, ok := v.is.([]*value)
	malformed(ok, "not a list")
	return it
}

// get is a member that is there: the rules have said so.
func (v *value) get(names ...string) *value {
	for _, name := range names {
		v = v.object().find(name)
		malformed(v != nil, "%s is missing", name)
	}
	return v
}

func (v *value) bytes() []byte { return fromHex(v.text(), -1) }

func hasControl(text string) bool {
	for _, c := range text {
		if c < 0x20 || (0x7f <= c && c <= 0x9f) {
			return true
		}
	}
	return false
}

func textOf(low, high int, pattern string) rule {
	var form *regexp.Regexp
	if pattern != "" {
		form = regexp.MustCompile(`^(?:` + pattern + `)$`)
	}
	return rule{check: func(v *value) {
		text := v.text()
		malformed(low <= len(text) && len(text) <= high, "%d bytes", len(text))
		malformed(utf8.ValidString(text) && !hasControl(text), "a control character")
		malformed(form == nil || form.MatchString(text), "not such a word")
	}}
}

func opaque(high int) rule {
	return rule{check: func(v *value) { malformed(len(v.text()) <= high, "too long") }}
}

func hexOf(size int) rule {
	return rule{check: func(v *value) { fromHex(v.text(), size) }}
}

func u64Of(low, high uint64) rule {
	return rule{check: func(v *value) {
		number := v.u64()
		malformed(low <= number && number <= high, "%d is outside its range", number)
	}}
}

func u32Of(low, high uint64) rule {
	return rule{check: func(v *value) { v.integer(low, high) }}
}

func oneOf(names ...string) rule {
	return rule{check: func(v *value) {
		for _, name := range names {
			if v.text() == name {
				return
			}
		}
		fail("malformed", "none of %s", strings.Join(names, ", "))
	}}
}

func orNull(it rule) rule {
	return rule{func(v *value) {
		if v.is != nil {
			it.check(v)
		}
	}, it.members}
}

// members: an object with exactly these, of which some may be left out.
func members(all ...ruled) rule {
	return rule{func(v *value) {
		it, left := v.object(), 0
		for _, one := range all {
			found := it.find(one.name)
			if found == nil && one.optional {
				left++
				continue
			}
			malformed(found != nil, "%s is missing", one.name)
			if bad := attempt(func() { one.rule.check(found) }); bad != nil {
				fail(bad.code, "%s: %s", one.name, bad.what)
			}
		}
		malformed(len(it.members) == len(all)-left, "a member that is not known")
	}, all}
}

// with: the same object, with a last member that may be left out.
func (it rule) with(name string, last rule) rule {
	return members(append(append([]ruled{}, it.members...), ruled{name, last, true})...)
}

func some(it rule, low, high int) rule {
	return rule{func(v *value) {
		items := v.items()
		malformed(low <= len(items) && len(items) <= high, "%d items", len(items))
		for _, one := range items {
			it.check(one)
		}
	}, it.members}
}

// spellNumbers joins three or more neighbours as [first,last].
func spellNumbers(numbers []uint64) *value {
	integer := func(n uint64) *value { return &value{new(big.Int).SetUint64(n)} }
	spelled := []*value{}
	for i := 0; i < len(numbers); {
		end := i + 1
		for end < len(numbers) && numbers[end] == numbers[end-1]+1 {
			end++
		}
		if end-i >= 3 {
			pair := []*value{integer(numbers[i]), integer(numbers[end-1])}
			spelled = append(spelled, &value{pair})
			i = end
			continue
		}
		for ; i < end; i++ {
			spelled = append(spelled, integer(numbers[i]))
		}
	}
	return &value{spelled}
}

func (v *value) numbers(low, last uint64, countMax int) []uint64 {
	var found []uint64
	for _, one := range v.items() {
		first, final := one, one
		if pair, ok := one.is.([]*value); ok {
			malformed(len(pair) == 2, "neither a number nor a pair")
			first, final = pair[0], pair[1]
		}
		from, to := first.integer(low, last), final.integer(low, last)
		malformed(from <= to && to-from < uint64(countMax-len(found)), "too many numbers")
		malformed(len(found) == 0 || from > found[len(found)-1], "not ascending")
		for ; from <= to; from++ {
			found = append(found, from)
		}
	}
	malformed(spellNumbers(found).dump() == v.dump(), "not the one spelling of its numbers")
	return found
}

func numbersOf(low, last uint64, countMax int) rule {
	return rule{check: func(v *value) { v.numbers(low, last, countMax) }}
}

func (v *value) positions() []uint64 { return v.numbers(1, stepsMax, stepsMax) }
func (v *value) rows() []uint64      { return v.numbers(0, u32Max, rowsMax) }

var outcomeRun = regexp.MustCompile(`^([mxui])([1-9][0-9]{0,5})`)

// outcomes: letters by their counts.
func (v *value) outcomes() string {
	var out strings.Builder
	last := ""
	for text := v.text(); text != ""; {
		found := outcomeRun.FindStringSubmatch(text)
		malformed(found != nil && found[1] != last, "not outcomes")
		count := parseU64(found[2])
		malformed(uint64(out.Len())+count <= rowsMax, "too many outcomes")
		out.WriteString(strings.Repeat(found[1], int(count)))
		last, text = found[1], text[len(found[0]):]
	}
	return out.String()
}

// rfc3339: UTC with milliseconds, from 1970 on.
func rfc3339(v *value) {
	const form = "2006-01-02T15:04:05.000Z"
	when, err := time.Parse(form, v.text())
	malformed(err == nil && when.Format(form) == v.text() && when.Unix() >= 0, "not RFC 3339")
}

func reference(scheme string) rule {
	it := fields("uri", textOf(0, 256, ""), "digest", digestObject)
	return rule{func(v *value) {
		it.check(v)
		due := scheme + v.get("digest", "sha256").text()
		malformed(v.get("uri").text() == due, "uri names another digest")
	}, it.members}
}

func after(scheme string) rule {
	return rule{check: func(v *value) {
		malformed(strings.HasPrefix(v.text(), scheme), "not %s", scheme)
		fromHex(v.text()[len(scheme):], 32)
	}}
}

// ordered is the same value with the members of its objects as the rules have them.
func ordered(v *value, rules []ruled) *value {
	if items, list := v.is.([]*value); list {
		out := []*value{}
		for _, one := range items {
			out = append(out, ordered(one, rules))
		}
		return &value{out}
	}
	if _, holds := v.is.(*object); !holds || rules == nil {
		return v
	}
	out := &object{}
	for _, one := range rules {
		if one.optional && v.object().find(one.name) == nil {
			continue
		}
		out.members = append(out.members, member{one.name, ordered(v.get(one.name), one.rule.members)})
	}
	return &value{out}
}
