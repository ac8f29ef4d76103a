#!/usr/bin/env python3
"""Checks what Assay emits, from its documents alone: python3 with python3-cryptography.

  check.py vectors DIR                         every scenario of the folders in DIR known here
  check.py receipt FILE --policy policy.txt    a receipt (.assay)
  check.py evidence FILE --policy policy.txt   a fraud proof (.assay)
  check.py score FILE --policy policy.txt       a final score, as assay score final wrote it
  check.py log DIR-or-URL --policy policy.txt  checkpoint, tiles, bundles and every leaf of a log
  --without-inputs   a receipt may lack inputs of its order: nothing here computes with them

Exit codes are Assay's: 0 ok, 8 malformed, 10 signature, 11 no evidence, 12 proof, 13 does not bind,
15 inconclusive (a fraud proof whose step this program cannot recompute), 20 equivocation, …"""
import argparse
import collections
import pathlib
import sys
import urllib.error
import urllib.request

import logs
import notes
import receipt
import scores
import statements
import vectors
from base import EXIT, Wrong, need


def read(path):
    try:
        return pathlib.Path(path).read_bytes()
    except OSError as error:
        raise Wrong("not_found", str(error)) from None


def fetcher(where):
    """Files of a log by their path, from a folder or over HTTP."""
    if not where.startswith(("http://", "https://")):
        return lambda path: read(pathlib.Path(where) / path)

    def fetch(path):
        try:
            with urllib.request.urlopen(where.rstrip("/") + "/" + path, timeout=30) as reply:
                return reply.read(1 << 25)
        except urllib.error.HTTPError as error:
            raise Wrong("not_found" if error.code == 404 else "network",
                        f"{path}: {error}") from None
        except OSError as error:
            raise Wrong("network", f"{path}: {error}") from None
    return fetch


def check_log(where, trust):
    fetch = fetcher(where)
    head = notes.check_checkpoint(trust, fetch("checkpoint"))
    time, kinds = 0, collections.Counter()
    for index, data in logs.check_files(head.checkpoint.size, head.checkpoint.root, fetch):
        leaf = logs.parse_leaf(data)
        need(leaf.time >= time, "malformed", f"leaf {index}: log time runs backwards")
        time = leaf.time
        if leaf.kind != 1:
            kinds["not inline"] += 1
            continue
        logs.verify_leaf(leaf)
        kind, _, _ = statements.kind_of(leaf.payload)
        need(kind not in ("heartbeat", "score"), "malformed", f"leaf {index}: a logged {kind}")
        statements.parse(leaf.payload, kind)
        kinds[kind] += 1
    print(f"{head.checkpoint.origin}: {head.checkpoint.size} leaves follow from the tiles, "
          f"witnesses: {' '.join(head.witnesses) or 'none asked for'}")
    print(", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())))


def run(arguments):
    if arguments.what == "vectors":
        count, skipped, wrong = vectors.check_all(arguments.where, print)
        print(f"{count} vectors, {wrong} disagreements, {skipped} not judged (fractions in JSON)")
        return 1 if wrong else 0
    need(arguments.policy, "usage", "--policy policy.txt says whom you trust")
    trust = notes.parse_trust(read(arguments.policy))
    if arguments.what == "log":
        check_log(arguments.where, trust)
    elif arguments.what == "score":
        said = scores.check_score(read(arguments.where), trust)
        print(f"{said['class']}: trust {said['trust_ppm']} ppm as epoch {said['epoch']} ended")
    elif arguments.what == "receipt":
        receipt.check_receipt(read(arguments.where), trust, print, not arguments.without_inputs)
    else:
        receipt.check_evidence(read(arguments.where), trust, print)
        print("no fraud shown")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("vectors", "receipt", "evidence", "score", "log"))
    parser.add_argument("where")
    parser.add_argument("--policy")
    parser.add_argument("--without-inputs", action="store_true")
    try:
        return run(parser.parse_args())
    except Wrong as wrong:
        print(f"{wrong.code}: {wrong}", file=sys.stderr)
        return EXIT[wrong.code]


if __name__ == "__main__":
    sys.exit(main())
