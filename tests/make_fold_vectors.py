#!/usr/bin/env python3
"""Writes vectors/fold and vectors/uptime. Needs Python 3 and nothing else.

  tests/make_fold_vectors.py           write the files
  tests/make_fold_vectors.py --check   exit 1 if a file differs from what would be written

The score and the uptime are computed in Python's unbounded integers (fold_reference.py), sharing no
code with reputation/policy. The published table of the policy is below as literals and is checked
first.
"""
import pathlib
import random
import sys

from fold_reference import ONE, Record, div, mul, near, power, ppm, wilson

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors"
files = {}


def write(folder, name, lines):
    path = f"{folder}/{name}.txt"
    assert path not in files, path
    files[path] = "\n".join([f"# vectors/{path}", "expect: ok", *lines]) + "\n"


# One epoch: hours since the last, passes, soft, proven, severity in ppm, equivocations, repeats.
def epoch(hours=0, passes=0, soft=0, proven=0, severity=None, equivocations=0, times=1):
    severity = 1000000 * proven if severity is None else severity
    return hours, passes, soft, proven, severity, equivocations, times


DEFAULT = (994000, 970000, 800000)


def fold_scenario(name, epochs, components=DEFAULT, want_integrity=None, want_trust=None,
                  note=None):
    record = Record()
    for *counts, times in epochs:
        for _ in range(times):
            record.fold(*counts)
    uptime, performance, stake = (near(c, 1000000) for c in components)
    trust = record.trust(uptime, performance, stake)
    assert want_integrity is None or ppm(record.integrity()) == want_integrity, name
    assert want_trust is None or ppm(trust) == want_trust, name
    lines = [f"note: {note}"] if note else []
    lines += ["# epoch: hours, passes, soft, proven, severity_ppm, equivocations, times"]
    lines += ["epoch: " + " ".join(map(str, e)) for e in epochs]
    for key, value in zip(("uptime", "performance", "stake"), components):
        lines.append(f"{key}_ppm: {value}")
    for key in ("r", "s"):
        lines.append(f"{key}_ppm: {ppm(getattr(record, key))}")
    lines.append(f"integrity_ppm: {ppm(record.integrity())}")
    lines.append(f"trust_ppm: {ppm(trust)}")
    for key in ("r", "s", "fr", "fs", "slash"):
        lines.append(f"{key}_q30: {getattr(record, key)}")
    lines.append(f"trust_q30: {trust}")
    write("fold", name, lines)


def fold_vectors():
    clean = epoch(passes=300)
    table = {0: (0, 0), 1: (269830, 251601), 5: (647931, 604157), 10: (785517, 732448),
             20: (878819, 819447), 50: (946237, 882310), 100: (971034, 905433),
             300: (988155, 921397), 1000: (993782, 926643)}
    for n in (0, 1, 5, 10, 20, 50, 100, 200, 300, 500, 1000):
        fold_scenario(f"clean_{n:04}", [epoch(passes=n)], DEFAULT, *table.get(n, (None, None)))
    fold_scenario("clean_0300_one_by_one", [epoch(passes=1, times=300)])
    soft = [clean, epoch(soft=1)]
    fold_scenario("soft_1", soft, DEFAULT, 901020, 840149)
    for n, trust in ((10, 877834), (30, 905022), (100, 910085)):
        fold_scenario(f"soft_1_then_{n:03}_clean", soft + [epoch(passes=n)], DEFAULT, None, trust)
    fold_scenario("soft_3", [clean, epoch(soft=3)], DEFAULT, 681228, 635205)
    proven = [clean, epoch(proven=1)]
    fold_scenario("proven_1", proven, DEFAULT, 0, 0)
    for days, trust in ((7, 140102), (30, 323212), (90, 416291), (180, 530365), (365, 708398)):
        fold_scenario(f"proven_1_then_{days:03}_days",
                      proven + [epoch(hours=24, passes=2, times=days)], DEFAULT, None, trust)
    for days, trust in ((30, 918569), (90, 910611), (180, 889777), (365, 777461)):
        fold_scenario(f"idle_{days:03}_days", [clean, epoch(hours=24 * days)], DEFAULT, None,
                      trust)
    again = epoch(hours=24, passes=50)
    fold_scenario("proven_2", proven + [again, epoch(proven=1)], DEFAULT, None, 0)
    fold_scenario("proven_2_in_one_epoch", [clean, epoch(proven=2)], DEFAULT, None, 0)
    for hours, note in ((8760, "365 d to the hour is still within the year"),
                        (8761, "an hour beyond the year; trust returns with audits")):
        fold_scenario(f"proven_2_{hours}_hours_apart",
                      [epoch(proven=1), epoch(hours=hours, proven=1), epoch(hours=1, passes=200)],
                      note=note)
    fold_scenario("equivocation_1", [clean, epoch(proven=1, severity=2000000, equivocations=1),
                                     epoch(hours=10000, passes=1000)], DEFAULT, None, 0)
    fold_scenario("severity_half", [clean, epoch(proven=1, severity=500000),
                                    epoch(hours=24, passes=50)])
    fold_scenario("all_kinds_in_one_epoch", [clean, epoch(5, 7, 2, 1), epoch(3, 40, 1)])
    fold_scenario("nearly_forgotten", [epoch(passes=1, soft=1), epoch(hours=120000)],
                  note="so little evidence is left that 1/n^2 is beyond 64 bits")
    fold_scenario("one_pass_nearly_forgotten", [epoch(passes=1), epoch(hours=62640)])
    for uptime, performance, stake in ((500000, 970000, 800000), (900000, 970000, 800000),
                                       (990000, 970000, 800000), (994000, 250000, 800000),
                                       (994000, 600000, 800000), (994000, 900000, 800000),
                                       (994000, 970000, 100000), (994000, 970000, 500000),
                                       (994000, 970000, 960000), (1000000, 1000000, 1000000),
                                       (994000, 970000, 1), (994000, 970000, 0)):
        fold_scenario(f"components_{uptime:07}_{performance:07}_{stake:07}", [clean],
                      (uptime, performance, stake))
    rng = random.Random(20)
    for i in range(12):
        epochs = [epoch(rng.choice((0, 1, 5, 24, 700)), rng.choice((0, 1, 2, 30)),
                        rng.choice((0, 0, 0, 1, 2)), int(rng.random() < .01))
                  for _ in range(60)]
        fold_scenario(f"random_{i:02}", epochs)


def mean_of(windows):
    return sum(div(answered, asked) for answered, asked in windows) // len(windows)


def uptime_of(history, current):
    """history: {window: (answered, asked)}; windows nobody was asked in are not in it."""
    def span(length):
        return [history[w] for w in sorted(history) if current - length <= w < current]
    month = mean_of(span(720)) if span(720) else 0
    week = mean_of(span(168)) if span(168) else month
    day = mean_of(span(24)) if span(24) else week
    mean = (5 * month + 3 * week + 2 * day) // 10
    incidents, run = 0, []
    for window in sorted(w for w in history if w < current) + [None]:
        if window is not None and 2 * history[window][0] < history[window][1]:
            run.append(window)
            continue
        incidents += any(w >= current - 168 for w in run)
        run = []
    observed = len(span(720))
    value = mul(wilson(mean * observed, ONE * observed),
                power(near(995, 1000), max(0, incidents - 3)))
    return month, week, day, mean, observed, incidents, value


def varint(value):
    out = b""
    while value >= 0x80:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def uptime_scenario(name, current, runs, note=None):
    """runs: (first window, how many, answered, asked), entered in this order."""
    history = {}
    for first, many, answered, asked in runs:
        for window in range(first, first + many):
            if asked:
                had = history.get(window, (0, 0))
                history[window] = (had[0] + min(answered, asked), had[1] + asked)
    history = {w: h for w, h in history.items() if w > max(history) - 720}
    encoded, previous = b"", None
    for window in sorted(history):
        encoded += window.to_bytes(8, "big") if previous is None else varint(window - previous)
        answered, asked = history[window]
        encoded += varint(asked) + varint(asked - answered)
        previous = window
    lines = [f"note: {note}"] if note else []
    lines += [f"current: {current}", "# run: first window, how many, answered, asked"]
    lines += ["run: " + " ".join(map(str, r)) for r in runs]
    keys = ("month_q30", "week_q30", "day_q30", "mean_q30", "observed", "incidents", "uptime_q30")
    result = uptime_of(history, current)
    lines += [f"{key}: {value}" for key, value in zip(keys, result)]
    lines += [f"uptime_ppm: {ppm(result[-1])}", f"bytes: {encoded.hex()}".rstrip()]
    write("uptime", name, lines)


def uptime_vectors():
    base = 490000  # hours since 1970, about now
    now = base + 720
    uptime_scenario("never_asked", now, [], "nothing observed: 0, not 1")
    uptime_scenario("asked_in_no_window", now, [(now - 5, 5, 0, 0)])
    uptime_scenario("one_window_up", now, [(now - 1, 1, 12, 12)],
                    "one hour proves little: the bound is low")
    uptime_scenario("current_window_only", now, [(now, 1, 0, 12)], "it is not over yet")
    uptime_scenario("month_up", now, [(base, 720, 12, 12)])
    uptime_scenario("month_down", now, [(base, 720, 0, 12)])
    uptime_scenario("month_up_current_down", now, [(base, 720, 12, 12), (now, 1, 0, 9)])
    uptime_scenario("older_than_a_month_is_dropped", now + 1,
                    [(base - 300, 301, 0, 12), (base + 1, 720, 12, 12)])
    uptime_scenario("last_day_unobserved", now, [(base, 696, 11, 12)],
                    "the day takes the week's mean")
    uptime_scenario("last_week_unobserved", now, [(base, 552, 11, 12)])
    uptime_scenario("seen_long_ago", now + 5000, [(base, 720, 12, 12)])
    uptime_scenario("unobserved_half_the_time", now, [(w, 1, 12, 12) for w in range(base, now, 2)],
                    "unobserved is neither up nor down; only n shrinks")
    uptime_scenario("down_since_yesterday", now, [(base, 696, 12, 12), (now - 24, 24, 0, 12)])
    down = [(now - 160 + 8 * i, 1, 0, 12) for i in range(12)]
    for n in (1, 3, 4, 12):
        gone = {r[0] for r in down[:n]}
        up = [(w, 1, 12, 12) for w in range(base, now) if w not in gone]
        uptime_scenario(f"incidents_{n:02}", now, up + down[:n])
    gap = [(base, 680, 12, 12), (base + 680, 2, 0, 12), (base + 685, 2, 0, 12),
           (base + 687, 33, 12, 12)]
    uptime_scenario("unobserved_gap_inside_an_incident", now, gap, "one outage is one incident")
    uptime_scenario("incident_reaches_into_the_week", now,
                    [(base, 540, 12, 12), (base + 540, 20, 1, 12), (base + 560, 160, 12, 12)])
    uptime_scenario("incident_before_the_week", now,
                    [(base, 540, 12, 12), (base + 540, 12, 1, 12), (base + 552, 168, 12, 12)])
    uptime_scenario("half_answered_is_no_incident", now,
                    [(base, 700, 12, 12), (base + 700, 10, 6, 12), (base + 710, 10, 12, 12)])
    uptime_scenario("two_parts_add_up", now, [(base, 720, 3, 4), (base, 720, 2, 4)])
    uptime_scenario("late_part_for_an_old_window", now,
                    [(base + 10, 700, 12, 12), (base + 3, 2, 1, 12)])
    rng = random.Random(7)
    for i in range(8):
        runs = []
        for window in range(base - 50, now + 1):
            asked = rng.choice((0, 1, 11, 12, 13, 200))
            share = rng.choice((0, 2, 3, 3, 3, 3, 3, 3))
            runs.append((window, 1, asked * share // 3, asked))
        uptime_scenario(f"random_{i:02}", now, runs)


fold_vectors()
uptime_vectors()
if sys.argv[1:] not in ([], ["--check"]):
    sys.exit(__doc__)
different = 0
for path, text in sorted(files.items()):
    file = VECTORS / path
    if sys.argv[1:] == ["--check"]:
        if not file.exists() or file.read_text() != text:
            print(f"differs: vectors/{path}")
            different += 1
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
sys.exit(1 if different else 0)
