"""The literal examples of core/wire/FORMAT.md: one small history of a log, from fixed keys, sharing
no code with core/. tests/core/wire/statements/examples.cc tells the same history in C++."""
import base64
import json

from fold_reference import ONE, Record, near
from reference import inclusion, public_key, root, sha256, sign, vrf_prove

from score_states import score_numbers, score_state, state_bytes

TYPE = "application/vnd.in-toto+json"
PREFIX = "https://assay.example/"
SUMMARY_TYPE = "https://slsa.dev/verification_summary/v1"
ORIGIN = "assay.example/log"
NOW = 1_795_363_200_000  # 2026-11-22T16:00:00Z
ZEROS = "00" * 32


def seed(role):
    return sha256(b"assay example key " + role.encode())


def named(what):
    """A digest that stands for something not shown."""
    return sha256(b"assay example " + what.encode())


KEY = {role: public_key(seed(role))
       for role in ("provider", "renter", "verifier", "vrf", "log", "worker")}


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def b64(data):
    return base64.b64encode(data).decode()


def u64(value):
    return value.to_bytes(8, "big")


def pae(payload):
    return b"DSSEv1 %d %s %d %s" % (len(TYPE), TYPE.encode(), len(payload), payload)


def digest(payload):
    """How statements name each other: SHA-256 of the PAE."""
    return sha256(pae(payload.encode()))


def statement(kind, name, subject, predicate):
    type_name = SUMMARY_TYPE if kind == "summary" else f"{PREFIX}{kind}/v1"
    return compact({"_type": "https://in-toto.io/Statement/v1",
                    "subject": [{"name": name, "digest": {"sha256": subject.hex()}}],
                    "predicateType": type_name, "predicate": predicate})


def envelope(role, payload):
    return compact({"payload": b64(payload.encode()), "payloadType": TYPE,
                    "signatures": [{"keyid": sha256(KEY[role]).hex(),
                                    "sig": b64(sign(seed(role), pae(payload.encode())))}]})


def leaf(role, payload, time):
    data = payload.encode()
    return (b"\x01\x01" + u64(time) + KEY[role] + sha256(pae(data)) + sign(seed(role), pae(data)) +
            len(data).to_bytes(4, "big") + data)


def key_id(name, key):
    return sha256(name.encode(), b"\n\x01", key)[:4]


def checkpoint(leaves):
    text = f"{ORIGIN}\n{len(leaves)}\n{b64(root(leaves))}\n"
    line = b64(key_id(ORIGIN, KEY["log"]) + sign(seed("log"), text.encode()))
    return f"{text}\n— {ORIGIN} {line}\n"


def tlog_proof(index, leaves):
    path = "".join(b64(node) + "\n" for node in inclusion(index, leaves))
    return (f"c2sp.org/tlog-proof@v1\nextra {b64(leaves[index])}\nindex {index}\n{path}\n" +
            checkpoint(leaves))


DEVICES = [{"uuid": "cpu-0", "model": "Example CPU", "driver": "none",
            "memory_bytes": "34359738368"}]

registration = {"provider": KEY["provider"].hex(), "name": "honest-1", "region": "eu-west",
                "device_class": "cpu", "devices": DEVICES, "price_micros": "250000"}

tensors = b"example bytes, not a real file\n"
order = {
    "workload": "gemm", "version": 1,
    "parameters": {"rows": 64, "cols": 64, "steps": 2, "weights": "inputs"},
    "inputs": [{"name": "tensors", "sha256": sha256(tensors).hex(),
                "size_bytes": str(len(tensors))}],
    "nonce": named("nonce").hex(), "device_class": "cpu", "price_micros": "1000000",
    "assurance": "standard", "renter_secret_commitment": ZEROS, "deadline_ms": "60000",
    "renter": KEY["renter"].hex(), "provider": None}
ORDER = statement("job", "order", named("nonce"), order)
JOB = digest(ORDER)

acceptance = {"job": JOB.hex(), "devices": DEVICES, "expected_end": str(NOW + 30_000)}
ACCEPTANCE = statement("acceptance", "job", JOB, acceptance)

STATES = [named(f"state {i}") for i in range(3)]


def step_leaf(index):
    return (b"assay/step/v1\n" + JOB + KEY["provider"] + u64(index) + STATES[index] + bytes(32))


TRACE_ROOT = root([step_leaf(i) for i in range(3)])
TRACE_FILE = b"assay/trace/v1\n" + b"".join(state + bytes(32) for state in STATES)

attestation = {
    "job": JOB.hex(), "trace": {"root": TRACE_ROOT.hex(), "steps": 2}, "seq": "1", "prev": ZEROS,
    "started": str(NOW + 1_000), "finished": str(NOW + 2_000), "devices": DEVICES,
    "backend": "cpu/avx2", "result_blob": named("result").hex(),
    "trace_blob": sha256(TRACE_FILE).hex()}
ATTESTATION = statement("attestation", "result", STATES[2], attestation)

policy = {
    "assay": "policy/v1", "name": "demo", "currency": "USD", "epoch_seconds": 1,
    "uptime_window_seconds": 1, "first_jobs": 20, "audit_ppm": 500_000,
    "audit_after_soft_failure_jobs": 20,
    "standard": {"units": 3, "steps": 1, "rows": 3, "micro": 8},
    "strict": {"units": 29, "steps": 3, "rows": 29, "micro": 688},
    "forensic": {"units": 299, "steps": 10, "rows": 100, "micro": 1024}, "micro_columns": 32,
    "reveal_window_ms": 0, "draw_deadline_ms": 10_000, "opening_deadline_ms": 3_000,
    "openings_asked_max": 3,
    "ask_again_after_ms": 1_000, "confirm_runs": 3, "confirm_devices_min": 1,
    "accept_within_ms": 4_000, "job_deadline_max_ms": "600000", "open_jobs_max": 10_000,
    "poll_ms": 150, "probe_mean_ms": 300, "probe_grace_ms": 2_000,
    "severity_wrong_ppm": 1_000_000, "severity_withheld_ppm": 1_000_000,
    "severity_equivocation_ppm": 2_000_000, "finality_ms": "3600000",
    "retention_ms": "2419200000", "stake_required_micros": "0", "unbonding_ms": "1814400000",
    "operators": [], "performance_ppm": 1_000_000, "reference_value_micros": "1000000"}
POLICY = compact(policy)
policy_change = {"document": POLICY, "activation_epoch": "0"}
POLICY_CHANGE = statement("policy", "policy", sha256(POLICY.encode()), policy_change)

LOG = [leaf("verifier", POLICY_CHANGE, NOW - 1_000),
       leaf("provider", statement("registration", "provider", sha256(KEY["provider"]),
                                  registration), NOW - 500),
       leaf("renter", ORDER, NOW), leaf("provider", ACCEPTANCE, NOW + 500),
       leaf("provider", ATTESTATION, NOW + 2_500)]
ATTESTATION_INDEX = 4


def alpha_of(size, tree_root, k, beacon):
    return sha256(b"assay/draw/v1\n", ORIGIN.encode(), b"\n", u64(size), tree_root, u64(k), beacon)


def seed_of(beta, index, leaf_hash, reason, secret):
    return sha256(b"assay/seed/v1\n", beta, u64(index), leaf_hash, bytes([reason]), secret)


def words(stream_seed, count):
    stream = b"".join(sha256(stream_seed, u64(i)) for i in range(count // 4 + 1))
    return [int.from_bytes(stream[8 * i:8 * i + 8], "big") for i in range(count)]


ALPHA = alpha_of(5, root(LOG), 0, b"")
PROOF, BETA = vrf_prove(seed("vrf"), ALPHA)
SEED = seed_of(BETA, ATTESTATION_INDEX, sha256(b"\x00", LOG[4]), 0, bytes(32))
draw = {"k": "0", "from": "0", "to": "5", "size": "5", "root": root(LOG).hex(), "beacon": "",
        "proof": PROOF.hex()}
DRAW = statement("draw", "checkpoint", root(LOG), draw)
LOG.append(leaf("verifier", DRAW, NOW + 3_000))

challenge = {
    "draw": digest(DRAW).hex(), "attestation_index": "4", "attestation": digest(ATTESTATION).hex(),
    "job": JOB.hex(), "reason": "first", "ordinal": 0, "p_ppm": 1_000_000, "positions": [1],
    "rows": [3, 17, [40, 43]], "pairs": [5, 77, [100, 102]], "deadline": str(NOW + 6_000)}
PAIRS = {"count": 5, "digest": sha256(b"assay/pairs/v1\n", *map(u64, (5, 77, 100, 101, 102))).hex()}

heartbeat = {"nonce": named("nonce of a poll").hex(), "seq": "7",
             "handed": named("poll reply").hex(), "sent": str(NOW + 3_100), "load_ppm": 250_000,
             "free_memory_bytes": "17179869184", "accepts_jobs": True,
             "outputs": [{"job": JOB.hex(), "step": 3, "outputs": [b64(b"\x01\x02\x03\x04"),
                                                                   b64(b"\x05\x06\x07\x08")]}]}
HEARTBEAT = statement("heartbeat", "handout", named("poll reply"), heartbeat)

reply = {
    "nonce": named("nonce of the next poll").hex(), "next_poll_ms": 150, "now": str(NOW + 3_200),
    "next_seq": "2", "prev": digest(ATTESTATION).hex(),
    "offers": [{"job": JOB.hex(), "order": envelope("renter", ORDER)}], "challenges": [challenge],
    "notices": [{"kind": "verdict", "detail": "job 1: match", "log_index": "7"}]}

# One opened leaf of state 1 with its path, then state 2 as a whole.
OPENING = (b"assay/opening/v1\n" + (2).to_bytes(4, "big") +
           (1).to_bytes(4, "big") + b"\x02" + u64(5) + b"\x02" + named("left") + named("right") +
           (4).to_bytes(4, "big") + b"\x01\x02\x03\x04" +
           (2).to_bytes(4, "big") + b"\x01" + (6).to_bytes(4, "big") + b"abcdef")

spotcheck = {key: challenge[key] for key in ("draw", "attestation_index", "attestation", "reason",
                                             "ordinal", "positions", "rows")}
spotcheck |= {"pairs": PAIRS, "opening_blob": sha256(OPENING).hex(),
              "opening_bytes": str(len(OPENING))}
SPOTCHECK = statement("spotcheck", "attestation", digest(ATTESTATION), spotcheck)
LOG.append(leaf("provider", SPOTCHECK, NOW + 3_500))

verdict = {
    "draw": challenge["draw"], "attestation_index": "4", "attestation": challenge["attestation"],
    "job": JOB.hex(), "provider": KEY["provider"].hex(), "reason": "first", "ordinal": 0,
    "p_ppm": 1_000_000, "positions": [1], "position_outcomes": "m1", "rows": [3, 17, [40, 43]],
    "row_outcomes": "m6", "pairs": PAIRS, "pair_outcomes": "m5", "outcome": "match", "fault": None,
    "runs": 1, "device": "cpu/avx2", "replay_ops": "1048576", "detail": ""}
VERDICT = statement("verdict", "attestation", digest(ATTESTATION), verdict)
LOG.append(leaf("verifier", VERDICT, NOW + 4_000))


def reference(scheme, value):
    return {"uri": f"{scheme}:{value.hex()}", "digest": {"sha256": value.hex()}}


summary = {
    "verifier": {"id": ORIGIN}, "timeVerified": "2026-11-22T16:00:04.000Z",
    "resourceUri": f"job:{JOB.hex()}", "policy": reference("policy", sha256(POLICY.encode())),
    "inputAttestations": [reference("attestation", digest(ATTESTATION))],
    "verificationResult": "PASSED",
    "verifiedLevels": ["ASSAY_REPLAYED_1_OF_2", "ASSAY_FOLLOWED_ROWS_6_OF_64",
                       "ASSAY_MICRO_ROWS_5_OF_128"],
    "slsaVersion": "1.0"}
SUMMARY = statement("summary", "result", STATES[2], summary)
LOG.append(leaf("verifier", SUMMARY, NOW + 4_000))

cancel = {"job": JOB.hex()}
reveal = {"job": JOB.hex(), "secret": named("renter secret").hex()}
timeout = {"job": JOB.hex(), "provider": KEY["provider"].hex(), "acceptance_index": "3",
           "verifier_at_fault": False}
uptime_rows = sorted([[KEY["provider"].hex(), 2, 3], [named("another key").hex(), 0, 0]])
uptime = {"window": "1795363200", "window_seconds": 1, "part": 0, "verifier_alive": True,
          "answers": named("answers").hex(), "rows": uptime_rows}
slash = {
    "provider": KEY["provider"].hex(), "class": "cpu/gemm@1", "fault": "withheld",
    "job": JOB.hex(), "attestation": digest(ATTESTATION).hex(), "attestation_index": "4",
    "evidence_indices": ["4", "5"], "evidence_blob": ZEROS,
    "delivery_proof": envelope("provider", HEARTBEAT), "severity_ppm": 1_000_000,
    "finality": str(NOW + 3_600_000), "detail": "openings withheld three times"}
reversal = {"slash_index": "9", "provider": KEY["provider"].hex(), "cause": "delivered"}
appeal = {"slash_index": "9", "provider": KEY["provider"].hex(), "deposit_micros": "200000",
          "nonce": named("nonce of an appeal").hex(), "remark": "the card passed every memory test"}
ruling = {
    "slash_index": "9", "appeal_index": "10", "provider": KEY["provider"].hex(),
    "outcome": "refuted", "draw": digest(DRAW).hex(), "positions": [1], "rows": [3, 17, [40, 43]],
    "pairs": PAIRS,
    "replays": [{"device": device, "outcome": "mismatch"}
                for device in ("cpu/scalar", "cpu/avx2", "cpu/sse2", "cpu/scalar", "cuda/sm_90")],
    "detail": "step 1, row 17 differs again"}
dispute = {"attestation_index": "4", "attestation": digest(ATTESTATION).hex(), "job": JOB.hex(),
           "step": 2, "challenger": KEY["renter"].hex(), "deposit_micros": "1000000"}
dispute_move = {"dispute_index": "9", "number": 0,
                "move": {"kind": "answer", "choice": 0, "blob": named("answer").hex()}}
dispute_end = {"dispute_index": "9", "lost": "provider", "cause": "convicted",
               "delivery_proof": ""}
stake = {"provider": KEY["provider"].hex(), "move": "bond", "amount_micros": "100000000",
         "reference": "transfer 17"}
maintenance = {"provider": KEY["provider"].hex(), "from": str(NOW + 90_000_000),
               "to": str(NOW + 97_200_000)}
benchmark = {
    "nonce": named("nonce of a benchmark").hex(), "number": "3", "workload": "gemm", "version": 1,
    "parameters": {"rows": 128, "cols": 256, "steps": 20, "weights": "philox"}, "links": 4,
    "deadline": str(NOW + 10_000), "open": [{"link": 1, "rows": [5, 77]}, {"link": 4, "rows": [0]}]}
ROUND = sha256(b"assay/benchmark/v1\n", named("nonce of a benchmark"), KEY["provider"], u64(3))


def link_nonce(last):
    return sha256(b"assay/benchmark-link/v1\n", ROUND, last)


measurement = {
    "provider": KEY["provider"].hex(), "class": "cpu/gemm@1", "round": ROUND.hex(),
    "parts": [{"part": "gpu", "unit": "ops/s", "claimed": "700000000", "measured": "640000000"}],
    "took_ms": "1048", "how": "rows of every link followed"}
worker = {"worker": KEY["worker"].hex(), "name": "rack-2", "device": "cuda/Example GPU",
          "driver": "570.00", "state": "suspended", "cause": "missed-canary", "void_from": "6",
          "after": "5"}
worker_call = {"worker": KEY["worker"].hex(), "origin": ORIGIN, "sent": str(NOW + 3_600),
               "lease": ZEROS}
leased_task = {key: order[key] for key in ("workload", "version", "parameters", "inputs", "nonce")}
leased_task |= {
    "steps": 2, "trace": sha256(TRACE_FILE).hex(), "opening": sha256(OPENING).hex(),
    "opening_bytes": str(len(OPENING)), "positions": [1], "rows": [3, 17, [40, 43]],
    "pairs": [5, 77, [100, 102]], "seed": SEED.hex(), "micro_columns": 32}
TASK = sha256(b"assay/replay-task/v1\n", compact(leased_task).encode())
lease = {"lease": {"id": named("lease").hex(), "ends": str(NOW + 33_600), "task": leased_task},
         "wait_ms": 0}
worker_result = {
    "worker": KEY["worker"].hex(), "lease": named("lease").hex(), "task": TASK.hex(),
    "outcome": "match", "position_outcomes": "m1", "row_outcomes": "m6", "pair_outcomes": "m5",
    "fault": None, "device": "cuda/Example GPU", "driver": "570.00", "replay_ops": "1048576",
    "detail": ""}
WORKER_RESULT = statement("worker-result", "lease", named("lease"), worker_result)
paid_challenge = {
    "attestation_index": "4", "attestation": digest(ATTESTATION).hex(), "job": JOB.hex(),
    "challenger": KEY["renter"].hex(), "deposit_micros": "1000000"}
settlement = {
    "job": JOB.hex(), "provider": KEY["provider"].hex(), "origin": ORIGIN, "tree_size": "9",
    "root": root(LOG).hex(), "verdict_index": "7", "price_micros": "1000000",
    "payable_micros": "250000", "holdback_micros": "750000", "released": str(NOW + 3_604_000)}
score = {
    "provider": KEY["provider"].hex(), "class": "cpu/gemm@1", "origin": ORIGIN, "tree_size": "9",
    "root": root(LOG).hex(), "policy": sha256(POLICY.encode()).hex(), "epoch": "1795363204",
    "final": False, "trust_ppm": 269_830, "slash_ppm": 1_000_000, "integrity_ppm": 269_830,
    "uptime_ppm": 1_000_000, "performance_ppm": 1_000_000, "stake_ppm": 1_000_000, "audits": "1",
    "uncertainty_ppm": 666_666, "tombstoned": False}

# The state of the example's provider, and of two others, as the epoch ends.
CLEAN, CAUGHT = Record(), Record()
CLEAN.fold(0, 1, 0, 0, 0, 0)
CAUGHT.fold(0, 40, 2, 0, 0, 0)
CAUGHT.fold(30, 2, 0, 1, 1_000_000, 0)
HEADLINE = [score_state(KEY["provider"], "cpu/gemm@1", True, CLEAN, (ONE, ONE, ONE), audited=1,
                        passed=1),
            score_state(KEY["provider"], "cpu/render@1", False, Record(), (ONE, ONE, ONE)),
            score_state(KEY["worker"], "cuda/gemm@1", True, CAUGHT,
                        (near(994, 1000), near(97, 100), near(8, 10)), age_days=40, tier=1,
                        audited=43, passed=42)]
SCORE_STATES = sorted(HEADLINE, key=lambda it: (sha256(it["provider"]), it["class"]))
STATE_BYTES = [state_bytes(it) for it in SCORE_STATES]

snapshot = {"origin": ORIGIN, "epoch": "1795363209", "tree_size": "9", "root": root(LOG).hex(),
            "policy": sha256(POLICY.encode()).hex(), "states": str(len(STATE_BYTES)),
            "states_root": root(STATE_BYTES).hex()}
SNAPSHOT = statement("snapshot", "states", root(STATE_BYTES), snapshot)
SNAPSHOT_LOG = LOG + [leaf("verifier", SNAPSHOT, NOW + 10_000)]


def final_score(at):
    """The statement that state `at` of the snapshot comes to."""
    state = SCORE_STATES[at]
    return {"provider": state["provider"].hex(), "class": state["class"], "origin": ORIGIN,
            "tree_size": "9", "root": snapshot["root"], "policy": snapshot["policy"],
            "epoch": snapshot["epoch"], "final": True, **score_numbers(state),
            "snapshot": {"index": "9", "statement": digest(SNAPSHOT).hex(),
                         "states": snapshot["states"], "states_root": snapshot["states_root"],
                         "state_index": str(at), "state": b64(STATE_BYTES[at]),
                         "path": [node.hex() for node in inclusion(at, STATE_BYTES)]}}


FINAL_AT = next(at for at, it in enumerate(SCORE_STATES) if it["class"] == "cpu/gemm@1")

# kind, predicate, subject name, subject: all that a statement can be.
STATEMENTS = {
    "registration": (registration, "provider", sha256(KEY["provider"])),
    "job": (order, "order", named("nonce")), "cancel": (cancel, "job", JOB),
    "reveal": (reveal, "job", JOB), "acceptance": (acceptance, "job", JOB),
    "attestation": (attestation, "result", STATES[2]),
    "heartbeat": (heartbeat, "handout", named("poll reply")),
    "draw": (draw, "checkpoint", bytes.fromhex(draw["root"])),
    "spotcheck": (spotcheck, "attestation", digest(ATTESTATION)),
    "verdict": (verdict, "attestation", digest(ATTESTATION)),
    "summary": (summary, "result", STATES[2]), "timeout": (timeout, "job", JOB),
    "uptime": (uptime, "answers", named("answers")),
    "slash": (slash, "attestation", digest(ATTESTATION)),
    "reversal": (reversal, "slash", named("slash")),
    "appeal": (appeal, "slash", named("slash")),
    "ruling": (ruling, "slash", named("slash")),
    "dispute": (dispute, "attestation", digest(ATTESTATION)),
    "dispute-move": (dispute_move, "dispute", named("dispute")),
    "dispute-end": (dispute_end, "dispute", named("dispute")),
    "stake": (stake, "provider", sha256(KEY["provider"])),
    "maintenance": (maintenance, "provider", sha256(KEY["provider"])),
    "measurement": (measurement, "provider", sha256(KEY["provider"])),
    "worker": (worker, "worker", sha256(KEY["worker"])),
    "worker-call": (worker_call, "worker", sha256(KEY["worker"])),
    "worker-result": (worker_result, "lease", named("lease")),
    "paid-challenge": (paid_challenge, "attestation", digest(ATTESTATION)),
    "policy": (policy_change, "policy", sha256(POLICY.encode())),
    "snapshot": (snapshot, "states", root(STATE_BYTES)),
    "score": (score, "provider", sha256(KEY["provider"])),
    "settlement": (settlement, "job", JOB)}

RECEIPT_ENTRIES = [("order", 2), ("acceptance", 3), ("attestation", 4), ("draw", 5),
                   ("spotcheck", 6), ("verdict", 7), ("summary", 8)]


def case_file(kind, lines):
    body = "".join(compact(line) + "\n" for line in [{"assay": kind}, *lines])
    return body + f"sha256 {sha256(body.encode()).hex()}\n"


def receipt_lines(entries):
    return [*({"entry": name, "proof": tlog_proof(index, LOG)} for name, index in entries),
            {"entry": "policy", "text": POLICY}, {"entry": "trace", "data": b64(TRACE_FILE)},
            {"entry": "opening", "name": digest(SPOTCHECK).hex(), "data": b64(OPENING)},
            {"entry": "input", "name": "tensors", "data": b64(tensors)}]


def wrapped(data):
    text = data.hex()
    return "\n".join(text[i:i + 96] for i in range(0, len(text), 96))


def state_example():
    """Two tensors: s8 [2,3] and s32 [2]."""
    parts = [b"\x01\x02" + (2).to_bytes(8, "little") + (3).to_bytes(8, "little"),
             b"\x01\x02\x03\xff\xfe\xfd",
             b"\x03\x01" + (2).to_bytes(8, "little"), bytes([7, 0, 0, 0, 9, 0, 0, 0])]
    return "".join(f"leaf {part.hex()}\n" for part in parts) + f"digest {root(parts).hex()}"


def examples():
    """name -> text of each block of FORMAT.md."""
    out = {kind: statement(kind, name, subject, predicate)
           for kind, (predicate, name, subject) in STATEMENTS.items()}
    first = words(SEED, 8)
    out |= {
        "envelope": envelope("renter", ORDER), "leaf": wrapped(LOG[2]),
        "score-final": statement("score", "provider", sha256(KEY["provider"]),
                                 final_score(FINAL_AT)),
        "score-state": wrapped(STATE_BYTES[FINAL_AT]),
        "policy-document": POLICY, "poll-reply": compact(reply), "challenge": compact(challenge),
        "lease": compact(lease), "lease-task": TASK.hex(), "benchmark": compact(benchmark),
        "benchmark-values": f"round {ROUND.hex()}\nnonce of link 1 {link_nonce(bytes(32)).hex()}\n"
                            f"nonce of link 2 {link_nonce(STATES[2]).hex()}",
        "opening": wrapped(OPENING), "trace-file": wrapped(TRACE_FILE), "state": state_example(),
        "trace": "".join(f"leaf {sha256(b'', bytes(1), step_leaf(i)).hex()}\n" for i in range(3)) +
                 f"root {TRACE_ROOT.hex()}",
        "draw-values": f"alpha {ALPHA.hex()}\nbeta {BETA.hex()}\nseed {SEED.hex()}\n" +
                       "\n".join(f"word {word}" for word in first),
        "receipt": case_file("receipt/v1", receipt_lines(RECEIPT_ENTRIES[:1])).rstrip("\n"),
        "key-file": wrapped(b"ASSAYKEY\x01\x00" + KEY["provider"] + seed("provider")),
        "policy-txt": f"log {ORIGIN}+{key_id(ORIGIN, KEY['log']).hex()}+" +
                      f"{b64(bytes([1]) + KEY['log'])}\nquorum none\n" +
                      f"#assay-verifier {KEY['verifier'].hex()}\n#assay-vrf {KEY['vrf'].hex()}\n" +
                      f"#assay-policy {sha256(POLICY.encode()).hex()}"}
    return out
