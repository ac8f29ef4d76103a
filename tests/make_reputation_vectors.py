#!/usr/bin/env python3
"""Writes vectors/tiers. Needs Python 3
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
FOLDERS = ("tiers",)
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


tier_vectors()
write_or_check(files, [p for f in FOLDERS for p in (VECTORS / f).glob("*")])
