#!/usr/bin/env python3
"""What every command prints, in every form of output, and its exit code: tests/cli/golden/*.txt.

  golden_test.py PROGRAMS            compares, in a world of live processes
  golden_test.py PROGRAMS --write    writes the files anew; read the difference before you commit

A file holds one command: what people see, with what differs between runs replaced (live.py), and
for programs the shape of the JSON document, of a line of JSON, and the columns of CSV. A command
without a file fails the test. Exit: 0 all equal, 1 not.
"""

import difflib
import json
import pathlib
import sys
import time

import live

GOLDEN = pathlib.Path(__file__).parent / "golden"
FORMS = ["json", "ndjson", "csv"]
# For what may not overlap, a time of its own in each form.
HOURS = {form: 26 + 4 * place for place, form in enumerate(["table"] + FORMS)}
TABLE_LINES = 12  # of what people see: enough to know it by

# name, program, words, options: forms (default: all), lines shown (default: TABLE_LINES). {job} and
# the like are filled in by the world. The order is that of the world's life.
SCENARIOS = [
    ("version", "assay", "version", {}),
    ("completion", "assay", "completion bash", {"forms": [], "lines": 2}),
    ("man", "assay", "man", {"forms": [], "lines": 5}),
    ("config_show", "assay", "config show --origin", {}),
    ("demo", "assay", "demo --out verifier", {}),
    ("model_pack", "assay", "model pack {stories} --out stories.pack --quiet", {}),
    ("model_show", "assay", "model show {stories}", {}),
    ("job_example", "assay", "job example cavity", {"forms": [], "lines": 3}),
    ("job_submit_dry_run", "assay", "job submit --workload gemm --rows 8 --cols 16 --dry-run", {}),
    ("job_submit", "assay", "job submit --workload gemm --rows 8 --cols 16 --steps 2 --wait"
     " --provider alder --quiet", {}),
    ("job_submit_caught", "assay", "job submit --workload gemm --rows 8 --cols 16 --steps 2 --wait"
     " --provider nettle --quiet", {"forms": []}),
    ("job_status", "assay", "job status {job}", {}),
    ("job_watch", "assay", "job watch {job} --quiet", {}),
    ("job_receipt", "assay", "job receipt {job} --out job.assay", {"forms": ["json"]}),
    ("job_result", "assay", "job result {job} --out result.npy", {}),
    ("job_result_raw", "assay", "job result {job} --raw --out result.bin", {}),
    ("job_settlement", "assay", "job settlement {job}", {}),
    ("job_cancel", "assay", "job cancel {job}", {}),
    ("job_cancel_dry_run", "assay", "job cancel {job} --dry-run --explain", {}),
    ("job_status_malformed", "assay", "job status nonsense", {}),
    ("job_status_unknown", "assay", "job status " + "a" * 64, {}),
    ("audit", "assay", "audit job.assay --policy verifier/policy.txt --result result.bin"
     " --replay 2 --quiet", {"lines": 60}),
    ("provider_list", "assay", "provider list", {}),
    ("provider_list_explain", "assay", "provider list --explain", {"forms": []}),
    ("provider_list_curl", "assay", "provider list --curl", {"forms": []}),
    ("provider_list_search", "assay", "provider list 'name=alder' --sort price", {}),
    ("provider_list_unknown_form", "assay", "provider list -o xml", {"forms": []}),
    ("provider_show", "assay", "provider show alder", {"lines": 7}),
    ("provider_history", "assay", "provider history alder", {"lines": 1}),
    ("provider_audits", "assay", "provider audits alder", {"lines": 1}),
    ("provider_show_unknown", "assay", "provider show nobody", {}),
    ("provider_watch", "assay", "provider watch alder --for 1ms", {"lines": 1}),
    ("provider_maintenance", "assay",
     "provider maintenance --from {hours}h --for 2s --key alder.key", {}),
    ("provider_maintenance_dry_run", "assay",
     "provider maintenance --from 50h --for 2s --key alder.key --dry-run", {}),
    ("score_show", "assay", "score show alder", {}),
    ("score_explain", "assay", "score explain alder", {"lines": 1}),
    ("score_what-if", "assay", "score what-if alder", {}),
    ("score_fold", "assay", "score fold --counts counts.csv", {}),
    ("score_final", "assay", "score final alder --out alder-{form}.score", {"lines": 2}),
    ("score_verify", "assay", "score verify {final} --policy verifier/policy.txt", {"lines": 6}),
    # By name: without names everybody comes by ids, which are others in each run.
    ("score_refold", "assay", "score refold alder nettle --policy verifier/policy.txt --quiet",
     {}),
    ("score_refold_all", "assay", "score refold --policy verifier/policy.txt --quiet",
     {"forms": [], "lines": 1}),
    ("score_refold_state", "assay",
     "score refold alder --policy verifier/policy.txt --state monitor --quiet", {"forms": []}),
    ("score_refold_bent", "assay",
     "score refold alder --policy verifier/policy.txt --quiet --verifier {bent}", {}),
    ("score_refold_unknown", "assay", "score refold nobody --policy verifier/policy.txt", {}),
    ("score_refold_network", "assay", "score refold alder --policy verifier/policy.txt"
     " --verifier http://127.0.0.1:1 --timeout 1s", {}),
    ("match", "assay", "match name=alder --tier entry", {}),
    ("match_nobody", "assay", "match name=nobody", {"forms": []}),
    ("slash_list", "assay", "slash list", {}),
    ("slash_show", "assay", "slash show {slash} --evidence fraud.assay", {"lines": 7}),
    ("slash_check", "assay", "slash check fraud.assay --policy verifier/policy.txt", {"lines": 40}),
    ("slash_appeal_dry_run", "assay", "slash appeal {slash} --key nettle.key --dry-run", {}),
    ("slash_appeal", "assay", "slash appeal {slash} --key alder.key", {}),
    ("slash_challenge", "assay", "slash challenge {job}", {"lines": 4}),
    ("slash_dispute", "assay", "slash dispute {job} --state dispute.json", {"forms": ["json"]}),
    ("stake_init", "assay", "stake init --key operator.key", {"forms": []}),
    ("stake_init_again", "assay", "stake init --key operator.key", {}),
    ("stake_bond", "assay", "stake bond alder --amount 5 --reference a --key"
     " verifier/keys/verifier.key", {}),
    ("stake_unbond", "assay", "stake unbond alder --amount 1 --reference b --key"
     " verifier/keys/verifier.key", {}),
    ("stake_delegate", "assay", "stake delegate alder --amount 5 --reference c --key"
     " verifier/keys/verifier.key", {}),
    ("stake_undelegate", "assay", "stake undelegate alder --amount 1 --reference d --key"
     " operator.key", {}),
    ("log_verify", "assay", "log verify --policy verifier/policy.txt", {"lines": 1}),
    ("log_prove", "assay", "log prove 0 --policy verifier/policy.txt --out leaf.proof", {}),
    ("log_prove_beyond", "assay", "log prove 1000000", {}),
    ("network", "assay", "provider list --verifier http://127.0.0.1:1 --timeout 1s", {}),
    ("prover_version", "assay-prover", "version", {}),
    ("prover_config_show", "assay-prover", "config show --origin", {}),
    ("prover_completion", "assay-prover", "completion zsh", {"forms": [], "lines": 2}),
    ("prover_man", "assay-prover", "man", {"forms": [], "lines": 5}),
    ("prover_init", "assay-prover", "init --key other-{form}.key", {}),
    ("prover_init_again", "assay-prover", "init --key alder.key", {}),
    ("prover_doctor", "assay-prover", "doctor --backend cpu --verifier {url}", {"lines": 30}),
    ("prover_doctor_open_key", "assay-prover", "doctor --backend cpu --key open.key", {"lines": 1}),
    ("prover_prove", "assay-prover", "prove none.json --key alder.key --out proof", {}),
    ("prover_measure", "assay-prover", "measure --backend cpu --threads 999999", {}),
    ("prover_run", "assay-prover", "run --key alder.key", {}),
    ("verifier_version", "assay-verifier", "version", {}),
    ("verifier_config_show", "assay-verifier", "config show --origin", {}),
    ("verifier_completion", "assay-verifier", "completion fish", {"forms": [], "lines": 2}),
    ("verifier_man", "assay-verifier", "man", {"forms": [], "lines": 5}),
    ("verifier_init", "assay-verifier", "init --data v-{form} --policy demo", {}),
    ("verifier_init_again", "assay-verifier", "init --data verifier", {}),
    ("verifier_serve", "assay-verifier", "serve --data nowhere", {}),
    ("verifier_fsck", "assay-verifier", "fsck --data verifier", {}),
    ("verifier_refold", "assay-verifier", "refold --data verifier", {}),
    ("verifier_upgrade", "assay-verifier", "upgrade --data nowhere", {}),
    ("verifier_witness_init", "assay-verifier",
     "witness init --data w-{form} --name w.example/1", {}),
    ("verifier_witness_run", "assay-verifier", "witness run --data nowhere", {}),
    ("verifier_worker", "assay-verifier", "worker --init --key worker-{form}.key", {}),
    ("verifier_workers", "assay-verifier", "workers --verifier {url}", {}),
]


def build(world):
    """A verifier, an honest and a dishonest provider, a job of each."""
    world.serve()
    world.provide("alder", "--backend", "cpu")
    world.provide("nettle", "--backend", "cpu", "--misbehave", "zero-state")
    (world.folder / "counts.csv").write_text("hours,soft,pass,proven\n0,0,30,0\n24,1,0,0\n")
    world.must(["assay-prover", "init", "--key", "open.key"])
    (world.folder / "open.key").chmod(0o644)


def promoted(provider):
    """A document that makes more of a provider than the log does."""
    for row in provider["classes"]:
        row["tier"] = "ultra-high"


def facts(world, known, final_is_due):
    """What commands about earlier ones need: filled in as soon as it is there."""
    known.setdefault("url", world.url)
    if "bent" not in known:
        known["bent"] = world.bend("/v1/providers/[0-9a-f]{64}", promoted)
    known.setdefault("stories", str(GOLDEN.parents[2] / "vectors/models/stories"))
    if "job" not in known and (world.folder / "job.json").exists():
        known["job"] = json.loads((world.folder / "job.json").read_text())["id"]
    if "final" not in known and final_is_due:
        until = time.monotonic() + 30
        while world.run(["assay", "score", "final", "alder", "--out", "alder.score"],
                        ASSAY_VERIFIER=world.url).returncode != 0:
            assert time.monotonic() < until, "no snapshot came"
            time.sleep(0.2)
        known["final"] = "alder.score"
    if "slash" not in known:
        done = world.run(["assay", "slash", "list", "-o", "json"], ASSAY_VERIFIER=world.url)
        slashes = json.loads(done.stdout)["slashes"] if done.returncode == 0 else []
        if slashes:
            known["slash"] = str(slashes[0]["id"])
    return known


def clipped(text, lines):
    kept = text.splitlines()[:lines]
    # Columns are as wide as what stands in them, which is not the same in every run.
    return "".join(squeeze(line).rstrip() + "\n" for line in kept)


def squeeze(line):
    lead = len(line) - len(line.lstrip(" "))
    words = [word.strip() for word in line.strip().split("  ") if word.strip()]
    return " " * lead + "  ".join(words)


def shape_text(text, form):
    if not text.strip():
        return ""
    if form == "csv":
        return text.splitlines()[0] + "\n"
    try:
        document = json.loads(text)
    except json.JSONDecodeError:  # several, one a line
        document = json.loads(text.splitlines()[0])
    return json.dumps(live.shape(document), indent=1, sort_keys=True) + "\n"


def error_shape(text):
    """The last line on stderr, where it is an error for programs."""
    lines = [line for line in text.splitlines() if line.startswith('{"code"')]
    if not lines:
        return ""
    error = json.loads(lines[-1])
    assert list(error) == ["code", "title", "detail", "retryable", "trace_id"], error
    return f"error {error['code']}, retryable: {error['retryable']}\n"


def section(world, program, words, form, lines):
    line = f"{program} {words.format(form=form, hours=HOURS[form])}"
    more = {"ASSAY_VERIFIER": world.url} if program == "assay" else {}
    if form == "table":
        done = world.run(line, **more)
        body = clipped(live.stable(done.stdout), lines) + clipped(live.stable(done.stderr), lines)
    else:
        done = world.run(f"{line} -o {form}", **more)
        body = shape_text(done.stdout, form) + error_shape(done.stderr)
    return f"== {form}: exit {done.returncode}\n{body}", done


def scenario_text(world, known, scenario):
    name, program, words, options = scenario
    filled = words
    for key, value in facts(world, known, name.startswith("score_f")).items():
        filled = filled.replace("{" + key + "}", value)
    text = f"$ {program} {words}\n"
    for form in ["table"] + options.get("forms", FORMS):
        part, done = section(world, program, filled, form, options.get("lines", TABLE_LINES))
        text += part
        if name == "job_submit" and form == "json":
            (world.folder / "job.json").write_text(done.stdout)
    return text


def missing_commands(world):
    """Commands that no scenario is about, by the names of their manual pages."""
    missing = []
    for program in ["assay", "assay-prover", "assay-verifier"]:
        world.must([program, "man", "--out", f"man/{program}"])
        for page in (world.folder / "man" / program).iterdir():
            words = page.stem[len(program) + 1 :].replace("-", " ")
            if words and not any(
                own == program and given.replace("-", " ").startswith(words)
                for _, own, given, _ in SCENARIOS
            ):
                missing.append(f"{program} {words}")
    return missing


def main():
    programs, write = sys.argv[1], "--write" in sys.argv
    GOLDEN.mkdir(exist_ok=True)
    wrong = 0
    with live.World(programs) as world:
        build(world)
        known = {}
        for scenario in SCENARIOS:
            path = GOLDEN / f"{scenario[0]}.txt"
            text = scenario_text(world, known, scenario)
            if write:
                path.write_text(text)
                continue
            golden = path.read_text() if path.exists() else ""
            if golden != text:
                wrong += 1
                diff = difflib.unified_diff(
                    golden.splitlines(True), text.splitlines(True), str(path), "now"
                )
                sys.stdout.writelines(diff)
        for command in missing_commands(world):
            wrong += 1
            print(f"{command}: has no golden file; add a scenario and run with --write")
    stale = {path.stem for path in GOLDEN.glob("*.txt")} - {it[0] for it in SCENARIOS}
    for name in stale:
        wrong += 1
        print(f"golden/{name}.txt belongs to no scenario: remove it")
    print(f"{len(SCENARIOS)} commands, {wrong} not as they were")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
