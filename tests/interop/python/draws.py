"""The draw: alpha, seed, stream, coin and what they make of an attestation."""
import dataclasses

import plans
from base import sha256, u64

REASONS = ("first", "retro", "appeal", "paid")
MILLION = 10**6


def alpha(origin, draw):
    return sha256(b"assay/draw/v1\n", origin.encode(), b"\n", u64(draw["size"]), draw["root"],
                  u64(draw["k"]), draw["beacon"])


def seed(beta, index, leaf_hash, reason, secret):
    return sha256(b"assay/seed/v1\n", beta, u64(index), leaf_hash,
                  bytes([REASONS.index(reason)]), secret)


class Stream:
    def __init__(self, seed_):
        self.seed, self.counter, self.words = seed_, 0, []

    def word(self):
        if not self.words:
            block = sha256(self.seed, u64(self.counter))
            self.words = [int.from_bytes(block[i:i + 8], "big") for i in range(0, 32, 8)]
            self.counter += 1
        return self.words.pop(0)

    def below(self, n):
        limit = 2**64 - 2**64 % n
        word = self.word()
        while word >= limit:
            word = self.word()
        return word % n

    def distinct(self, count, n):
        found = {}
        while len(found) < count:
            found.setdefault(self.below(n))
        return list(found)


def coin_says_audit(word, p_ppm):
    return p_ppm >= MILLION or word < p_ppm * 2**64 // MILLION


def pairs_digest(pairs):
    """As spot-check and verdict have it."""
    if not pairs:
        return None
    return {"count": len(pairs), "digest": sha256(b"assay/pairs/v1\n", *map(u64, pairs))}


@dataclasses.dataclass
class Scope:
    positions: list
    rows: list
    pairs: list

    def repeated_by(self, statement):
        return (statement["positions"] == self.positions and statement["rows"] == self.rows and
                statement["pairs"] == pairs_digest(self.pairs))


def _pairs(stream, plan, count):
    """Spread over the steps: the same number of rows in each, and one more in a random few."""
    of_step = [count // plan.steps] * plan.steps
    if count % plan.steps:
        for step in stream.distinct(count % plan.steps, plan.steps):
            of_step[step] += 1
    return sorted(step * plan.rows + row for step, rows in enumerate(of_step) if rows
                  for row in stream.distinct(rows, plan.rows))


def scope_of(seed_, plan, assurance, policy):
    """FORMAT.md "What a draw asks for"."""
    if assurance == "full":
        return Scope(list(range(1, plan.steps + 1)), [], [])
    depth, stream = policy[assurance], Stream(seed_)
    stream.word()  # the coin
    if plan.shape == "independent":
        picked = stream.distinct(min(depth["units"], plan.steps), plan.steps)
        return Scope(sorted({step + 1 for step in picked} | {1, plan.steps}), [], [])
    pairs = plans.pairs_at(plan, depth)
    follows = plan.reach == "same_row"
    thin = pairs > 0 or (follows and depth["rows"] > 0)
    whole = depth["steps"] if thin else max(depth["steps"], 1)
    positions = sorted(s + 1 for s in stream.distinct(min(whole, plan.steps), plan.steps))
    links_left = 0 < depth["micro"] < plan.steps and depth["rows"] == 0
    rows = min(1 if links_left else depth["rows"], plan.rows) if follows else 0
    followed = sorted(stream.distinct(rows, plan.rows))
    return Scope(positions, followed, _pairs(stream, plan, pairs) if pairs else [])
