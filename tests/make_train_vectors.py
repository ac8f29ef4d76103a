#!/usr/bin/env python3
"""Writes vectors/train/ from tests/train_reference.py; --check compares instead."""
import json
import pathlib
import struct

import train_reference
from written_files import write_or_check

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "train"
NONCE = bytes(range(32))
files = {}


def npy(dtype, dims, data):
    shape = "(%s)" % ", ".join(map(str, dims)) if len(dims) > 1 else "(%d,)" % dims[0]
    header = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (dtype, shape)
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


def scenario(name, note, order, inputs=(), data=None):
    """data as train_reference.run() takes them, or None for what is drawn."""
    digests, result = train_reference.run(order, NONCE, data)
    lines = [f"# vectors/train/{name}.txt", "expect: ok", f"note: {note}",
             "parameters: " + json.dumps(order, separators=(",", ":")), f"nonce: {NONCE.hex()}"]
    lines += [f"input: {key} {file.hex()}" for key, file in inputs]
    lines += [f"state: {digest.hex()}" for digest in digests] + [f"result: {result.hex()}"]
    files[FOLDER / f"{name}.txt"] = ("\n".join(lines) + "\n").encode()


def numbers(count, seed):
    """Integers below 2^16, the same everywhere."""
    out = []
    for _ in range(count):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        out.append(seed >> 15)
    return out


def tokens(count, vocab):
    return [value % vocab for value in numbers(count, 7)]


def token_file(values):
    return npy("<u2", [len(values)], struct.pack("<%dH" % len(values), *values))


def matrix(rows, columns, seed):
    return [[value / 16384 - 2 for value in numbers(columns, seed + row)] for row in range(rows)]


def matrix_file(rows):
    flat = [x for row in rows for x in row]
    return npy("<f4", [len(rows), len(rows[0])], struct.pack("<%df" % len(flat), *flat))


def transformers():
    data = tokens(60, 11)
    small = {"model": "transformer", "vocab": 11, "hidden": 8, "layers": 2, "heads": 4,
             "kv_heads": 2, "ffn": 10, "sequence": 5, "steps": 4, "batch": 3,
             "optimizer": "adam", "learning_rate_ppm": 20000, "warmup_steps": 2,
             "decay": "cosine", "final_rate_ppm": 100000, "weight_decay_ppm": 10000,
             "clip_norm_ppm": 500000, "beta2_ppm": 990000}
    scenario("transformer_adam", "two layers, grouped queries, clipping, warm-up and cosine", small,
             [("tokens", token_file(data))], data)
    plain = {"model": "transformer", "vocab": 11, "hidden": 6, "layers": 1, "heads": 1, "ffn": 3,
             "sequence": 2, "rope_base": 100, "steps": 3, "batch": 1, "optimizer": "sgd",
             "learning_rate_ppm": 100000, "decay": "linear"}
    scenario("transformer_sgd", "one head, one sequence of two; a rate that ends at 0", plain,
             [("tokens", token_file(data))], data)
    long = {"model": "transformer", "vocab": 11, "hidden": 4, "layers": 1, "heads": 2,
            "kv_heads": 1, "ffn": 5, "sequence": 140, "steps": 1, "batch": 1,
            "optimizer": "momentum", "learning_rate_ppm": 1000}
    scenario("transformer_long", "more tokens than R128 has lanes", long,
             [("tokens", token_file(tokens(300, 11)))], tokens(300, 11))


def mlps():
    drawn = {"model": "mlp", "widths": [5, 7, 6, 3], "task": "classify", "examples": 20,
             "steps": 4, "batch": 6, "optimizer": "momentum", "learning_rate_ppm": 50000,
             "momentum_ppm": 800000, "weight_decay_ppm": 1000}
    scenario("mlp_drawn", "examples and their teacher drawn; momentum", drawn)
    scenario("mlp_commits", "two steps of the optimiser to a state", {**drawn,
             "steps_per_commit": 2})
    x, y = matrix(9, 4, 100), matrix(9, 2, 200)
    given = {"model": "mlp", "widths": [4, 5, 2], "task": "regress", "steps": 3, "batch": 5,
             "optimizer": "adam", "learning_rate_ppm": 10000}
    scenario("mlp_regress", "examples given; Adam without warm-up", given,
             [("x", matrix_file(x)), ("y", matrix_file(y))], list(zip(x, y)))
    classes = [i % 3 for i in range(9)]
    single = {"model": "mlp", "widths": [4, 3], "task": "classify", "steps": 2, "batch": 4,
              "optimizer": "sgd", "learning_rate_ppm": 500000, "clip_norm_ppm": 100000}
    scenario("mlp_classes", "one layer, classes given, clipped", single,
             [("x", matrix_file(x)),
              ("y", npy("|i1", [9], bytes(classes)))], list(zip(x, classes)))


transformers()
mlps()
write_or_check(files, FOLDER.glob("*.txt"))
