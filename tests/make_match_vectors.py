#!/usr/bin/env python3
"""Writes vectors/match_draw. Needs Python 3 and nothing else; --check compares.

The recipe of reputation/policy/MATCHING.md in unbounded integers, with the VRF of reference.py: no
code of reputation/policy."""
import hashlib
import json
import pathlib
import random

import reference as ref
from fold_reference import LOG2_E, ONE, exp2_negative, mul
from written_files import write_or_check

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "match_draw"
TICKETS = 10**12
MILLION = 10**6
ORIGIN = "match.example/assay"
VRF_SEED = hashlib.sha256(b"vectors match_draw vrf").digest()
DEFAULTS = {"region": 10, "price_delta": 25, "uptime": 10, "reputation": 40, "availability": 5,
            "slash_rate": 5, "stake": 5, "temperature_ppm": 50000, "newcomer_floor_ppm": 20000}
files = {}


def digest(text):
    return hashlib.sha256(text.encode()).digest()


def spelling(**asked):
    """The one spelling of a request."""
    request = {"query": "", "workload": "", "device_class": "", "regions": [], "tier_min": "entry",
               "price_limit_micros": None, "duration_seconds": 3600, "count": 1,
               "weights": DEFAULTS, "nonce": digest("nonce").hex()}
    assert not set(asked) - set(request)
    request = {key: asked.get(key, value) for key, value in request.items()}
    request["weights"] = {key: request["weights"].get(key, value)
                          for key, value in DEFAULTS.items()}
    return json.dumps(request, separators=(",", ":"), ensure_ascii=False)


def pool_bytes(pool):
    return b"".join(who + (value + new * 2**31).to_bytes(4, "big") for who, value, new in pool)


def shares(values, temperature, tickets):
    best = max(values)
    weights = [exp2_negative(mul((best - v) * ONE // temperature, LOG2_E)) if temperature else
               (ONE if v == best else 0) for v in values]
    given = [tickets * w // sum(weights) for w in weights]
    given[weights.index(max(weights))] += tickets - sum(given)
    return given


def tickets_of(pool, weights):
    values, new = [v for _, v, _ in pool], [n for _, _, n in pool]
    temperature, floor = weights["temperature_ppm"], weights["newcomer_floor_ppm"]
    tickets = shares(values, temperature, TICKETS)
    least = TICKETS // MILLION * floor
    if any(new) and not all(new) and sum(t for t, n in zip(tickets, new) if n) < least:
        for group, give in ((True, least), (False, TICKETS - least)):
            places = [i for i, n in enumerate(new) if n == group]
            for i, share in zip(places, shares([values[i] for i in places], temperature, give)):
                tickets[i] = share
    assert sum(tickets) == TICKETS
    return tickets


def words(seed):
    counter = 0
    while True:
        block = hashlib.sha256(seed + counter.to_bytes(8, "big")).digest()
        for i in range(4):
            yield int.from_bytes(block[8 * i:8 * i + 8], "big")
        counter += 1


def draws(pool, tickets, seed, count):
    stream, left, drawn = words(seed), list(range(len(pool))), []
    while left and len(drawn) < count:
        total = sum(tickets[i] for i in left)
        if total:
            limit = 2**64 // total * total
            number = next(w for w in stream if w < limit) % total
            for i in left:
                if number < tickets[i]:
                    break
                number -= tickets[i]
        else:
            i = max(left, key=lambda j: (pool[j][1], -j))
        left.remove(i)
        drawn.append(pool[i][0])
    return drawn


def write(name, expect, lines, note):
    path = f"vectors/match_draw/{name}.txt"
    head = [f"# {path}", f"expect: {expect}"] + ([f"note: {note}"] if note else [])
    files[FOLDER / f"{name}.txt"] = ("\n".join(head + lines) + "\n").encode()


def scenario(name, asking, entrants, note=None, expect="ok", **bend):
    """bend: what of the answer is not what it should be."""
    pool = sorted(entrants)
    size, root = 123456789, digest("root")
    packed = pool_bytes(pool)
    alpha = hashlib.sha256(b"assay/match/v1\n" + ORIGIN.encode() + b"\n" +
                           size.to_bytes(8, "big") + root +
                           hashlib.sha256(asking.encode()).digest() +
                           hashlib.sha256(packed).digest()).digest()
    proof, beta = ref.vrf_prove(VRF_SEED, alpha)
    seed = hashlib.sha256(b"assay/match-seed/v1\n" + beta).digest()
    asked = json.loads(asking)
    tickets = tickets_of(pool, asked["weights"])
    answer = {"request": asking, "origin": ORIGIN, "size": size, "root": root.hex(),
              "request_sha256": digest(asking).hex(),
              "pool_sha256": hashlib.sha256(packed).hexdigest(), "pool": packed.hex(),
              "vrf": ref.public_key(VRF_SEED).hex(), "proof": proof.hex()}
    answer.update(bend)
    lines = [f"{key}: {value}" for key, value in answer.items()]
    if expect == "ok":
        lines += [f"alpha: {alpha.hex()}", f"vrf_seed: {VRF_SEED.hex()}", f"seed: {seed.hex()}"]
        lines += [f"tickets: {t}" for t in tickets]
        lines += [f"drawn: {who.hex()}" for who in draws(pool, tickets, seed, asked["count"])]
    write(name, expect, lines, note)


def pool_of(rng, count, newcomers=.2):
    return [(rng.randbytes(32), rng.randrange(MILLION + 1), int(rng.random() < newcomers))
            for _ in range(count)]


def main():
    rng = random.Random(20261129)
    alike = [(digest(f"alike {i}"), 800000, 0) for i in range(5)]
    scenario("one", spelling(), alike[:1])
    scenario("alike", spelling(count=5), alike, "five of five, in the order drawn")
    scenario("all_of_fewer", spelling(count=64), alike, "asked for more than there are")
    scenario("newcomer_floor", spelling(count=2), alike + [(digest("new"), 0, 1)])
    scenario("newcomers_only", spelling(), [(who, v, 1) for who, v, _ in alike])
    scenario("always_the_best", spelling(count=4, weights={"temperature_ppm": 0}),
             [(digest(f"best {i}"), v, 0) for i, v in enumerate((700000, 900000, 700000, 800000))],
             "after the best nobody has a ticket: then by value, and by id among those alike")
    scenario("asked_in_full", spelling(
        query="gpu_name=h200 name=\"a \\\"b\\\"\"", workload="gemm@1", device_class="h200",
        regions=["eu", "\u00e9t\u00e9"], tier_min="ultra-high", price_limit_micros="2500000",
        duration_seconds=60, count=3,
        weights={"region": 0, "price_delta": 1000, "temperature_ppm": 1000000,
                 "newcomer_floor_ppm": 50000}), pool_of(rng, 20))
    for i, count in enumerate((2, 3, 7, 40, 100)):
        weights = {"temperature_ppm": rng.choice((1000, 5000, 50000, 300000)),
                   "newcomer_floor_ppm": rng.choice((10000, 50000))}
        scenario(f"random_{i}", spelling(count=min(64, count), weights=weights,
                                         nonce=rng.randbytes(32).hex()), pool_of(rng, count))

    bent = pool_of(rng, 6)
    other = spelling(nonce=digest("another nonce").hex())
    scenario("another_request", spelling(), bent, expect="unbound", request=other)
    scenario("another_pool", spelling(), bent, expect="unbound",
             pool=pool_bytes(sorted(bent)[1:]).hex())
    scenario("another_head", spelling(), bent, expect="proof", size=123456790)
    scenario("another_origin", spelling(), bent, expect="proof", origin="other.example/assay")
    scenario("another_key", spelling(), bent, expect="proof",
             vrf=ref.public_key(digest("another key")).hex())
    scenario("another_proof", spelling(), bent, expect="proof",
             proof=ref.vrf_prove(VRF_SEED, digest("another alpha"))[0].hex())
    twice = sorted(bent)[:1] * 2
    scenario("provider_twice", spelling(), bent, expect="malformed", pool=pool_bytes(twice).hex())
    scenario("pool_descending", spelling(), bent, expect="malformed",
             pool=pool_bytes(sorted(bent)[::-1]).hex())
    scenario("pool_cut_short", spelling(), bent, expect="malformed",
             pool=pool_bytes(sorted(bent)).hex()[:-2])
    scenario("value_above_one", spelling(), bent, expect="malformed",
             pool=pool_bytes([(digest("x"), MILLION + 1, 0)]).hex())
    scenario("proof_of_nothing", spelling(), bent, expect="malformed", proof="ff" * 80)
    write_or_check(files, FOLDER.glob("*"))


main()
