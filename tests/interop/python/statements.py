"""in-toto statements and the policy document: FORMAT.md's tables, one entry a member.

A member's rule takes the value as JSON has it and gives what it means, or raises Wrong."""
import datetime
import re

import score_states
import strict_json
from base import from_b64, from_hex, malformed, need, parse_u64, sha256

TYPE = "https://in-toto.io/Statement/v1"
STEPS_MAX, ROWS_MAX, PAIRS_MAX, ROW_LAST, MILLION = 4096, 65536, 1024, 2**32 - 1, 10**6


def text(low=0, high=256, pattern=None):
    def rule(value):
        need(isinstance(value, str), "malformed", "not a string")
        need(low <= len(value.encode("utf-8", "surrogatepass")) <= high, "malformed", "its length")
        need(not re.search("[\x00-\x1f\x7f-\x9f]", value), "malformed", "a control character")
        need(pattern is None or re.fullmatch(pattern, value), "malformed", "its characters")
        return value
    return rule


def opaque(high):
    def rule(value):
        need(isinstance(value, str) and len(value.encode()) <= high, "malformed", "not such a text")
        return value
    return rule


def word(high):
    return text(1, high, "[a-z0-9-]+")


def hex_of(size):
    return lambda value: from_hex(text(0, 2 * size)(value), size)


def u64(low=0, high=2**64 - 1):
    def rule(value):
        number = parse_u64(text(0, 20)(value))
        need(low <= number <= high, "malformed", f"{number} is outside its range")
        return number
    return rule


def u32(low=0, high=2**32 - 1):
    def rule(value):
        need(isinstance(value, int) and not isinstance(value, bool), "malformed", "no integer")
        need(low <= value <= high, "malformed", f"{value} is outside its range")
        return value
    return rule


def boolean(value):
    need(isinstance(value, bool), "malformed", "neither true nor false")
    return value


def one_of(*names):
    def rule(value):
        need(text(0, 16)(value) in names, "malformed", "none of " + ", ".join(names))
        return value
    return rule


def either_null(rule):
    return lambda value: None if value is None else rule(value)


def optional(rule):
    """A member that is left out where there is nothing to say."""
    def one(value):
        return rule(value)
    one.rules, one.optional = getattr(rule, "rules", None), True
    return one


def members(**rules):
    """An object with exactly these members."""
    def rule(value):
        need(isinstance(value, dict), "malformed", "not an object")
        meant = {}
        for name, one in rules.items():
            if name not in value and hasattr(one, "optional"):
                continue
            need(name in value, "malformed", name + " is missing")
            try:
                meant[name] = one(value[name])
            except Exception as wrong:
                raise malformed(f"{name}: {wrong}") from None
        need(set(value) <= set(rules), "malformed", "a member that is not known")
        return meant
    rule.rules = rules
    return rule


def some(rule, high, low=0):
    def each(value):
        need(isinstance(value, list) and low <= len(value) <= high, "malformed", "not such a list")
        return [rule(one) for one in value]
    each.rules = getattr(rule, "rules", None)
    return each


def spell_numbers(numbers):
    runs = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    spelled = []
    for first, last in runs:
        spelled += [[first, last]] if last - first >= 2 else range(first, last + 1)
    return spelled


def numbers(low, last, count_max):
    def rule(value):
        need(isinstance(value, list) and len(value) <= count_max, "malformed", "not a list")
        found = []
        for one in value:
            first, final = one if isinstance(one, list) and len(one) == 2 else (one, one)
            u32(low, last)(first), u32(low, last)(final)
            need(final - first < count_max - len(found), "malformed", "too many numbers")
            need(not found or first > found[-1], "malformed", "not ascending")
            found += range(first, final + 1)
        need(spell_numbers(found) == value, "malformed", "not the one spelling of its numbers")
        return found
    return rule


def outcomes(value):
    """Letters by their counts; how many there must be is checked with the list."""
    spelled = text(0, 2 * ROWS_MAX)(value)
    need(re.fullmatch("(?:[mxui][1-9][0-9]*)*", spelled), "malformed", "not outcomes")
    found = re.findall("([mxui])([0-9]+)", spelled)
    need(all(a[0] != b[0] for a, b in zip(found, found[1:])), "malformed", "neighbours not joined")
    need(sum(int(count[:7]) for _, count in found) <= ROWS_MAX, "malformed", "too many outcomes")
    return [letter for letter, count in found for _ in range(int(count))]


def real_time(value):
    """RFC 3339 in UTC with milliseconds."""
    need(re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z",
                      text()(value)), "malformed", "not RFC 3339 in UTC with milliseconds")
    try:
        when = datetime.datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ")
    except ValueError as wrong:
        raise malformed(str(wrong)) from None
    need(when.year >= 1970 and when.second < 60, "malformed", "no such time")
    return value


def reference(scheme):
    def check(value):
        meant = members(uri=text(), digest=DIGEST_OBJECT)(value)
        digest = meant["digest"]["sha256"]
        need(meant["uri"] == scheme + digest.hex(), "malformed", "uri names another digest")
        return digest
    check.rules = dict(uri=text(), digest=DIGEST_OBJECT)
    return check


def after(scheme):
    def rule(value):
        need(text()(value).startswith(scheme), "malformed", "not " + scheme)
        return from_hex(value[len(scheme):], 32)
    return rule


def uptime_row(value):
    need(isinstance(value, list) and len(value) == 3, "malformed", "not [key, answered, asked]")
    row = KEY(value[0]), u32()(value[1]), u32()(value[2])
    need(row[1] <= row[2], "malformed", "answered more than asked")
    return row


def ascending(rule):
    def check(value):
        found = rule(value)
        need(all(a < b for a, b in zip(found, found[1:])), "malformed", "not ascending")
        return found
    return check


DIGEST = KEY = hex_of(32)
DIGEST_OBJECT = members(sha256=DIGEST)
TIME = u64(0, 2**53)
PPM = u32(0, MILLION)
REASON = one_of("first", "retro", "appeal", "paid")
OUTCOME = one_of("match", "mismatch", "unavailable", "inconclusive")
ASSURANCE = one_of("standard", "strict", "forensic", "full")
FAULT = one_of("wrong-result", "withheld", "equivocation")
POSITIONS = numbers(1, STEPS_MAX, STEPS_MAX)
ROWS = numbers(0, ROW_LAST, ROWS_MAX)
PAIR_NUMBERS = numbers(0, STEPS_MAX * 2**32 - 1, PAIRS_MAX)
PAIRS = either_null(members(count=u32(1, PAIRS_MAX), digest=DIGEST))
FILE_WORD = text(1, 64, r"(?!\.{1,2}$)[A-Za-z0-9._-]+")
PART = one_of("gpu", "cpu", "memory", "disk", "network")
UNITS = {"gpu": "ops/s", "cpu": "ops/s", "memory": "bytes", "disk": "bytes/s", "network": "bytes/s"}
CLAIMS = some(members(**{"class": text(1, 128), "part": PART, "rate": u64(1)}), 16, 1)
PARTS = some(members(part=PART, unit=one_of("ops/s", "bytes", "bytes/s"), claimed=u64(1),
                     measured=u64()), 5, 1)
BENCHMARK_ANSWER = members(round=DIGEST, results=some(DIGEST, 16, 1), opening_blob=DIGEST)
DEVICES = some(members(uuid=text(0, 128), model=text(0, 128), driver=text(0, 128),
                       memory_bytes=u64()), 64)


def any_object(value):
    need(isinstance(value, dict), "malformed", "not an object")
    return value


def beacon(value):
    need(len(text(0, 112)(value)) in (0, 112), "malformed", "neither empty nor 56 bytes")
    return from_hex(value)


def some_bytes(value):
    data = from_b64(text(0, 16384)(value))
    need(data, "malformed", "empty")
    return data


SCHEMAS = {
    "registration": members(provider=KEY, name=text(1, 64), region=text(0, 64),
                            device_class=word(32), devices=DEVICES, price_micros=u64(),
                            claims=optional(CLAIMS)),
    "job": members(workload=word(32), version=u32(1), parameters=any_object,
                   inputs=some(members(name=FILE_WORD, sha256=DIGEST, size_bytes=u64()), 64),
                   nonce=DIGEST, device_class=word(32), price_micros=u64(), assurance=ASSURANCE,
                   renter_secret_commitment=DIGEST, deadline_ms=u64(1, 2**53), renter=KEY,
                   provider=either_null(KEY)),
    "cancel": members(job=DIGEST),
    "reveal": members(job=DIGEST, secret=DIGEST),
    "acceptance": members(job=DIGEST, devices=DEVICES, expected_end=TIME),
    "attestation": members(job=DIGEST, trace=members(root=DIGEST, steps=u32(1, STEPS_MAX)),
                           seq=u64(1), prev=DIGEST, started=TIME, finished=TIME, devices=DEVICES,
                           backend=text(1, 64), result_blob=DIGEST, trace_blob=DIGEST),
    "heartbeat": members(nonce=DIGEST, seq=u64(), handed=DIGEST, sent=TIME, load_ppm=PPM,
                         free_memory_bytes=u64(), accepts_jobs=boolean,
                         outputs=some(members(job=DIGEST, step=u32(1, STEPS_MAX),
                                              outputs=some(some_bytes, 256, 1)), 8),
                         benchmark=optional(BENCHMARK_ANSWER)),
    "spotcheck": members(draw=DIGEST, attestation_index=u64(), attestation=DIGEST, reason=REASON,
                         ordinal=u32(), positions=POSITIONS, rows=ROWS, pairs=PAIRS,
                         opening_blob=DIGEST, opening_bytes=u64()),
    "draw": members(**{"k": u64(), "from": u64(), "to": u64(), "size": u64(), "root": DIGEST,
                       "beacon": beacon, "proof": hex_of(80)}),
    "verdict": members(draw=DIGEST, attestation_index=u64(), attestation=DIGEST, job=DIGEST,
                       provider=KEY, reason=REASON, ordinal=u32(), p_ppm=PPM, positions=POSITIONS,
                       position_outcomes=outcomes, rows=ROWS, row_outcomes=outcomes, pairs=PAIRS,
                       pair_outcomes=outcomes, outcome=OUTCOME,
                       fault=either_null(members(step=either_null(u32(0, STEPS_MAX)),
                                                 row=either_null(u32(0, ROW_LAST)))),
                       runs=u32(), device=text(0, 128), replay_ops=u64(), detail=text(0, 512),
                       workers=optional(some(members(worker=KEY, device=text(0, 128),
                                                     driver=text(0, 64), result=DIGEST), 8, 1))),
    "worker": members(worker=KEY, name=text(1, 64), device=text(1, 128), driver=text(0, 64),
                      state=one_of("enabled", "suspended"), cause=text(0, 32, "[a-z0-9-]*"),
                      void_from=u64(), after=u64()),
    "worker-call": members(worker=KEY, origin=text(1), sent=TIME, lease=DIGEST),
    "worker-result": members(worker=KEY, lease=DIGEST, task=DIGEST,
                             outcome=one_of("match", "mismatch", "inconclusive"),
                             position_outcomes=outcomes, row_outcomes=outcomes,
                             pair_outcomes=outcomes,
                             fault=either_null(members(step=either_null(u32(0, STEPS_MAX)),
                                                       row=either_null(u32(0, ROW_LAST)))),
                             device=text(1, 128), driver=text(0, 64), replay_ops=u64(),
                             detail=text(0, 512)),
    "paid-challenge": members(attestation_index=u64(), attestation=DIGEST, job=DIGEST,
                              challenger=KEY, deposit_micros=u64(1)),
    "summary": members(verifier=members(id=text(1)), timeVerified=real_time,
                       resourceUri=after("job:"), policy=reference("policy:"),
                       inputAttestations=some(reference("attestation:"), 1, 1),
                       verificationResult=one_of("PASSED", "FAILED"),
                       verifiedLevels=some(opaque(64), 8, 1), slsaVersion=one_of("1.0")),
    "timeout": members(job=DIGEST, provider=KEY, acceptance_index=u64(), verifier_at_fault=boolean),
    "uptime": members(window=u64(), window_seconds=u32(1), part=u32(), verifier_alive=boolean,
                      answers=DIGEST, rows=some(uptime_row, 500)),
    "slash": members(**{"provider": KEY, "class": text(1, 128), "fault": FAULT, "job": DIGEST,
                        "attestation": DIGEST, "attestation_index": u64(),
                        "evidence_indices": ascending(some(u64(), 16, 1)),
                        "evidence_blob": DIGEST, "delivery_proof": opaque(16384),
                        "severity_ppm": u32(1, 2 * MILLION), "finality": TIME,
                        "detail": text(0, 1024)}),
    "reversal": members(slash_index=u64(), provider=KEY,
                        cause=one_of("delivered", "overturned", "drawn", "expired")),
    "appeal": members(slash_index=u64(), provider=KEY, deposit_micros=u64(), nonce=DIGEST,
                      remark=text(0, 500)),
    "ruling": members(slash_index=u64(), appeal_index=u64(), provider=KEY,
                      outcome=one_of("granted", "refuted", "undecided"), draw=DIGEST,
                      positions=POSITIONS, rows=ROWS, pairs=PAIRS,
                      replays=some(members(device=text(1, 128), outcome=OUTCOME), 16),
                      detail=text(0, 512)),
    "stake": members(provider=KEY, move=one_of("bond", "unbond", "delegate", "undelegate"),
                     amount_micros=u64(1, 2**53), reference=text(1, 128)),
    "maintenance": members(**{"provider": KEY, "from": TIME, "to": TIME}),
    "measurement": members(**{"provider": KEY, "class": text(1, 128), "round": DIGEST,
                              "parts": PARTS, "took_ms": u64(), "how": text(0, 256)}),
    "settlement": members(job=DIGEST, provider=KEY, origin=text(1), tree_size=u64(1), root=DIGEST,
                          verdict_index=u64(), price_micros=u64(), payable_micros=u64(),
                          holdback_micros=u64(), released=TIME),
    "dispute": members(attestation_index=u64(), attestation=DIGEST, job=DIGEST,
                       step=u32(0, STEPS_MAX), challenger=KEY, deposit_micros=u64(1)),
    "dispute-move": members(dispute_index=u64(), number=u32(0, 16),
                            move=members(kind=one_of("answer", "operation", "state", "output",
                                                     "child", "conviction"),
                                         choice=u32(), blob=DIGEST)),
    "dispute-end": members(dispute_index=u64(), lost=one_of("provider", "challenger"),
                           cause=one_of("convicted", "acquitted", "silent"),
                           delivery_proof=opaque(16384)),
    "policy": members(document=opaque(16384), activation_epoch=u64()),
    "score": members(**{"provider": KEY, "class": text(0, 128), "origin": text(1),
                        "tree_size": u64(), "root": DIGEST, "policy": DIGEST, "epoch": u64(),
                        "final": boolean, "trust_ppm": PPM, "slash_ppm": PPM,
                        "integrity_ppm": PPM, "uptime_ppm": PPM, "performance_ppm": PPM,
                        "stake_ppm": PPM, "audits": u64(), "uncertainty_ppm": PPM,
                        "tombstoned": boolean,
                        "snapshot": optional(members(
                            index=u64(1), statement=DIGEST, states=u64(1), states_root=DIGEST,
                            state_index=u64(), state=score_states.state, path=some(DIGEST, 64)))}),
    "snapshot": members(origin=text(1), epoch=u64(), tree_size=u64(1), root=DIGEST, policy=DIGEST,
                        states=u64(1), states_root=DIGEST),
}
CHALLENGE = members(draw=DIGEST, attestation_index=u64(), attestation=DIGEST, job=DIGEST,
                    reason=REASON, ordinal=u32(), p_ppm=PPM, positions=POSITIONS, rows=ROWS,
                    pairs=PAIR_NUMBERS, deadline=TIME)
DAY = 86_400_000
DEPTH = members(units=u32(0, 1024), steps=u32(0, 1024), rows=u32(0, 1024), micro=u32(0, 1024))
SEVERITY = u32(1, 2 * MILLION)
POLICY = members(
    assay=one_of("policy/v1"), name=text(1, 64), currency=text(1, 16), epoch_seconds=u32(1, 86_400),
    uptime_window_seconds=u32(1, 86_400), first_jobs=PPM, audit_ppm=u32(1, MILLION),
    audit_after_soft_failure_jobs=PPM, standard=DEPTH, strict=DEPTH, forensic=DEPTH,
    micro_columns=u32(1, 1024), reveal_window_ms=u32(0, DAY), draw_deadline_ms=u32(1, DAY),
    opening_deadline_ms=u32(1, DAY), openings_asked_max=u32(1, 100),
    ask_again_after_ms=u32(0, 7 * DAY), confirm_runs=u32(1, 100), confirm_devices_min=u32(1, 100),
    accept_within_ms=u32(1, DAY), job_deadline_max_ms=u64(1, 365 * DAY),
    open_jobs_max=u32(1, 100 * MILLION), poll_ms=u32(1, 3_600_000), probe_mean_ms=u32(1, DAY),
    probe_grace_ms=u32(1, DAY), severity_wrong_ppm=SEVERITY, severity_withheld_ppm=SEVERITY,
    severity_equivocation_ppm=SEVERITY, finality_ms=u64(0, 365 * DAY),
    retention_ms=u64(0, 3650 * DAY), stake_required_micros=u64(0, 2**53),
    unbonding_ms=u64(0, 365 * DAY), operators=some(KEY, 16), performance_ppm=PPM,
    reference_value_micros=u64(1, 2**63 - 1))


def parse_policy(data):
    """The policy document: one spelling."""
    value = strict_json.parse(data, 16384)
    policy = POLICY(value)
    for depth in ("standard", "strict", "forensic"):
        it = policy[depth]
        need(it["steps"] + it["rows"] + it["micro"] > 0, "malformed", depth + " checks no chain")
    need(all(a < b for a, b in zip(policy["operators"], policy["operators"][1:])), "malformed",
         "operators descend")
    need(policy["confirm_devices_min"] <= policy["confirm_runs"], "malformed", "confirm_devices")
    need(spelled(value, POLICY.rules).encode() == data, "malformed", "policy: a second spelling")
    return policy


def _ordered(value, rules):
    if isinstance(value, list):
        return [_ordered(one, rules) for one in value]
    if not isinstance(value, dict) or rules is None:
        return value
    return {name: _ordered(value[name], getattr(rules[name], "rules", None)) for name in rules
            if name in value}


def spelled(value, rules):
    return strict_json.dump(_ordered(value, rules))


def _subjects(kind, p, subject):
    """The name of a statement's subject, and the digest that it must be."""
    if kind in ("worker", "worker-call"):
        return "worker", sha256(p["worker"])
    hashed = {"registration": "provider", "score": "provider", "stake": "provider",
              "maintenance": "provider", "measurement": "provider"}
    same = {"job": ("order", "nonce"), "cancel": ("job", "job"), "reveal": ("job", "job"),
            "acceptance": ("job", "job"), "heartbeat": ("handout", "handed"),
            "spotcheck": ("attestation", "attestation"), "draw": ("checkpoint", "root"),
            "verdict": ("attestation", "attestation"), "timeout": ("job", "job"),
            "settlement": ("job", "job"), "snapshot": ("states", "states_root"),
            "uptime": ("answers", "answers"), "slash": ("attestation", "attestation"),
            "dispute": ("attestation", "attestation"), "worker-result": ("lease", "lease"),
            "paid-challenge": ("attestation", "attestation")}
    if kind in hashed:
        return "provider", sha256(p[hashed[kind]])
    if kind == "policy":
        return "policy", sha256(p["document"].encode())
    if kind in same:
        return same[kind][0], p[same[kind][1]]
    return {"attestation": "result", "summary": "result", "reversal": "slash",
            "appeal": "slash", "ruling": "slash",
            "dispute-move": "dispute", "dispute-end": "dispute"}[kind], subject


def _check_verdict(p):
    keys = [one["worker"] for one in p.get("workers", [])]
    need(all(a < b for a, b in zip(keys, keys[1:])), "malformed", "workers must ascend")
    for numbers_, name in (("positions", "position_outcomes"), ("rows", "row_outcomes")):
        need(len(p[numbers_]) == len(p[name]), "malformed", name + ": another count")
    pairs = p["pairs"]["count"] if p["pairs"] else 0
    need(len(p["pair_outcomes"]) == pairs, "malformed", "pair_outcomes: another count")
    if p["fault"] is not None:
        need(p["outcome"] == "mismatch", "malformed", "a fault without a mismatch")
        need(p["fault"] != {"step": None, "row": None}, "malformed", "a fault nowhere")
    if p["outcome"] == "match":
        found = p["position_outcomes"] + p["row_outcomes"] + p["pair_outcomes"]
        need(found and set(found) == {"m"}, "malformed", "cannot be match")


def _check_worker(p):
    enabled = p["state"] == "enabled"
    need(enabled == (p["cause"] == ""), "malformed", "cause belongs to the suspended alone")
    need(not enabled or p["void_from"] == 0, "malformed", "void_from likewise")


def _check_worker_result(p):
    for name, most in (("position_outcomes", STEPS_MAX), ("pair_outcomes", PAIRS_MAX)):
        need(len(p[name]) <= most, "malformed", name + ": too many")
    need((p["fault"] is not None) == (p["outcome"] == "mismatch"), "malformed", "fault")
    need(p["fault"] != {"step": None, "row": None}, "malformed", "a fault nowhere")
    if p["outcome"] == "match":
        found = p["position_outcomes"] + p["row_outcomes"] + p["pair_outcomes"]
        need(found and set(found) == {"m"}, "malformed", "cannot be match")


def _check_more(kind, p):
    """What FORMAT.md asks of several members together."""
    if kind == "job":
        names = [one["name"] for one in p["inputs"]]
        need(len(set(names)) == len(names), "malformed", "two inputs of one name")
    if kind == "registration":
        found = [(one["class"], list(UNITS).index(one["part"])) for one in p.get("claims", [])]
        need(all(a < b for a, b in zip(found, found[1:])), "malformed", "claims must ascend")
        need(all(name.startswith(p["device_class"] + "/") for name, _ in found), "malformed",
             "claims: of another device class")
    if kind == "maintenance":
        need(p["from"] < p["to"], "malformed", "to is not after from")
    if kind == "measurement":
        found = [list(UNITS).index(one["part"]) for one in p["parts"]]
        need(all(a < b for a, b in zip(found, found[1:])), "malformed", "parts must ascend")
        need(all(UNITS[one["part"]] == one["unit"] for one in p["parts"]), "malformed", "a unit")
    if kind == "heartbeat":
        jobs = [one["job"] for one in p["outputs"]]
        data = [one for job in p["outputs"] for one in job["outputs"]]
        need(len(set(jobs)) == len(jobs) and len(data) <= 256 and
             sum(map(len, data)) <= 6144, "malformed", "outputs: too many, or a job twice")
        need(all(one["step"] + len(one["outputs"]) - 1 <= STEPS_MAX for one in p["outputs"]),
             "malformed", "outputs: of steps that no job has")
    if kind == "spotcheck":
        need(p["positions"] or p["rows"] or p["pairs"], "malformed", "asks for nothing")
    if kind == "draw":
        need(p["from"] < p["to"] <= p["size"], "malformed", "no such range")
        need((p["k"] == 0) == (p["from"] == 0), "malformed", "from is 0 in draw 0 only")
    if kind == "verdict":
        _check_verdict(p)
    if kind == "worker":
        _check_worker(p)
    if kind == "worker-result":
        _check_worker_result(p)
    if kind == "uptime":
        keys = [row[0] for row in p["rows"]]
        need(all(a < b for a, b in zip(keys, keys[1:])), "malformed", "keys must ascend")
    if kind == "slash":
        need((p["fault"] == "withheld") == (p["delivery_proof"] != ""), "malformed",
             "delivery_proof belongs to withheld alone")
    if kind == "settlement":
        need(p["payable_micros"] + p["holdback_micros"] <= p["price_micros"], "malformed",
             "more than the price")
    if kind == "score":
        need(p["final"] == ("snapshot" in p), "malformed", "a proof belongs to final scores alone")
    if kind == "ruling":
        found = [one["outcome"] for one in p["replays"]
                 if one["device"] in ("cpu/scalar", "signatures")]
        due = ("refuted" if {"mismatch", "unavailable"} & set(found) else
               "granted" if set(found) == {"match"} else "undecided")
        need(p["outcome"] == due, "malformed", "outcome does not follow from the replays")
    if kind == "dispute-move":
        move = p["move"]
        need(move["choice"] == 0 or move["kind"] in ("operation", "child"), "malformed", "choice")
        need((move["blob"] != bytes(32)) == (move["kind"] in ("answer", "conviction")),
             "malformed", "blob belongs to answers and convictions alone")
    if kind == "dispute-end":
        due = {"convicted": "provider", "acquitted": "challenger"}.get(p["cause"], p["lost"])
        need(p["lost"] == due, "malformed", "lost does not follow from the cause")
        need((p["delivery_proof"] != "") == (p["cause"] == "silent" and p["lost"] == "provider"),
             "malformed", "delivery_proof belongs to a silent provider alone")
    if kind == "policy":
        parse_policy(p["document"].encode())
    if kind == "summary":
        done = "ASSAY_(REPLAYED|FOLLOWED_ROWS|MICRO_ROWS)_[1-9].*"
        good = "FAILED" if p["verificationResult"] == "FAILED" else done
        need(all(re.fullmatch(good, one, re.DOTALL) for one in p["verifiedLevels"]), "malformed",
             "levels that do not say what was done")
        need(good == done or len(p["verifiedLevels"]) == 1, "malformed", "FAILED, once")


def kind_of(payload):
    """The statement's kind, subject and predicate; these are not looked into yet."""
    value = strict_json.parse(payload, 65393)
    whole = members(_type=one_of_text(TYPE), predicateType=text(), predicate=any_object,
                    subject=some(members(name=text(0, 64), digest=DIGEST_OBJECT), 1, 1))
    meant = whole(value)
    for kind in SCHEMAS:
        if meant["predicateType"] == predicate_type(kind):
            return kind, meant["subject"][0], meant["predicate"]
    raise malformed("predicateType is none that is known")


def one_of_text(due):
    def rule(value):
        need(value == due, "malformed", "must be " + due)
        return value
    return rule


def predicate_type(kind):
    if kind == "summary":
        return "https://slsa.dev/verification_summary/v1"
    return f"https://assay.example/{kind}/v1"


def parse(payload, kind):
    """A statement of this kind: what its predicate means, with "subject" added."""
    found, subject, predicate = kind_of(payload)
    need(found == kind, "malformed", f"a {found} where a {kind} is expected")
    meant = SCHEMAS[kind](predicate)
    _check_more(kind, meant)
    digest = subject["digest"]["sha256"]
    name, due = _subjects(kind, meant, digest)
    need(subject["name"] == name and digest == due, "malformed", "another subject")
    return meant | {"subject": digest}


def rewritten(payload, kind):
    """The same statement as Assay would write it."""
    value = strict_json.parse(payload, 65393)
    subject = value["subject"][0]
    return strict_json.dump({
        "_type": TYPE,
        "subject": [{"name": subject["name"], "digest": subject["digest"]}],
        "predicateType": predicate_type(kind),
        "predicate": _ordered(value["predicate"], SCHEMAS[kind].rules)})


def parse_challenge(data):
    meant = CHALLENGE(strict_json.parse(data))
    need(meant["positions"] or meant["rows"] or meant["pairs"], "malformed", "asks for nothing")
    return meant
