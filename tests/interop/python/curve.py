"""Ed25519 as Assay accepts it, and ECVRF-EDWARDS25519-SHA512-TAI (RFC 9381, suite 3).

The signature itself is left to python3-cryptography. It accepts keys and R values of small order,
which libsodium refuses: these are turned away here first."""
import functools
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from base import malformed, need, Wrong

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
remembered = functools.lru_cache(4096)  # the same keys come again and again
NEUTRAL = (0, 1, 1, 0)  # extended coordinates X, Y, Z, T


def add(a, b):
    x1, y1, z1, t1 = a
    x2, y2, z2, t2 = b
    m, n = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * D * t1 * t2 % P, 2 * z1 * z2 % P
    e, f, g, h = n - m, d - c, d + c, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P


def negate(a):
    return -a[0] % P, a[1], a[2], -a[3] % P


def multiply(scalar, point):
    result = NEUTRAL
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def encode(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def same(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def decode(data):
    """Canonical spellings of points only."""
    number = int.from_bytes(data, "little")
    y, sign = number & (2**255 - 1), number >> 255
    need(y < P, "malformed", "not canonical: y is not below p")
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x - u) % P:
        x = x * ROOT % P
    if (v * x * x - u) % P:
        raise malformed("not a point of the curve")
    if x == 0 and sign:
        raise malformed("zero has no sign")
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def is_small(point):
    return same(multiply(8, point), NEUTRAL)


@remembered
def check_key(data):
    """May this key be trusted or register? The point, if so."""
    point = decode(data)
    need(not is_small(point), "malformed", "a point of small order")
    need(same(multiply(Q, point), NEUTRAL), "malformed", "not in the prime-order subgroup")
    return point


BASE = decode((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


@remembered
def _small(data):
    """Small order in any spelling, also ones that are not canonical."""
    y = int.from_bytes(data, "little") & (2**255 - 1)
    try:
        return is_small(decode((y % P).to_bytes(32, "little")))
    except Wrong:
        return False


def verify(key, message, signature):
    """What libsodium's crypto_sign_verify_detached answers."""
    y = int.from_bytes(key, "little") & (2**255 - 1)
    if len(signature) != 64 or y >= P or _small(key) or _small(signature[:32]):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _hash(separator, *pieces):
    return hashlib.sha512(b"".join((bytes([3, separator]), *pieces, b"\x00"))).digest()


def hash_to_curve(key, alpha):
    for counter in range(256):
        try:
            point = multiply(8, decode(_hash(1, key, alpha, bytes([counter]))[:32]))
        except Wrong:
            continue
        if not same(point, NEUTRAL):
            return point
    raise Wrong("internal", "256 hashes in a row were no points")


@remembered
def vrf_verify(key, alpha, proof):
    """beta, or malformed (key, Gamma or s), or proof (it does not hold)."""
    public = check_key(key)
    gamma = check_key(proof[:32])
    c, s = int.from_bytes(proof[32:48], "little"), int.from_bytes(proof[48:], "little")
    need(s < Q, "malformed", "VRF proof: s is not below the group order")
    h = hash_to_curve(key, alpha)
    u = add(multiply(s, BASE), negate(multiply(c, public)))
    v = add(multiply(s, h), negate(multiply(c, gamma)))
    points = (encode(one) for one in (h, gamma, u, v))
    due = _hash(2, key, *points)[:16]
    need(due == proof[32:48], "proof", "the VRF proof does not hold for this key and input")
    return _hash(3, encode(multiply(8, gamma)))
