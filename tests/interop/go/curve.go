package main

// Ed25519 as Assay accepts it, and ECVRF-EDWARDS25519-SHA512-TAI (RFC 9381, suite 3). The signature
// itself is left to crypto/ed25519, which accepts keys and R values that libsodium refuses: these
// are turned away here first.

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha512"
	"math/big"
)

// point is in extended coordinates: X, Y, Z, T.
type point [4]*big.Int

const groupLow = "27742317777372353535851937790883648493"

func bigNumber(text string) *big.Int {
	out, _ := new(big.Int).SetString(text, 10)
	return out
}

var (
	one      = big.NewInt(1)
	fieldP   = new(big.Int).Sub(new(big.Int).Lsh(one, 255), big.NewInt(19))
	groupQ   = new(big.Int).Add(new(big.Int).Lsh(one, 252), bigNumber(groupLow))
	curveD   = mul(big.NewInt(-121665), inverse(big.NewInt(121666)))
	rootOf   = new(big.Int).Exp(big.NewInt(2), new(big.Int).Rsh(fieldP, 2), fieldP)
	neutral  = point{big.NewInt(0), one, one, big.NewInt(0)}
	basePt   = decodePoint(little(mul(big.NewInt(4), inverse(big.NewInt(5)))))
	exponent = new(big.Int).Rsh(fieldP, 3) // (p - 5) / 8
	lowBits  = new(big.Int).Sub(new(big.Int).Lsh(one, 255), one)
)

func mod(a *big.Int) *big.Int      { return a.Mod(a, fieldP) }
func mul(a, b *big.Int) *big.Int   { return mod(new(big.Int).Mul(a, b)) }
func plus(a, b *big.Int) *big.Int  { return mod(new(big.Int).Add(a, b)) }
func minus(a, b *big.Int) *big.Int { return mod(new(big.Int).Sub(a, b)) }
func inverse(a *big.Int) *big.Int  { return new(big.Int).ModInverse(a, fieldP) }

func addPoints(a, b point) point {
	m := mul(minus(a[1], a[0]), minus(b[1], b[0]))
	n := mul(plus(a[1], a[0]), plus(b[1], b[0]))
	c := mul(plus(curveD, curveD), mul(a[3], b[3]))
	d := mul(plus(a[2], a[2]), b[2])
	e, f, g, h := minus(n, m), minus(d, c), plus(d, c), plus(n, m)
	return point{mul(e, f), mul(g, h), mul(f, g), mul(e, h)}
}

func negate(a point) point {
	zero := new(big.Int)
	return point{minus(zero, a[0]), a[1], a[2], minus(zero, a[3])}
}

func multiply(scalar *big.Int, p point) point {
	result := neutral
	for i := scalar.BitLen() - 1; i >= 0; i-- {
		result = addPoints(result, result)
		if scalar.Bit(i) == 1 {
			result = addPoints(result, p)
		}
	}
	return result
}

func samePoint(a, b point) bool {
	return mul(a[0], b[2]).Cmp(mul(b[0], a[2])) == 0 && mul(a[1], b[2]).Cmp(mul(b[1], a[2])) == 0
}

func little(a *big.Int) []byte {
	out := make([]byte, 32)
	for i, b := range a.FillBytes(make([]byte, 32)) {
		out[31-i] = b
	}
	return out
}

func fromLittle(data []byte) *big.Int {
	turned := make([]byte, len(data))
	for i, b := range data {
		turned[len(data)-1-i] = b
	}
	return new(big.Int).SetBytes(turned)
}

func encodePoint(a point) []byte {
	z := inverse(a[2])
	out := little(mul(a[1], z))
	out[31] |= byte(mul(a[0], z).Bit(0) << 7)
	return out
}

// decodePoint takes canonical spellings of points only.
func decodePoint(data []byte) point {
	all := fromLittle(data)
	sign := all.Bit(255)
	y := new(big.Int).SetBit(all, 255, 0)
	malformed(y.Cmp(fieldP) < 0, "not canonical: y is not below p")
	u := minus(mul(y, y), one)
	v := plus(mul(curveD, mul(y, y)), one)
	v3 := mul(v, mul(v, v))
	power := new(big.Int).Exp(mul(u, mul(v, mul(v3, v3))), exponent, fieldP)
	x := mul(mul(u, v3), power)
	if mul(v, mul(x, x)).Cmp(u) != 0 {
		x = mul(x, rootOf)
	}
	malformed(mul(v, mul(x, x)).Cmp(u) == 0, "not a point of the curve")
	malformed(x.Sign() != 0 || sign == 0, "zero has no sign")
	if x.Bit(0) != sign {
		x = minus(new(big.Int), x)
	}
	return point{x, y, one, mul(x, y)}
}

func isSmall(p point) bool { return samePoint(multiply(big.NewInt(8), p), neutral) }

// remembered is what make gave for this key before: the same keys come again and again.
func remembered[T any](known map[string]T, key []byte, make func() T) T {
	if answer, ok := known[string(key)]; ok {
		return answer
	}
	answer := make()
	known[string(key)] = answer
	return answer
}

var (
	checkedKeys    = map[string]point{}
	smallSpellings = map[string]bool{}
	vrfOutputs     = map[string][]byte{}
)

// checkKey: may this key be trusted, or register?
func checkKey(data []byte) point {
	return remembered(checkedKeys, data, func() point {
		p := decodePoint(data)
		malformed(!isSmall(p), "a point of small order")
		malformed(samePoint(multiply(groupQ, p), neutral), "not in the prime-order subgroup")
		return p
	})
}

// isSmallSpelling also knows spellings of such points that are not canonical.
func isSmallSpelling(data []byte) bool {
	return remembered(smallSpellings, data, func() bool {
		small := false
		y := new(big.Int).And(fromLittle(data), lowBits)
		attempt(func() { small = isSmall(decodePoint(little(mod(y)))) })
		return small
	})
}

// verifySignature answers as libsodium's crypto_sign_verify_detached.
func verifySignature(key, message, signature []byte) bool {
	y := new(big.Int).And(fromLittle(key), lowBits)
	if len(key) != 32 || len(signature) != 64 || y.Cmp(fieldP) >= 0 {
		return false
	}
	if isSmallSpelling(key) || isSmallSpelling(signature[:32]) {
		return false
	}
	return ed25519.Verify(key, message, signature)
}

func vrfHash(separator byte, pieces ...[]byte) []byte {
	all := append([]byte{3, separator}, bytes.Join(pieces, nil)...)
	digest := sha512.Sum512(append(all, 0))
	return digest[:]
}

func hashToCurve(key, alpha []byte) point {
	for counter := 0; counter < 256; counter++ {
		var found point
		bad := attempt(func() {
			candidate := decodePoint(vrfHash(1, key, alpha, []byte{byte(counter)})[:32])
			found = multiply(big.NewInt(8), candidate)
		})
		if bad == nil && !samePoint(found, neutral) {
			return found
		}
	}
	fail("internal", "256 hashes in a row were no points")
	return neutral
}

// vrfVerify gives beta; malformed for a key, Gamma or s that is none, proof where it does not hold.
func vrfVerify(key, alpha, proof []byte) []byte {
	malformed(len(key) == 32 && len(proof) == 80, "VRF proof: not 80 bytes, or its key not 32")
	all := bytes.Join([][]byte{key, proof, alpha}, nil)
	return remembered(vrfOutputs, all, func() []byte { return vrfOutput(key, alpha, proof) })
}

func vrfOutput(key, alpha, proof []byte) []byte {
	public, gamma := checkKey(key), checkKey(proof[:32])
	c, s := fromLittle(proof[32:48]), fromLittle(proof[48:])
	malformed(s.Cmp(groupQ) < 0, "VRF proof: s is not below the group order")
	h := hashToCurve(key, alpha)
	u := addPoints(multiply(s, basePt), negate(multiply(c, public)))
	v := addPoints(multiply(s, h), negate(multiply(c, gamma)))
	due := vrfHash(2, key, encodePoint(h), encodePoint(gamma), encodePoint(u), encodePoint(v))
	need(bytes.Equal(due[:16], proof[32:48]), "proof", "the VRF proof does not hold")
	return vrfHash(3, encodePoint(multiply(big.NewInt(8), gamma)))
}
