#!/usr/bin/env python3
"""Writes the vectors of the statements, the draw, openings, traces, policy and receipts, and the
example blocks of core/wire/FORMAT.md. Needs Python 3 and nothing else.

  tests/make_statement_vectors.py           write the files
  tests/make_statement_vectors.py --check   exit 1 if a file differs from what would be written
"""
import json
import pathlib
import re
import sys

import statement_examples as ex
import statement_files
from reference import sha256

ROOT = pathlib.Path(__file__).resolve().parent.parent
files = {}


def scenario(folder, name, expect, note, **fields):
    path = f"vectors/{folder}/{name}.txt"
    assert path not in files, path
    lines = [f"# {path}", f"expect: {expect}", f"note: {note}"]
    for key, value in fields.items():
        for item in value if isinstance(value, list) else [value]:
            text = item.hex() if isinstance(item, bytes) else str(item)
            lines.append(f"{key}: {text}".rstrip(" "))
    files[path] = "\n".join(lines) + "\n"


def put(target, path, value):
    """Sets (or with KeyError's class deletes) what a dotted path names; numbers index arrays."""
    *way, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    for part in way:
        target = target[part]
    if value is KeyError:
        del target[last]
    else:
        target[last] = value


def payload(kind, changes):
    predicate, name, subject = ex.STATEMENTS[kind]
    whole = json.loads(ex.statement(kind, name, subject, predicate))
    for path, value in changes.items():
        put(whole, path, value)
    return ex.compact(whole)


def kind_scenarios(folder, which, good, bad, prefix="", **extra):
    for answer, cases in (("ok", good), ("malformed", bad)):
        for name, (note, changes) in cases.items():
            short = {f"predicate/{key}" if not key.startswith("/") else key[1:]: value
                     for key, value in changes.items()}
            scenario(folder, prefix + name, answer, note, **extra, payload=payload(which, short))


def text_scenario(folder, kind, name, note, old, new, expect="malformed", **extra):
    text = payload(kind, {})
    assert old in text, (name, old)
    scenario(folder, name, expect, note, **extra, payload=text.replace(old, new, 1))


OTHER = ex.named("something else").hex()


CLAIMS = [{"class": "cpu/gemm@1", "part": "gpu", "rate": "200000000000"},
          {"class": "cpu/gemm@1", "part": "network", "rate": "125000000"},
          {"class": "cpu/render@1", "part": "gpu", "rate": str(2**64 - 1)}]


def claims(count):
    return [{"class": f"cpu/w{i:02}@1", "part": "gpu", "rate": "1"} for i in range(count)]


def make_provider():
    kind_scenarios("registration", "registration", {
        "example": ("as in FORMAT.md", {}),
        "region_empty": ("a provider need not say where it is", {"region": ""}),
        "no_devices": ("nor what it has", {"devices": []}),
        "claims": ("of two classes and parts", {"claims": CLAIMS}),
        "claims_16": ("the most", {"claims": claims(16)}),
    }, {
        "claims_17": ("one over the limit", {"claims": claims(17)}),
        "claims_none": ("left out, not empty", {"claims": []}),
        "claims_null": ("left out, not null", {"claims": None}),
        "claims_of_another_class": ("of the devices registered", {"claims": [
            {**CLAIMS[0], "class": "h200/gemm@1"}]}),
        "claims_descending": ("one spelling", {"claims": CLAIMS[::-1]}),
        "claims_twice": ("which one?", {"claims": CLAIMS[:1] * 2}),
        "claim_of_nothing": ("a rate of nothing", {"claims": [{**CLAIMS[0], "rate": "0"}]}),
        "claim_of_no_part": ("none of the five", {"claims": [{**CLAIMS[0], "part": "brain"}]}),
        "claim_with_a_unit": ("strict: the part says it", {"claims": [
            {**CLAIMS[0], "unit": "ops/s"}]}),
        "claim_a_number": ("64-bit numbers travel as decimal strings", {"claims": [
            {**CLAIMS[0], "rate": 5}]}),
        "name_empty": ("a name is for people", {"name": ""}),
        "name_of_65_bytes": ("one over the limit", {"name": "n" * 65}),
        "name_with_newline": ("would forge a line of a listing", {"name": "a\nb"}),
        "class_upper_case": ("a class is of a-z 0-9 -", {"device_class": "H100"}),
        "subject_of_another_key": ("the subject is the key's digest",
                                   {"/subject/0/digest/sha256": OTHER}),
        "devices_65": ("one over the limit", {"devices": ex.DEVICES * 65}),
        "price_a_number": ("64-bit numbers travel as decimal strings", {"price_micros": 250000}),
        "memory_negative": ("no sign", {"devices/0/memory_bytes": "-1"}),
    })
    kind_scenarios("acceptance", "acceptance", {"example": ("as in FORMAT.md", {})}, {
        "subject_of_another_job": ("the subject is the job", {"/subject/0/digest/sha256": OTHER}),
        "subject_named_order": ("the subject's name is fixed", {"/subject/0/name": "order"}),
        "end_a_number": ("times are decimal strings", {"expected_end": ex.NOW}),
        "end_beyond_2_53": ("a time no double holds", {"expected_end": str(2**53 + 1)}),
        "job_short": ("a digest has 64 hex digits", {"job": OTHER[:-2]}),
    })


def make_order():
    deep = {}
    for _ in range(40):
        deep = {"a": deep}
    kind_scenarios("order", "job", {
        "example": ("as in FORMAT.md", {}),
        "named_provider": ("the renter chose", {"provider": ex.KEY["provider"].hex()}),
        "full_assurance": ("everything is replayed", {"assurance": "full"}),
    }, {
        "deep_json": ("nesting over the cap", {"parameters": deep}),
        "fraction_in_parameters": ("no statement has fractions", {"parameters": {"x": 0.5}}),
        "parameters_an_array": ("parameters are an object", {"parameters": []}),
        "inputs_of_one_name": ("which one is meant?", {"inputs": ex.order["inputs"] * 2}),
        "inputs_65": ("one over the limit", {"inputs": [
            {**ex.order["inputs"][0], "name": f"i{i}"} for i in range(65)]}),
        "input_with_a_path": ("a name becomes a file's name", {"inputs/0/name": "../passwd"}),
        "input_dot_dot": ("likewise", {"inputs/0/name": ".."}),
        "version_zero": ("versions start at 1", {"version": 0}),
        "version_beyond_32_bits": ("out of range", {"version": 2**32}),
        "deadline_zero": ("no time to work", {"deadline_ms": "0"}),
        "assurance_unknown": ("none of the four", {"assurance": "maximal"}),
        "workload_with_slash": ("a word of a-z 0-9 -", {"workload": "gemm/v2"}),
        "nonce_upper_case": ("one spelling per digest", {"nonce": OTHER.upper()}),
        "provider_missing": ("nobody is null, not nothing", {"provider": KeyError}),
        "unknown_member": ("one spelling per fact", {"discount": "1"}),
        "subject_not_the_nonce": ("the subject is the nonce", {"/subject/0/digest/sha256": OTHER}),
        "predicate_an_array": ("not an object", {"/predicate": []}),
    })
    text_scenario("order", "job", "duplicate_json_keys", "which of the two would count?",
                  '"version":1', '"version":1,"version":2')


def make_attestation():
    kind_scenarios("attestation", "attestation", {
        "example": ("as in FORMAT.md", {}),
        "steps_4096": ("the most", {"trace/steps": 4096}),
        "seq_max": ("64 bits", {"seq": str(2**64 - 1)}),
        "clock_backwards": ("times are claims: finished before started",
                            {"finished": "0"}),
    }, {
        "steps_zero": ("a claim about no work", {"trace/steps": 0}),
        "steps_4097": ("one over the cap", {"trace/steps": 4097}),
        "steps_a_string": ("a small number is a JSON integer", {"trace/steps": "2"}),
        "steps_negative": ("out of range", {"trace/steps": -1}),
        "trace_unknown_member": ("strict inside as well", {"trace/leaves": 3}),
        "seq_zero": ("sequences start at 1", {"seq": "0"}),
        "seq_leading_zero": ("one spelling per number", {"seq": "01"}),
        "seq_beyond_64_bits": ("out of range", {"seq": str(2**64)}),
        "backend_empty": ("what ran it?", {"backend": ""}),
        "newer_version": ("not this schema",
                          {"/predicateType": "https://assay.example/attestation/v2"}),
        "another_kind": ("an acceptance's predicate type",
                         {"/predicateType": "https://assay.example/acceptance/v1"}),
        "old_in_toto": ("Statement v0.1", {"/_type": "https://in-toto.io/Statement/v0.1"}),
        "no_subject": ("exactly one", {"/subject": []}),
        "two_subjects": ("exactly one", {"/subject": [
            {"name": "result", "digest": {"sha256": OTHER}}] * 2}),
        "second_digest": ("one spelling of the subject", {"/subject/0/digest/sha512": OTHER}),
        "envelope_member": ("a fifth member", {"/signatures": []}),
        "payload_too_large": ("over a log leaf", {"backend": "x" * 65_393}),
    })
    text_scenario("attestation", "attestation", "spaces", "what is signed is the bytes: spaces are "
                  "another spelling, but the same claim", '"seq":', '"seq" :  ', expect="ok",
                  canonical=payload("attestation", {}))


def make_spotcheck():
    def rows(value):
        return {"rows": value}
    kind_scenarios("spotcheck", "spotcheck", {
        "example": ("as in FORMAT.md", {}),
        "everything": ("every step and 65,536 rows", {"positions": [[1, 4096]],
                                                      "rows": [[0, 65535]]}),
        "two_neighbours": ("fewer than three stay apart", rows([1, 2, 5, 6])),
        "row_max": ("the highest row", rows([2**32 - 1])),
        "no_pairs": ("null says that", {"pairs": None}),
        "pairs_only": ("single rows of single steps", {"positions": [], "rows": []}),
        "pairs_1024": ("the most", {"pairs/count": 1024}),
    }, {
        "nothing_asked": ("an answer to no question", {"positions": [], "rows": [], "pairs": None}),
        "pairs_zero": ("null says that", {"pairs/count": 0}),
        "pairs_1025": ("one over the cap", {"pairs/count": 1025}),
        "pairs_a_list": ("named by their digest", {"pairs": [5, 77]}),
        "pairs_without_digest": ("which ones?", {"pairs": {"count": 5}}),
        "position_zero": ("steps start at 1", {"positions": [0]}),
        "position_4097": ("beyond the cap", {"positions": [4097]}),
        "positions_descending": ("ascending", {"positions": [2, 1]}),
        "positions_repeated": ("distinct", {"positions": [2, 2]}),
        "position_a_string": ("small numbers", {"positions": ["1"]}),
        "run_of_two": ("a second spelling", rows([[1, 2]])),
        "run_spelled_out": ("a second spelling", rows([1, 2, 3])),
        "run_reversed": ("first, then last", rows([[9, 3]])),
        "run_of_one": ("a second spelling", rows([[3, 3]])),
        "run_of_three_numbers": ("a pair", rows([[1, 2, 3]])),
        "runs_overlapping": ("distinct", rows([[1, 5], 5])),
        "runs_adjoining": ("a second spelling", rows([[1, 3], [4, 6]])),
        "rows_65537": ("one over the cap", rows([[0, 65536]])),
        "run_enormous": ("must not be expanded", rows([[0, 2**32 - 1]])),
        "row_beyond": ("33 bits", rows([2**32])),
        "reason_unknown": ("none of the four", {"reason": "because"}),
        "subject_of_another": ("the attestation", {"/subject/0/digest/sha256": OTHER}),
    })


def make_heartbeat():
    def shown(count, size, job=0, step=1):
        return {"job": ex.named(f"job {job}").hex(), "step": step,
                "outputs": [ex.b64(bytes(size))] * count}

    def outputs(*value):
        return {"outputs": list(value)}
    answer = {"round": ex.ROUND.hex(), "results": [ex.named(f"link {i}").hex() for i in range(4)],
              "opening_blob": ex.ZEROS}

    def answered(**changes):
        return {"benchmark": {**answer, **changes}}
    kind_scenarios("heartbeat", "heartbeat", {
        "example": ("as in FORMAT.md", {}),
        "benchmark": ("the answer to a hardware round", answered()),
        "benchmark_opened": ("and where its rows are", answered(opening_blob=OTHER)),
        "benchmark_of_16_links": ("the most", answered(results=[OTHER] * 16)),
        "first": ("nothing was handed out yet", {"nonce": ex.ZEROS, "handed": ex.ZEROS,
                                                 "/subject/0/digest/sha256": ex.ZEROS}),
        "outputs_none": ("nothing is shown", outputs()),
        "outputs_most": ("8 jobs, 256 outputs, 6 KiB", outputs(
            *(shown(32, 24, job) for job in range(8)))),
        "outputs_one_large": ("6 KiB in one piece", outputs(shown(1, 6144))),
        "outputs_last_step": ("up to step 4096", outputs(shown(2, 4, step=4095))),
    }, {
        "benchmark_null": ("left out, not null", {"benchmark": None}),
        "benchmark_of_nothing": ("no link, no work", answered(results=[])),
        "benchmark_of_17_links": ("one over the limit", answered(results=[OTHER] * 17)),
        "benchmark_result_short": ("a digest has 64 hex digits", answered(results=[OTHER[:-2]])),
        "benchmark_result_a_number": ("likewise", answered(results=[7])),
        "benchmark_unknown_member": ("strict inside as well", answered(took_ms="1")),
        "outputs_missing": ("none is [], not nothing", {"outputs": KeyError}),
        "outputs_an_object": ("a list", {"outputs": shown(1, 4)}),
        "outputs_of_9_jobs": ("one over the limit", outputs(*(shown(1, 4, j) for j in range(9)))),
        "outputs_257": ("one over the limit", outputs(shown(257, 4))),
        "outputs_257_of_two_jobs": ("the limit is the heartbeat's", outputs(
            shown(128, 4), shown(129, 4, 1))),
        "outputs_6145_bytes": ("one over the limit", outputs(shown(1, 6145))),
        "outputs_6145_bytes_of_two_jobs": ("the limit is the heartbeat's", outputs(
            shown(1, 6144), shown(1, 1, 1))),
        "outputs_of_no_step": ("says nothing", outputs(shown(0, 4))),
        "outputs_of_no_bytes": ("no step yields nothing", outputs(shown(1, 0))),
        "outputs_from_step_zero": ("steps start at 1", outputs(shown(1, 4, step=0))),
        "outputs_from_step_4097": ("beyond the cap", outputs(shown(1, 4, step=4097))),
        "outputs_beyond_step_4096": ("beyond the cap", outputs(shown(2, 4, step=4096))),
        "outputs_step_a_string": ("a small number", outputs({**shown(1, 4), "step": "1"})),
        "outputs_job_short": ("a digest has 64 hex digits", outputs(
            {**shown(1, 4), "job": OTHER[:-2]})),
        "outputs_of_one_job_twice": ("one entry for each job", outputs(
            shown(1, 4), shown(1, 4, step=2))),
        "outputs_a_number": ("base64", outputs({**shown(1, 4), "outputs": [7]})),
        "outputs_not_base64": ("base64", outputs({**shown(1, 4), "outputs": ["A*=="]})),
        "outputs_not_canonical": ("one spelling", outputs({**shown(1, 4), "outputs": ["AB=="]})),
        "outputs_unknown_member": ("strict inside as well", outputs({**shown(1, 4), "text": "x"})),
        "load_over_one": ("parts per million", {"load_ppm": 1_000_001}),
        "handed_not_the_subject": ("proof of delivery is about one reply", {"handed": OTHER}),
        "accepts_a_number": ("true or false", {"accepts_jobs": 1}),
        "sent_negative": ("before 1970", {"sent": "-1"}),
    })


def many_workers(count):
    keys = sorted(ex.named(f"worker {i}").hex() for i in range(count))
    return [{"worker": key, "device": "cpu/avx2", "driver": "", "result": ex.ZEROS}
            for key in keys]


WORKERS = sorted([
    {"worker": ex.KEY["worker"].hex(), "device": "cuda/Example GPU", "driver": "570.00",
     "result": ex.digest(ex.WORKER_RESULT).hex()},
    {"worker": ex.named("our worker").hex(), "device": "cpu/avx2+cpu/scalar", "driver": "",
     "result": ex.ZEROS}], key=lambda one: one["worker"])


def make_verdict():
    kind_scenarios("verdict", "verdict", {
        "example": ("as in FORMAT.md", {}),
        "mismatch": ("a row shown wrong at step 2", {
            "row_outcomes": "m2x1m3", "outcome": "mismatch", "fault": {"step": 2, "row": 40},
            "runs": 3, "device": "cpu/avx2+cpu/scalar"}),
        "mismatch_of_the_result": ("no single step is to blame", {"outcome": "mismatch"}),
        "two_workers": ("a remote one found it, ours confirmed it", {
            "outcome": "mismatch", "position_outcomes": "x1", "fault": {"step": 1, "row": None},
            "workers": WORKERS}),
        "eight_workers": ("the most", {"workers": many_workers(8)}),
        "unavailable": ("openings withheld", {
            "position_outcomes": "u1", "row_outcomes": "u6", "pair_outcomes": "u5",
            "outcome": "unavailable", "runs": 0}),
        "mismatch_of_a_pair": ("a micro-check shows it", {
            "pair_outcomes": "m4x1", "outcome": "mismatch", "fault": {"step": 2, "row": 38}}),
        "pairs_only": ("nothing else was checked", {
            "positions": [], "position_outcomes": "", "rows": [], "row_outcomes": ""}),
        "inconclusive_of_nothing": ("we failed before we knew what to ask", {
            "positions": [], "position_outcomes": "", "rows": [], "row_outcomes": "",
            "pairs": None, "pair_outcomes": "", "outcome": "inconclusive", "runs": 0}),
    }, {
        "match_of_nothing": ("signed-only is no match", {
            "positions": [], "position_outcomes": "", "rows": [], "row_outcomes": "",
            "pairs": None, "pair_outcomes": ""}),
        "match_with_a_wrong_pair": ("no better than its parts", {"pair_outcomes": "m4x1"}),
        "pair_outcomes_too_few": ("one per pair", {"pair_outcomes": "m4"}),
        "match_with_a_mismatch": ("no better than its parts", {"row_outcomes": "m5x1"}),
        "match_with_an_unavailable": ("likewise", {"position_outcomes": "u1"}),
        "outcomes_too_few": ("one per row", {"row_outcomes": "m5"}),
        "outcomes_too_many": ("one per row", {"row_outcomes": "m7"}),
        "outcomes_split": ("a second spelling", {"row_outcomes": "m3m3"}),
        "outcomes_of_zero": ("a second spelling", {"row_outcomes": "m6x0"}),
        "outcomes_leading_zero": ("a second spelling", {"row_outcomes": "m06"}),
        "outcomes_without_count": ("a letter and its count", {"row_outcomes": "m"}),
        "outcomes_unknown": ("no such letter", {"row_outcomes": "z6"}),
        "outcomes_enormous": ("must not be expanded", {"row_outcomes": "m18446744073709551615"}),
        "no_worker_listed": ("nobody is said by leaving it out", {"workers": []}),
        "nine_workers": ("one over the limit", {"workers": many_workers(9)}),
        "workers_descending": ("one spelling", {"workers": WORKERS[::-1]}),
        "worker_twice": ("each once", {"workers": WORKERS[:1] * 2}),
        "worker_without_device": ("what did it replay on?", {"workers": [
            {key: value for key, value in WORKERS[0].items() if key != "device"}]}),
        "fault_with_match": ("a fault is a mismatch's", {"fault": {"step": 1, "row": None}}),
        "fault_of_nothing": ("null says that", {"outcome": "mismatch",
                                                "fault": {"step": None, "row": None}}),
        "outcome_unknown": ("none of the four", {"outcome": "passed"}),
        "p_over_one": ("parts per million", {"p_ppm": 1_000_001}),
        "detail_of_513_bytes": ("over the limit", {"detail": "d" * 513}),
    })


def make_summary():
    def levels(*value):
        return {"verifiedLevels": list(value)}
    kind_scenarios("summary", "summary", {
        "example": ("as in FORMAT.md", {}),
        "failed": ("SLSA: FAILED is the only level", {"verificationResult": "FAILED",
                                                      **levels("FAILED")}),
        "micro_rows_only": ("single rows of single steps",
                            levels("ASSAY_MICRO_ROWS_459_OF_1048576")),
        "leap_day": ("2028 is a leap year", {"timeVerified": "2028-02-29T23:59:59.999Z"}),
    }, {
        "signed_only_as_passed": ("a signature is no replay", levels("ASSAY_SIGNED")),
        "passed_without_level": ("must say what was done", levels()),
        "passed_and_failed": ("both at once", levels("FAILED")),
        "replayed_zero": ("nothing was done", levels("ASSAY_REPLAYED_0_OF_2")),
        "micro_rows_zero": ("nothing was done", levels("ASSAY_MICRO_ROWS_0_OF_128")),
        "failed_with_a_level": ("nothing was verified", {"verificationResult": "FAILED"}),
        "result_unknown": ("PASSED or FAILED", {"verificationResult": "PASS"}),
        "time_without_millis": ("one spelling", {"timeVerified": "2026-11-22T16:00:04Z"}),
        "time_with_offset": ("UTC", {"timeVerified": "2026-11-22T16:00:04.000+00:00"}),
        "time_no_such_day": ("February 30", {"timeVerified": "2026-02-30T00:00:00.000Z"}),
        "time_second_60": ("no leap seconds", {"timeVerified": "2026-11-22T16:00:60.000Z"}),
        "resource_not_a_job": ("job:<id>", {"resourceUri": "pkg:" + ex.JOB.hex()}),
        "uri_of_another_digest": ("both must name it", {"policy/uri": "policy:" + OTHER}),
        "two_inputs": ("exactly one", {"inputAttestations": ex.summary["inputAttestations"] * 2}),
        "newer_slsa": ("1.0", {"slsaVersion": "1.1"}),
        "verifier_nameless": ("who?", {"verifier/id": ""}),
    })


def score_of(at, **proof):
    """Changes that make the preview of the examples the final score of state `at`."""
    final = ex.final_score(at)
    final["snapshot"] |= proof
    return {**final, "/subject/0/digest/sha256": sha256(ex.SCORE_STATES[at]["provider"]).hex()}


def state_with(place, data):
    """The example's state with these bytes at a place of it, negative ones from its end."""
    state = bytearray(ex.STATE_BYTES[ex.FINAL_AT])
    place %= len(state)
    state[place:place + len(data)] = data
    return score_of(ex.FINAL_AT, state=ex.b64(state))


def final_scores():
    """Final scores that no reader takes."""
    at, state = ex.FINAL_AT, ex.STATE_BYTES[ex.FINAL_AT]
    record = len(b"assay/state/v1\n") + 32 + 1 + len("cpu/gemm@1")  # where the flags begin
    return {
        "final_without_proof": ("against what?", {"final": True}),
        "proof_of_a_preview": ("nothing is over yet", {**score_of(at), "final": False}),
        "final_proof_null": ("a member left out", {"final": True, "snapshot": None}),
        "final_states_zero": ("it is in no tree", score_of(at, states="0")),
        "final_index_zero": ("leaf 0 is the policy", score_of(at, index="0")),
        "final_index_a_number": ("64-bit numbers are strings", score_of(at, index=9)),
        "final_path_of_65": ("no tree is so high", score_of(at, path=[OTHER] * 65)),
        "final_path_short_hash": ("32 bytes each", score_of(at, path=["00"])),
        "final_path_a_number": ("hex", score_of(at, path=[1])),
        "final_unknown_member": ("strict", score_of(at, note="x")),
        "state_empty": ("no state", score_of(at, state="")),
        "state_short": ("a byte too few", score_of(at, state=ex.b64(state[:-1]))),
        "state_long": ("a byte too many", score_of(at, state=ex.b64(state + b"\0"))),
        "state_other_magic": ("another version", state_with(0, b"assay/state/v2\n")),
        "state_class_longer": ("runs on", state_with(15 + 32, b"\x80")),
        "state_class_empty": ("of no class", score_of(at, state=ex.b64(
            state[:15 + 32] + b"\0" + state[record:]))),
        "state_class_with_a_space": ("printable, no space", state_with(15 + 32 + 1, b" ")),
        "state_headline_two": ("0 or 1", state_with(record, b"\x02")),
        "state_mass_enormous": ("would overflow a fold", state_with(record + 1, b"\x01" * 8)),
        "state_proven_after_now": ("the record is younger",
                                   state_with(record + 53, bytes(7) + b"\1")),
        "state_tombstone_two": ("0 or 1", state_with(record + 61, b"\x02")),
        "state_uptime_over_one": ("a fraction", state_with(record + 62, b"\0\0\0\0\x40\0\0\x01")),
        "state_tier_five": ("there are five, from 0", state_with(-25, b"\x05")),
        "state_not_base64": ("padded, standard alphabet", score_of(at, state="abc")),
    }


def make_events():
    keys = [ex.named(f"key {i}").hex() for i in range(501)]
    good = {kind: {"example": ("as in FORMAT.md", {})}
            for kind in ("cancel", "reveal", "timeout", "uptime", "slash", "reversal", "appeal",
                         "ruling", "dispute", "dispute-move", "dispute-end", "stake", "maintenance",
                         "measurement", "worker", "worker-call", "worker-result", "paid-challenge",
                         "policy", "snapshot", "score", "settlement")}
    good["uptime"]["500_rows"] = ("the most", {"rows": [[key, 1, 1] for key in sorted(keys[1:])]})
    good["slash"]["wrong_result"] = ("needs no delivery proof",
                                     {"fault": "wrong-result", "delivery_proof": ""})
    for cause in ("overturned", "drawn", "expired"):
        good["reversal"][cause] = ("the end of an appeal", {"cause": cause})
    good["appeal"]["nothing_at_stake"] = ("no deposit, no words", {"deposit_micros": "0",
                                                                   "remark": ""})
    good["appeal"]["longest_remark"] = ("500 bytes of UTF-8", {"remark": "\u00e9" * 250})
    good["ruling"]["granted"] = ("others may say what they like", {
        "outcome": "granted", "replays": [{"device": "cpu/scalar", "outcome": "match"},
                                          {"device": "cuda/sm_90", "outcome": "mismatch"},
                                          {"device": "cpu/avx2", "outcome": "inconclusive"}]})
    good["ruling"]["undecided_undrawn"] = ("nobody got so far", {
        "outcome": "undecided", "draw": ex.ZEROS, "positions": [], "rows": [], "pairs": None,
        "replays": []})
    good["ruling"]["in_form"] = ("a heartbeat was the proof", {
        "positions": [], "rows": [], "pairs": None,
        "replays": [{"device": "signatures", "outcome": "unavailable"}]})
    good["ruling"]["undecided_by_others"] = ("the definition was not asked", {
        "outcome": "undecided", "replays": [{"device": "cpu/avx2", "outcome": "mismatch"}]})
    good["dispute"]["start_state"] = ("step 0 is the start", {"step": 0})
    good["dispute-move"]["child"] = ("the challenger's", {"number": 16, "move": {
        "kind": "child", "choice": 15, "blob": ex.ZEROS}})
    good["dispute-end"]["silent_provider"] = ("with proof of delivery", {
        "cause": "silent", "delivery_proof": ex.envelope("provider", ex.HEARTBEAT)})
    good["dispute-end"]["acquitted"] = ("the deposit is gone", {
        "lost": "challenger", "cause": "acquitted"})
    good["stake"]["the_most"] = ("2^53", {"move": "undelegate", "amount_micros": str(2**53),
                                          "reference": "r" * 128})
    part = ex.measurement["parts"][0]

    def parts(*names):
        units = {"gpu": "ops/s", "cpu": "ops/s", "memory": "bytes"}
        return {"parts": [{**part, "part": name, "unit": units.get(name, "bytes/s")}
                          for name in names]}
    good["maintenance"]["of_a_moment"] = ("a ledger may ask for more", {
        "to": str(int(ex.maintenance["from"]) + 1)})
    good["measurement"]["all_parts"] = ("in their order", parts("gpu", "cpu", "memory", "disk",
                                                                "network"))
    good["measurement"]["more_than_claimed"] = ("it counts as what was claimed", {
        "parts/0/measured": str(2**64 - 1), "how": ""})
    good["measurement"]["nothing_measured"] = ("no answer", {"parts/0/measured": "0"})
    good["worker"]["enabled"] = ("a new one", {"state": "enabled", "cause": "", "void_from": "0",
                                               "after": "0"})
    good["worker"]["suspended_alone"] = ("what it said stands", {"cause": "operator",
                                                                 "void_from": "0"})
    good["worker"]["no_driver"] = ("a CPU has none", {"driver": ""})
    good["worker-call"]["heartbeat"] = ("still at it", {"lease": ex.named("lease").hex()})
    good["worker-result"]["mismatch"] = ("a row shows it", {
        "outcome": "mismatch", "row_outcomes": "m5x1", "fault": {"step": 2, "row": 43}})
    good["worker-result"]["inconclusive"] = ("it failed", {
        "outcome": "inconclusive", "position_outcomes": "", "row_outcomes": "",
        "pair_outcomes": "", "detail": "out of memory"})
    good["settlement"]["nothing_owed"] = ("shown wrong", {"payable_micros": "0",
                                                          "holdback_micros": "0"})
    for at in range(len(ex.STATE_BYTES)):
        good["score"][f"final_{at}"] = ("of each state of the snapshot", score_of(at))
    good["score"]["no_class"] = ("never audited", {"class": ""})
    bad = {
        "cancel": {"subject_of_another_job": ("the subject is the job",
                                              {"/subject/0/digest/sha256": OTHER})},
        "reveal": {"secret_missing": ("nothing revealed", {"secret": KeyError})},
        "timeout": {"fault_a_string": ("true or false", {"verifier_at_fault": "no"})},
        "uptime": {
            "501_rows": ("one over the limit", {"rows": [[key, 1, 1] for key in sorted(keys)]}),
            "rows_descending": ("one spelling", {"rows": ex.uptime_rows[::-1]}),
            "row_twice": ("one row a provider", {"rows": ex.uptime_rows[:1] * 2}),
            "answered_over_asked": ("more answers than questions", {"rows/0/1": 9, "rows/0/2": 8}),
            "row_of_four": ("[key, answered, asked]", {"rows": [[keys[0], 1, 1, 1]]}),
            "window_of_no_seconds": ("no window", {"window_seconds": 0})},
        "slash": {
            "withheld_without_proof": ("no proof of delivery, no fault", {"delivery_proof": ""}),
            "proof_of_another_fault": ("belongs to withheld", {"fault": "equivocation"}),
            "evidence_descending": ("one spelling", {"evidence_indices": ["5", "4"]}),
            "evidence_missing": ("nothing proves it", {"evidence_indices": []}),
            "evidence_numbers": ("decimal strings", {"evidence_indices": [4, 5]}),
            "fault_unknown": ("none of the three", {"fault": "slow"}),
            "severity_zero": ("no slash", {"severity_ppm": 0}),
            "severity_over_two": ("out of range", {"severity_ppm": 2_000_001})},
        "reversal": {"subject_an_attestation": ("the subject is a slash",
                                                {"/subject/0/name": "attestation"}),
                     "cause_unknown": ("none of the four", {"cause": "mercy"}),
                     "cause_empty": ("none of the four", {"cause": ""})},
        "appeal": {
            "subject_an_attestation": ("the subject is a slash",
                                       {"/subject/0/name": "attestation"}),
            "remark_of_501_bytes": ("over the limit", {"remark": "r" * 501}),
            "remark_control": ("control characters", {"remark": "a\u001b[31mb"}),
            "nonce_short": ("32 bytes", {"nonce": "00" * 31}),
            "nonce_missing": ("nothing fresh", {"nonce": KeyError}),
            "deposit_a_number": ("64-bit numbers are strings", {"deposit_micros": 200000})},
        "ruling": {
            "granted_against_the_definition": ("contradiction", {"outcome": "granted"}),
            "refuted_without_the_definition": ("others decide nothing", {
                "replays": [{"device": "cpu/avx2", "outcome": "mismatch"}]}),
            "granted_by_nothing": ("contradiction", {"outcome": "granted", "replays": []}),
            "granted_by_half": ("one that decides failed", {
                "outcome": "granted", "replays": [{"device": "cpu/scalar", "outcome": "match"},
                                                  {"device": "signatures",
                                                   "outcome": "inconclusive"}]}),
            "outcome_unknown": ("none of the three", {"outcome": "upheld"}),
            "replays_17": ("over the limit", {
                "replays": [{"device": "cpu/scalar", "outcome": "mismatch"}] * 17}),
            "replay_nameless": ("by what?", {
                "replays": [{"device": "", "outcome": "mismatch"},
                            {"device": "cpu/scalar", "outcome": "mismatch"}]}),
            "replay_outcome_unknown": ("none of the four", {
                "replays": [{"device": "cpu/scalar", "outcome": "wrong"}]}),
            "subject_an_attestation": ("the subject is a slash",
                                       {"/subject/0/name": "attestation"})},
        "stake": {
            "amount_zero": ("moves nothing", {"amount_micros": "0"}),
            "amount_over_2_53": ("out of range", {"amount_micros": str(2**53 + 1)}),
            "move_unknown": ("none of the four", {"move": "slash"}),
            "reference_empty": ("names no payment", {"reference": ""}),
            "subject_of_another": ("the provider", {"/subject/0/digest/sha256": OTHER})},
        "maintenance": {
            "of_no_time": ("nothing is excused", {"to": ex.maintenance["from"]}),
            "backwards": ("from, then to", {"from": ex.maintenance["to"],
                                            "to": ex.maintenance["from"]}),
            "a_number": ("times are decimal strings", {"from": ex.NOW}),
            "subject_of_another": ("the provider", {"/subject/0/digest/sha256": OTHER})},
        "measurement": {
            "of_nothing": ("nothing was measured", {"parts": []}),
            "parts_descending": ("one spelling", parts("memory", "gpu")),
            "part_twice": ("which one?", parts("gpu", "gpu")),
            "part_unknown": ("none of the five", parts("brain")),
            "another_unit": ("the part's", {"parts/0/unit": "bytes"}),
            "claimed_nothing": ("a share of nothing", {"parts/0/claimed": "0"}),
            "class_empty": ("of what?", {"class": ""}),
            "how_of_257_bytes": ("over the limit", {"how": "h" * 257}),
            "subject_of_another": ("the provider", {"/subject/0/digest/sha256": OTHER})},
        "worker": {
            "state_unknown": ("enabled or suspended", {"state": "retired"}),
            "suspended_without_cause": ("why?", {"cause": ""}),
            "enabled_with_a_cause": ("belongs to the suspended", {"state": "enabled",
                                                                  "void_from": "0"}),
            "enabled_and_void": ("belongs to the suspended", {"state": "enabled", "cause": ""}),
            "void_from_a_number": ("a decimal string", {"void_from": 6}),
            "void_from_null": ("0 is none", {"void_from": None}),
            "after_a_number": ("a decimal string", {"after": 5}),
            "after_null": ("0 is none", {"after": None}),
            "cause_with_a_space": ("one word", {"cause": "missed canary"}),
            "name_empty": ("a name is for people", {"name": ""}),
            "device_empty": ("of what?", {"device": ""}),
            "driver_of_65_bytes": ("one over the limit", {"driver": "d" * 65}),
            "subject_of_another": ("the worker", {"/subject/0/digest/sha256": OTHER})},
        "worker-call": {
            "origin_empty": ("for which verifier?", {"origin": ""}),
            "sent_a_number": ("times are decimal strings", {"sent": ex.NOW}),
            "subject_of_another": ("the worker", {"/subject/0/digest/sha256": OTHER})},
        "worker-result": {
            "match_of_nothing": ("a signature is no replay", {
                "position_outcomes": "", "row_outcomes": "", "pair_outcomes": ""}),
            "match_with_a_mismatch": ("no better than its parts", {"row_outcomes": "m5x1"}),
            "mismatch_without_fault": ("where?", {"outcome": "mismatch"}),
            "fault_with_match": ("a fault is a mismatch's", {"fault": {"step": 1, "row": None}}),
            "unavailable": ("the provider's to answer", {"outcome": "unavailable"}),
            "outcomes_enormous": ("must not be expanded",
                                  {"row_outcomes": "m18446744073709551615"}),
            "device_empty": ("of what?", {"device": ""}),
            "subject_of_another": ("the lease", {"/subject/0/digest/sha256": OTHER})},
        "paid-challenge": {
            "deposit_zero": ("griefing must cost something", {"deposit_micros": "0"}),
            "step_named": ("positions are drawn, not chosen", {"step": 1}),
            "subject_of_another": ("the attestation", {"/subject/0/digest/sha256": OTHER})},
        "settlement": {
            "more_than_the_price": ("money from nowhere", {"payable_micros": "250001"}),
            "holdback_alone_too_much": ("money from nowhere", {"payable_micros": "0",
                                                               "holdback_micros": "1000001"}),
            "of_an_empty_log": ("follows from nothing", {"tree_size": "0"}),
            "subject_of_another_job": ("the job", {"/subject/0/digest/sha256": OTHER})},
        "dispute": {
            "deposit_zero": ("griefing must cost something", {"deposit_micros": "0"}),
            "step_beyond": ("no trace is so long", {"step": 4097}),
            "subject_of_another": ("the attestation", {"/subject/0/digest/sha256": OTHER})},
        "dispute-move": {
            "answer_without_blob": ("says nothing", {"move/blob": ex.ZEROS}),
            "choice_of_an_answer": ("belongs to others", {"move/choice": 1}),
            "kind_unknown": ("none of the six", {"move/kind": "pass"}),
            "number_17": ("no dispute is so long", {"number": 17}),
            "unknown_member": ("strict", {"move/why": "x"})},
        "dispute-end": {
            "lost_by_nobody": ("somebody lost", {"lost": "nobody"}),
            "convicted_challenger": ("contradiction", {"lost": "challenger"}),
            "acquitted_provider": ("contradiction", {"cause": "acquitted"}),
            "silent_without_proof": ("no proof, no loss", {"cause": "silent"}),
            "proof_of_another_cause": ("belongs to silence", {"delivery_proof": "{}"})},
        "policy": {
            "document_spaced": ("another spelling", {"document": ex.POLICY.replace(":", ": ")}),
            "subject_of_another": ("the document's digest", {"/subject/0/digest/sha256": OTHER})},
        "snapshot": {
            "of_nothing": ("nobody has a score", {"states": "0"}),
            "of_an_empty_log": ("follows from nothing", {"tree_size": "0"}),
            "origin_empty": ("which log?", {"origin": ""}),
            "states_a_number": ("64-bit numbers are strings", {"states": 3}),
            "unknown_member": ("strict", {"note": "x"}),
            "subject_of_another": ("the root over the states", {"/subject/0/digest/sha256": OTHER}),
            "subject_named_otherwise": ("states", {"/subject/0/name": "state"})},
        "score": {**final_scores(),
                  "trust_over_one": ("parts per million", {"trust_ppm": 1_000_001}),
                  "origin_empty": ("which log?", {"origin": ""}),
                  "final_a_number": ("true or false", {"final": 0})}}
    for kind in good:
        kind_scenarios("events", kind, good[kind], bad[kind],
                       prefix=kind.replace("-", "_") + "_", kind=kind)


def make_challenge():
    def one(scene, expect, note, **changes):
        scenario("challenge", scene, expect, note, json=ex.compact({**ex.challenge, **changes}))
    one("example", "ok", "as in FORMAT.md")
    one("rows_only", "ok", "a chain is followed by rows", positions=[], pairs=[])
    one("steps_only", "ok", "independent units", rows=[], pairs=[])
    one("pairs_only", "ok", "single rows of single steps", positions=[], rows=[])
    one("pairs_everything", "ok", "the most of them, up to the highest",
        pairs=[[0, 1022], 2**44 - 1])
    one("pairs_1025", "malformed", "one over the cap", pairs=[[0, 1024]])
    one("pair_beyond", "malformed", "row 0 of step 4097", pairs=[2**44])
    one("pairs_by_digest", "malformed", "whoever opens them must know them", pairs=ex.PAIRS)
    one("redraw", "ok", "the second asking of a retro audit", reason="retro", ordinal=1)
    one("nothing", "malformed", "asks for nothing", positions=[], rows=[], pairs=[])
    one("reason_a_number", "malformed", "names, not numbers", reason=0)
    one("ordinal_negative", "malformed", "out of range", ordinal=-1)
    one("unknown_member", "malformed", "strict", hint="1")
    one("deadline_a_number", "malformed", "times are decimal strings", deadline=ex.NOW)


def make_lease():
    def one(scene, expect, note, task=None, **changes):
        whole = json.loads(ex.compact(ex.lease))
        if task:
            whole["lease"]["task"].update(task)
        scenario("lease", scene, expect, note, json=ex.compact({**whole, **changes}))
    one("example", "ok", "as in FORMAT.md")
    one("nothing_to_do", "ok", "come back later", lease=None, wait_ms=1000)
    one("units", "ok", "independent: the opening file holds no part",
        task={"rows": [], "pairs": [], "positions": [1, 2]})
    one("pairs_everything", "ok", "the most of them, up to the highest",
        task={"pairs": [[0, 1022], 2**44 - 1]})
    one("nothing_asked", "malformed", "asks for nothing",
        task={"rows": [], "pairs": [], "positions": []})
    one("pairs_by_digest", "malformed", "whoever replays them must know them",
        task={"pairs": ex.PAIRS})
    one("steps_zero", "malformed", "a job of nothing", task={"steps": 0})
    one("steps_4097", "malformed", "no trace is so long", task={"steps": 4097})
    one("named_provider", "malformed", "a worker need not know whose it is",
        task={"provider": ex.KEY["provider"].hex()})
    one("input_with_a_path", "malformed", "a name becomes a file's name",
        task={"inputs": [{**ex.order["inputs"][0], "name": "../passwd"}]})
    one("lease_missing", "malformed", "null says that there is none", lease=[])
    one("unknown_member", "malformed", "strict", canary=False)


def make_policy():
    def one(scene, expect, note, **changes):
        changed = {**ex.policy, **changes}
        text = ex.compact({key: value for key, value in changed.items() if value is not KeyError})
        scenario("policy", scene, expect, note, text=text, digest=sha256(text.encode()))
    one("example", "ok", "as in FORMAT.md")
    one("audit_always", "ok", "the most", audit_ppm=1_000_000)
    one("audit_never", "malformed", "the probability never falls to zero", audit_ppm=0)
    one("epoch_zero", "malformed", "out of range", epoch_seconds=0)
    one("rows_beyond_a_leaf", "malformed", "its verdict would not fit the log",
        forensic={"units": 299, "steps": 10, "rows": 1025, "micro": 0})
    one("micro_beyond_a_leaf", "malformed", "likewise",
        forensic={"units": 299, "steps": 10, "rows": 100, "micro": 1025})
    one("depth_of_nothing", "malformed", "chains would never be checked",
        standard={"units": 3, "steps": 0, "rows": 0, "micro": 0})
    one("depth_of_micro", "ok", "row micro-checks alone",
        standard={"units": 3, "steps": 0, "rows": 0, "micro": 459})
    one("micro_columns_zero", "malformed", "a check of nothing", micro_columns=0)
    one("devices_over_runs", "malformed", "three runs on four devices", confirm_devices_min=4)
    one("finality_a_number", "malformed", "64-bit numbers are strings", finality_ms=3_600_000)
    one("severity_over_two", "malformed", "out of range", severity_wrong_ppm=2_000_001)
    one("stake_asked_for", "ok", "by two operators", stake_required_micros="100000000",
        operators=sorted([ex.named("an operator").hex(), ex.named("another").hex()]))
    one("operators_descending", "malformed", "one spelling", operators=["ff" * 32, "00" * 32])
    one("operator_twice", "malformed", "one spelling", operators=["ff" * 32, "ff" * 32])
    one("stake_over_2_53", "malformed", "out of range", stake_required_micros=str(2**53 + 1))
    one("name_empty", "malformed", "a name is for people", name="")
    one("member_missing", "malformed", "every member present", poll_ms=KeyError)
    one("unknown_member", "malformed", "strict", discount=1)
    one("newer_version", "malformed", "not this schema", assay="policy/v2")
    for name, text in (("spaced", ex.POLICY.replace(",", ", ")),
                       ("other_order", ex.compact(dict(reversed(ex.policy.items()))))):
        scenario("policy", name, "malformed", "a second spelling", text=text,
                 digest=sha256(text.encode()))


if __name__ == "__main__":
    for make in (make_provider, make_order, make_attestation, make_spotcheck, make_heartbeat,
                 make_verdict, make_summary, make_events, make_challenge, make_lease,
                 make_policy):
        make()
    statement_files.make_all(scenario, payload)
    document = ROOT / "core/wire/FORMAT.md"
    blocks = ex.examples()
    shown = []

    def fill(match):
        shown.append(match[1])
        return f"<!-- example: {match[1]} -->\n```{match[2]}\n{blocks[match[1]]}\n```\n"
    files["core/wire/FORMAT.md"] = re.sub(
        r"<!-- example: ([a-z-]+) -->\n```([a-z]*)\n(?:[^`]*\n)?```\n", fill, document.read_text())
    assert sorted(shown) == sorted(blocks), set(shown) ^ set(blocks)
    stale = [path for path, text in files.items()
             if not (ROOT / path).is_file() or (ROOT / path).read_text() != text]
    if "--check" in sys.argv:
        print("\n".join(f"differs: {path}" for path in stale) or f"{len(files)} files as written")
        sys.exit(1 if stale else 0)
    for path in stale:
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(files[path])
    print(f"{len(files)} files, {len(stale)} written")
