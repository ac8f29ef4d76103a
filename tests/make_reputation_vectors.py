#!/usr/bin/env python3
"""Writes vectors/audit_rate, stake, pass_weight, performance, tiers and matching. Needs Python 3
and nothing else; --check compares.

Computed in fractions, in lists of days and in unbounded integers: no code of reputation/policy and,
where there is another way to say the same, no algorithm of it. The numbers that the policy
publishes are asserted on the way."""
import decimal
import hashlib
import math
import pathlib
import random
from fractions import Fraction

from fold_reference import LOG2_E, ONE, div, exp2_negative, mul, near
from written_files import write_or_check

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors"
FOLDERS = ("audit_rate", "stake", "pass_weight", "performance", "tiers", "matching")
MILLION = 1000000
U64 = 2**64 - 1
TIERS = ("entry", "low", "medium", "high", "ultra-high")
# T, audits, age, U30, clean days; window, met; floor, k, booster, job price, open jobs, holdback
TABLE = {
    "entry": (0, 0, 0, 0, 0, 0, 0, 500000, 2, 100, 20, 1, 750000),
    "low": (700000, 20, 3, 850000, 0, 3, 3, 260000, 4, 100, 100, 4, 500000),
    "medium": (820000, 50, 14, 950000, 0, 11, 9, 110000, 6, 120, 1000, 16, 250000),
    "high": (880000, 100, 30, 980000, 0, 17, 14, 50000, 8, 150, 5000, 0, 0),
    "ultra-high": (910000, 200, 90, 990000, 365, 30, 24, 23500, 10, 200, 0, 0, 0),
}
files = {}


def write(folder, name, lines, note=None):
    path = f"vectors/{folder}/{name}.txt"
    head = [f"# {path}", "expect: ok"] + ([f"note: {note}"] if note else [])
    files[VECTORS / folder / f"{name}.txt"] = ("\n".join(head + lines) + "\n").encode()


def cases(folder, name, kind, columns, rows, note=None):
    write(folder, name, [f"kind: {kind}", f"# case: {columns}"] +
          ["case: " + " ".join(map(str, row)) for row in rows], note)


# ---- how often to audit

def priced(price, cost, locked, rent, d, q):
    if cost >= price:
        return 0
    quarter = Fraction(1, 4)
    risk = Fraction(d, MILLION) * (1 - Fraction(q, MILLION)) * (price + locked + quarter * rent)
    return min(MILLION, math.ceil((1 + quarter) * (price - cost) / risk * MILLION))


def rate(attested, careful, tier, stakes, first_jobs, audit_ppm):
    if attested < first_jobs:
        return MILLION
    p = max(priced(*stakes), TABLE[tier][7], audit_ppm)
    return min(MILLION, p * 4 if careful else p)


def share_bound(audits):
    """The least b in ppm with (1 - b)^audits <= 0.05, by bisection in whole numbers."""
    low, high = 0, MILLION
    while low < high:
        b = (low + high) // 2
        if 20 * (MILLION - b)**audits <= MILLION**audits:
            high = b
        else:
            low = b + 1
    return low


def audit_rate_vectors():
    rng = random.Random(4)
    v = 10 * MILLION
    rows = [(v, 0, k * v, 0, 950000, 0) for k in (0, 1, 2, 4, 6, 8, 10, 100)]
    for k, row in zip((0, 1, 2, 4, 6, 8, 10, 100), rows):  # "p = 1.316 / (1 + k)"
        assert abs(min(1, 1.316 / (1 + k)) * MILLION - priced(*row)) < 300
    rows += [(v, c, 2 * v, 0, MILLION, 0) for c in (0, 1, v // 2, v - 1, v, v + 1)]
    rows += [(v, 0, 2 * v, 30 * v, d, q) for d in (1, 1000, MILLION) for q in (0, 10000, 999999)]
    rows += [(0, 0, 0, 0, MILLION, 0), (1, 0, 0, 0, MILLION, 0), (U64, 0, U64, U64, 1, 999999),
             (U64, 0, 0, 0, MILLION, 0), (1, 0, U64, U64, MILLION, 0)]
    columns = "price cheat_cost locked rent detection_ppm miss_ppm: rate"
    cases("audit_rate", "priced", "priced", columns, [r + (priced(*r),) for r in rows])
    rows = []
    for _ in range(300):
        price = rng.randrange(1, 10**rng.randrange(1, 13))
        rows.append((price, rng.choice((0, rng.randrange(price))), price * rng.randrange(12),
                     price * rng.randrange(200), rng.randrange(1, MILLION + 1),
                     rng.choice((0, rng.randrange(MILLION)))))
    cases("audit_rate", "priced_random", "priced", columns, [r + (priced(*r),) for r in rows])

    rents = []
    for tier in TIERS:
        for week, month in ((1400 * MILLION, 6000 * MILLION), (14000 * MILLION, 6000 * MILLION),
                            (0, 6000 * MILLION), (69, 300), (U64, U64)):
            rents.append((week, month, tier,
                          min(week // 7, month // 30) * TABLE[tier][2] // 10))
    # What the floors come from: 20 jobs a day at v, and k v locked to each, at d = .95.
    for tier, below in (("medium", 110000), ("high", 56000), ("ultra-high", 23600)):
        rent = 20 * v * TABLE[tier][2] // 10
        p = priced(v, 0, TABLE[tier][8] * v, rent, 950000, 0)
        assert TABLE[tier][7] * 8 // 10 <= p <= below, (tier, p)
    cases("audit_rate", "rent", "rent", "income_7d income_30d tier: rent", rents)

    rows = []
    for tier in TIERS:
        for attested, careful in ((0, 0), (19, 0), (19, 5), (20, 0), (20, 1), (5000, 0), (5000, 9)):
            for stakes in ((v, 0, TABLE[tier][8] * v, 0, 950000, 0),
                           (v, 0, TABLE[tier][8] * v, 100 * v, 950000, 0), (v, v, 0, 0, 1, 0)):
                for audit_ppm in (1, 500000):
                    rows.append((attested, careful, tier, *stakes, 20, audit_ppm,
                                 rate(attested, careful, tier, stakes, 20, audit_ppm)))
    cases("audit_rate", "rate", "rate", "attested careful_jobs tier price cheat_cost locked rent "
          "detection_ppm miss_ppm first_jobs audit_ppm: rate", rows)

    rows = []
    for tier in TIERS:
        for had in (0, 23500, 50000, 300000, 999999, MILLION):
            stakes = (v, 0, TABLE[tier][8] * v, 1000 * v, 950000, 0)
            owed = max(TABLE[tier][7], priced(*stakes[:3], 0, *stakes[4:]))
            coin = 0
            if owed > had:
                p, q = Fraction(owed, MILLION), Fraction(had, MILLION)
                coin = math.ceil((p - q) / (1 - q) * MILLION)
            rows.append((tier, *stakes, had, owed, coin))
    cases("audit_rate", "retro", "retro",
          "tier price cheat_cost locked rent detection_ppm miss_ppm had: owed coin", rows)

    bounds = [(n, share_bound(n)) for n in (1, 2, 3, 10, 20, 29, 30, 50, 100, 200, 300, 459, 1000,
                                            5000)]
    for n, percent in ((30, 9.5), (100, 3), (300, 1)):
        assert abs(dict(bounds)[n] / 10000 - percent) < 0.06
    cases("audit_rate", "cheat_share", "cheat_share", "audits: bound", bounds,
          "an implementation may say at most 1 ppm more, and nothing less")

    rows = []
    for tier in TIERS:
        k, dollars, open_max = TABLE[tier][8], TABLE[tier][10] * MILLION, TABLE[tier][11]
        for open_jobs in sorted({0, max(open_max - 1, 0), open_max, open_max + 1}):
            for price in sorted({0, 1, dollars, dollars + 1}):
                for bonded in ("none", 0, k * (price + 7) - 1, k * (price + 7)):
                    if bonded != "none" and bonded < 0:
                        continue
                    limit = "none"
                    if bonded != "none" and k * (7 + price) > bonded:
                        limit = "stake"
                    if open_max and open_jobs >= open_max:
                        limit = "open_jobs"
                    if dollars and price > dollars:
                        limit = "job_price"
                    rows.append((open_jobs, 7, bonded, price, tier, limit))
    cases("audit_rate", "exposure", "exposure",
          "open_jobs unsettled bonded price tier: limit", rows)


# ---- stake

def stake_factor(own, delegated, required):
    """K in Q30: 1 - 5^-ratio, with 5^-x as 2^-(x log2 5), all truncated."""
    if required == 0:
        return ONE
    ratio = div(own + delegated // 2, required)
    factor = ONE - exp2_negative(mul(ratio, 2493151308)) if ratio < 14 * ONE else ONE
    with decimal.localcontext() as context:
        context.prec = 50
        exact = 1 - decimal.Decimal(5)**(-decimal.Decimal(ratio) / ONE)
        assert abs(exact * MILLION - decimal.Decimal(factor * MILLION) / ONE) < 1
    return factor


def stake_vectors():
    rng = random.Random(5)
    need = 200 * MILLION
    rows = [(0, 0, need), (need, 0, need), (4 * need, 0, need), (0, need, need),
            (0, 2 * need, need), (need // 2, need, need), (14 * need - 1, 0, need),
            (14 * need, 0, need), (1, 0, need),
            (0, 1, need), (0, 0, 0), (5, 5, 0), (U64, U64, 1), (1, 0, U64), (U64, U64, U64)]
    assert abs(stake_factor(need, 0, need) * 10 - 8 * ONE) < 1000
    rows += [(rng.randrange(3 * need), rng.randrange(need), need) for _ in range(100)]
    cases("stake", "factor", "factor", "own delegated required: K in Q30",
          [row + (stake_factor(*row),) for row in rows])


# ---- what a pass weighs

def pass_weight(price, metered, reference):
    x = Fraction(min(price, metered), reference)
    return max(w for w in range(65)
               if (x <= 1 and Fraction(w, 16) <= x) or (x > 1 and Fraction(w * w, 256) <= x))


def capped(weight, renter, total):
    return max([w for w in range(weight + 1)
                if renter + w <= 64 or 5 * (renter + w) <= total + w], default=0)


def capped_together(total, renters):
    """The greatest mass that allows itself (Tarski), looked for from above; and what it allows."""
    def allowed(mass):
        return [min(w, max(0, max(64, mass // 5) - before)) for before, w in renters]
    top = total + sum(w for _, w in renters)
    return allowed(next(m for m in range(top, -1, -1) if total + sum(allowed(m)) >= m))


def pass_weight_vectors():
    rng = random.Random(6)
    ref = MILLION
    prices = [0, 1, 62499, 62500, 999999, ref, ref + 1, 1128906, 1128907, 4 * ref, 9 * ref - 1,
              9 * ref, 16 * ref - 1, 16 * ref, 17 * ref, U64]
    rows = [(p, U64, ref) for p in prices] + [(U64, p, ref) for p in prices]
    rows += [(U64, U64, 1), (U64, U64, U64), (1, U64, U64)]
    rows += [(rng.randrange(20 * ref), rng.randrange(20 * ref), ref) for _ in range(200)]
    cases("pass_weight", "weight", "weight", "price metered reference: sixteenths",
          [row + (pass_weight(*row),) for row in rows])
    rows = [(w, r, t) for w in (0, 1, 16, 64) for r, t in
            ((0, 0), (63, 63), (64, 64), (64, 300), (64, 320), (64, 324), (64, 1000), (100, 400),
             (100, 500), (100, 501), (100, 505), (10**15, 10**16))]
    rows += [(rng.randrange(65), r, r + rng.randrange(5 * r + 9)) for r in range(0, 400, 7)]
    cases("pass_weight", "cap", "cap", "weight renter total: allowed",
          [row + (capped(*row),) for row in rows])
    rows = [(0, [(0, 320)]), (0, [(0, 160)] * 4), (0, [(0, 160)] * 5), (0, [(0, 160)] * 6),
            (0, [(0, 1600)] + [(0, 16)] * 9), (512, [(64, 160)] + [(64, 16)] * 7),
            (320, [(64, 16)] * 5), (320, [(64, 16)]), (1000, [(400, 16), (0, 16)]), (0, [(0, 0)]),
            (5000, [(0, 320)]), (160, [(160, 16)])]
    for _ in range(150):
        before = [rng.randrange(200) for _ in range(rng.randrange(1, 9))]
        rows.append((sum(before) + rng.randrange(600),
                     [(b, rng.choice((0, 4, 16, 64, 300, 1000))) for b in before]))
    cases("pass_weight", "renters", "renters",
          "total, then of each renter before weight: what counts of each",
          [(total, len(renters), *(n for pair in renters for n in pair),
            *capped_together(total, renters)) for total, renters in rows])


# ---- performance

WEIGHTS = (60, 20, 10, 5, 5)


def performance_scenario(name, rounds, note=None):
    """rounds: (five (measured, claimed), times)."""
    means, variances, counts, under = [0] * 5, [0] * 5, [0] * 5, []
    for measures, times in rounds:
        for _ in range(times):
            shares = [min(ONE, div(m, c)) if c else None for m, c in measures]
            for i, x in enumerate(shares):
                if x is None:
                    continue
                if counts[i] == 0:
                    means[i], variances[i] = x, near(1, 100)
                else:
                    apart = abs(x - means[i])
                    variances[i] = mul(variances[i] + mul(mul(apart, apart), ONE - near(9, 10)),
                                       near(9, 10))
                    means[i] = mul(means[i], near(9, 10)) + mul(x, ONE - near(9, 10))
                counts[i] += 1
            if shares[0] is not None:
                known = [(w, x) for w, x in zip(WEIGHTS, shares) if x is not None]
                whole = sum(w * x for w, x in known) < sum(w for w, _ in known) * near(8, 10)
                under.append(shares[0] < near(8, 10) or whole)
    bounds = [max(0, mean - math.isqrt(mul(near(2706025, MILLION), var // min(n, 19)) << 30))
              if n else 0 for mean, var, n in zip(means, variances, counts)]
    revoked = sum(under[-5:]) >= 3
    counted, counted_of_one = (0 if revoked else sum(
        w * (b if n else unmeasured) for w, b, n in zip(WEIGHTS, bounds, counts)) // 100
        for unmeasured in (near(1, 2), ONE))
    lines = ["# round: measured claimed of gpu, cpu, memory, disk, network; times",
             "# counted: with 0.5 for what was never measured, with 1"]
    lines += ["round: " + " ".join(f"{m} {c}" for m, c in measures) + f" {times}"
              for measures, times in rounds]
    lines += [f"mean_q30: {' '.join(map(str, means))}",
              f"variance_q30: {' '.join(map(str, variances))}",
              f"rounds: {' '.join(map(str, counts))}",
              f"bound_q30: {' '.join(map(str, bounds))}",
              f"performance_q30: {sum(w * b for w, b in zip(WEIGHTS, bounds)) // 100}",
              f"revoked: {int(revoked)}",
              f"counted_q30: {counted} {counted_of_one}"]
    write("performance", name, lines, note)


def performance_vectors():
    full = ((100, 100),) * 5
    slow = ((79, 100),) + full[1:]
    weak = ((81, 100), (10, 100), (10, 100), (10, 100), (10, 100))
    none = ((0, 0),) * 5
    gpu = ((100, 100),) + none[1:]
    performance_scenario("unmeasured", [(none, 3)], "P is 0, not 1")
    for n in (1, 2, 5, 20, 100, 1000):
        performance_scenario(f"full_{n:04}", [(full, n)])
    performance_scenario("gpu_only", [(gpu, 50)], "what was never measured counts as 0")
    performance_scenario("boast", [(((300, 100),) * 5, 20)],
                         "more than claimed is no more than one")
    performance_scenario("zero", [(((0, 100),) * 5, 20)])
    performance_scenario("slow_2_of_5", [(full, 30), (slow, 2), (full, 3)])
    performance_scenario("slow_3_of_5", [(full, 30), (slow, 1), (full, 2), (slow, 2)])
    performance_scenario("slow_forgotten", [(slow, 3), (full, 3)])
    performance_scenario("weak_around_the_gpu", [(weak, 3)],
                         "the whole is under although the GPU is not")
    performance_scenario("rounds_without_gpu_do_not_push_out",
                         [(slow, 3), (((0, 0),) + full[1:], 9)])
    performance_scenario("wide", [(((2**64 - 2, 2**64 - 1),) * 5, 3)])
    rng = random.Random(7)
    for i in range(10):
        rounds = []
        for _ in range(40):
            share = rng.choice((60, 75, 85, 95, 99))
            rounds.append((tuple((rng.randrange(share, 101), rng.choice((100, 100, 100, 0)))
                                 for _ in range(5)), rng.choice((1, 1, 2, 7))))
        performance_scenario(f"random_{i}", rounds)


# ---- tiers

def holds(day, tier):
    trust, audits, age, uptime, since, _ = day
    t, a, d, u, clean = TABLE[tier][:5]
    return (trust >= t and audits >= a and age >= d and uptime >= u and
            (since < 0 or since >= clean))


def tier_scenario(name, runs, note=None):
    """runs: (trust, audits, age, uptime, days since proven or -1, proven, times); age and days
    since grow by one a day inside a run."""
    days, entered, tier, lines = [], 0, 0, []
    for *day, times in runs:
        for i in range(times):
            trust, audits, age, uptime, since, proven = day
            today = (trust, audits, age + i, uptime, since + i if since >= 0 else since, proven)
            if proven:
                days, entered, tier = [], 0, 0
                continue
            days.append(today)
            own = [holds(d, TIERS[tier]) for d in days[entered:]][-7:]
            if own.count(False) >= 3:
                tier, entered = tier - 1, len(days)
            elif tier < 4:
                window, met = TABLE[TIERS[tier + 1]][5:7]
                assert met == math.ceil(Fraction(8, 10) * window)
                if sum(holds(d, TIERS[tier + 1]) for d in days[-window:]) >= met:
                    tier, entered = tier + 1, len(days)
        lines += ["days: " + " ".join(map(str, (*day, times))), f"tier: {TIERS[tier]}"]
    write("tiers", name,
          ["# days: trust audits age uptime since_proven proven times; then the tier", *lines],
          note)


def tier_vectors():
    best = (950000, 500, 0, 995000, -1, 0)

    def grown(age, times, trust=950000, uptime=995000, audits=500, since=-1, proven=0):
        return (trust, audits, age, uptime, since, proven, times)

    tier_scenario("perfect_from_the_first_day",
                  [grown(i, 1) for i in range(125)], "ages decide: nobody is Low before three days")
    tier_scenario("grown_provider_is_new_here", [grown(400, 1) for _ in range(60)])
    tier_scenario("audits_at_each_threshold", [grown(400, 60, audits=n) for n in (
        19, 20, 49, 50, 99, 100, 199, 200)])
    tier_scenario("trust_at_each_threshold", [grown(400, 60, trust=t) for t in (
        699999, 700000, 819999, 820000, 879999, 880000, 909999, 910000)])
    tier_scenario("uptime_at_each_threshold", [grown(400, 60, uptime=u) for u in (
        849999, 850000, 949999, 950000, 979999, 980000, 989999, 990000)])
    steady = [grown(400, 70)]
    for n in (1, 2, 3, 4, 8, 30):
        tier_scenario(f"bad_days_{n:02}", steady + [grown(500, 1, trust=0) for _ in range(n)] +
                      [grown(600, 40)])
    tier_scenario("three_bad_days_in_seven", steady + [
        grown(500, 1, trust=0), grown(501, 2), grown(503, 1, trust=0), grown(504, 2),
        grown(506, 1, trust=0), grown(507, 1)])
    tier_scenario("three_bad_days_in_eight", steady + [
        grown(500, 1, trust=0), grown(501, 3), grown(504, 1, trust=0), grown(505, 2),
        grown(507, 1, trust=0), grown(508, 1)])
    tier_scenario("a_tier_a_day_down", steady + [grown(500, 1, trust=0) for _ in range(20)])
    fraud = [grown(500, 1, since=0, proven=1)]
    tier_scenario("proven_fraud", steady + fraud + [
        grown(501, 2, since=1), grown(503, 1, since=3), grown(504, 30, since=4),
        grown(534, 60, since=34)],
                  "Entry at once, and no day before counts")
    tier_scenario("proven_long_ago", steady + fraud + [grown(501, 364, since=1),
                                                       grown(865, 23, since=365),
                                                       grown(888, 1, since=388)])
    tier_scenario("seven_of_ten", [grown(400, 1, trust=950000 if i % 10 < 7 else 0)
                                   for i in range(100)])
    rng = random.Random(8)
    for i in range(8):
        runs = []
        for _ in range(120):
            runs.append((rng.choice((650000, 750000, 830000, 890000, 915000, 950000)),
                         rng.choice((30, 80, 150, 300, 300, 300)), 200,
                         rng.choice((900000, 960000, 985000, 992000, 995000)),
                         rng.choice((-1, -1, 400, 100)), int(rng.random() < .01),
                         rng.choice((1, 1, 2, 5, 20))))
        tier_scenario(f"random_{i}", runs)
    assert holds(best[:2] + (90,) + best[3:], "ultra-high")


# ---- matching

FILTERS = ("tombstoned", "jailed", "unavailable", "gave_up", "device_class", "region", "query",
           "tier", "price", "exposure")
TICKETS = 10**12


def draw_below(seed, bound):
    """The first number below `bound` of the stream SHA-256(seed || counter), in u64 words."""
    counter = 0
    while True:
        block = hashlib.sha256(seed + counter.to_bytes(8, "big")).digest()
        for i in range(4):
            word = int.from_bytes(block[8 * i:8 * i + 8], "big")
            if word < 2**64 // bound * bound:
                return word % bound
        counter += 1


def softmax(values, temperature):
    best = max(values)
    return [exp2_negative(mul((best - v) * ONE // temperature, LOG2_E)) if temperature else
            (ONE if v == best else 0) for v in values]


def allot(values, temperature, tickets):
    weights = softmax(values, temperature)
    shares = [tickets * w // sum(weights) for w in weights]
    shares[weights.index(max(weights))] += tickets - sum(shares)
    return shares


def match_scenario(name, request, candidates, weights, seed, note=None):
    """candidates: dicts; they are written shuffled and answered by provider."""
    lines = ["# request: device_class price_limit tier_min regions…",
             "request: " + " ".join(map(str, (request["class"], request["limit"], request["tier"],
                                              *request["regions"]))),
             "# weights: of the seven terms, temperature, newcomer floor",
             "weights: " + " ".join(map(str, weights)), f"randomness: {seed.hex()}",
             "# candidate: provider class region price trust uptime slash stake tier newcomer "
             "tombstoned jailed gave_up free slots open unsettled bonded passes_query"]
    keys = ("class", "region", "price", "trust", "uptime", "slash", "stake", "tier", "newcomer",
            "tombstoned", "jailed", "gave_up", "free", "slots", "open", "unsettled", "bonded",
            "query")
    for c in sorted(candidates, key=lambda c: hashlib.sha256(c["id"]).digest()):
        lines.append("candidate: " + " ".join([c["id"].hex()] + [str(c[k]) for k in keys]))
    left, answers, removed = [], {}, []
    wanted = request["regions"]
    for c in sorted(candidates, key=lambda c: c["id"]):
        rule = TABLE[c["tier"]]
        dollars = rule[10] * MILLION
        covered = rule[8] * (c["unsettled"] + c["price"])
        exposed = ((dollars and c["price"] > dollars) or (rule[11] and c["open"] >= rule[11]) or
                   (c["bonded"] != "none" and covered > c["bonded"]))
        fails = (c["tombstoned"], c["jailed"], c["free"] == 0 or c["free"] > c["slots"],
                 c["gave_up"], c["class"] != request["class"],
                 wanted and c["region"] not in wanted, not c["query"],
                 TIERS.index(c["tier"]) < TIERS.index(request["tier"]),
                 c["price"] > request["limit"], exposed)
        first = next((i for i, f in enumerate(fails) if f), None)
        if first is not None:
            removed.append(first)
            answers[c["id"]] = FILTERS[first]
            continue
        region = MILLION if not wanted else (
            (len(wanted) - wanted.index(c["region"])) * MILLION // len(wanted))
        limit = request["limit"]
        terms = [region, (limit - c["price"]) * MILLION // limit if limit else 0, c["uptime"],
                 c["trust"], c["free"] * MILLION // c["slots"], c["slash"], c["stake"]]
        value = sum(t * w for t, w in zip(terms, weights)) // sum(weights[:7])
        left.append((c["id"], terms, value, c["newcomer"]))
    chosen = "none"
    if left:
        temperature, floor = weights[7:]
        shares = allot([v for _, _, v, _ in left], temperature, TICKETS)
        new = [i for i, (*_, n) in enumerate(left) if n]
        old = [i for i, (*_, n) in enumerate(left) if not n]
        least = TICKETS // MILLION * floor
        if new and old and sum(shares[i] for i in new) < least:
            for group, tickets in ((new, least), (old, TICKETS - least)):
                values = [left[i][2] for i in group]
                for i, share in zip(group, allot(values, temperature, tickets)):
                    shares[i] = share
        assert sum(shares) == TICKETS
        ticket = draw_below(seed, TICKETS)
        passed = 0
        for (who, terms, value, _), share in zip(left, shares):
            if passed <= ticket < passed + share:
                chosen = who.hex()
            passed += share
            answers[who] = " ".join(map(str, terms + [share // MILLION, value, share]))
    lines.append("# considered: provider, then what removed it or terms, value and tickets")
    lines += [f"considered: {who.hex()} {answer}" for who, answer in sorted(answers.items())]
    lines += [f"chosen: {chosen}",
              f"emptied_by: {FILTERS[max(removed)] if removed and not left else 'none'}"]
    write("matching", name, lines, note)


def matching_vectors():
    default = (10, 25, 10, 40, 5, 5, 5, 50000, 20000)
    request = {"class": "h200", "limit": 10 * MILLION, "tier": "entry", "regions": []}

    def candidate(i, **other):
        return {"id": hashlib.sha256(bytes([i])).digest(), "class": "h200", "region": "eu",
                "price": 5 * MILLION, "trust": 900000, "uptime": 990000, "slash": MILLION,
                "stake": 800000, "tier": "medium", "newcomer": 0, "tombstoned": 0, "jailed": 0,
                "gave_up": 0, "free": 2, "slots": 4, "open": 0, "unsettled": 0, "bonded": "none",
                "query": 1, **other}

    seed = hashlib.sha256(b"seed").digest()
    match_scenario("nobody", request, [], default, seed, "no filter emptied what was empty")
    match_scenario("one", request, [candidate(1)], default, seed)
    same = [candidate(i) for i in range(5)]
    for i in range(4):
        match_scenario(f"five_alike_{i}", request, same, default,
                       hashlib.sha256(bytes([9, i])).digest())
    each = ({"tombstoned": 1}, {"jailed": 1}, {"free": 0}, {"free": 5}, {"gave_up": 1},
            {"class": "h100"}, {"region": "mars"}, {"query": 0}, {"tier": "low"},
            {"price": 10 * MILLION + 1}, {"bonded": 30 * MILLION - 1}, {"open": 16},
            {"tombstoned": 1, "jailed": 1, "query": 0})
    wanting = {**request, "regions": ["us", "eu", "asia"], "tier": "medium"}
    match_scenario("every_filter", wanting, [candidate(i, **c) for i, c in enumerate(each)] +
                   [candidate(99, bonded=30 * MILLION)], default, seed)
    match_scenario("emptied", wanting, [candidate(i, **c) for i, c in enumerate(each)], default,
                   seed, "the filter that removed the last one is named")
    match_scenario("emptied_by_query", request, [candidate(1, query=0), candidate(2, jailed=1)],
                   default, seed)
    new = candidate(7, newcomer=1, trust=0, stake=0, tier="entry")
    match_scenario("newcomer_floor", request, same + [new], default, seed,
                   "two in a hundred are drawn for whoever has no audit yet")
    match_scenario("newcomers_share_the_floor", request,
                   same + [new, candidate(8, newcomer=1, trust=0, stake=0, tier="entry", uptime=0)],
                   default, seed)
    match_scenario("newcomers_only", request, [new], default, seed)
    match_scenario("newcomer_above_the_floor", request,
                   [candidate(1, trust=880000), candidate(2, newcomer=1)], default, seed)
    match_scenario("no_randomness", request, [candidate(i, trust=900000 + i) for i in range(4)],
                   (1, 1, 1, 1, 1, 1, 1, 0, 10000), seed)
    match_scenario("price_alone", {**request, "limit": 0},
                   [candidate(i, price=0) for i in range(2)], (0, 1, 0, 0, 0, 0, 0, 1, 10000), seed)
    rng = random.Random(9)
    for n in range(8):
        some = [candidate(i, region=rng.choice(("eu", "us", "asia", "mars")),
                          price=rng.randrange(11 * MILLION), trust=rng.randrange(MILLION + 1),
                          uptime=rng.randrange(MILLION + 1), stake=rng.randrange(MILLION + 1),
                          slash=rng.randrange(500000, MILLION + 1), tier=rng.choice(TIERS),
                          newcomer=int(rng.random() < .2), free=rng.randrange(1, 5),
                          query=int(rng.random() < .9)) for i in range(24)]
        weights = [rng.randrange(1, 60) for _ in range(7)]
        match_scenario(f"random_{n}", {**wanting, "tier": "entry"}, some,
                       (*weights, rng.choice((5000, 200000)), 50000),
                       hashlib.sha256(b"random" + bytes([n])).digest())


audit_rate_vectors()
stake_vectors()
pass_weight_vectors()
performance_vectors()
tier_vectors()
matching_vectors()
write_or_check(files, [p for f in FOLDERS for p in (VECTORS / f).glob("*")])
