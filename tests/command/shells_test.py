#!/usr/bin/env python3
"""Completions as their shells run them, manual pages as troff reads them: of all three programs.

  shells_test.py PROGRAMS

bash is always there; zsh, fish, groff and mandoc are asked where they are installed, and named
where they are not. Exit: 0 all well, 1 not.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PROGRAMS = ["assay", "assay-prover", "assay-verifier"]
SHELLS = ["bash", "zsh", "fish"]
# What is typed, the last word unfinished; and all that may follow.
TYPED = [
    ("assay pro", {"provider"}),
    ("assay provider wat", {"watch"}),
    ("assay provider list --output nd", {"ndjson"}),
    ("assay completion z", {"zsh"}),
    ("assay job submit --work", {"--workload"}),
    ("assay-prover doc", {"doctor"}),
    ("assay-prover run --backend c", {"cpu", "cuda"}),
    ("assay-verifier witness i", {"init"}),
    ("assay-verifier serve --lis", {"--listen"}),
]
wrong = []


def run(words, **more):
    return subprocess.run(words, capture_output=True, text=True, timeout=60, **more)


def expect(holds, what):
    if not holds:
        wrong.append(what)
        print(what)


def bash_answers(script, line):
    words = line.split(" ")
    ask = (
        f"source '{script}'; COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; "
        f"_{words[0].replace('-', '_')}; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    )
    return set(run(["bash", "-c", ask]).stdout.split())


def fish_answers(script, line):
    done = run(["fish", "-c", f"source '{script}'; complete -C '{line}'"])
    return {answer.split("\t")[0] for answer in done.stdout.splitlines()}


def zsh_answers(script, line):
    """What the function offers, with the shell's own helpers replaced by ones that print."""
    words = line.split(" ")
    helpers = (
        "compdef() { :; }; _files() { :; }; compadd() { shift; print -l -- $@; };"
        " _describe() { local it; for it in ${(P)2}; do print -r -- ${it%%:*}; done; };"
    )
    ask = (
        f"{helpers} source '{script}'; words=({' '.join(words)}); CURRENT={len(words)}; "
        f"_{words[0].replace('-', '_')}"
    )
    done = run(["zsh", "-f", "-c", ask])
    return {it for it in done.stdout.split() if it.startswith(words[-1])}


ANSWERS = {"bash": bash_answers, "fish": fish_answers, "zsh": zsh_answers}


def check_shell(shell, programs, folder):
    if shutil.which(shell) is None:
        print(f"{shell} is not installed: its completions were not tried")
        return
    for program in PROGRAMS:
        done = run([programs / program, "completion", shell])
        script = folder / f"{program}.{shell}"
        script.write_text(done.stdout)
        checked = run([shell, "-n", script])
        expect(
            checked.returncode == 0 and not checked.stderr,
            f"{shell} does not read the completions of {program}: {checked.stderr}",
        )
    for line, follows in TYPED:
        got = ANSWERS[shell](folder / f"{line.split(' ')[0]}.{shell}", line)
        expect(got == follows, f"{shell}: '{line}' is completed by {got}, not {follows}")


def check_pages(program, programs, folder):
    pages = folder / f"{program}.man"
    run([programs / program, "man", "--out", pages], check=True)
    names = sorted(pages.iterdir())
    expect(len(names) > 5, f"{program} has {len(names)} manual pages")
    for page in names:
        words = page.stem[len(program) :].strip("-")
        if shutil.which("groff"):
            lint = run(["groff", "-ww", "-man", "-Tutf8", "-z", page])
            expect(not lint.stderr, f"groff: {page.name}: {lint.stderr}")
        if shutil.which("mandoc"):
            lint = run(["mandoc", "-Tlint", "-W", "error", page])
            expect(lint.returncode == 0, f"mandoc: {page.name}: {lint.stdout}")
        # Every option that help names is in the page.
        if words:
            text = page.read_text().replace("\\-", "-")
            helps = (help_of(programs / program, it) for it in splits(words))
            shown = next(filter(None, helps), "")
            expect(shown, f"{page.name} is the page of no command")
            for option in set(re.findall(r"^  (?:-\w,)?(--[a-z][a-z-]*)", shown, re.M)):
                expect(f"\\fB{option}\\fR" in text, f"{page.name} lacks {option}")


def help_of(program, words):
    """Empty where there is no such command: then the help is another one's."""
    shown = run([program, *words, "--help"]).stdout
    return shown if re.search(rf"^Usage: .*{re.escape(' '.join(words))}( |$)", shown, re.M) else ""


def splits(words):
    """"score-what-if" is `score what-if`: a dash may be a space or itself."""
    parts = words.split("-")
    yield [words]
    for i in range(1, len(parts)):
        yield ["-".join(parts[:i]), "-".join(parts[i:])]


def main():
    programs = pathlib.Path(sys.argv[1]).resolve()
    os.environ["ASSAY_CONFIG"] = ""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for shell in SHELLS:
            check_shell(shell, programs, folder)
        for program in PROGRAMS:
            check_pages(program, programs, folder)
    print(f"{len(wrong)} things wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
