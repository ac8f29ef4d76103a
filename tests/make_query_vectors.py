#!/usr/bin/env python3
"""Writes vectors/query by query_reference.py. Needs Python 3 and nothing else; --check compares."""
import json
import pathlib
import random

from query_reference import FIELDS, LEVELS, Parser, Wrong, canonical, passes
from written_files import write_or_check

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "query"
files = {}

ACCEPTED = [
    "gpu_name=H200 num_gpus>=4 score>0.8 region in [eu,us] verified=true",
    "tier=medium..ultra-high price<=2.5 region notin [\"south pole\"] uptime>=0.995",
    "score=0.7..0.9 newcomer=any", "gpu_name = h200", "price in[ 0.5..1 , 3 ]", "price!=0012.50",
    "num_gpus=4..4", "num_gpus!=1..4", "name=\"any\"", "name=\"\"",
    "name=\"say \\\"hi\\\" \\\\o/\"",
    "name=a..b", "hardware<ultra-high tier in [entry,low..medium]", "verified!=false",
    "bonded<1000000000", "score>=0.000001", "workload=gemm@1 id!=00ff", "last_audit_hours<24",
]
REFUSED = [
    "gpu_nam=H200", "score>1.5", "score>-0.5", "score>.5", "score>5.", "score>0.1234567", "score>",
    "score", "score~1", "=4", "4=num_gpus", "region<eu", "verified>true", "verified in [true]",
    "verified=yes", "tier=gold", "tier>low..high", "num_gpus=4..1", "num_gpus=1..", "num_gpus=..4",
    "num_gpus=1...4", "score>any", "score in any", "region in []", "region in [eu",
    "region in [eu,]", "region in [eu us]", "region=", "region=eu,us",
    "region in [eu]verified=true", "score>\"0.5\"",
    "score>0.5 and verified=true", "num_gpus>1001", "num_gpus>99999999999999999999", "score=0.5]",
    "tier in [high..low]", "SCORE>0.5", "region notin eu", "region not in [eu]", "score==0.5",
]

def random_row(rng):
    row = {}
    for field, (kind, most) in FIELDS.items():
        if rng.random() < .3:
            continue
        row[field] = {"number": lambda: rng.choice((0, most, rng.randrange(most))) * 1000000
                      if most > 1 else rng.randrange(1000001),
                      "text": lambda: rng.choice(("eu", "EU", "us", "asia", "a b", "any", "")),
                      "flag": lambda: rng.random() < .5,
                      "level": lambda: rng.randrange(len(LEVELS))}[kind]()
    return row


def random_item(rng, field, ranges):
    kind, most = FIELDS[field]
    if kind == "text":
        return rng.choice(("eu", "US", "asia", "\"a b\"", "\"\"", "nowhere"))
    if kind == "flag":
        return rng.choice(("true", "false"))

    def one():
        if kind == "level":
            return rng.randrange(len(LEVELS))
        return rng.choice((0, most * 1000000, rng.randrange(most * 1000000 + 1)))

    def spelt(value):
        return LEVELS[value] if kind == "level" else f"{value // 1000000}.{value % 1000000:06}"

    low, high = sorted((one(), one()))
    return f"{spelt(low)}..{spelt(high)}" if ranges and rng.random() < .4 else spelt(low)


def random_query(rng):
    parts = []
    for _ in range(rng.randrange(1, 4)):
        field = rng.choice(list(FIELDS))
        kind = FIELDS[field][0]
        ordered = kind in ("number", "level")
        op = rng.choice({"text": ["=", "!=", "in", "notin"], "flag": ["=", "!="]}.get(
            kind, ["=", "!=", "<", "<=", ">", ">=", "in", "notin"]))
        if op in ("in", "notin"):
            items = [random_item(rng, field, ordered) for _ in range(rng.randrange(1, 5))]
            parts.append(f"{field} {op} [{rng.choice((',', ' , ')).join(items)}]")
        elif op == "=" and rng.random() < .1:
            parts.append(f"{field}=any")
        else:
            parts.append(f"{field}{rng.choice((op, f' {op} '))}"
                         f"{random_item(rng, field, ordered and op in ('=', '!='))}")
    return " ".join(parts)


def damaged(query, rng):
    """The query with one character gone, doubled or replaced."""
    at = rng.randrange(len(query))
    new = rng.choice(("", query[at] * 2, rng.choice("=<>![],. \"\\9aZ_~")))
    return (query[:at] + new + query[at + 1:]).strip()


def write(name, expect, lines):
    head = [f"# vectors/query/{name}.txt", f"expect: {expect}"]
    files[FOLDER / f"{name}.txt"] = ("\n".join(head + lines) + "\n").encode()


def write_accepted(name, queries, rng):
    rows = [random_row(rng) for _ in range(40)]
    lines = ["# passes: for each query, of each row in order"]
    lines += [f"row: {json.dumps(row, separators=(',', ':'))}" for row in rows]
    for query in queries:
        conditions = Parser(query).query()
        text = canonical(conditions)
        assert Parser(text).query() == conditions, query
        lines += [f"query: {query}", f"canonical: {text}",
                  "passes: " + "".join(str(int(passes(conditions, row))) for row in rows)]
    write(name, "ok", lines)


def refusal(query):
    """The character at which it is refused; none: it is accepted, or where is not said."""
    try:
        Parser(query).query()
    except Wrong as wrong:
        return wrong.args[0]
    return None


def write_refused(name, queries):
    write(name, "malformed", ["# at: the character, from 1, that is not what was expected"] +
          [line for q in queries for line in (f"query: {q}", f"at: {refusal(q)}")])


rng = random.Random(1)
write_accepted("examples", ACCEPTED, rng)
assert all(refusal(q) for q in REFUSED), [q for q in REFUSED if not refusal(q)]
write_refused("mistakes", REFUSED)
for i in range(3):
    write_accepted(f"random_{i}", [random_query(rng) for _ in range(60)], rng)
broken = {damaged(random_query(rng), rng) for _ in range(2000)}
write_refused("random_refused", sorted(q for q in broken if (refusal(q) or 1) > 1)[::3])
if __name__ == "__main__":
    write_or_check(files, FOLDER.glob("*"))
