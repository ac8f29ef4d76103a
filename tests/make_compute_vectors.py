#!/usr/bin/env python3
"""Writes vectors/philox, vectors/state_digest and vectors/gemm. Needs Python 3 and nothing else.

  tests/make_compute_vectors.py           write the files
  tests/make_compute_vectors.py --check   exit 1 if a file differs from what would be written

All values come from tests/compute_reference.py, which shares no code with core/ and is checked here
against the published Philox values first.
"""
import json
import pathlib
import struct
import sys

import compute_reference as ref

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors"
files = {}


def scenario(folder, name, note, expect="ok", **fields):
    path = f"{folder}/{name}.txt"
    assert path not in files, path
    lines = [f"# vectors/{path}", f"expect: {expect}", f"note: {note}"]
    for key, value in fields.items():
        for item in value if isinstance(value, list) else [value]:
            text = item.hex() if isinstance(item, bytes) else str(item)
            lines.append(f"{key}: {text}".rstrip())
    files[path] = "\n".join(lines) + "\n"


def words(values):
    return "".join(f"{value:08x}" for value in values)


# Random123's known answers: counter, key, output.
KNOWN = {
    "zeros": ((0,) * 4, (0,) * 2, "6627e8d5e169c58dbc57ac4c9b00dbd8"),
    "ones": ((ref.MASK,) * 4, (ref.MASK,) * 2, "408f276d41c83b0ea20bc7c66d5451fd"),
    "pi": ((0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0),
           "d16cfe0994fdcceb5001e42024126ea1"),
}


def philox_scenarios():
    for name, (counter, key, output) in KNOWN.items():
        assert words(ref.philox(counter, key)) == output
        scenario("philox", f"block_{name}", "Random123 kat_vectors, philox4x32 10",
                 kind="block", counter=words(counter), key=words(key), output=output)
    for name, tensor, step, offset, count in [
            ("from_zero", 0, 0, 0, 48), ("inside_a_block", 1, 7, 5, 6),
            ("across_blocks", 1, 7, 5, 300), ("element_beyond_32_bits", 3, 2, (2**32 - 2) * 16, 64),
            ("long_aligned", 2, 1, 1024, 1024)]:
        values = ref.philox_s8((0x01234567, 0x89ABCDEF), tensor, step, offset, count)
        scenario("philox", f"values_{name}", "s8 values, one byte each", kind="values",
                 key="0123456789abcdef", tensor=tensor, step=step, offset=offset, count=count,
                 values=struct.pack(f"{count}b", *values))


def pattern(count):
    return bytes((7 * i + i // 256) % 256 for i in range(count))


def state_digest_scenarios():
    for name, note, tensors in [
            ("empty_state", "no tensors, no leaves", []),
            ("one_byte", "a header and a chunk", [("u8", [1], pattern(1))]),
            ("no_elements", "a header alone", [("f32", [3, 0], b"")]),
            ("scalar", "rank 0 has one element", [("s64", [], pattern(8))]),
            ("one_chunk", "exactly 1 KiB", [("s8", [32, 32], pattern(1024))]),
            ("one_chunk_and_a_byte", "a short last chunk", [("s8", [5, 205], pattern(1025))]),
            ("two_tensors", "order and headers count",
             [("s8", [2, 600], pattern(1200)), ("s32", [2, 2], pattern(16))]),
            ("two_tensors_swapped", "the same bytes in the other order",
             [("s32", [2, 2], pattern(16)), ("s8", [2, 600], pattern(1200))]),
            ("same_bytes_other_dims", "the header tells shapes apart",
             [("s8", [600, 2], pattern(1200)), ("s32", [2, 2], pattern(16))]),
            ("same_bytes_other_type", "the header tells types apart",
             [("u8", [2, 600], pattern(1200)), ("f32", [2, 2], pattern(16))])]:
        scenario("state_digest", name, note,
                 tensor=[f"{dtype} [{','.join(map(str, dims))}] {data.hex()}"
                         for dtype, dims, data in tensors],
                 digest=ref.state_digest(tensors))


def npy(dtype, dims, data):
    shape = ", ".join(map(str, dims))
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({shape}), }}"
    text += " " * (63 - (10 + len(text)) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + data


def safetensors(tensors):
    header, data = {}, b""
    for name, dtype, dims, raw in tensors:
        begin, data = len(data), data + raw
        header[name] = {"dtype": dtype, "shape": dims, "data_offsets": [begin, len(data)]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def parameters(rows, cols, steps, per_step, weights):
    return json.dumps({"rows": rows, "cols": cols, "steps": steps, "gemms_per_step": per_step,
                       "weights": weights}, separators=(",", ":"))


def numbers(seed, count, low, high):
    """A fixed sequence of integers, for inputs."""
    block = ref.philox_s8((seed, 0), 9, 9, 0, 4 * count)
    return [low + sum((block[4 * i + k] + 127) * 255**k for k in range(4)) % (high - low + 1)
            for i in range(count)]


def floats(seed, count):
    return [ref.f32(n / 4096) for n in numbers(seed, count, -8192, 8192)]


def pack_f32(values):
    return struct.pack(f"<{len(values)}f", *values)


def rows_of(values, cols):
    return [values[i:i + cols] for i in range(0, len(values), cols)]


def gemm_philox(name, note, rows, cols, steps, per_step):
    nonce = bytes(range(32))
    digests, result = ref.Gemm.philox(nonce, rows, cols, steps, per_step).run()
    scenario("gemm", name, note, parameters=parameters(rows, cols, steps, per_step, "philox"),
             nonce=nonce, state=digests, result=result)


def quantized(values, cols):
    return [ref.quantize(row) for row in rows_of(values, cols)]


def gemm_inputs(name, note, files_in, x, weights, dims, steps, per_step):
    rows, cols = dims
    digests, result = ref.Gemm(x, weights, steps, per_step).run()
    scenario("gemm", name, note, parameters=parameters(rows, cols, steps, per_step, "inputs"),
             nonce=bytes(32), input=[f"{key} {value.hex()}" for key, value in files_in],
             state=digests, result=result)


def weight(q_and_s):
    return [q for q, _ in q_and_s], [s if s != 0 else 1.0 for _, s in q_and_s]


def gemm_scenarios():
    gemm_philox("philox_1x1", "the smallest job", 1, 1, 1, 1)
    gemm_philox("philox_3x5", "rows that share a Philox block", 3, 5, 4, 2)
    gemm_philox("philox_7x33", "odd shapes", 7, 33, 3, 1)
    gemm_philox("philox_4x64", "whole vectors", 4, 64, 2, 3)

    x = floats(1, 12)
    x[4:8] = [0.0, -0.0, 0.0, 0.0]
    w = floats(2, 16)
    f32_files = [("x", npy("<f4", [3, 4], pack_f32(x))), ("w0", npy("<f4", [4, 4], pack_f32(w)))]
    gemm_inputs("inputs_f32_npy", "quantised row by row; a row of zeros stays zero", f32_files,
                quantized(x, 4), [weight(quantized(w, 4))], (3, 4), 3, 2)

    xq, aq, bq = (numbers(seed, n, -127, 127) for seed, n in [(3, 6), (4, 9), (5, 9)])
    bq[3:6] = [0, 0, 0]
    s8_files = [(key, npy("|i1", dims, struct.pack(f"{len(v)}b", *v)))
                for key, dims, v in [("x", [2, 3], xq), ("w0", [3, 3], aq), ("w1", [3, 3], bq)]]
    unit = [1.0] * 3
    gemm_inputs("inputs_s8_npy", "two weights used in turn; one has a row of zeros", s8_files,
                [(row, 1.0) for row in rows_of(xq, 3)],
                [(rows_of(aq, 3), unit), (rows_of(bq, 3), unit)], (2, 3), 5, 1)

    x = floats(6, 8)
    half = [struct.unpack("<e", struct.pack("<e", v))[0] for v in floats(7, 16)]
    brain = [struct.unpack("<f", b"\0\0" + pack_f32([v])[2:])[0] for v in floats(8, 16)]
    brain_bytes = b"".join(pack_f32([v])[2:] for v in brain)
    tensors = [("w1", "BF16", [4, 4], brain_bytes), ("x", "F32", [2, 4], pack_f32(x)),
               ("w0", "F16", [4, 4], struct.pack("<16e", *half))]
    gemm_inputs("inputs_safetensors", "f16 and bf16 are widened exactly",
                [("tensors", safetensors(tensors))], quantized(x, 4),
                [weight(quantized(half, 4)), weight(quantized(brain, 4))], (2, 4), 4, 1)

    tiny = [2.0**-100, 0.0, 2.0**-107, -(2.0**-100)]
    big = [2.0**127, -(2.0**126), 2.0**120, 1.0]
    w = [2.0**40 * 127 if i % 5 == 0 else 0.0 for i in range(16)]
    gemm_inputs("inputs_extreme_scales", "the exponent kept apart neither over- nor underflows",
                [("x", npy("<f4", [2, 4], pack_f32(tiny + big))),
                 ("w0", npy("<f4", [4, 4], pack_f32(w)))],
                quantized(tiny + big, 4), [weight(quantized(w, 4))], (2, 4), 8, 8)


philox_scenarios()
state_digest_scenarios()
gemm_scenarios()
stale = []
for path, text in files.items():
    at = VECTORS / path
    if sys.argv[1:] == ["--check"]:
        stale += [] if at.exists() and at.read_text() == text else [path]
    else:
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_text(text)
for path in stale:
    print(f"vectors/{path} differs from what tests/make_compute_vectors.py writes")
sys.exit(1 if stale else 0)
