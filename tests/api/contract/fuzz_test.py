#!/usr/bin/env python3
"""fuzz_test.py CONTRACT_SERVER OPENAPI [--seed N] [--count N]

Requests made from api/openapi.yaml, most of them nearly right, some hostile, against a live server
with a life behind it. Every answer must be one that the file has for that operation, in status,
headers, type and members; the only 5xx that may come is a documented 503 or 507. At the end the
server proves its log, its seals and that a refold gives the same rows. Prints the request that
broke a rule, and the seed and number that make it again. Exits with 77 where packages are missing.
"""
import argparse
import random
import sys
import time

try:
    from openapi import Api, Wrong
except ImportError as missing:
    print(f"SKIPPED: {missing}; apt-get install python3-yaml python3-jsonschema")
    sys.exit(77)
from generate import Generator, Signers
from live import Connection, Server, request_bytes

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]


def judge(api, operation, method, target, answer):
    """What is wrong with the answer, or None."""
    if answer is None:
        return "the connection ended without an answer"
    if answer.status >= 500 and answer.status not in (503, 507):
        return f"{answer.status}: {answer.body[:300]!r}"
    path = target.split("?")[0]
    found = api.find(method, path)
    if found is None or found.is_admin != operation.is_admin:
        # No operation of the file: then it must be refused, as a problem document.
        if answer.status not in (400, 404, 405, 408, 411, 413, 414, 415, 416, 429):
            return f"{answer.status} for what is not in the file"
        if answer.headers.get("content-type") != "application/problem+json":
            return f"{answer.status} as {answer.headers.get('content-type')}"
        return None
    # A method that goes on with a body where the file has GET only, and the like, are 404 and 405.
    try:
        found.check_answer(answer.status, answer.headers,
                           None if method == "HEAD" else answer.body)
    except Wrong as wrong:
        return str(wrong)
    return None


def run(api, server, seed, count):
    counts, wrong, began = {}, 0, time.monotonic()
    connections = {False: Connection(server.url), True: Connection(server.admin)}
    for number in range(count):
        rng = random.Random(f"{seed} {number}")
        generator = run.generator
        generator.rng = rng
        operation = rng.choice(api.operations)
        method = operation.method if rng.random() < 0.95 else rng.choice(METHODS)
        target, headers = generator.target(operation), generator.headers()
        body = generator.body(operation)
        if method in ("GET", "HEAD") and body == b"":
            body = None
        raw = request_bytes(method, target, headers, body)
        try:
            answer = connections[operation.is_admin].send(raw, method == "HEAD")
            fault = judge(api, operation, method, target, answer)
        except OSError as error:
            fault, answer = f"{error}", None
            connections[operation.is_admin].close()
        status = answer.status if answer else 0
        counts[status] = counts.get(status, 0) + 1
        if fault:
            wrong += 1
            print(f"WRONG --seed {seed}, number {number}: {method} {target[:200]}: {fault}")
            print(f"  sent: {raw[:1500]!r}")
            if wrong >= 20:
                break
    spread = ", ".join(f"{status} {count}" for status, count in sorted(counts.items()))
    print(f"{sum(counts.values())} requests of {len(api.operations)} operations in "
          f"{time.monotonic() - began:.1f} s, seed {seed}: {spread}; {wrong} wrong")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("server")
    parser.add_argument("openapi")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=20_000)
    given = parser.parse_args()
    if not Signers().keys:
        print("note: without python3-cryptography no statement is signed anew")
    api = Api(given.openapi)
    with Server(given.server) as server:
        run.generator = Generator(api, server, random.Random(given.seed))
        wrong = run(api, server, given.seed, given.count)
        if Connection(server.admin).ask("GET", "/livez") is None:
            wrong += 1
            print("WRONG: the server is gone")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
