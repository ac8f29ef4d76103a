#!/usr/bin/env python3
"""Writes core/compute/rx1/elementary_coefficients.h. Needs Python 3 and nothing else.

  tests/make_elementary_coefficients.py           write the file
  tests/make_elementary_coefficients.py --check   exit 1 if it differs from what would be written

Polynomials are minimax (Remez exchange on a fine grid) in decimal arithmetic of 50 digits. Rounding
all coefficients at the end would lose bits, so they are rounded to f32 one after another, lowest
degree first, and after each the rest are fitted anew.
"""
import pathlib
import struct
import sys
from decimal import Decimal as D
from decimal import getcontext

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADER = ROOT / "core/compute/rx1/elementary_coefficients.h"
GRID = 400
getcontext().prec = 50


def f32(x):
    """The nearest f32, as a Decimal. Through f64: that changes no bit that counts."""
    return D(struct.unpack("<f", struct.pack("<f", float(x)))[0])


def arctan_of_inverse(n):
    total, power, k = D(0), D(1) / n, 0
    while abs(power) > D(10) ** -80:
        total += power / (2 * k + 1)
        power /= -n * n
        k += 1
    return total


def high_precision_pi():
    getcontext().prec = 90
    value = 16 * arctan_of_inverse(5) - 4 * arctan_of_inverse(239)
    return value


PI = high_precision_pi()
TWO_OVER_PI_BITS = int(2 / PI * 2 ** 198)  # before the precision goes back to 50 digits
getcontext().prec = 50
LN2 = D(2).ln()


def sine(x):
    total, term, k = D(0), x, 1
    while abs(term) > D(10) ** -48:
        total += term
        term *= -x * x / ((k + 1) * (k + 2))
        k += 2
    return total


def cosine(x):
    half = sine(x / 2)
    return 1 - 2 * half * half


def tanh(x):
    e = (2 * x).exp()
    return (e - 1) / (e + 1)


def solve(rows):
    """Gauss with pivoting; each row ends with its right-hand side."""
    n = len(rows)
    for i in range(n):
        pivot = max(range(i, n), key=lambda k: abs(rows[k][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for k in range(i + 1, n):
            factor = rows[k][i] / rows[i][i]
            rows[k] = [a - factor * b for a, b in zip(rows[k], rows[i])]
    out = [D(0)] * n
    for i in reversed(range(n)):
        out[i] = (rows[i][n] - sum(rows[i][j] * out[j] for j in range(i + 1, n))) / rows[i][i]
    return out


def remez(basis, target, weight):
    """The coefficients c that minimise max |weight (target - sum c basis)|."""
    n = len(basis[0])
    step = (len(basis) - 1) / n
    reference = [round(i * step) for i in range(n + 1)]
    for _ in range(200):
        rows = [[weight[i] * b for b in basis[i]] + [D((-1) ** k), weight[i] * target[i]]
                for k, i in enumerate(reference)]
        *c, level = solve(rows)
        error = [w * (t - sum(a * b for a, b in zip(c, bs)))
                 for w, t, bs in zip(weight, target, basis)]
        worst = max(range(len(basis)), key=lambda i: abs(error[i]))
        if abs(error[worst]) <= abs(level) * (1 + D(10) ** -6):
            return c
        exchange(reference, worst, error)
    raise RuntimeError("the exchange does not converge")


def exchange(reference, worst, error):
    """Puts one point into the reference, so that the signs still alternate."""
    same = [k for k, i in enumerate(reference) if (error[i] > 0) == (error[worst] > 0)]
    if worst < reference[0]:
        if 0 in same:
            reference[0] = worst
        else:
            reference[:] = [worst] + reference[:-1]
    elif worst > reference[-1]:
        if len(reference) - 1 in same:
            reference[-1] = worst
        else:
            reference[:] = reference[1:] + [worst]
    else:
        k = max(k for k, i in enumerate(reference) if i <= worst)
        reference[k if k in same else k + 1] = worst


def fit(low, high, powers, remainder, weight):
    """remainder(x) = sum over powers of c x^power, with f32 c; max of weight times the error."""
    points = [(low + high) / 2 - (high - low) / 2 * cosine(PI * (2 * i + 1) / (2 * GRID))
              for i in range(GRID)]
    target = [remainder(x) for x in points]
    weights = [weight(x) for x in points]
    rounded = []
    while len(rounded) < len(powers):
        basis = [[x ** p for p in powers[len(rounded):]] for x in points]
        # The lowest power left may be odd: its sign goes into the weight, and the error alternates.
        signed = [w.copy_sign(b[0]) for w, b in zip(weights, basis)]
        c = remez(basis, target, signed)
        fixed = f32(c[0])
        rounded.append(fixed)
        target = [t - fixed * b[0] for t, b in zip(target, basis)]
    return rounded, max(abs(w * t) for w, t in zip(weights, target))


def literal(x):
    mantissa, exponent = float(x).hex().split("p")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}p{int(exponent)}F"


lines = []


def comment(text):
    lines.extend(["", *(f"// {line}" for line in text.split("\n"))])


def constant(name, value):
    lines.append(f"inline constexpr float {name} = {literal(value)};")


def polynomial(name, powers, text, *args):
    coefficients, error = fit(*args[:2], powers, *args[2:])
    exponent = 0
    while error < D(2) ** (exponent - 1):
        exponent -= 1
    comment(f"{text}\nRelative error below 2^{exponent}.")
    for power, value in zip(powers, coefficients):
        constant(f"{name}{power}", value)


def header():
    comment("log2(e), and ln 2 in two parts: the first has 16 bits, and is exact times an "
            "exponent.")
    ln2_high = D(int(LN2 * 2 ** 16)) / 2 ** 16
    constant("kLog2E", f32(1 / LN2))
    constant("kLn2High", ln2_high)
    constant("kLn2Low", f32(LN2 - ln2_high))
    half = LN2 / 2 + D(2) ** -18  # the rounding of x log2(e) reaches a little further
    polynomial("kExp", [2, 3, 4, 5, 6], "e^r = 1 + r + c2 r^2 + ... + c6 r^6 for |r| <= ln(2)/2.",
               -half, half, lambda x: x.exp() - 1 - x, lambda x: 1 / x.exp())
    polynomial("kTanh", [3, 5, 7, 9, 11], "tanh(x) = x + c3 x^3 + ... + c11 x^11 for |x| < 0.625.",
               D(10) ** -6, D("0.625"), lambda x: tanh(x) - x, lambda x: 1 / tanh(x))
    root = D(2).sqrt()
    polynomial("kLog", list(range(3, 12)),
               "log(1 + f) = f - f^2/2 + c3 f^3 + ... + c11 f^11 for sqrt(1/2) <= 1 + f < sqrt(2).",
               1 / root - 1, root - 1, lambda x: (1 + x).ln() - x + x * x / 2,
               lambda x: 1 / (1 + x).ln())
    quarter = PI / 4 + D(2) ** -20
    polynomial("kSin", [3, 5, 7], "sin(r) = r + c3 r^3 + c5 r^5 + c7 r^7 for |r| <= pi/4.",
               D(10) ** -6, quarter, lambda x: sine(x) - x, lambda x: 1 / sine(x))
    polynomial("kCos", [4, 6, 8], "cos(r) = 1 - r^2/2 + c4 r^4 + c6 r^6 + c8 r^8 for |r| <= pi/4.",
               D(10) ** -6, quarter, lambda x: cosine(x) - 1 + x * x / 2, lambda x: 1 / cosine(x))
    comment("pi/2 in two parts.")
    constant("kHalfPiHigh", f32(PI / 2))
    constant("kHalfPiLow", f32(PI / 2 - f32(PI / 2)))
    comment("26 zero bits, then the first 198 bits of 2/pi behind the point, most significant "
            "first.")
    for i in range(7):
        word = TWO_OVER_PI_BITS >> (192 - 32 * i) & 0xFFFFFFFF
        lines.append(f"inline constexpr std::uint32_t kTwoOverPi{i} = 0x{word:08X};")
    return f"""\
// The coefficients of elementary.h. Written by tests/make_elementary_coefficients.py.
#pragma once

#include <cstdint>

namespace assay::compute::rx1 {{
{chr(10).join(lines)}

}}  // namespace assay::compute::rx1
"""


def main():
    text = header()
    if "--check" in sys.argv[1:]:
        if not HEADER.exists() or HEADER.read_text() != text:
            sys.exit(f"{HEADER.name} is not what this script writes")
    else:
        HEADER.write_text(text)


if __name__ == "__main__":
    main()
