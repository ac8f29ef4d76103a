"""The workload `generate` once more, token by token and as plainly as possible, from the headers of
core/compute/generate: models of tests/models/, the forward pass, the choice of tokens, the states.
It shares no code with core/."""
import hashlib
import json
import pathlib
import struct

import compute_reference as compute
import pack_reference as packs
import rx1_ops_reference as rx
import tokenizer_reference as tokenizers

MODELS = pathlib.Path(__file__).resolve().parent / "models"
MILLION = 1_000_000


def read_tensors(folder):
    """name -> (shape, values), as f32."""
    out = {}
    for path in sorted(folder.glob("*.safetensors")):
        data = path.read_bytes()
        size = struct.unpack("<Q", data[:8])[0]
        for name, entry in json.loads(data[8:8 + size]).items():
            if name == "__metadata__":
                continue
            begin, end = (8 + size + x for x in entry["data_offsets"])
            part = data[begin:end]
            if entry["dtype"] == "BF16":
                part = b"".join(b"\0\0" + part[i:i + 2] for i in range(0, len(part), 2))
            kind, width = ("e", 2) if entry["dtype"] == "F16" else ("f", 4)
            out[name] = (entry["shape"], struct.unpack(f"<{len(part) // width}{kind}", part))
    return out


class Model:
    def __init__(self, name):
        folder = MODELS / name
        c = json.loads((folder / "config.json").read_text())
        generation = folder / "generation_config.json"
        extra = json.loads(generation.read_text()) if generation.exists() else None
        self.tensors = read_tensors(folder)
        tokenizer = (folder / "tokenizer.json").read_bytes()
        self.pack = packs.pack(c, extra, tokenizer, self.tensors)
        # The pack's own config says what the files mean.
        offset, size = struct.unpack("<QQ", self.pack[32:48])
        config = json.loads(self.pack[offset:offset + size])
        self.hidden, self.layers = config["hidden"], config["layers"]
        self.heads, self.kv_heads = config["heads"], config["kv_heads"]
        self.size, self.vocabulary = config["head_size"], config["vocabulary"]
        self.stops, self.begin = config["stop_tokens"], config["begin_token"]
        self.epsilon = rx.f32(c["rms_norm_eps"])
        self.rope = packs.scaled(packs.rope_frequencies(c["rope_theta"], self.size // 2),
                                 c.get("rope_scaling"))
        self.score_scale = rx.div(1.0, rx.f32(float(self.size) ** 0.5))
        self.text = tokenizers.Reference(json.loads(tokenizer))
        self.embedding = self.matrix("model.embed_tokens")
        self.head = self.embedding if config["tied"] else self.matrix("lm_head")
        self.parts = {}
        for layer in range(self.layers):
            for part in ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj",
                         "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"):
                name = f"model.layers.{layer}.{part}"
                self.parts[name] = self.matrix(name)

    def matrix(self, name):
        (rows, width), values = self.tensors[name + ".weight"]
        done = [rx.quantize(values[r * width:(r + 1) * width], 127) for r in range(rows)]
        bias = self.tensors.get(name + ".bias")
        return [q for q, _ in done], [s for _, s in done], bias and bias[1]

    def tokens(self, prompt):
        return ([] if self.begin is None else [self.begin]) + self.text.encode(prompt)


class Text:
    """One text's keys and values, by layer and position."""

    def __init__(self, model, precision):
        self.model, self.precision = model, precision
        self.keys = [[] for _ in range(model.layers)]  # per position, per head: (integers, scale)
        self.values = [[] for _ in range(model.layers)]

    def linear(self, x, matrix):
        q, scale = rx.quantize(x, 127 if self.precision == "w8a8" else 16319)
        weights, scales, bias = matrix
        return rx.gemm("a8w8", [q], [scale], weights, scales, bias)

    def norm(self, x, name):
        return rx.rms_norm(x, self.model.tensors[name + ".weight"][1], self.model.epsilon)

    def split(self, x):
        return [x[i:i + self.model.size] for i in range(0, len(x), self.model.size)]

    def attend(self, layer, n):
        m, name = self.model, f"model.layers.{layer}.self_attn."
        q, k, v = (self.split(self.linear(n, m.parts[f"{name}{part}_proj"])) for part in "qkv")
        cosine, sine = rx.rope_row(m.rope, len(self.keys[layer]))
        q = [rx.quantize(rx.rotate(head, cosine, sine), 16319) for head in q]
        self.keys[layer].append([rx.quantize(rx.rotate(head, cosine, sine), 16319) for head in k])
        self.values[layer].append([rx.quantize(head, 127) for head in v])
        out = []
        for head, (integers, scale) in enumerate(q):
            kv = head // (m.heads // m.kv_heads)
            out += rx.attend(integers, scale, [p[kv] for p in self.keys[layer]],
                             [p[kv] for p in self.values[layer]], m.score_scale)
        return self.linear(out, m.parts[name + "o_proj"])

    def step(self, token):
        """The logits after the next token."""
        m = self.model
        rows, scales, _ = m.embedding
        x = [rx.mul(float(q), scales[token]) for q in rows[token]]
        for layer in range(m.layers):
            name = f"model.layers.{layer}."
            y = self.attend(layer, self.norm(x, name + "input_layernorm"))
            x = [rx.add(a, b) for a, b in zip(y, x)]
            n = self.norm(x, name + "post_attention_layernorm")
            gate = self.linear(n, m.parts[name + "mlp.gate_proj"])
            up = self.linear(n, m.parts[name + "mlp.up_proj"])
            y = self.linear(rx.swiglu(gate, up), m.parts[name + "mlp.down_proj"])
            x = [rx.add(a, b) for a, b in zip(y, x)]
        return self.linear(self.norm(x, "model.norm"), m.head)


def log(x):
    """Of a normal positive number."""
    raised = rx.bits(x) + (0x3F800000 - 0x3F3504F3)
    k = (raised >> 23) - 127
    f = rx.sub(rx.from_bits((raised & 0x7FFFFF) + 0x3F3504F3), 1.0)
    n, z = float(k), rx.mul(f, f)
    p = rx.C["Log11"]
    for i in range(10, 2, -1):
        p = rx.fma(p, f, rx.C[f"Log{i}"])
    tail = rx.fma(-0.5, z, rx.fma(rx.mul(z, f), p, rx.mul(n, rx.C["Ln2Low"])))
    return rx.fma(n, rx.C["Ln2High"], rx.add(f, tail))


def choose(logits, parameters, key, text, position):
    order = sorted(range(len(logits)), key=lambda v: (-logits[v], v))
    temperature = parameters.get("temperature_ppm", 0)
    if temperature == 0:
        return order[0]
    inverse = rx.div(float(MILLION), float(temperature))
    z = [rx.mul(x, inverse) for x in logits]
    if parameters.get("top_k", 0):
        order = order[:parameters["top_k"]]
    if parameters.get("top_p_ppm", MILLION) < MILLION:
        counts = [rx.rne(rx.mul(rx.exp(rx.sub(z[v], z[order[0]])), 2.0**22)) for v in order]
        total, before, kept = sum(counts), 0, []
        for v, count in zip(order, counts):
            if before * MILLION >= total * parameters["top_p_ppm"]:
                break
            kept.append(v)
            before += count
        order = kept
    scores = {}
    for v in order:
        word = compute.philox((v // 4, 0, text, position), key)[v % 4]
        u = (2 * (word >> 9) + 1) * 2.0**-24
        scores[v] = rx.fma(logits[v], inverse, -log(-log(u)))
    return min(scores, key=lambda v: (-scores[v], v))


def run(model, parameters, prompts, nonce):
    """(digests of states 0..N, result bytes, tokens of each text)"""
    seed = hashlib.sha256(b"assay/job-seed/v1\n" + nonce).digest()
    key = struct.unpack("<2I", seed[:8])
    chunk, most = parameters.get("chunk", 32), parameters["max_tokens"]
    precision = parameters.get("precision", "w8a8")
    stops = model.stops if parameters.get("stop", True) else []
    tokens = [model.tokens(prompt) for prompt in prompts]
    steps = -(-max(len(t) + most - 1 for t in tokens) // chunk)
    heads = model.layers * model.kv_heads
    blank = (-1, -1, [0] * (heads * model.size), [0.0] * heads, [0] * (heads * model.size),
             [0.0] * heads)
    texts = []  # of each text its rows, by position
    for number, prompt in enumerate(tokens):
        text, rows, following = Text(model, precision), [], list(prompt)
        while len(rows) < len(prompt) + most - 1 and len(rows) < len(following):
            position = len(rows)
            logits = text.step(following[position])
            choice = -1
            if position >= len(prompt) - 1:
                choice = choose(logits, parameters, key, number, position)
                if choice not in stops:
                    following.append(choice)
            k = [text.keys[i][position][h] for i in range(model.layers)
                 for h in range(model.kv_heads)]
            v = [text.values[i][position][h] for i in range(model.layers)
                 for h in range(model.kv_heads)]
            rows.append((following[position], choice, [x for q, _ in k for x in q],
                         [s for _, s in k], [x for q, _ in v for x in q], [s for _, s in v]))
        texts.append(rows + [blank] * (steps * chunk - len(rows)))

    def pack(kind, dims, values):
        code = {"s8": "b", "s16": "h", "s32": "i", "f32": "f"}[kind]
        return kind, dims, struct.pack(f"<{len(values)}{code}", *values)

    digests = [compute.state_digest([
        pack("s32", [sum(map(len, tokens))], [t for prompt in tokens for t in prompt]),
        pack("s32", [len(tokens)], [len(t) for t in tokens])])]
    result = b""
    for step in range(steps):
        rows = [row for text in texts for row in text[step * chunk:(step + 1) * chunk]]
        count, width = len(rows), heads * model.size
        flat = [[x for row in rows for x in row[i]] for i in range(2, 6)]
        state = [pack("s32", [count], [row[0] for row in rows]),
                 pack("s32", [count], [row[1] for row in rows]),
                 pack("s16", [count, width], flat[0]), pack("f32", [count, heads], flat[1]),
                 pack("s8", [count, width], flat[2]), pack("f32", [count, heads], flat[3])]
        digests.append(compute.state_digest(state))
        result += state[1][2]
    return digests, result, [[row[1] for row in text if row[1] >= 0] for text in texts]
