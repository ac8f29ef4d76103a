"""States of scores as core/wire/FORMAT.md has them, and the numbers that follow from one: in
Python's unbounded integers, sharing no code with reputation/ or core/. Needs Python 3 and nothing
else."""
from fold_reference import LOG2_E, ONE, div, exp2_negative, mul, near, ppm

MAGIC = b"assay/state/v1\n"
NEVER = 2**64 - 1
# What a key of less than so many days is trusted at most, in ppm: less than the tier asks for.
AGE_CAPS = [(3, 699_999), (14, 819_999), (30, 879_999), (90, 909_999)]


def score_state(provider, class_name, headline, record, factors, age_days=0, tier=0, attested=None,
                audited=0, passed=0):
    uptime, performance, stake = factors
    return {"provider": provider, "class": class_name, "headline": headline, "record": record,
            "uptime": uptime, "performance": performance, "stake": stake, "age_days": age_days,
            "tier": tier, "attested": audited if attested is None else attested,
            "audited": audited, "passed": passed}


def u64(value):
    return value.to_bytes(8, "big")


def state_bytes(it):
    record, name = it["record"], it["class"].encode()
    last = NEVER if record.last_proven is None else record.last_proven
    return (MAGIC + it["provider"] + bytes([len(name)]) + name + bytes([it["headline"]]) +
            b"".join(map(u64, (record.r, record.s, record.fr, record.fs, record.slash))) +
            record.proven.to_bytes(4, "big") + u64(record.hours) + u64(last) +
            bytes([record.tombstoned]) +
            b"".join(map(u64, (it["uptime"], it["performance"], it["stake"]))) +
            it["age_days"].to_bytes(4, "big") + bytes([it["tier"]]) +
            b"".join(map(u64, (it["attested"], it["audited"], it["passed"]))))


def score_numbers(it):
    """The members of a score statement that follow from its state, in their order."""
    record = it["record"]
    cap = next((cap for days, cap in AGE_CAPS if it["age_days"] < days), 1_000_000)
    trust = min(record.trust(it["uptime"], it["performance"], it["stake"]), near(cap, 1_000_000))
    return {"trust_ppm": ppm(trust),
            "slash_ppm": ppm(exp2_negative(mul(record.slash, LOG2_E))),
            "integrity_ppm": ppm(record.integrity()), "uptime_ppm": ppm(it["uptime"]),
            "performance_ppm": ppm(it["performance"]), "stake_ppm": ppm(it["stake"]),
            "audits": str(it["audited"]),
            "uncertainty_ppm": ppm(div(2 * ONE, record.r + record.s + 2 * ONE)),
            "tombstoned": record.tombstoned}
