"""Ed25519, ECVRF-EDWARDS25519-SHA512-TAI and RFC 6962 trees, written from their RFCs as plainly as
possible and sharing no code with core/. Slow, and not constant-time: for making vectors only."""
import functools
import hashlib

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493  # order of the prime-order subgroup
D = -121665 * pow(121666, P - 2, P) % P
SQRT_MINUS_ONE = pow(2, (P - 1) // 4, P)
NEUTRAL = (0, 1)


def add(a, b):
    (x1, y1), (x2, y2) = a, b
    product = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + product, P - 2, P)
    y = (y1 * y2 + x1 * x2) * pow(1 - product, P - 2, P)
    return (x % P, y % P)


def negate(a):
    return (-a[0] % P, a[1])


def extended_add(a, b):
    """RFC 8032 5.1.4, on points (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z: no division."""
    p = (a[1] - a[0]) * (b[1] - b[0]) % P
    q = (a[1] + a[0]) * (b[1] + b[0]) % P
    r = 2 * D * a[3] * b[3] % P
    s = 2 * a[2] * b[2] % P
    e, f, g, h = q - p, s - r, s + r, q + p
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(scalar, point):
    result = (0, 1, 1, 0)
    point = (point[0], point[1], 1, point[0] * point[1] % P)
    while scalar:
        if scalar & 1:
            result = extended_add(result, point)
        point = extended_add(point, point)
        scalar >>= 1
    z = pow(result[2], P - 2, P)
    return result[0] * z % P, result[1] * z % P


def x_of(y, sign):
    """The x of RFC 8032 5.1.3, or None where y belongs to no point."""
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * SQRT_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def encode(point):
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def decode(data):
    """A point, or None for any encoding that RFC 8032 refuses."""
    number = int.from_bytes(data, "little")
    y, sign = number & (2**255 - 1), number >> 255
    x = x_of(y, sign) if y < P else None
    return None if x is None else (x, y)


BASE = (x_of(4 * pow(5, P - 2, P) % P, 0), 4 * pow(5, P - 2, P) % P)


def sha512(*pieces):
    return hashlib.sha512(b"".join(pieces)).digest()


def little(data):
    return int.from_bytes(data, "little")


def expand(seed):
    """Secret scalar and nonce prefix."""
    hashed = sha512(seed)
    return (little(hashed[:32]) & ~7 & (2**254 - 1)) | 2**254, hashed[32:]


@functools.cache
def public_key(seed):
    return encode(multiply(expand(seed)[0], BASE))


def sign(seed, message):
    x, prefix = expand(seed)
    r = little(sha512(prefix, message)) % Q
    big_r = encode(multiply(r, BASE))
    k = little(sha512(big_r, public_key(seed), message)) % Q
    return big_r + ((r + k * x) % Q).to_bytes(32, "little")


def hash_to_curve(key, alpha):
    for counter in range(256):
        point = decode(sha512(b"\x03\x01", key, alpha, bytes([counter]), b"\x00")[:32])
        if point is not None:
            point = multiply(8, point)
            if point != NEUTRAL:
                return point
    raise ValueError("no point")


def vrf_challenge(*points):
    return sha512(b"\x03\x02", *points, b"\x00")[:16]


def vrf_output(gamma):
    return sha512(b"\x03\x03", encode(multiply(8, gamma)), b"\x00")


def vrf_prove(seed, alpha, extra=NEUTRAL, nonce=0):
    """(proof, output). A dishonest prover adds a point of small order to Gamma: the RFC's equations
    still hold if its multiple by the challenge vanishes."""
    x, prefix = expand(seed)
    key = public_key(seed)
    h = hash_to_curve(key, alpha)
    gamma = add(multiply(x, h), extra)
    k = (little(sha512(prefix, encode(h))) + nonce) % Q
    c = vrf_challenge(key, encode(h), encode(gamma), encode(multiply(k, BASE)),
                      encode(multiply(k, h)))
    s = (k + little(c) * x) % Q
    return encode(gamma) + c + s.to_bytes(32, "little"), vrf_output(gamma)


def vrf_holds(key, alpha, proof):
    """The equations of RFC 9381 5.3 alone, without any check of subgroups."""
    gamma, c, s = decode(proof[:32]), proof[32:48], little(proof[48:])
    h = hash_to_curve(key, alpha)
    u = add(multiply(s, BASE), negate(multiply(little(c), decode(key))))
    v = add(multiply(s, h), negate(multiply(little(c), gamma)))
    return c == vrf_challenge(key, encode(h), encode(gamma), encode(u), encode(v))


def sha256(*pieces):
    return hashlib.sha256(b"".join(pieces)).digest()


def split(count):
    k = 1
    while 2 * k < count:
        k *= 2
    return k


def root(leaves):
    """MTH of RFC 9162 2.1.1 over leaf data."""
    if len(leaves) < 2:
        return sha256(b"\x00", leaves[0]) if leaves else sha256()
    k = split(len(leaves))
    return sha256(b"\x01", root(leaves[:k]), root(leaves[k:]))


def inclusion(index, leaves):
    """PATH of RFC 9162 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return inclusion(index, leaves[:k]) + [root(leaves[k:])]
    return inclusion(index - k, leaves[k:]) + [root(leaves[:k])]


def consistency(old, leaves, whole=True):
    """SUBPROOF of RFC 9162 2.1.4.1; 0 < old <= len(leaves)."""
    if old == len(leaves):
        return [] if whole else [root(leaves)]
    k = split(len(leaves))
    if old <= k:
        return consistency(old, leaves[:k], whole) + [root(leaves[k:])]
    return consistency(old - k, leaves[k:], False) + [root(leaves[:k])]
