#!/usr/bin/env python3
"""Holds `assay score fold` to the fold in Python's unbounded integers, to the ppm and line by line:
every history of vectors/fold, and 10,000 random ones. Needs Python 3 and nothing else.

  tests/cli/score_fold_test.py ASSAY [HISTORIES]
"""
import csv
import io
import pathlib
import random
import subprocess
import sys
import tempfile

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS))
import fold_reference  # noqa: E402
from fold_reference import Record, near, ppm  # noqa: E402

COLUMNS = ["hours", "pass", "soft", "proven", "severity_ppm", "equivocations"]
RESULTS = ["r_ppm", "s_ppm", "integrity_ppm", "trust_ppm", "tombstoned"]


def vectors():
    """(name, epochs, components, the results that the vector states)"""
    for path in sorted((TESTS.parent / "vectors" / "fold").glob("*.txt")):
        fields = {}
        for line in path.read_text().splitlines():
            key, _, value = line.partition(": ")
            fields.setdefault(key, []).append(value)
        epochs = []
        for line in fields.get("epoch", []):
            *counts, times = map(int, line.split())
            epochs += [counts] * times
        components = [int(fields[f"{name}_ppm"][0]) for name in ("uptime", "performance", "stake")]
        yield path.stem, epochs, components, {key: int(fields[key][0]) for key in RESULTS[:-1]}


def random_history(rng):
    epochs = []
    for _ in range(rng.randrange(1, 40)):
        proven = rng.choice((0,) * 60 + (1, 1, 2, 30))
        severity = rng.choice((proven * 1000000, rng.randrange(proven * 2000000 + 1)))
        epochs.append([rng.choice((0, 1, 1, 5, 24, 700, 9000, rng.randrange(100000))),
                       rng.choice((0, 1, 2, 30, 300, rng.randrange(1000001))),
                       rng.choice((0,) * 8 + (1, 2, 9, rng.randrange(1000001))), proven, severity,
                       rng.choice((0,) * 9 + (proven,))])
    return epochs


def folded_here(epochs, components):
    record = Record()
    for counts in epochs:
        record.fold(*counts)
        score = record.trust(*(near(c, 1000000) for c in components))
        yield [str(v) for v in (ppm(record.r), ppm(record.s), ppm(record.integrity()), ppm(score))
               ] + [str(record.tombstoned).lower()]


def folded_there(assay, histories, components):
    """The results of all lines of all histories, in order."""
    text = ",".join(COLUMNS + ["history"]) + "\n"
    for name, epochs in histories:
        text += "".join(",".join(map(str, counts + [name])) + "\n" for counts in epochs)
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.write(text)
        file.flush()
        u, p, k = map(str, components)
        out = subprocess.run([assay, "score", "fold", "--counts", file.name, "--u", u, "--p", p,
                              "--k", k, "-o", "csv"], check=True, stdout=subprocess.PIPE).stdout
    return [[row[key] for key in RESULTS] for row in csv.DictReader(io.StringIO(out.decode()))]


def differences(assay, histories, components):
    there = folded_there(assay, histories, components)
    here = [(name, row) for name, epochs in histories
            for row in folded_here(epochs, components)]
    assert len(here) == len(there), (len(here), len(there))
    return [(name, a, b) for (name, a), b in zip(here, there) if a != b], len(here)


def main(assay, histories=10000):
    wrong, golden, lines = [], 0, 0
    for name, epochs, components, stated in vectors():
        if not epochs:
            continue  # nothing happened: no line to fold
        there = folded_there(assay, [(name, epochs)], components)
        golden += 1
        if there[-1][:-1] != [str(stated[key]) for key in RESULTS[:-1]]:
            wrong.append((name, stated, there[-1]))
    assert golden >= 50, f"{golden} golden histories are too few"

    rng, batch = random.Random(10000), 500
    for first in range(0, histories, batch):
        some = [(f"h{i}", random_history(rng))
                for i in range(first, min(first + batch, histories))]
        components = [rng.choice((0, 1, 970000, 1000000, rng.randrange(1000001))) for _ in range(3)]
        found, count = differences(assay, some, components)
        wrong += found
        lines += count

    # The comparison itself: another forgetting factor must not pass.
    kept, fold_reference.SLOW = fold_reference.SLOW, near(9979, 10000)
    control, _ = differences(assay, [("control", [[0, 300, 0, 0, 0, 0]])], (1000000,) * 3)
    fold_reference.SLOW = kept
    assert control, "a fold with another constant was not told apart"

    for name, here, there in wrong[:20]:
        print(f"{name}: expected {here}, assay says {there}")
    print(f"{golden} golden and {histories} random histories, {lines} random lines: "
          f"{len(wrong)} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:])))
