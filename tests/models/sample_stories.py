#!/usr/bin/env python3
"""Tells stories by a trained model, in plain double arithmetic and with the standard library only:

    sample_stories.py FOLDER [COUNT [TEMPERATURE [SEED]]]

FOLDER has model.safetensors, config.json and tokenizer.json. For reading what a model has learned;
what a generate job yields is for core/compute to say.
"""

import json
import math
import operator
import pathlib
import random
import struct
import sys

from make_stories import byte_letters


def read_tensors(path):
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    out = {}
    for name, tensor in header.items():
        if name == "__metadata__":
            continue
        begin, end = tensor["data_offsets"]
        values = struct.unpack("<%df" % ((end - begin) // 4), data[8 + size + begin:8 + size + end])
        width = tensor["shape"][-1]
        out[name] = (list(values) if len(tensor["shape"]) == 1 else
                     [values[i:i + width] for i in range(0, len(values), width)])
    return out


def times(matrix, x):
    return [sum(map(operator.mul, row, x)) for row in matrix]


def norm(x, gain):
    inverse = 1 / math.sqrt(sum(v * v for v in x) / len(x) + 1e-5)
    return [v * inverse * g for v, g in zip(x, gain)]


def turn(x, position, size, base):
    half = size // 2
    out = list(x)
    for head in range(0, len(x), size):
        for i in range(half):
            angle = position * base ** (-i / half)
            a, b = x[head + i], x[head + i + half]
            out[head + i] = a * math.cos(angle) - b * math.sin(angle)
            out[head + i + half] = b * math.cos(angle) + a * math.sin(angle)
    return out


class Model:
    def __init__(self, folder):
        self.config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self.tensors = read_tensors(folder / "model.safetensors")
        self.cache = [([], []) for _ in range(self.config["num_hidden_layers"])]
        self.position = 0

    def attend(self, layer, x):
        c = self.config
        heads, groups = c["num_attention_heads"], c["num_key_value_heads"]
        size = c["hidden_size"] // heads
        def project(name):
            return times(self.tensors[f"model.layers.{layer}.self_attn.{name}_proj.weight"], x)
        q = turn(project("q"), self.position, size, c["rope_theta"])
        keys, values = self.cache[layer]
        keys.append(turn(project("k"), self.position, size, c["rope_theta"]))
        values.append(project("v"))
        out = []
        for h in range(heads):
            g = h // (heads // groups) * size
            part = [v / math.sqrt(size) for v in q[h * size:(h + 1) * size]]
            scores = [sum(map(operator.mul, part, key[g:g + size])) for key in keys]
            most = max(scores)
            weights = [math.exp(s - most) for s in scores]
            whole = sum(weights)
            out += [sum(w * v[g + d] for w, v in zip(weights, values)) / whole
                    for d in range(size)]
        return times(self.tensors[f"model.layers.{layer}.self_attn.o_proj.weight"], out)

    def logits(self, token):
        t = self.tensors
        x = list(t["model.embed_tokens.weight"][token])
        for n in range(self.config["num_hidden_layers"]):
            name = f"model.layers.{n}."
            x = [a + b for a, b in
                 zip(x, self.attend(n, norm(x, t[name + "input_layernorm.weight"])))]
            y = norm(x, t[name + "post_attention_layernorm.weight"])
            gate = times(t[name + "mlp.gate_proj.weight"], y)
            up = times(t[name + "mlp.up_proj.weight"], y)
            y = [g / (1 + math.exp(-g)) * u for g, u in zip(gate, up)]
            x = [a + b for a, b in zip(x, times(t[name + "mlp.down_proj.weight"], y))]
        self.position += 1
        return times(t["model.embed_tokens.weight"], norm(x, t["model.norm.weight"]))


def tell(folder, rng, temperature):
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    vocab = tokenizer["model"]["vocab"]
    shown = {i: token for token, i in vocab.items()}
    letters = {letter: byte for byte, letter in byte_letters().items()}
    model = Model(folder)
    token = vocab["<|begin|>"]
    text = bytearray()
    for _ in range(200):
        scores = model.logits(token)
        if temperature > 0:
            most = max(scores)
            weights = [math.exp((s - most) / temperature) for s in scores]
            token = rng.choices(range(len(scores)), weights)[0]
        else:
            token = max(range(len(scores)), key=scores.__getitem__)
        if token == vocab["<|end|>"]:
            break
        text += bytes(letters.get(letter, 63) for letter in shown[token])
    return text.decode("utf-8", "replace")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    temperature = float(sys.argv[3]) if len(sys.argv) > 3 else 0.8
    rng = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
    for _ in range(count):
        print(tell(folder, rng, temperature) + "\n")
