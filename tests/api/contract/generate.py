"""Requests made from the description: mostly right, somewhere wrong. All choices are the seed's."""
import base64
import copy
import hashlib
import json
import re

try:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
except ImportError:
    Ed25519PrivateKey = None

HOSTILE_TEXTS = ["", "0", "-1", "1e309", "NaN", "null", "../../etc/passwd", "%00", "%2e%2e%2f",
                 "'; DROP TABLE jobs;--", "<script>", "{}", "a" * 300, "\u0000", "\ud83d\ude00",
                 "18446744073709551616", "9" * 40, "0x10", " 7", "7 ", "+7", "07"]
HOSTILE_NUMBERS = [0, -1, 1, 2**31, 2**32, 2**53, 2**63 - 1, 2**63, 2**64, -2**63, 10**30, 0.5,
                   -0.0, 1e308, 499, 500, 501]
# Whom the world of life.cc knows, by the seeds of their keys.
KNOWN_SEEDS = ["tests/sim renter", "tests/sim provider alice", "tests/sim provider mallory",
               "tests/sim worker w", "who tells of bonds", "challenger", "a stranger"]


class Signers:
    def __init__(self):
        self.keys = {}
        if Ed25519PrivateKey is None:
            return
        for text in KNOWN_SEEDS:
            key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(text.encode()).digest())
            public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
            self.keys[hashlib.sha256(public).hexdigest()] = key

    def seal(self, payload, keyid, rng):
        """A DSSE envelope that this key signed, or where nobody has it, some other."""
        kind = b"application/vnd.in-toto+json"
        pae = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
        if keyid not in self.keys or rng.random() < 0.1:
            keyid = rng.choice(sorted(self.keys))
        signature = self.keys[keyid].sign(pae)
        return json.dumps({"payload": base64.b64encode(payload).decode(),
                           "payloadType": kind.decode(),
                           "signatures": [{"keyid": keyid,
                                           "sig": base64.b64encode(signature).decode()}]}).encode()


class Generator:
    def __init__(self, api, server, rng):
        self.api, self.server, self.rng = api, server, rng
        self.signers = Signers()
        self.taken = {}  # operation name: exchanges that were taken in
        for each in server.exchanges:
            operation = api.find(each.method, each.path)
            if operation is not None and each.status < 300:
                self.taken.setdefault(operation.name, []).append(each)

    def value(self, schema, depth=0):
        """Something of this schema, or nearly."""
        rng, schema = self.rng, self.api.resolve(schema)
        if rng.random() < 0.04:
            return self.anything(depth)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return rng.choice(schema["enum"])
        for kinds in ("anyOf", "oneOf"):
            if kinds in schema:
                return self.value(rng.choice(schema[kinds]), depth)
        kind = schema.get("type", "object" if "properties" in schema else "string")
        kind = rng.choice(kind) if isinstance(kind, list) else kind
        if kind == "object":
            required = set(schema.get("required", ()))
            return {name: self.value(each, depth + 1)
                    for name, each in schema.get("properties", {}).items()
                    if rng.random() < (0.98 if name in required else 0.4)}
        if kind == "array":
            count = min(rng.choice([0, 1, 1, 2, 5, 40]), 2 if depth > 3 else 40)
            return [self.value(schema.get("items", {"type": "integer", "minimum": 0}), depth + 1)
                    for _ in range(count)]
        if kind == "integer":
            low, high = schema.get("minimum", 0), schema.get("maximum", 2**40)
            return rng.choice([low, high, low - 1, high + 1, rng.randint(low, high)])
        if kind == "boolean":
            return rng.random() < 0.5
        if kind == "null":
            return None
        return self.text(schema)

    def text(self, schema):
        rng, pattern = self.rng, schema.get("pattern", "")
        if rng.random() < 0.1:
            return rng.choice(HOSTILE_TEXTS)
        if "[0-9a-f]{64}" in pattern:
            return rng.choice([self.fact(), "%064x" % rng.getrandbits(256), "A" * 64])
        if "[0-9]" in pattern:
            return str(rng.choice([0, 1, rng.randint(0, 60), rng.getrandbits(64)]))
        if schema.get("contentEncoding") == "base64":
            return base64.b64encode(rng.randbytes(rng.randint(0, 90))).decode()
        return rng.choice(["gemm@1", "eu-west", "score>0.5", "score > 0.1 verified=true", "cpu",
                           "-score,price", "a" * rng.randint(1, 1100), "%s" % rng.random()])

    def anything(self, depth=0):
        rng = self.rng
        if depth < 4 and rng.random() < 0.2:
            return [self.anything(depth + 1) for _ in range(rng.randint(0, 3))]
        if depth < 4 and rng.random() < 0.2:
            return {rng.choice(HOSTILE_TEXTS): self.anything(depth + 1)}
        return rng.choice(HOSTILE_TEXTS + HOSTILE_NUMBERS + [True, False, None])

    def fact(self):
        return self.rng.choice(sorted(self.server.facts.values()))

    def bend(self, value, depth=0):
        """The same JSON with one or two places changed."""
        rng = self.rng
        if isinstance(value, dict) and value and rng.random() < 0.9:
            name = rng.choice(sorted(value))
            roll = rng.random()
            if roll < 0.1:
                del value[name]
            elif roll < 0.15:
                value[rng.choice(HOSTILE_TEXTS)] = copy.deepcopy(value[name])
            else:
                value[name] = self.bend(value[name], depth + 1)
            return value
        if isinstance(value, list) and value and rng.random() < 0.9:
            at = rng.randrange(len(value))
            if rng.random() < 0.1:
                value.extend(copy.deepcopy(value) * rng.choice([1, 1, 300]))
            else:
                value[at] = self.bend(value[at], depth + 1)
            return value
        if isinstance(value, bool):
            return not value
        if isinstance(value, int):
            return rng.choice(HOSTILE_NUMBERS + [value + 1, value - 1, value * 2])
        if isinstance(value, str):
            if re.fullmatch(r"-?\d+", value) and rng.random() < 0.7:
                return str(rng.choice(HOSTILE_NUMBERS + [int(value) + 1, int(value) - 1]))
            if re.fullmatch(r"[0-9a-f]{64}", value) and rng.random() < 0.7:
                return rng.choice([self.fact(), value[::-1], value.upper(), "0" * 64])
            return rng.choice(HOSTILE_TEXTS + [value + "x", value[:-1], value.upper()])
        return self.anything(depth)

    def bytes_bent(self, body):
        rng, body = self.rng, bytearray(body)
        for _ in range(rng.choice([1, 1, 3, 20])):
            roll, at = rng.random(), rng.randrange(len(body) + 1)
            if roll < 0.4 and body:
                body[at % len(body)] ^= 1 << rng.randrange(8)
            elif roll < 0.6:
                body[at:at] = rng.choice([b"\0", b"[" * 200, b'{"a":', b"\xff\xfe", b'""',
                                          b"1" * 99])
            elif roll < 0.8:
                del body[at:at + rng.randint(1, 30)]
            else:
                del body[at:]
        return bytes(body)

    def batch(self, known):
        """Some of what was sent, some of it changed, twice or more; now and then too many."""
        rng = self.rng
        envelopes = [each for exchange in known
                     for each in json.loads(exchange.request_body).get(
                         "envelopes", [json.loads(exchange.request_body)])]
        chosen = [json.dumps(rng.choice(envelopes)).encode()
                  for _ in range(rng.choice([0, 1, 2, 3, 8, 100, 101]))]
        for at, each in enumerate(chosen[:8]):
            if rng.random() < 0.5:
                chosen[at] = self.statement(each)
            elif rng.random() < 0.1:
                chosen[at] = rng.choice([b"{}", b"{\"a\":1,\"a\":2}", b"[]", b"{]", b"",
                                         json.dumps(self.anything()).encode(),
                                         self.bytes_bent(each)])
        frame = rng.choice([b'{"envelopes":[%s]}'] * 8 + [
            b' { "envelopes" : [ %s ] }\n', b'{"envelopes":[%s],"more":1}', b'{"envelopes":[%s',
            b'{"envelopes":%s}', b'{"envelopes":[%s],"envelopes":[]}', b'{"envelopes":[[%s]]}'])
        return frame.replace(b"%s", b",".join(chosen))

    def statement(self, body):
        """What somebody had signed, changed, and signed again."""
        envelope = json.loads(body)
        if "envelopes" in envelope:
            envelope = self.rng.choice(envelope["envelopes"])
        statement = json.loads(base64.b64decode(envelope["payload"]))
        for _ in range(self.rng.choice([0, 1, 1, 1, 2])):
            statement = self.bend(statement)
        payload = json.dumps(statement, separators=(",", ":"), ensure_ascii=False)
        payload = payload.encode("utf-8", "surrogatepass")
        return self.signers.seal(payload, envelope["signatures"][0].get("keyid", ""), self.rng)

    def body(self, operation):
        taken = operation.body()
        rng = self.rng
        if taken is None:
            return None if rng.random() < 0.97 else b"{}"
        known = self.taken.get(operation.name, [])
        roll = rng.random()
        if roll < 0.04:
            return rng.randbytes(rng.choice([0, 1, 64, 5000, 140_000]))
        schema = taken[1]
        if known and roll < 0.16:
            return self.bytes_bent(rng.choice(known).request_body)
        if known and roll < 0.2:
            return rng.choice(known).request_body
        takes_batches = schema == {"$ref": "#/components/schemas/Attestations"}
        if known and takes_batches and roll < 0.5:
            return self.batch(known)
        is_statement = takes_batches or schema == {"$ref": "#/components/schemas/Envelope"}
        if known and is_statement and self.signers.keys and roll < 0.85:
            return self.statement(rng.choice(known).request_body)
        if known and schema is not None and roll < 0.5:
            return json.dumps(self.bend(json.loads(rng.choice(known).request_body))).encode()
        if schema is None:
            return rng.randbytes(rng.randint(0, 3000))
        return json.dumps(self.value(schema)).encode()

    def target(self, operation):
        rng = self.rng
        path = operation.path
        for parameter in operation.parameters:
            if parameter["in"] != "path":
                continue
            schema = self.api.resolve(parameter["schema"])
            value = self.text(schema)
            known = self.taken.get(operation.name)
            if rng.random() < 0.5:
                value = self.fact()
            if known and rng.random() < 0.6:
                value = operation.regex.match(rng.choice(known).path).group(1)
            if "{path}" in path and rng.random() < 0.7:
                value = rng.choice(["0/000", "entries/000.p/%d" % rng.randint(0, 300),
                                    "0/000.p/%d" % rng.randint(0, 300), "1/000", "0/x001/067"])
            value = value.replace(" ", "") or "-"
            path = path.replace("{%s}" % parameter["name"], value)
        words = []
        for name, parameter in operation.query.items():
            if rng.random() < 0.4:
                value = str(self.value(parameter["schema"]))
                words.append(f"{name}={self.escaped(value)}")
        if rng.random() < 0.05:
            words.append(rng.choice(["a=1", "limit", "=", "&", "cursor=x&cursor=y", "%",
                                     "limit=%31"]))
        target = path + ("?" + "&".join(words) if words else "")
        return "".join(c if 33 <= ord(c) <= 126 else "~" for c in target)

    def escaped(self, value):
        if self.rng.random() < 0.1:
            return value
        return "".join(c if re.fullmatch(r"[A-Za-z0-9._~-]", c) else "%%%02X" % (ord(c) & 255)
                       for c in value)

    def headers(self):
        rng, out = self.rng, []
        if rng.random() < 0.15:
            out.append(("If-None-Match", rng.choice(["*", '"x"', 'W/"x", "y"', "", '"' * 50])))
        if rng.random() < 0.1:
            out.append(("Idempotency-Key", rng.choice(["k", "k2", "", "k" * 200])))
        if rng.random() < 0.03:
            out.append(("X-Forwarded-For", f"198.51.{rng.randint(0, 3)}.7"))
        if rng.random() < 0.03:
            out.append(rng.choice([
                ("Range", "bytes=0-"), ("Content-Encoding", "gzip"), ("Expect", "100-continue"),
                ("Transfer-Encoding", "chunked"), ("Content-Type", "multipart/form-data"),
                ("Host", "second"), ("X-Long", "y" * 7000), ("Connection", "close"),
                ("Content-Type", "text/xml"), ("Accept", "image/png"), ("Accept-Encoding", "br")]))
        return out
