#!/usr/bin/env python3
"""contract_test.py CONTRACT_SERVER OPENAPI [--verbose]

Holds api/openapi.yaml against a live server: the exchanges of a whole life, and then, for every
operation and every status that the file names, a request that brings it about: by what a client can
do where it can, by a fault of the service (x-test-fault) where only a failure of ours does. Every
request and every answer is validated. Fails on a status that is not in the file, on one that is and
never comes, on a member that the file does not name, and on an unlisted path or method.
Exits with 77 where python3-yaml or python3-jsonschema are missing."""
import base64
import json
import sys
import time

try:
    from openapi import Api, Wrong
    from operator_key import Ed25519PrivateKey, signed
except ImportError as missing:
    print(f"SKIPPED: {missing}; apt-get install python3-yaml python3-jsonschema "
          "python3-cryptography")
    sys.exit(77)
from live import Connection, Server, request_bytes

# What a failure of the service's own is called, by the status that it is answered with.
FAULTS = {403: "permission", 404: "not_found", 409: "conflict", 422: "no_evidence",
          500: "throw", 502: "network", 503: "storage"}
FACTS = {"providers": "provider", "jobs": "job", "slashes": "slash", "disputes": "dispute",
         "challenges": "challenge", "blobs": "blob", "policy": "policy", "openings": "opening",
         "results": "worker_result"}


class Contract:
    def __init__(self, api, server, verbose):
        self.api, self.server, self.verbose = api, server, verbose
        self.seen = {}  # (operation, status): "client" or "fault"
        self.faults = []
        self.checked = 0
        self.public, self.admin = Connection(server.url), Connection(server.admin)
        self.peers = 0

    def wrong(self, what):
        self.faults.append(what)

    def judge(self, operation, answer, is_head=False, how="client"):
        self.checked += 1
        if answer is None:
            self.wrong(f"{operation.name}: no answer")
            return
        try:
            operation.check_answer(answer.status, answer.headers, None if is_head else answer.body)
        except Wrong as wrong:
            self.wrong(f"{operation.name}: {wrong}")
        key = (operation.name, answer.status)
        self.seen[key] = "client" if how == "client" else self.seen.get(key, "fault")

    def life(self):
        for each in self.server.exchanges:
            operation = self.api.find(each.method, each.path)
            if operation is None:
                self.wrong(f"{each.method} {each.path} is not in the file")
                continue
            try:
                operation.check_request(each.path, each.query, each.request_body)
            except Wrong as wrong:
                self.wrong(f"{operation.name}: what our own client sent: {wrong}")
            self.judge(operation, each)

    def connection(self, operation):
        return self.admin if operation.is_admin else self.public

    def ask(self, operation, target, headers=(), body=None, method=None, how="client",
            sign=True):
        method = method or operation.method
        if operation.path.startswith("/v1/operator/") and sign:
            headers = list(headers) + signed(method, target, body)
        answer = self.connection(operation).ask(method, target, headers, body)
        self.judge(operation, answer, method == "HEAD", how)
        return answer

    def target(self, operation):
        """A path of this operation that exists."""
        if "{path}" in operation.path:
            size = int(self.public.ask("GET", "/checkpoint").body.split(b"\n")[1])
            return operation.fill(f"0/000.p/{size}")
        before = operation.path[:operation.path.rfind("{")].split("/")  # what the id is of
        fact = next((FACTS[part] for part in reversed(before) if part in FACTS), None)
        if operation.path.endswith("/preview"):
            fact = "running_job"
        return operation.fill(self.server.facts[fact]) if "{" in operation.path else operation.path

    def good(self, operation):
        """(target, body) of a request of that life that was taken."""
        for each in self.server.exchanges:
            taken = each.method == operation.method and each.status < 300
            if taken and self.api.find(each.method, each.path) is operation:
                return each.target(), each.request_body
        if operation.path.endswith("/limits"):
            return operation.path, b'{"key_per_second":100}'
        return self.target(operation), (b"" if operation.body() else None)

    # What a client alone brings about.

    def reads(self, operation):
        target = self.target(operation)
        answer = self.ask(operation, target)
        self.ask(operation, target, method="HEAD")
        if answer is None or answer.status != 200 or "operator" in operation.spec["tags"]:
            return
        for name in ("etag", "cache-control"):
            if name not in answer.headers:
                self.wrong(f"{operation.name}: 200 without {name}")
        known = [("If-None-Match", answer.headers.get("etag", ""))]
        self.ask(operation, target, known)
        self.ask(operation, target, known, method="HEAD")
        if operation.query:
            self.ask(operation, target + "?limit=1" if "limit" in operation.query else
                     target + "?after=0")
        if "query" in operation.query:
            first = self.ask(operation, target + "?query=score%3E=0&sort=-score&limit=1").json()
            if first["next"]:
                self.ask(operation, f"{target}?query=score%3E=0&sort=-score&limit=1&cursor="
                                    f"{first['next'].replace('=', '%3D')}")
        if operation.path.endswith("/settlement"):
            self.ask(operation, operation.fill(self.server.facts["running_job"]))  # 409

    def unknown(self, operation):
        for value in ("0" * 64, "999999999", "no-id", "@"):
            body = b"" if operation.body() else None
            if "{" in operation.path:
                self.ask(operation, operation.fill(value), body=body)

    def writes(self, operation):
        target, body = self.good(operation)
        self.ask(operation, target, body=body)  # again: known, or too late
        for bad in (b"", b"{}", b"[1", b"\xff" * 40):
            self.ask(operation, target, body=bad)
        schema = operation.body()[1] or {}
        if schema.get("$ref", "").rsplit("/")[-1] in ("Envelope", "Attestations"):
            envelope = json.loads(body)
            signature = bytearray(base64.b64decode(envelope["signatures"][0]["sig"]))
            signature[0] ^= 1
            envelope["signatures"][0]["sig"] = base64.b64encode(signature).decode()
            self.ask(operation, target, body=json.dumps(envelope).encode())
            for signatures in ([], [{"sig": "c2hvcnQ="}]):  # none, and one of no form
                envelope["signatures"] = signatures
                self.ask(operation, target, body=json.dumps(envelope).encode())

    def repeated(self, operation):
        """Idempotency-Key: a body of the same length that is another is 422."""
        target, body = self.good(operation)
        if operation.method != "POST":
            return
        if operation.path.endswith("/limits"):
            return  # where another body is another digest, and each call has its nonce
        key = [("Idempotency-Key", operation.name)]
        first = self.ask(operation, target, key, body)
        if first.status >= 300:
            return
        again = self.ask(operation, target, key, body)
        if again.headers.get("idempotency-replayed") != "true" or again.body != first.body:
            self.wrong(f"{operation.name}: asked again with the same key, it is another answer")
        self.ask(operation, target, key, body + b" ")
        self.ask(operation, target, [("Idempotency-Key", "")], body)

    def batches(self, operation):
        """Several envelopes in a body: one answer each, in their order, or 400 for all of it."""
        if not operation.path.endswith("/attestations"):
            return
        target, known = self.good(operation)
        envelope = json.loads(known)
        envelope["signatures"][0]["sig"] = base64.b64encode(bytes(64)).decode()
        forged = json.dumps(envelope).encode()
        envelope["signatures"] = []
        unsigned = json.dumps(envelope).encode()
        large = b'{"a":"%s"}' % (b"x" * (128 << 10))

        def ask(what, envelopes, statuses, frame=b'{"envelopes":[%s]}', headers=()):
            body = frame.replace(b"%s", b",".join(envelopes))
            answer = self.ask(operation, target, headers, body)
            said = answer.json()
            got = [each["status"] for each in said["results"]] if answer.status == 200 else (
                answer.status)
            if got != statuses:
                self.wrong(f"{operation.name}: {what}: {got}, not {statuses}")
            return answer

        ask("one", [known], [200])
        ask("good and bad", [forged, known, b"{}", unsigned, known, b'{"a":1,"a":1}', large],
            [401, 200, 400, 400, 200, 400, 413])
        ask("as many as there may be", [known] * 100, [200] * 100)
        ask("with spaces", [known, known], [200, 200], b' { "envelopes" : [\r\n%s\t] } ')
        for what, envelopes, frame in (
                ("none", [], b'{"envelopes":[%s]}'), ("too many", [known] * 101,
                                                      b'{"envelopes":[%s]}'),
                ("another member", [known], b'{"envelopes":[%s],"more":1}'),
                ("twice", [known], b'{"envelopes":[%s],"envelopes":[]}'),
                ("no list", [known], b'{"envelopes":%s}'),
                ("no object", [known, b"1"], b'{"envelopes":[%s]}'),
                ("no end", [known], b'{"envelopes":[%s'),
                ("more after it", [known], b'{"envelopes":[%s]}{}')):
            ask(what, envelopes, 400, frame)
        ask("too long", [known], 413, b'{"envelopes":[%s' + b" " * (1 << 20) + b"]}")
        key = [("Idempotency-Key", "batch")]
        first = ask("with a key", [known] * 2, [200, 200], headers=key)
        again = ask("again", [known] * 2, [200, 200], headers=key)
        if again.headers.get("idempotency-replayed") != "true" or again.body != first.body:
            self.wrong(f"{operation.name}: a batch asked again is another answer")
        ask("the key for another", [known] * 3, 422, headers=key)
        key = [("Idempotency-Key", "partly")]
        for _ in range(2):
            answer = ask("partly taken", [known, forged], [200, 401], headers=key)
            if "idempotency-replayed" in answer.headers:
                self.wrong(f"{operation.name}: a batch that was partly refused is kept")
        self.ask(operation, target, [("x-test-fault", "permission")],
                 b'{"envelopes":[%s]}' % known, how="fault")

    def operators(self, operation):
        """Signatures that are none: missing, somebody else's, old, used, of another request."""
        target, body = self.good(operation)
        if not operation.path.startswith("/v1/operator/"):
            return

        def ask(what, status, headers):
            answer = self.ask(operation, target, headers, body, sign=False)
            if answer.status != status:
                self.wrong(f"{operation.name}: {what}: {answer.status}, not {status}")

        stranger = Ed25519PrivateKey.generate()
        now, of = int(time.time()), (operation.method, target, body)
        used = signed(*of)
        ask("a call", 200, used)
        ask("the same call", 409, used)
        ask("nobody's", 401, [])
        ask("no operator's", 403, signed(*of, key=stranger, keyid="0" * 64))
        ask("in an operator's name", 401, signed(*of, key=stranger))
        ask("an old one", 401, signed(*of, created=now - 70))
        ask("one of tomorrow", 401, signed(*of, created=now + 70))
        ask("of another path", 401, signed(operation.method, "/v1/operator/x", body))
        ask("of another host", 401, signed(*of, host="elsewhere"))
        ask("of another method", 401, signed("PUT", target, body))
        ask("a short nonce", 400, signed(*of, nonce="n"))
        ask("no list", 400, [("Signature-Input", "call"), ("Signature", "call=:AA==:")])
        if body:
            ask("of another body", 401, signed(operation.method, target, body + b" "))

    def refused_by_head(self, operation):
        target, body = self.good(operation)
        length = [] if body is None else [("Content-Length", str(len(body)))]
        heads = [
            [("Content-Length", "4000000000000")],
            [("Transfer-Encoding", "chunked")],
            length + [("Content-Encoding", "gzip")],
            length + [("Range", "bytes=0-1")],
            length + [("Host", "twice")],
            [("Content-Length", "1"), ("Content-Length", "2")],
        ]
        if body is not None:
            heads.append([])  # no length at all
        for headers in heads:
            raw = request_bytes(operation.method, target, headers)
            self.judge(operation, self.connection(operation).send(raw))
        long = target + ("&" if "?" in target else "?") + "x" * 2100
        self.ask(operation, long, body=body)
        self.ask(operation, target + ("&" if "?" in target else "?") + "nobody=1", body=body)
        if body is not None:
            raw = request_bytes(operation.method, target, [("Content-Length", "100")]) + b"half"
            self.judge(operation, self.connection(operation).send(raw, ends=True))

    def too_many(self, operation):
        self.peers += 1
        peer = [("X-Forwarded-For", f"203.{self.peers // 256}.{self.peers % 256}.1")]
        target, body = self.good(operation)
        for _ in range(60):
            answer = self.ask(operation, target, peer, body)
            if answer is None or answer.status == 429:
                return

    def fails(self, operation):
        target, body = self.good(operation)
        for status in sorted(operation.statuses):
            if (operation.name, status) in self.seen or status not in FAULTS:
                continue
            self.ask(operation, target, [("x-test-fault", FAULTS[status])], body, how="fault")

    def registry(self):
        """Every code, as the table of ProblemCode has it."""
        codes = self.api.resolve({"$ref": "#/components/schemas/ProblemCode"})
        if [each["code"] for each in codes["x-registry"]] != codes["enum"]:
            self.wrong("ProblemCode: x-registry and enum differ")
        for each in codes["x-registry"]:
            answer = self.public.ask("GET", "/checkpoint", [("x-test-fault", each["code"])])
            said = answer.json()
            for member in ("code", "status", "title", "retryable"):
                if said[member] != each[member]:
                    self.wrong(f"{each['code']}: the server says {said[member]} for {member}")
            if not each["remedy"]:
                self.wrong(f"{each['code']}: the table does not say what to do")

    def strangers(self):
        """What is in no table."""
        for target in ("/nowhere", "/v2", "/v1", "/v1/", "/v1/providers/", "/v1/jobs/1/2",
                       "/openapi"):
            answer = self.public.ask("GET", target)
            if answer.status != 404 or answer.json()["code"] != "not_found":
                self.wrong(f"{target}: {answer.status}")
        for operation in self.api.operations:
            methods = {each.method for each in self.api.operations
                       if each.path == operation.path}
            target = self.target(operation)
            for method in {"GET", "POST", "PUT", "DELETE", "PATCH"} - methods:
                body = b"" if method in ("POST", "PUT", "PATCH") else None
                answer = self.connection(operation).ask(method, target, body=body)
                allow = set((answer.headers.get("allow") or "").split(", ")) - {"HEAD"}
                if answer.status != 405 or allow != methods:
                    self.wrong(f"{method} {target}: {answer.status}, Allow: {sorted(allow)}")

    def run(self):
        self.life()
        # The operator's last: what he sets changes the limits of everybody.
        for operation in sorted(self.api.operations, key=lambda each: "operator" in each.path):
            if operation.method == "GET":
                self.reads(operation)
            else:
                self.writes(operation)
                self.batches(operation)
                self.repeated(operation)
            self.operators(operation)
            self.unknown(operation)
            self.refused_by_head(operation)
            if 429 in operation.statuses:
                self.too_many(operation)
            self.fails(operation)
        self.registry()
        self.strangers()

    def report(self):
        named = [(each.name, status) for each in self.api.operations
                 for status in sorted(each.statuses)]
        missing = [f"{name} {status}" for name, status in named if (name, status) not in self.seen]
        for each in missing:
            self.wrong(f"{each}: in the file, and never answered")
        if self.verbose:
            for name, status in named:
                print(f"{status} {self.seen.get((name, status), 'NEVER'):7} {name}")
        for each in dict.fromkeys(self.faults):
            print("WRONG", each)
        by_client = sum(self.seen.get(key) == "client" for key in named)
        print(f"{len(self.api.operations)} operations, {len(named)} documented statuses: "
              f"{by_client} by clients alone, {len(named) - by_client - len(missing)} by injected "
              f"faults, {len(missing)} never; {self.checked} answers validated, "
              f"{len(dict.fromkeys(self.faults))} wrong")
        return 1 if self.faults else 0


def main():
    api = Api(sys.argv[2])
    with Server(sys.argv[1]) as server:
        contract = Contract(api, server, "--verbose" in sys.argv)
        contract.run()
        return contract.report()


if __name__ == "__main__":
    sys.exit(main())
