#!/usr/bin/env python3
"""Writes vectors/rx1_ops. Needs Python 3 and nothing else.

  tests/make_rx1_ops_vectors.py           write the files
  tests/make_rx1_ops_vectors.py --check   exit 1 if a file differs from what would be written

All values come from tests/rx1_ops_reference.py, which shares no code with core/.
"""
import pathlib
import random
import struct
import sys

import rx1_ops_reference as ref

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors"
LARGEST = 2.0**128 - 2.0**104
files = {}
pick = random.Random(1)


def scenario(name, note, kind, **fields):
    path = f"rx1_ops/{name}.txt"
    assert path not in files, path
    lines = [f"# vectors/{path}", "expect: ok", f"note: {note}", f"kind: {kind}"]
    for key, value in fields.items():
        lines.append(f"{key}: {value.hex() if isinstance(value, bytes) else value}".rstrip())
    files[path] = "\n".join(lines) + "\n"


def f32s(values):
    return b"".join(struct.pack("<I", ref.bits(x)) for x in values)


def pack(kind, values):
    return struct.pack(f"<{len(values)}{kind}", *values)


def flat(rows):
    return [x for row in rows for x in row]


def floats(count, low=-4, high=4):
    return [pick.randint(low * 2**20, high * 2**20) / 2**20 for _ in range(count)]


def scales(count):
    return [pick.randint(1, 2**20) / 2**24 for _ in range(count)]


def integers(rows, width, limit):
    return [[pick.randint(-limit, limit) for _ in range(width)] for _ in range(rows)]


def quantize_scenarios():
    edge = [[0.0, -0.0, 0.0, 0.0, 0.0], [127.0, 0.5, 1.5, -2.5, 126.5],
            [2.0**-100, 2.0**-101, -(2.0**-107), 0.0, 2.0**-108],
            [2.0**-101, 2.0**-149, 0.0, 0.0, -(2.0**-120)],
            [LARGEST, -LARGEST, 2.0**127, 1.0, -(2.0**121)],
            [1.0, ref.INF, -3.0, 0.0, 2.0], [1.0, ref.NAN, -ref.INF, 0.0, 2.0],
            [-16319.0, 0.5, 1.5, 63.5, -64.5]]
    usual = [floats(33) for _ in range(3)]
    for kind, limit, code in [("quantize_s8", 127, "b"), ("quantize_s16", 16319, "h")]:
        for name, note, rows in [
                ("usual", "three rows", usual),
                ("edges", "zeros, ties, tiny, huge, infinite and NaN rows", edge)]:
            done = [ref.quantize(row, limit) for row in rows]
            scenario(f"{kind}_{name}", note, kind, width=len(rows[0]), x=f32s(flat(rows)),
                     q=pack(code, flat(q for q, _ in done)), scale=f32s([s for _, s in done]))


def gemm_scenario(name, note, kind, dims, with_bias=False, extreme=False):
    m, n, k = dims
    (a_limit, a_code), (b_limit, b_code) = {
        "a8w8": ((127, "b"), (127, "b")), "a16w8": ((16319, "h"), (127, "b")),
        "a16w16": ((16319, "h"), (16319, "h"))}[kind]
    a, b = integers(m, k, a_limit), integers(n, k, b_limit)
    if extreme:
        a = [[a_limit if row % 2 else -a_limit] * k for row in range(m)]
        b = [[b_limit if row % 3 else -b_limit] * k for row in range(n)]
    sa, sb = scales(m), scales(n)
    bias = floats(n) if with_bias else None
    scenario(name, note, kind, a=pack(a_code, flat(a)), sa=f32s(sa), b=pack(b_code, flat(b)),
             sb=f32s(sb), bias=f32s(bias or []), y=f32s(ref.gemm(kind, a, sa, b, sb, bias)))


def gemm_scenarios():
    for kind in ["a8w8", "a16w8", "a16w16"]:
        gemm_scenario(f"{kind}_one", "one product", kind, (1, 1, 1))
        gemm_scenario(f"{kind}_3x5x37", "odd shapes", kind, (3, 5, 37))
        gemm_scenario(f"{kind}_bias", "the bias enters by fma", kind, (2, 7, 40), with_bias=True)
        gemm_scenario(f"{kind}_extremes", "largest magnitudes: f32 has fewer bits than the sum",
                      kind, (2, 3, 301), extreme=True)


def layer_scenarios():
    for name, note, rows, width in [("one", "one element", 1, 1),
                                    ("lanes", "less than a round", 2, 100),
                                    ("rounds", "several rounds and a rest", 2, 300)]:
        x, gain = [floats(width) for _ in range(rows)], floats(width, -2, 2)
        scenario(f"rms_norm_{name}", note, "rms_norm", x=f32s(flat(x)), gain=f32s(gain),
                 epsilon=f32s([ref.f32(1e-5)]),
                 y=f32s(flat(ref.rms_norm(row, gain, ref.f32(1e-5)) for row in x)))
    scenario("rms_norm_zeros", "epsilon keeps it finite", "rms_norm", x=f32s([0.0] * 4),
             gain=f32s(floats(4)), epsilon=f32s([2.0**-20]), y=f32s([0.0, 0.0, 0.0, 0.0]))
    gate = floats(20, -12, 12) + [0.0, -0.0, 200.0, -200.0, -87.5, ref.INF, ref.NAN]
    up = floats(20) + [3.0, 3.0, 2.0, -2.0, 1.0, 1.0, 1.0]
    scenario("swiglu", "usual gates, both zeros, far ends, an infinity, a NaN", "swiglu",
             a=f32s(gate), b=f32s(up), y=f32s(ref.swiglu(gate, up)))
    x, residual = floats(12) + [ref.INF, LARGEST], floats(12) + [-ref.INF, LARGEST]
    scenario("add_residual", "with infinities that cancel, and an overflow", "add_residual",
             a=f32s(x), b=f32s(residual), y=f32s([ref.add(s, t) for s, t in zip(x, residual)]))
    table, scale, tokens = integers(5, 6, 127), scales(5), [4, 0, 4, 2]
    scenario("embed", "a token twice", "embed", q=pack("b", flat(table)), scale=f32s(scale),
             tokens=pack("I", tokens),
             y=f32s([ref.mul(float(q), scale[t]) for t in tokens for q in table[t]]))


def rope_scenarios():
    for name, base, count, first, rows in [("llama", 10000, 64, 0, 2),
                                           ("llama3", 500000, 64, 8191, 1),
                                           ("qwen", 1000000, 64, 131071, 1),
                                           ("odd", 10000, 5, 77, 3),
                                           ("flat", 1, 2, 5, 1)]:
        frequency = ref.rope_frequencies(float(base), count)
        table = [ref.rope_row(frequency, first + row) for row in range(rows)]
        scenario(f"rope_table_{name}", "frequencies in f64, then both tables", "rope_table",
                 base=base, first=first, frequency=struct.pack(f"<{count}d", *frequency),
                 cosine=f32s(flat(c for c, _ in table)), sine=f32s(flat(s for _, s in table)))
    for name, note, heads, size, half in [("whole_heads", "pairs i, i + 3", 2, 6, 3),
                                          ("part_of_a_head", "the rest stays", 2, 7, 2)]:
        x = [floats(size) for _ in range(2 * heads)]
        angles = [floats(2 * half, -1, 1) for _ in "01"]
        y = [ref.rotate(head, angles[i // heads][:half], angles[i // heads][half:])
             for i, head in enumerate(x)]
        scenario(f"rotate_{name}", note, "rotate", heads=heads, head_size=size, x=f32s(flat(x)),
                 cosine=f32s(flat(row[:half] for row in angles)),
                 sine=f32s(flat(row[half:] for row in angles)), y=f32s(flat(y)))


def attention_scenario(name, note, heads, kv_heads, size, first, rows, score_scale=2.0**-14,
                       edit=lambda k_scale, v_scale: None):
    positions = first + rows
    q, k = integers(rows * heads, size, 16319), integers(positions * kv_heads, size, 16319)
    v = integers(positions * kv_heads, size, 127)
    q_scale, k_scale, v_scale = (scales(len(x)) for x in (q, k, v))
    edit(k_scale, v_scale)
    out = []
    for i, query in enumerate(q):
        kv = i % heads // (heads // kv_heads)
        own = [j * kv_heads + kv for j in range(first + i // heads + 1)]
        out += ref.attend(query, q_scale[i], [(k[j], k_scale[j]) for j in own],
                          [(v[j], v_scale[j]) for j in own], score_scale)
    scenario(name, note, "attention", heads=heads, kv_heads=kv_heads, head_size=size, first=first,
             score_scale=f32s([score_scale]), q=pack("h", flat(q)), q_scale=f32s(q_scale),
             k=pack("h", flat(k)), k_scale=f32s(k_scale), v=pack("b", flat(v)),
             v_scale=f32s(v_scale), y=f32s(out))


def attention_scenarios():
    attention_scenario("attention_first_token", "one position has all the weight", 1, 1, 8, 0, 1)
    attention_scenario("attention_prefill", "each row sees its own past", 2, 2, 5, 0, 4)
    attention_scenario("attention_grouped", "4 queries on 2 keys", 4, 2, 8, 20, 2)
    attention_scenario("attention_block_edge", "rows 511 and 512: one block, then two", 1, 1, 3,
                       511, 2)
    attention_scenario("attention_three_blocks", "blocks are combined in ascending order", 1, 1, 2,
                       1050, 1, score_scale=2.0**-17)

    def zero_values(k_scale, v_scale):
        for j in range(0, len(v_scale), 3):
            v_scale[j] = 0.0
        k_scale[1] = 0.0

    attention_scenario("attention_zero_rows", "keys and values that were rows of zeros", 1, 1, 4, 9,
                       1, edit=zero_values)

    def no_values(k_scale, v_scale):
        v_scale[:] = [0.0] * len(v_scale)

    attention_scenario("attention_all_values_zero", "weights of zero, and no division by it", 1, 1,
                       4, 4, 1, edit=no_values)

    def broken_key(k_scale, v_scale):
        k_scale[2] = ref.NAN

    attention_scenario("attention_nan", "a NaN reaches all that see it, and nobody before", 1, 1, 3,
                       0, 4, edit=broken_key)


quantize_scenarios()
gemm_scenarios()
layer_scenarios()
rope_scenarios()
attention_scenarios()
stale = []
for path, text in files.items():
    at = VECTORS / path
    if sys.argv[1:] == ["--check"]:
        stale += [] if at.exists() and at.read_text() == text else [path]
    else:
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_text(text)
for path in stale:
    print(f"vectors/{path} differs from what tests/make_rx1_ops_vectors.py writes")
sys.exit(1 if stale else 0)
