"""The state of a score, from FORMAT.md, and the numbers that follow from it: the fold's formula in
integers of any size."""
import math
import struct

from base import from_b64, need

ONE = 1 << 30
STATE = struct.Struct(">B5QIQQB3QIB3Q")
# A key of less than so many days counts as so many ppm at most.
CAPS = ((3, 699_999), (14, 819_999), (30, 879_999), (90, 909_999))


def parse_state(data):
    """The bytes of a state: provider, class, flags and numbers."""
    need(data[:15] == b"assay/state/v1\n" and len(data) >= 48, "malformed", "not a state")
    name, rest = data[48:48 + data[47]], data[48 + data[47]:]
    need(0 < len(name) <= 128 and all(0x20 < c < 0x7F for c in name), "malformed", "its class")
    need(len(rest) == STATE.size, "malformed", "a state of another length")
    (headline, r, s, fr, fs, slash, proven, hours, last, tomb, uptime, performance, stake, age,
     tier, attested, audited, passed) = STATE.unpack(rest)
    need(headline <= 1 and tomb <= 1 and tier <= 4, "malformed", "a flag or a tier")
    need(max(r, s, fr, fs, slash) <= 1 << 56, "malformed", "a mass that no fold has")
    need(max(uptime, performance, stake) <= ONE, "malformed", "a factor over one")
    need(last == 2**64 - 1 or last <= hours, "malformed", "proven after now")
    return {"provider": data[15:47], "class": name.decode(), "r": r, "s": s, "fr": fr, "fs": fs,
            "slash": slash, "tombstoned": bool(tomb), "uptime": uptime,
            "performance": performance, "stake": stake, "age_days": age, "audited": audited}


def state(value):
    """The rule of the member: base64 of such bytes, which are handed on."""
    need(isinstance(value, str), "malformed", "not a text")
    data = from_b64(value)
    need(len(data) <= 512, "malformed", "too long for a state")
    parse_state(data)
    return data


def times(a, b):
    return a * b >> 30


def over(a, b):
    return (a << 30) // b


def two_to_minus(exponent):
    """2^-exponent, bit by bit, each factor the square root of the one before."""
    result, root = ONE, ONE // 2
    for bit in range(1, 31):
        root = math.isqrt(root << 30)
        if exponent >> 30 - bit & 1:
            result = times(result, root)
    return result >> (exponent >> 30)


def minus_log2(x):
    whole, fraction = 0, 0
    while x < ONE:
        x, whole = 2 * x, whole + ONE
    for bit in range(29, -1, -1):
        x = times(x, x)
        if x >= 2 * ONE:
            x, fraction = x >> 1, fraction + (1 << bit)
    return whole - fraction


def lower_bound(good, all_):
    """Wilson's, at z = 1.645."""
    if all_ == 0:
        return 0
    z2 = (2_706_025 * ONE + 500_000) // 1_000_000
    p = over(good, all_) if good < all_ else ONE
    per, spread = over(ONE, all_), over(z2, all_)
    inner = times(times(p, ONE - p), per) + times(per, spread) // 4
    low = p + spread // 2 - math.isqrt(times(z2, inner) << 30)
    return over(low, ONE + spread) if low > 0 else 0


def ppm(value):
    return value * 1_000_000 >> 30


def numbers(it):
    """What a score statement must say of this state."""
    integrity = lower_bound(it["r"], it["r"] + it["s"])
    fast = it["fr"] + it["fs"]
    if fast:
        target = (95 * ONE + 50) // 100
        integrity = times(integrity, min(ONE, over(over(it["fr"], fast), target)))
    slash = two_to_minus(times(it["slash"], 1_549_082_005))
    k = ONE if it["stake"] == ONE else 0
    if 0 < it["stake"] < ONE:
        k = two_to_minus(minus_log2(it["stake"]) * 15 // 100)
    trust = times(times(times(times(slash, integrity), it["uptime"]), it["performance"]), k)
    cap = next((most for days, most in CAPS if it["age_days"] < days), 1_000_000)
    trust = min(trust, (cap * ONE + 500_000) // 1_000_000)
    return {"trust_ppm": 0 if it["tombstoned"] else ppm(trust), "slash_ppm": ppm(slash),
            "integrity_ppm": ppm(integrity), "uptime_ppm": ppm(it["uptime"]),
            "performance_ppm": ppm(it["performance"]), "stake_ppm": ppm(it["stake"]),
            "audits": it["audited"],
            "uncertainty_ppm": ppm(over(2 * ONE, it["r"] + it["s"] + 2 * ONE)),
            "tombstoned": it["tombstoned"]}
