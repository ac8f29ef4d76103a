// Command interop checks what Assay emits, from its documents alone (core/wire/FORMAT.md and the
// C2SP specifications), on the log libraries of the Go project: golang.org/x/mod/sumdb/note and
// tlog. It shares no code with Assay.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

var exitCodes = map[string]int{
	"ok": 0, "internal": 1, "usage": 2, "not_found": 3, "network": 5, "conflict": 7,
	"malformed": 8, "signature": 10, "no_evidence": 11, "proof": 12, "unbound": 13, "mismatch": 14,
	"inconclusive": 15, "stale": 16, "equivocation": 20,
}

// wrong is what does not hold: a code of the table above, and words for a person. The checks panic
// with one, and attempt() catches it: a checker is one long list of things that must hold.
type wrong struct{ code, what string }

func (w *wrong) Error() string { return w.code + ": " + w.what }

func fail(code, format string, args ...interface{}) {
	panic(&wrong{code, fmt.Sprintf(format, args...)})
}

func need(holds bool, code, format string, args ...interface{}) {
	if !holds {
		fail(code, format, args...)
	}
}

func malformed(holds bool, format string, args ...interface{}) {
	need(holds, "malformed", format, args...)
}

// attempt runs a check and gives what did not hold, or nil.
func attempt(check func()) (found *wrong) {
	defer func() {
		if raised := recover(); raised != nil {
			one, ours := raised.(*wrong)
			if !ours {
				panic(raised)
			}
			found = one
		}
	}()
	check()
	return nil
}

func sum(pieces ...[]byte) []byte {
	digest := sha256.Sum256(bytes.Join(pieces, nil))
	return digest[:]
}

func u64Bytes(number uint64) []byte {
	var out [8]byte
	binary.BigEndian.PutUint64(out[:], number)
	return out[:]
}

func fromHex(text string, size int) []byte {
	data, err := hex.DecodeString(text)
	malformed(err == nil && strings.ToLower(text) == text && (size < 0 || len(data) == size),
		"not %d bytes in lower-case hex", size)
	return data
}

func toBase64(data []byte) string { return base64.StdEncoding.EncodeToString(data) }

// fromBase64 takes the one canonical spelling.
func fromBase64(text string) []byte {
	data, err := base64.StdEncoding.Strict().DecodeString(text)
	malformed(err == nil && toBase64(data) == text, "not base64 in its canonical spelling")
	return data
}

// fromAnyBase64 takes either alphabet, with or without padding, but no loose bits.
func fromAnyBase64(text string) []byte {
	digits := text
	if len(text)%4 == 0 {
		for i := 0; i < 2; i++ {
			digits = strings.TrimSuffix(digits, "=")
		}
	}
	digits = strings.NewReplacer("+", "-", "/", "_").Replace(digits)
	malformed(!strings.ContainsAny(digits, "\r\n"), "not base64")
	data, err := base64.RawURLEncoding.Strict().DecodeString(digits)
	malformed(err == nil, "not base64")
	return data
}

// parseU64 takes a decimal number without sign or leading zero.
func parseU64(text string) uint64 {
	number, err := strconv.ParseUint(text, 10, 64)
	malformed(err == nil && strconv.FormatUint(number, 10) == text, "not a decimal number: %q", text)
	return number
}

func utf8Text(data []byte) string {
	malformed(utf8.Valid(data), "not UTF-8")
	return string(data)
}

// reader takes fields off the front of bytes and never past their end.
type reader struct{ data []byte }

func (r *reader) take(count uint64) []byte {
	malformed(count <= uint64(len(r.data)), "cut short")
	front := r.data[:count]
	r.data = r.data[count:]
	return front
}

func (r *reader) number(size uint64) uint64 {
	var number uint64
	for _, one := range r.take(size) {
		number = number<<8 | uint64(one)
	}
	return number
}

func (r *reader) end() { malformed(len(r.data) == 0, "bytes after the end") }
