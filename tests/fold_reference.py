"""The arithmetic and the fold of reputation/policy in Python's unbounded integers: an independent
implementation that the vectors are made by and that `assay score fold` is held to. Needs Python 3
and nothing else."""
import math

ONE = 1 << 30


def mul(a, b):
    return (a * b) >> 30


def div(a, b):
    return (a << 30) // b


def near(numerator, denominator):
    """numerator/denominator in Q30, to the nearest."""
    return (numerator * ONE + denominator // 2) // denominator


def power(base, n):
    result = ONE
    while n:
        if n & 1:
            result = mul(result, base)
        base = mul(base, base)
        n >>= 1
    return result


ROOTS = []  # 2^-(2^-i)
_root = ONE // 2
for _ in range(31):
    ROOTS.append(_root)
    _root = math.isqrt(_root << 30)


def exp2_negative(e):
    result = ONE
    for i in range(1, 31):
        if e & (1 << (30 - i)):
            result = mul(result, ROOTS[i])
    return result >> (e >> 30) if e >> 30 < 31 else 0


def log2_negative(x):
    shift = 0
    while x < ONE:
        x, shift = x << 1, shift + 1
    fraction = 0
    for place in range(29, -1, -1):
        x = mul(x, x)
        if x >= 2 * ONE:
            x, fraction = x >> 1, fraction | 1 << place
    return shift * ONE - fraction


Z_SQUARED = near(2706025, 1000000)  # 1.645^2
LOG2_E = 1549082005
SLOW, FAST, TARGET = near(998, 1000), near(96, 100), near(95, 100)
HOUR_FOR, HOUR_AGAINST = exp2_negative(ONE // 2160), exp2_negative(ONE // 4320)


def wilson(successes, trials):
    if trials == 0:
        return 0
    p = min(ONE, div(successes, trials)) if successes < trials else ONE
    spread = div(Z_SQUARED, trials)
    inner = mul(mul(p, ONE - p), div(ONE, trials)) + mul(div(ONE, trials), spread) // 4
    low = p + spread // 2 - math.isqrt(mul(Z_SQUARED, inner) << 30)
    return div(low, ONE + spread) if low > 0 else 0


class Record:
    def __init__(self):
        self.r = self.s = self.fr = self.fs = self.slash = self.hours = self.proven = 0
        self.last_proven = None
        self.tombstoned = False

    @staticmethod
    def observe(mass, other, forgetting, n):
        kept = power(forgetting, n)
        return mul(mass, kept) + div(ONE - kept, ONE - forgetting), mul(other, kept)

    def fold(self, hours, passes, soft, proven, severity_ppm, equivocations):
        kept_for, kept_against = power(HOUR_FOR, hours), power(HOUR_AGAINST, hours)
        self.hours += hours
        self.r = mul(self.r, kept_for)
        self.s = mul(self.s, kept_against)
        self.slash = mul(self.slash, kept_against)
        if passes:
            self.r, self.s = self.observe(self.r, self.s, SLOW, passes)
            self.fr, self.fs = self.observe(self.fr, self.fs, FAST, passes)
        if soft:
            self.s, self.r = self.observe(self.s, self.r, SLOW, 3 * soft)
            self.fs, self.fr = self.observe(self.fs, self.fr, FAST, 3 * soft)
        for _ in range(proven):
            self.s, self.fr, self.fs = self.s + 25 * ONE, 0, 25 * ONE
            if self.last_proven is not None and self.hours - self.last_proven <= 365 * 24:
                self.tombstoned = True
            self.last_proven = self.hours
            self.proven += 1
        if equivocations:
            self.tombstoned = True
        self.slash += near(severity_ppm, 1000000)

    def integrity(self):
        slow = wilson(self.r, self.r + self.s)
        mass = self.fr + self.fs
        return slow if mass == 0 else mul(slow, min(ONE, div(div(self.fr, mass), TARGET)))

    def trust(self, uptime, performance, stake):
        if self.tombstoned:
            return 0
        factor = ONE if stake >= ONE else 0
        if 0 < stake < ONE:
            factor = exp2_negative(log2_negative(stake) * 15 // 100)
        value = mul(exp2_negative(mul(self.slash, LOG2_E)), self.integrity())
        return mul(mul(mul(value, uptime), performance), factor)


def ppm(value):
    return (value * 1000000) >> 30
