package main

// JSON as Assay reads it: UTF-8, one value, no duplicate keys, no fractions, integers of 64 bits, a
// cap on nesting. encoding/json is more generous in each of these.

import (
	"bytes"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
)

// value is one JSON value: nil, bool, *big.Int, string, []*value or *object.
type value struct{ is interface{} }

type member struct {
	name string
	it   *value
}

// object keeps its members in their order.
type object struct{ members []member }

func (o *object) find(name string) *value {
	for _, one := range o.members {
		if one.name == name {
			return one.it
		}
	}
	return nil
}

type jsonParser struct {
	text                  string
	at                    int
	depthLeft, valuesLeft int
}

var (
	jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?`)
	int64Min   = new(big.Int).Neg(new(big.Int).Lsh(one, 63))
	uint64Max  = new(big.Int).Sub(new(big.Int).Lsh(one, 64), one)
)

func (p *jsonParser) need(holds bool, what string) {
	malformed(holds, "not JSON at byte %d: %s", p.at, what)
}

// next skips blanks and gives the byte after them, 0 at the end.
func (p *jsonParser) next() byte {
	for p.at < len(p.text) && strings.IndexByte(" \t\n\r", p.text[p.at]) >= 0 {
		p.at++
	}
	if p.at == len(p.text) {
		return 0
	}
	return p.text[p.at]
}

func (p *jsonParser) value() *value {
	p.valuesLeft--
	p.need(p.valuesLeft >= 0, "too many values")
	switch first := p.next(); first {
	case '{', '[':
		return p.container(first)
	case '"':
		return &value{p.str()}
	}
	for word, is := range map[string]interface{}{"true": true, "false": false, "null": nil} {
		if strings.HasPrefix(p.text[p.at:], word) {
			p.at += len(word)
			return &value{is}
		}
	}
	found := jsonNumber.FindStringSubmatch(p.text[p.at:min(len(p.text), p.at+400)])
	p.need(found != nil, "no value")
	p.need(found[2] == "" && found[3] == "", "a fraction or an exponent")
	number, _ := new(big.Int).SetString(found[0], 10)
	p.need(number.Cmp(int64Min) >= 0 && number.Cmp(uint64Max) <= 0, "beyond 64 bits")
	p.at += len(found[0])
	return &value{number}
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}

func (p *jsonParser) str() string {
	var out strings.Builder
	for p.at++; ; {
		start := p.at
		for p.at < len(p.text) && p.text[p.at] >= 0x20 && p.text[p.at] != '"' && p.text[p.at] != '\\' {
			p.at++
		}
		out.WriteString(p.text[start:p.at])
		p.need(p.at < len(p.text) && p.text[p.at] >= 0x20, "a string that does not end")
		p.at++
		if p.text[p.at-1] == '"' {
			return out.String()
		}
		out.WriteString(p.escaped())
	}
}

func (p *jsonParser) escaped() string {
	p.need(p.at < len(p.text), "a string that does not end")
	letter := p.text[p.at]
	p.at++
	if plain := strings.IndexByte(`"\/bfnrt`, letter); plain >= 0 {
		return "\"\\/\b\f\n\r\t"[plain : plain+1]
	}
	p.need(letter == 'u', "an unknown escape")
	unit := p.unit()
	if unit >= 0xD800 && unit < 0xE000 {
		p.need(unit < 0xDC00 && strings.HasPrefix(p.text[p.at:], `\u`), "half a surrogate pair")
		p.at += 2
		low := p.unit()
		p.need(low >= 0xDC00 && low < 0xE000, "half a surrogate pair")
		unit = 0x10000 + (unit-0xD800)<<10 + low - 0xDC00
	}
	return string(rune(unit))
}

func (p *jsonParser) unit() int {
	p.need(p.at+4 <= len(p.text), "not four hex digits")
	number, err := strconv.ParseUint(p.text[p.at:p.at+4], 16, 16)
	p.need(err == nil, "not four hex digits")
	p.at += 4
	return int(number)
}

func (p *jsonParser) container(opening byte) *value {
	p.depthLeft--
	p.need(p.depthLeft >= 0, "nesting too deep")
	p.at++
	items, members, closing := []*value{}, &object{}, byte(']')
	seen := map[string]bool{}
	if opening == '{' {
		closing = '}'
	}
	for more := p.next() != closing; more; {
		if opening == '[' {
			items = append(items, p.value())
		} else {
			p.need(p.next() == '"', "a member without a name")
			name := p.str()
			p.need(!seen[name], "a second member of one name")
			seen[name] = true
			p.need(p.next() == ':', "no colon")
			p.at++
			members.members = append(members.members, member{name, p.value()})
		}
		if more = p.next() == ','; more {
			p.at++
		}
	}
	p.need(p.next() == closing, "an object or array that does not end")
	p.at++
	p.depthLeft++
	if opening == '[' {
		return &value{items}
	}
	return &value{members}
}

func parseJSON(data []byte, bytesMax, depthMax, valuesMax int) *value {
	malformed(len(data) <= bytesMax, "JSON larger than may be read")
	malformed(!bytes.HasPrefix(data, []byte("\xef\xbb\xbf")), "a byte order mark")
	p := &jsonParser{utf8Text(data), 0, depthMax, valuesMax}
	result := p.value()
	p.next()
	p.need(p.at == len(p.text), "something after the value")
	return result
}

var shortEscapes = map[byte]string{'"': `\"`, '\\': `\\`, '\b': `\b`, '\f': `\f`, '\n': `\n`,
	'\r': `\r`, '\t': `\t`}

func dumpString(out *strings.Builder, text string) {
	out.WriteByte('"')
	start := 0
	for i := 0; i < len(text); i++ {
		if text[i] >= 0x20 && text[i] != '"' && text[i] != '\\' {
			continue
		}
		out.WriteString(text[start:i])
		start = i + 1
		if short, known := shortEscapes[text[i]]; known {
			out.WriteString(short)
		} else {
			fmt.Fprintf(out, `\u%04x`, text[i])
		}
	}
	out.WriteString(text[start:])
	out.WriteByte('"')
}

// dump gives the one spelling: members in order, no spaces, escapes only where they must be.
func (v *value) dump() string {
	var out strings.Builder
	v.dumpTo(&out)
	return out.String()
}

func (v *value) dumpTo(out *strings.Builder) {
	switch is := v.is.(type) {
	case nil:
		out.WriteString("null")
	case bool:
		fmt.Fprint(out, is)
	case *big.Int:
		out.WriteString(is.String())
	case string:
		dumpString(out, is)
	case []*value:
		for i, item := range is {
			out.WriteString([]string{"[", ","}[min(i, 1)])
			item.dumpTo(out)
		}
		out.WriteString([]string{"[]", "]"}[min(len(is), 1)])
	case *object:
		for i, item := range is.members {
			out.WriteString([]string{"{", ","}[min(i, 1)])
			dumpString(out, item.name)
			out.WriteByte(':')
			item.it.dumpTo(out)
		}
		out.WriteString([]string{"{}", "}"}[min(len(is.members), 1)])
	}
}
