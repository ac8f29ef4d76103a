"""The tensor operations of RX-1, written from the headers of core/compute/rx1 as plainly as
possible and sharing no code with core/ but the coefficients of the elementary functions, which
are read from their header. An f32 is a Python float that f32 can hold. Sums, products and
quotients are done in f64 and rounded once more, which for +, *, / and sqrt gives the correctly
rounded f32; fma goes through integers.
"""
import math
import pathlib
import re
import struct

ROOT = pathlib.Path(__file__).resolve().parent.parent
INF, NAN = math.inf, math.nan


def f32(x):
    if math.isnan(x) or math.isinf(x):
        return x
    try:
        return struct.unpack("<f", struct.pack("<f", x))[0]
    except OverflowError:
        return math.copysign(INF, x)


def bits(x):
    return 0x7FC00000 if math.isnan(x) else struct.unpack("<I", struct.pack("<f", x))[0]


def from_bits(x):
    return struct.unpack("<f", struct.pack("<I", x))[0]


def add(a, b):
    return f32(a + b)


def sub(a, b):
    return f32(a - b)


def mul(a, b):
    return f32(a * b)


def div(a, b):
    if b == 0:
        return NAN if a == 0 or math.isnan(a) else math.copysign(INF, a) * math.copysign(1, b)
    return f32(a / b)


# The product of two f32 is exact in f64 and a multiple of 2^-298, as every f32 is.
FMA_SCALE = 298


def round_scaled(n):
    """The f32 nearest to n / 2^298 (n >= 0), ties to even: 24 bits, or multiples of 2^-149."""
    shift = max(n.bit_length() - 24, FMA_SCALE - 149)
    kept, rest = divmod(n, 1 << shift)
    half = 1 << (shift - 1)
    kept += rest > half or (rest == half and kept & 1)
    value = math.ldexp(kept, shift - FMA_SCALE)
    return INF if value >= 2.0**128 else value


def fma(a, b, c):
    if not all(map(math.isfinite, (a, b, c))):
        return a * b + c
    exact = int(math.ldexp(a * b, FMA_SCALE)) + int(math.ldexp(c, FMA_SCALE))
    if exact == 0:
        return a * b + c  # nothing is lost, and the zero has its sign
    return math.copysign(round_scaled(abs(exact)), exact)


def rne(x):
    """Nearest integer, ties to even."""
    return round(x)


def text_coefficients():
    path = ROOT / "core/compute/rx1/elementary_coefficients.h"
    found = {}
    for name, value in re.findall(r"constexpr \S+ k(\w+) = ([^;]+);", path.read_text()):
        hexadecimal = value.rstrip("F") if "p" in value else value
        found[name] = float.fromhex(hexadecimal) if "p" in value else int(value, 16)
    return found


C = text_coefficients()


def scale(x, n):
    half = n // 2
    return mul(mul(x, 2.0**half), 2.0 ** (n - half))


def split_exp(x):
    shifted = fma(x, C["Log2E"], 12582912.0)
    n = sub(shifted, 12582912.0)
    r = fma(n, -C["Ln2Low"], fma(n, -C["Ln2High"], x))
    p = C["Exp6"]
    for k in (5, 4, 3, 2):
        p = fma(p, r, C[f"Exp{k}"])
    total = add(1.0, r)
    lost = add(sub(1.0, total), r)
    return add(total, fma(mul(r, r), p, lost)), int(n)


def exp(x):
    if math.isnan(x):
        return x
    return scale(*split_exp(min(max(x, -120.0), 90.0)))


def silu(x):
    if math.isnan(x):
        return x
    factor = max(x, -120.0)
    fraction, exponent = split_exp(-min(abs(x), 120.0))
    left = math.copysign(1, x) < 0
    by = fraction if left else 1.0
    numerator = mul(factor, by)
    small = scale(fraction, exponent)
    denominator = add(1.0, small)
    quotient = div(numerator, denominator)
    if quotient != 0 and math.isfinite(quotient):
        sum_lost = sub(small, sub(denominator, 1.0))
        product_lost = fma(factor, by, -numerator)
        rest = fma(-quotient, denominator, numerator)
        lost = add(fma(-quotient, sum_lost, product_lost), rest)
        quotient = fma(lost, fma(small, -0.5, f32(0.95)), quotient)
    return scale(quotient, exponent if left else 0)


def sin_cos(x):
    """|x| <= 4: Payne and Hanek's reduction with as many bits as the definition keeps."""
    a = abs(x)
    biased = bits(a) >> 23
    r, error, quadrant = a, 0.0, 0
    if biased >= 126:
        table = 0
        for i in range(7):
            table = table << 32 | C[f"TwoOverPi{i}"]
        window = table << (biased - 126) >> 128 & 2**96 - 1
        product = ((bits(a) & 0x7FFFFF) | 0x800000) * window % 2**96
        quadrant = (product >> 64) + 0x20000000 >> 30 & 3
        fraction = product << 2 & 2**96 - 1
        f0, f1 = fraction >> 64, fraction >> 32 & 0xFFFFFFFF
        signed = f0 - 2**32 if f0 >= 2**31 else f0
        top = mul(float(signed >> 8), 2.0**-24)
        following = mul(float((f0 & 0xFF) << 16 | f1 >> 16), 2.0**-48)
        last = mul(float(f1 & 0xFFFF), 2.0**-64)
        high = add(top, following)
        low = add(sub(following, sub(high, top)), last)
        tail = fma(high, C["HalfPiLow"], mul(low, C["HalfPiHigh"]))
        r = fma(high, C["HalfPiHigh"], tail)
        error = add(fma(high, C["HalfPiHigh"], -r), tail)
    z = mul(r, r)
    s = fma(fma(C["Sin7"], z, C["Sin5"]), z, C["Sin3"])
    sine = add(r, fma(mul(z, r), s, error))
    c = fma(fma(C["Cos8"], z, C["Cos6"]), z, C["Cos4"])
    most = fma(-0.5, z, 1.0)
    lost = fma(-0.5, z, sub(1.0, most))
    cosine = add(most, fma(mul(z, z), c, fma(-r, error, lost)))
    turned = [(sine, cosine), (cosine, -sine), (-sine, -cosine), (-cosine, sine)][quadrant]
    return (-turned[0] if math.copysign(1, x) < 0 else turned[0]), turned[1]


def quantize(row, limit):
    """(q, scale)"""
    if any(not math.isfinite(x) for x in row):
        return [0] * len(row), NAN
    amax = max(abs(x) for x in row)
    if amax < 2.0**-100:
        return [0] * len(row), 0.0
    inv = div(float(limit), amax)
    return [rne(min(max(mul(x, inv), -limit), limit)) for x in row], div(amax, float(limit))


def limbs(x):
    high = (x + 64) // 128
    return high, x - 128 * high


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def gemm(kind, a, sa, b, sb, bias):
    """Rows of integers and their scales; bias is a list or None."""
    y = []
    for row, s in zip(a, sa):
        for n, column in enumerate(b):
            if kind == "a16w16":
                ah, al = zip(*map(limbs, row))
                bh, bl = zip(*map(limbs, column))
                acc = 16384 * dot(ah, bh) + 128 * (dot(ah, bl) + dot(al, bh))
            else:
                acc = dot(row, column)
            t = mul(f32(acc), s)
            y.append(mul(t, sb[n]) if bias is None else fma(t, sb[n], bias[n]))
    return y


def r128(values, enter):
    lanes = [0.0] * 128
    for i, x in enumerate(values):
        lanes[i % 128] = enter(x, lanes[i % 128])
    stride = 64
    while stride:
        for lane in range(stride):
            lanes[lane] = add(lanes[lane], lanes[lane + stride])
        stride //= 2
    return lanes[0]


def rms_norm(row, gain, epsilon):
    """Rows of at most one segment."""
    assert len(row) <= 65536
    mean = div(r128(row, lambda x, lane: fma(x, x, lane)), float(len(row)))
    inverse_rms = div(1.0, f32(math.sqrt(add(mean, epsilon))))
    return [mul(mul(x, inverse_rms), g) for x, g in zip(row, gain)]


def swiglu(gate, up):
    return [mul(silu(g), u) for g, u in zip(gate, up)]


def rope_frequencies(base, count):
    def fits(root):
        power = 1.0
        for _ in range(count):
            power *= root
        return power * base <= 1

    root = base ** (-1 / count)  # a guess, of which only the neighbourhood counts
    while fits(math.nextafter(root, 2)) and root < 1:
        root = math.nextafter(root, 2)
    while not fits(root):
        root = math.nextafter(root, 0)
    out = [1.0]
    while len(out) < count:
        out.append(out[-1] * root)
    return out


def rope_row(frequency, position):
    """(cosines, sines)"""
    cosine, sine = [], []
    for f in frequency:
        turns = f * position * float.fromhex("0x1.45f306dc9c883p-3")
        s, c = sin_cos(f32((turns - round(turns)) * float.fromhex("0x1.921fb54442d18p2")))
        cosine.append(c)
        sine.append(s)
    return cosine, sine


def rotate(head, cosine, sine):
    half, out = len(cosine), list(head)
    for i in range(half):
        x, y = head[i], head[i + half]
        out[i] = fma(x, cosine[i], -mul(y, sine[i]))
        out[i + half] = fma(y, cosine[i], mul(x, sine[i]))
    return out


def largest(values):
    """By order_key: the NaN is above all."""
    return NAN if any(math.isnan(x) for x in values) else max(values)


def attend(q, q_scale, keys, values, score_scale):
    """keys and values: (integers, scale) of positions 0..p, one head."""
    a = mul(q_scale, score_scale)
    m, l, o = -INF, 0.0, [0.0] * len(q)
    for first in range(0, len(keys), 512):
        block_k, block_v = keys[first:first + 512], values[first:first + 512]
        s = [mul(mul(f32(dot(q, k)), a), k_scale) for k, k_scale in block_k]
        m_block = largest(s)
        p = [exp(sub(x, m_block)) for x in s]
        count = sum(0 if math.isnan(x) else rne(mul(x, 2.0**22)) for x in p)
        weights, w_scale = quantize([mul(x, v[1]) for x, v in zip(p, block_v)], 32767)
        m_new = largest([m, m_block])
        keep, take = exp(sub(m, m_new)), exp(sub(m_block, m_new))
        l = fma(f32(count), mul(take, 2.0**-22), mul(l, keep))
        for d in range(len(q)):
            acc = sum(w * v[d] for w, (v, _) in zip(weights, block_v))
            o[d] = fma(f32(acc), mul(w_scale, take), mul(o[d], keep))
        m = m_new
    return [div(x, l) for x in o]
