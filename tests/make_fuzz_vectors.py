#!/usr/bin/env python3
"""Writes the corpus of the fuzzers, tests/fuzz/corpus/<group>/: good files of every format, which
are hard to find by chance, and the malformed ones that a person thinks of. Files named found-* were
found by the fuzzers and are not written here. Run it in the repository; the output never changes
by itself; --check compares."""
import base64
import hashlib
import json
import pathlib
import struct

import make_tiny_models as tiny
import pack_reference
import tokenizer_reference as tokenizers
from written_files import write_or_check

TESTS = pathlib.Path(__file__).resolve().parent
CORPUS = TESTS / "fuzz" / "corpus"
VECTORS = TESTS.parent / "vectors"

files = {}


def write(group, name, data):
    files[CORPUS / group / name] = data.encode() if isinstance(data, str) else data


def vector(path):
    """The fields of one scenario; the values of a key in a list."""
    fields = {}
    for line in (VECTORS / f"{path}.txt").read_text().splitlines()[1:]:
        key, _, value = line.partition(":")
        fields.setdefault(key, []).append(value[1:] if value.startswith(" ") else value)
    return fields


def body(path, key):
    """What a vector holds: hex as bytes, lines each with its newline, or the text itself."""
    fields = vector(path)
    key = key if key in fields else "hex"
    values = fields[key]
    if key == "hex":
        return bytes.fromhex(values[0])
    if key == "line":
        return "".join(value + "\n" for value in values)
    return values[0]


def bundle(parts):
    out = b""
    for name, data in parts:
        out += b"=== " + name.encode() + b"\n" + (data.encode() if isinstance(data, str) else data)
        out += b"\n"
    return out[:-1]


# ---- scenes

SPHERE = {"type": "sphere", "center": [0, 1, 0], "radius": 1, "material": "clay"}
MESH = {"type": "mesh", "obj": "mesh.obj", "material": "clay"}
TRIANGLE = "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"
CUBE = ("".join(f"v {x} {y} {z}\n" for x in (0, 1) for y in (0, 1) for z in (0, 1)) +
        "vn 0 0 1\nvn 1 0 0\nvn 0 0 0\n"
        "f 1//1 3//1 4//2 2//3\nf 5 6 8 7\nf -8/1/1 -7/1/2 -3/1/3\nf 3 7 8 4\nf 1 5 7 3\n")


def scene(objects, **members):
    return {"camera": {"position": [0, 2, 8], "look_at": [0, 1, 0]},
            "background": {"horizon": [1, 1, 1], "zenith": [0.4, 0.6, 1]},
            "materials": {"clay": {"type": "diffuse", "color": [0.8, 0.3, 0.2]},
                          "paint": {"type": "glossy", "color": [0.1, 0.2, 0.8], "fuzz": 0.1},
                          "gold": {"type": "metal", "color": [1, 0.8, 0.4], "fuzz": 0.05},
                          "glass": {"type": "glass", "ior": 1.5},
                          "lamp": {"type": "emissive", "strength": 10}},
            "objects": objects, **members}


def render(objects, obj=TRIANGLE, width=4, height=3, samples=2, **members):
    parts = [("parameters", json.dumps({"width": width, "height": height, "samples": samples})),
             ("scene", json.dumps(scene(objects, **members)))]
    return bundle(parts + ([("mesh.obj", obj)] if obj else []))


def scenes():
    for name in ("everything", "smallest"):
        write("scene", f"{name}.json", body(f"scene/{name}", "scene"))
    write("scene", "cube.obj", CUBE)
    write("scene", "triangle.obj", TRIANGLE)
    write("scene", "crlf_tabs.obj", TRIANGLE.replace("\n", "\r\n").replace(" ", "\t"))
    write("scene", "control_characters.obj", b"v 0 0 0\n\x1b[31mred\x07\n")
    write("scene", "not_utf8.obj", b"v 0 0 0\nf \xff\xfe 1 1\n")
    write("scene", "line_of_5000.obj", "#" + "x" * 5000 + "\n" + TRIANGLE)
    write("scene", "polygon_of_65.obj", "v 0 0 0\nf" + " 1" * 65 + "\n")
    write("scene", "deep.json", "[" * 20000)
    write("scene", "deep_objects.json", '{"camera":' * 9 + "1" + "}" * 9)
    write("scene", "long_key.json", json.dumps(scene([SPHERE], **{"k" * 3000: 1})))
    write("scene", "control_key.json", json.dumps(scene([SPHERE], **{"camera\x1b[31m\x9b": 1})))
    write("scene", "long_material.json",
          json.dumps(scene([SPHERE], materials={"m" * 3000: {"type": "wood"}})))
    write("scene", "control_material.json",
          json.dumps(scene([SPHERE], materials={"\x1b]0;title\x07": {"type": "wood"}})))
    write("scene", "numbers_everywhere.json", json.dumps(scene(
        [dict(SPHERE, center=[1e6, -1e6, 1e-38], radius=1e6), dict(SPHERE, radius=1e-6)])))

    all_kinds = [dict(SPHERE, center=[i, 1, 0], material=m) for i, m in
                 enumerate(("clay", "paint", "gold", "glass", "lamp"))]
    floor = {"type": "quad", "corner": [-9, 0, 9], "edge_u": [18, 0, 0], "edge_v": [0, 0, -18],
             "material": "clay"}
    write("scene", "job_materials", render(all_kinds + [floor], obj=None))
    write("scene", "job_mesh", render([MESH]))
    write("scene", "job_smooth_cube", render(
        [dict(MESH, smooth=True, scale=2, rotate_degrees=[10, 20, -30], translate=[1, 0, 0]),
         dict(SPHERE, material="lamp", center=[0, 5, 0])], obj=CUBE))
    write("scene", "job_mesh_many_times", render([MESH] * 200))
    write("scene", "job_mesh_beyond", render([dict(MESH, scale=1e6, translate=[1e6, 0, 0])]))
    write("scene", "job_mesh_unused", render([SPHERE]))
    write("scene", "job_mesh_missing", render([dict(MESH, obj="other\x1b.obj")]))
    write("scene", "job_mesh_broken", render([MESH], obj="v 0 0 0\nf 1 2 \x1b[31m\n"))
    write("scene", "job_too_large", render([SPHERE], obj=None, width=8192, height=8192))
    write("scene", "job_too_many_samples", render([SPHERE], obj=None, samples=65536))
    write("scene", "job_tiny_and_huge", render(
        [dict(SPHERE, radius=1e6, center=[1e6, 1e6, 1e6]), dict(SPHERE, radius=1e-6),
         dict(SPHERE, radius=0.001, material="lamp"), dict(SPHERE, material="glass")], obj=None,
        camera={"position": [1e-6, 0, 1e6], "look_at": [0, 0, -1e6], "aperture": 1e6,
                "focus_distance": 1e-5, "vertical_fov_degrees": 169, "exposure": 1000}))
    write("scene", "job_parameters_missing", bundle([("scene", json.dumps(scene([SPHERE])))]))


# ---- tensors

def npy(descr, dims, data, header=None, version=1, size=None):
    text = header if header is not None else (
        f"{{'descr': '{descr}', 'fortran_order': False, 'shape': ({', '.join(map(str, dims))}"
        f"{',' if len(dims) == 1 else ''}), }}")
    text = text.encode() + b"\n"
    form = "<H" if version == 1 else "<I"
    length = len(text) if size is None else size
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack(form, length) + text + data


def floats(*values):
    return struct.pack(f"<{len(values)}f", *values)


def safetensors(tensors, data, metadata=None, pad=0, size=None):
    header = {} if metadata is None else {"__metadata__": metadata}
    header.update(tensors)
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    text += b" " * pad
    return struct.pack("<Q", len(text) if size is None else size) + text + data


def tensor(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def gemm(parameters, inputs=(), state=None):
    parts = [("parameters", json.dumps(parameters))] + list(inputs)
    return bundle(parts + ([("state", state)] if state is not None else []))


def state_of(rows, cols, q=127, scale=0x3F800000, exponent=0):
    return (bytes([q]) * (rows * cols)) + struct.pack("<Ii", scale, exponent) * rows


def tensors():
    quiet_nan, infinity = float("nan"), float("inf")
    write("tensors", "s8.npy", npy("|i1", (2, 3), bytes([1, 2, 255, 127, 129, 0])))
    write("tensors", "f16.npy", npy("<f2", (2, 2), bytes.fromhex("003c00c0ff7b0100")))
    write("tensors", "f32.npy", npy("<f4", (2,), floats(1.5, -2), version=2))
    write("tensors", "scalar.npy", npy("<f4", (), floats(quiet_nan), version=3))
    write("tensors", "empty_dimension.npy", npy("|i1", (0, 10 ** 17), b""))
    write("tensors", "dimensions_overflow.npy", npy("<f4", (2 ** 32, 2 ** 32, 4), b""))
    write("tensors", "dimensions_huge.npy", npy("|i1", (10 ** 18 - 1,), b"\0" * 64))
    write("tensors", "nine_dimensions.npy", npy("|i1", (1,) * 9, b"\0"))
    write("tensors", "header_of_64k.npy", npy("|i1", (1,), b"\0", size=65535))
    write("tensors", "header_of_4g.npy", npy("|i1", (1,), b"\0", version=2, size=2 ** 32 - 1))
    write("tensors", "cut_in_header.npy", npy("|i1", (2, 3), b"")[:40])
    write("tensors", "control_key.npy", npy("", (), b"", header="{'\x1b[31m\x00': 'x'}"))
    write("tensors", "long_key.npy", npy("", (), b"", header="{'" + "k" * 4000 + "': 'x'}"))
    write("tensors", "long_type.npy", npy("\x1b" * 4000, (), b""))
    write("tensors", "not_utf8_key.npy",
          npy("|i1", (1,), b"\0").replace(b"descr", b"de\xff\xfer"))
    write("tensors", "fortran.npy", npy("|i1", (2, 3), bytes(6)).replace(b"False,", b"True, "))

    pair = {"x": tensor("I8", [1, 2], 0, 2), "w0": tensor("I8", [2, 2], 2, 6)}
    write("tensors", "pair.safetensors", safetensors(pair, bytes([1, 2, 3, 4, 5, 6]), pad=3))
    write("tensors", "metadata.safetensors",
          safetensors({"b": tensor("BF16", [2], 0, 4)}, bytes(4), metadata={"a": "b"}))
    write("tensors", "overlap.safetensors",
          safetensors({"a": tensor("I8", [4], 0, 4), "b": tensor("I8", [4], 2, 6)}, bytes(6)))
    write("tensors", "gap.safetensors", safetensors({"a": tensor("I8", [2], 2, 4)}, bytes(4)))
    write("tensors", "beyond.safetensors", safetensors({"a": tensor("I8", [9], 0, 9)}, bytes(4)))
    write("tensors", "offsets_at_the_end_of_64_bits.safetensors", safetensors(
        {"a": tensor("I8", [2], 2 ** 64 - 2, 2 ** 64 - 1),
         "b": tensor("F32", [2 ** 62], 0, 2 ** 64 - 1)}, bytes(4)))
    write("tensors", "offsets_reversed.safetensors",
          safetensors({"a": tensor("I8", [2], 4, 2)}, bytes(4)))
    write("tensors", "offsets_of_three.safetensors", safetensors(
        {"a": {"dtype": "I8", "shape": [1], "data_offsets": [0, 1, 1]}}, bytes(1)))
    write("tensors", "long_name.safetensors",
          safetensors({"n" * 5000: tensor("I9", [1], 0, 1)}, bytes(1)))
    write("tensors", "control_name.safetensors",
          safetensors({"\x1b[31m\n": tensor("I8", [1], 0, 2)}, bytes(2)))
    write("tensors", "name_not_an_object.safetensors", safetensors({"a\x07": 1}, b""))
    write("tensors", "length_of_64_bits.safetensors", safetensors(pair, bytes(6), size=2 ** 64 - 1))
    write("tensors", "no_tensors.safetensors", safetensors({}, b""))
    write("tensors", "twice.safetensors", struct.pack("<Q", 14) + b'{"a":1,"a":1} ')

    philox = {"rows": 3, "cols": 5, "steps": 2, "weights": "philox"}
    own = dict(philox, weights="inputs", gemms_per_step=2)
    x, w = npy("|i1", (3, 5), bytes(range(15))), npy("<f4", (5, 5), floats(*range(25)))
    write("tensors", "job_philox", gemm(philox))
    write("tensors", "job_state", gemm(philox, state=state_of(3, 5)))
    write("tensors", "job_state_of_128", gemm(philox, state=state_of(3, 5, q=128)))
    write("tensors", "job_state_of_zeros", gemm(philox, state=state_of(3, 5, q=0, scale=0)))
    write("tensors", "job_state_scale_infinite",
          gemm(philox, state=state_of(3, 5, scale=0x7F800000)))
    write("tensors", "job_state_exponent_high",
          gemm(philox, state=state_of(3, 5, exponent=1 << 22)))
    write("tensors", "job_state_exponent_low",
          gemm(philox, state=state_of(3, 5, exponent=-(1 << 22))))
    write("tensors", "job_state_short", gemm(philox, state=state_of(3, 4)))
    write("tensors", "job_inputs", gemm(own, [("x", x), ("w0", w), ("w1", w)]))
    write("tensors", "job_safetensors", gemm(
        dict(own, rows=1, cols=2), [("tensors", safetensors(pair, bytes([1, 2, 3, 4, 5, 6])))]))
    for name, value in (("nan", quiet_nan), ("infinite", infinity), ("tiny", 1e-38),
                        ("largest", 3.4028234e38), ("huge", 1e30)):
        bad = npy("<f4", (3, 5), floats(*([0] * 7 + [value] + [1] * 7)))
        write("tensors", f"job_x_{name}", gemm(own, [("x", bad), ("w0", w)]))
        bad = npy("<f4", (5, 5), floats(*([0] * 7 + [value] + [1] * 17)))
        write("tensors", f"job_w_{name}", gemm(own, [("x", x), ("w0", bad)]))
    write("tensors", "job_x_minus_128",
          gemm(own, [("x", npy("|i1", (3, 5), bytes([128] * 15))), ("w0", w)]))
    write("tensors", "job_x_of_another_shape",
          gemm(own, [("x", npy("|i1", (5, 3), bytes(15))), ("w0", w)]))
    write("tensors", "job_w_missing", gemm(own, [("x", x), ("w1", w)]))
    write("tensors", "job_x_missing", gemm(own, [("w0", w)]))
    write("tensors", "job_x_twice", gemm(own, [("x", x), ("x", x), ("w0", w)]))
    write("tensors", "job_rows_huge", gemm(dict(philox, rows=2 ** 26, cols=131072, steps=4096)))
    write("tensors", "job_rows_beyond", gemm(dict(philox, rows=2 ** 64 - 1)))
    write("tensors", "job_cols_zero", gemm(dict(philox, cols=0)))
    write("tensors", "job_weights_unknown", gemm(dict(philox, weights="a\x1bb")))
    write("tensors", "job_member_unknown", gemm({**philox, "k" * 200: 1}))


# ---- what is said under a signature, and around it

STATEMENTS = {
    "acceptance": "acceptance/example", "appeal": "events/appeal_example",
    "attestation": "attestation/example",
    "cancel": "events/cancel_example", "draw": "draw/example", "heartbeat": "heartbeat/example",
    "heartbeat_benchmark": "heartbeat/benchmark_opened",
    "maintenance": "events/maintenance_example", "measurement": "events/measurement_example",
    "registration_claims": "registration/claims",
    "order": "order/example", "policy": "events/policy_example",
    "registration": "registration/example", "reveal": "events/reveal_example",
    "dispute": "events/dispute_example", "dispute_end": "events/dispute_end_example",
    "dispute_move": "events/dispute_move_example",
    "reversal": "events/reversal_example", "ruling": "events/ruling_example",
    "score": "events/score_example", "score_final": "events/score_final_0",
    "snapshot": "events/snapshot_example",
    "settlement": "events/settlement_example", "stake": "events/stake_example",
    "slash": "events/slash_example", "spotcheck": "spotcheck/example",
    "spotcheck_everything": "spotcheck/everything", "summary": "summary/example",
    "timeout": "events/timeout_example", "uptime": "events/uptime_example",
    "verdict": "verdict/example", "verdict_workers": "verdict/two_workers",
    "worker": "events/worker_example", "worker_call": "events/worker_call_example",
    "worker_result": "events/worker_result_example",
    "paid_challenge": "events/paid_challenge_example",
}


def statements():
    for name, path in STATEMENTS.items():
        write("statements", f"{name}.json", body(path, "payload"))
    write("statements", "envelope.json", body("dsse/check_vector", "envelope"))
    write("statements", "document_policy.json", body("policy/audit_always", "text"))
    challenge = json.loads(body("challenge/example", "json"))
    reply = {"nonce": "00" * 32, "next_poll_ms": 1000, "now": "1700000000000",
             "next_seq": "1", "prev": "00" * 32,
             "offers": [{"job": "11" * 32, "order": "{}"}], "challenges": [challenge],
             "notices": [{"kind": "warning", "detail": "d", "log_index": "3"}]}
    write("statements", "poll_reply.json", json.dumps(reply, separators=(",", ":")))
    parameters = {"rows": 16, "cols": 32, "steps": 4, "weights": "philox"}
    reply["benchmark"] = {"nonce": "22" * 32, "number": "1", "workload": "gemm", "version": 1,
                          "parameters": parameters, "links": 4, "deadline": "1700000010000",
                          "open": [{"link": 1, "rows": [0, 7]}, {"link": 4, "rows": [[3, 5]]}]}
    write("statements", "poll_reply_benchmark.json", json.dumps(reply, separators=(",", ":")))
    write("statements", "challenge.json", json.dumps(challenge))
    write("statements", "lease_reply.json", body("lease/example", "json"))
    order = json.loads(body("order/example", "payload"))

    def changed(name, *path, value):
        copy = json.loads(json.dumps(order))
        at = copy
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value
        write("statements", name, json.dumps(copy, separators=(",", ":")))

    changed("control_type.json", "predicateType", value="https://assay.example/\x1b[31m/v1")
    changed("control_member.json", "predicate", "k\x1b\x9b", value=1)
    changed("long_member.json", "predicate", "k" * 5000, value=1)
    deep = json.loads("[" * 28 + "]" * 28)
    changed("parameters_deep.json", "predicate", "parameters", value=deep)
    changed("number_as_fraction.json", "predicate", "version", value=1.5)
    changed("number_of_64_bits.json", "predicate", "version", value=2 ** 64 - 1)
    changed("two_subjects.json", "subject", value=order["subject"] * 2)
    write("statements", "duplicate_key.json",
          body("order/example", "payload").replace('"_type":', '"_type":"x","_type":'))
    write("statements", "deep.json", '{"a":[' * 10000)
    write("statements", "escapes.json", r'["\u0000\u001f\u007f\u009b\ud83d\ude00\"\\\/"]')
    write("statements", "numbers.json", "[0,-0,1,-1,9223372036854775807,18446744073709551615,"
                                        "-9223372036854775808,1e308,-1.5e-310,0.1]")


# ---- the log

def log():
    for name in ("golden", "extension", "empty_tree"):
        write("log", f"checkpoint_{name}", body(f"checkpoint/{name}", "line"))
    for name in ("one_signature", "cosignature", "sixteen_signatures"):
        write("log", f"note_{name}", body(f"note/{name}", "line"))
    for name in ("extra", "plain"):
        write("log", f"proof_{name}", body(f"proof/{name}", "line"))
    for name in ("nested_groups", "tabs_comments_urls", "key_rotation"):
        write("log", f"trust_{name}", body(f"trust/{name}", "line"))
    for name in ("full", "evidence", "small"):
        write("log", f"receipt_{name}", body(f"receipt/{name}", "line"))
    for name in ("statement", "detached", "evidence"):
        write("log", f"leaf_{name}", body(f"leaf/{name}", "hex"))
    write("log", "vkey", vector("note/one_signature")["vkey"][0])
    write("log", "tile_path", "tile/3/x001/x234/067.p/12")
    write("log", "tile_path_entries", "tile/entries/x001/067")
    write("log", "entries", b"".join(struct.pack(">H", n) + bytes([n]) * n for n in range(5)))
    write("log", "tile", bytes(range(32)) * 3)
    write("log", "note_control", "text \x1b[31m\n\n\u2014 name c2ln\n")
    write("log", "trust_control", "log \x1b[31m\n")
    write("log", "trust_long_word", "k" * 5000 + " x\n")
    write("log", "receipt_long_entry",
          '{"assay":"receipt/v1"}\n' + json.dumps({"entry": "e\x1b" * 2000}) + "\n")


# ---- a witness

def witness():
    for name in ("first", "first_empty", "grown", "once_more", "strangers_ignored", "extension",
                 "old_zero", "proof_64_lines", "rewritten", "origin_unknown"):
        write("witness", f"request_{name}", body(f"witness/{name}", "line"))
    write("witness", "size", "20852163\n")
    write("witness", "signature_lines", vector("witness/grown")["cosignature"][0] + "\n"
          + "\u2014 stranger c2lnbmF0dXJl\n")
    write("witness", "request_control", "old 0\n\x1b[31m\n\nlog\n0\n\n")


# ---- binary files and rows

def blobs():
    for name in ("file", "file_cut", "file_of_other_steps"):
        write("blobs", f"trace_{name}", body(f"trace/{name}", "hex"))
    opening = b"assay/opening/v1\n"
    leaf = struct.pack(">IBQB", 1, 2, 3, 2) + bytes(64) + struct.pack(">I", 4) + b"data"
    state = b"\x7f" * 15 + struct.pack("<Ii", 0x3F800000, 0) * 3
    whole = struct.pack(">IBI", 2, 1, len(state)) + state
    write("blobs", "opening_empty", opening + struct.pack(">I", 0))
    write("blobs", "opening_leaf_and_state", opening + struct.pack(">I", 2) + leaf + whole)
    write("blobs", "opening_parts_4g", opening + struct.pack(">I", 2 ** 32 - 1))
    write("blobs", "opening_size_4g", opening + struct.pack(">IIBI", 1, 1, 1, 2 ** 32 - 1) + b"x")
    write("blobs", "opening_path_255",
          opening + struct.pack(">IIBQB", 1, 1, 2, 0, 255) + bytes(8192))
    # The chain of blobs_fuzz.cc: 3 rows of 5 values in one chunk, their scales in another.
    values = struct.pack(">IBQBI", 1, 2, 1, 0, 15) + b"\x7f" * 15
    scales = struct.pack(">IBQBI", 1, 2, 3, 0, 24) + struct.pack("<Ii", 0x3F800000, 0) * 3
    write("blobs", "opening_row", opening + struct.pack(">I", 2) + values + scales)
    # RFC 8032, test 1.
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    key = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    write("blobs", "key_plain", b"ASSAYKEY\x01\x00" + key + seed)
    write("blobs", "key_of_another_seed", b"ASSAYKEY\x01\x00" + key + key)
    boxed = struct.pack(">QQ", 3, 1 << 28) + bytes(16 + 24 + 48)
    write("blobs", "key_encrypted", b"ASSAYKEY\x01\x01" + key + boxed)
    write("blobs", "key_passes_64_bits",
          b"ASSAYKEY\x01\x01" + key + b"\xff" * 8 + boxed[8:])
    write("blobs", "row_counts", struct.pack(">5Q", 1, 2, 3, 4, 1))
    write("blobs", "row_counts_beyond_32_bits", struct.pack(">5Q", 1 << 32, 2, 3, 4, 1))
    for name, fault in (("slash", 2), ("slash_of_no_fault", 3)):
        write("blobs", f"row_{name}", key + struct.pack(">I", 5) + b"cpu/x" +
              struct.pack(">7Q", fault, 1, 2, 1000000, 5, 6, 0))
    write("blobs", "row_round", struct.pack(">11Q", 9, 95, 100, 0, 0, 0, 0, 0, 0, 7, 8))
    write("blobs", "row_of_zeros", bytes(300))
    write("blobs", "row_of_ones", b"\xff" * 300)
    write("blobs", "text_length_4g", struct.pack(">QQ", 1, 2) + key + b"\xff\xff\xff\xff" + b"x")
    write("blobs", "uptime", bytes.fromhex("0000000000000005") + bytes([12, 0, 1, 12, 3, 2, 5, 5]))
    write("blobs", "uptime_leb_endless", bytes(8) + b"\x80" * 64)


# ---- requests and command lines

def requests():
    def request(name, head, body_text="", host=True):
        lines = [head] + (["host: h"] if host else [])
        lines += [f"content-length: {len(body_text)}"] if body_text else []
        write("requests", name, "\n".join(lines) + "\n\n" + body_text)

    key = "ab" * 32
    for name, path in {
            "providers": "/v1/providers?cursor=abc&limit=50", "provider": f"/v1/providers/{key}",
            "events": "/v1/events?after=7&limit=3", "job": f"/v1/jobs/{key}",
            "receipt": f"/v1/jobs/{key}/receipt", "slash": f"/v1/slashes/{key}",
            "checkpoint": "/checkpoint", "tile": "/tile/0/x001/067.p/12",
            "entries": "/tile/entries/000", "policy": f"/v1/policy/{key}",
            "blob": f"/v1/blobs/{key}", "metrics": "/metrics", "readyz": "/readyz",
            "dots": "/tile/../../etc/passwd", "escape": "/v1/jobs/%2e%2e", "unknown": "/x",
            "limit_64_bits": "/v1/events?after=18446744073709551616",
            "search": "/v1/providers?query=gpu_name=H200%20score%3E0.8&sort=-score&limit=7",
            "search_plus": "/v1/providers?query=a+b&sort=%2Bname",
            "twice": "/v1/events?after=1&after=2"}.items():
        request(f"get_{name}", f"GET {path}")
    request("head", "HEAD /checkpoint")
    request("delete", "DELETE /v1/jobs")
    request("long_target", "GET /" + "a" * 3000)
    request("control_target", "GET /v1/jobs/\x1b[31m\x07")
    request("no_host", "GET /checkpoint", host=False)
    request("post_job", "POST /v1/jobs", body("dsse/check_vector", "envelope"))
    request("post_attestations", "POST /v1/attestations", body("dsse/check_vector", "envelope"))
    envelope = body("dsse/check_vector", "envelope")
    batch = '{"envelopes":[%s]}'
    for name, text in {
            "batch": batch % f"{envelope},{envelope}", "batch_of_none": batch % "",
            "batch_of_nonsense": batch % '{},{"a":1,"a":2},{no json}',
            "batch_of_101": batch % ",".join(["{}"] * 101),
            "batch_member": '{"envelopes":[{}],"more":1}',
            "batch_unclosed": batch % '{"a":"}', "batch_crossed": batch % '{"a":[}]'}.items():
        request(f"post_{name}", "POST /v1/attestations", text)
    request("post_poll", "POST /v1/poll", "{}")
    request("post_match", "POST /v1/match", '{"nonce":"' + "7" * 64 + '"}')
    request("put_blob", f"PUT /v1/blobs/{hashlib.sha256(b'x').hexdigest()}", "x")
    request("lengths", "POST /v1/jobs\ncontent-length: 1\ncontent-length: 2", "xx")
    request("chunked", "POST /v1/jobs\ntransfer-encoding: chunked", "2\nxx")
    request("not_modified", "GET /checkpoint\nif-none-match: \"x\", W/\"y\", *")
    for name, line in {
            "url": "http://127.0.0.1:8790/prefix", "url_v6": "http://[::1]:8790",
            "url_port": "http://h:65536", "url_user": "http://a:b@h/", "address": "[::1]:0",
            "address_nul": "[::1\0x]:80",
            "query": "cursor=abc&limit=7", "duration": "90m", "duration_huge": "9" * 30 + "d",
            "price": "0.250001", "price_huge": "18446744073709.551616",
            "problem": '{"code":"stale","detail":"too old","status":422}',
            "problem_control": '{"code":"x","detail":"\\u001b[31m\\u0000","status":1e9}',
            "problem_long": json.dumps({"code": "stale", "detail": "d" * 5000})}.items():
        write("requests", name, line)


# ---- models

def checkpoint(config, tokenizer, files=1, said=None):
    """said: the config.json, where it is not that of the weights."""
    weights = tiny.weights(config, 1)
    names = sorted(weights)
    parts = [("config", json.dumps(said or config)), ("tokenizer", tokenizers.dump(tokenizer))]
    if files > 1:
        places = {n: f"{i % files}.safetensors" for i, n in enumerate(names)}
        parts.append(("index", json.dumps({"weight_map": places})))
    for i in range(files):
        part = {n: weights[n] for n in names[i::files]}
        parts.append((f"{i}.safetensors", tiny.safetensors(part, "F16")))
    return bundle(parts)


def models():
    small = {"vocab_size": 262, "hidden_size": 4, "num_hidden_layers": 1, "intermediate_size": 3,
             "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 64,
             "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "eos_token_id": 258}
    llama = {"architectures": ["LlamaForCausalLM"], **small}
    qwen = {"architectures": ["Qwen2ForCausalLM"], "tie_word_embeddings": True, **small}
    begin = ["<|begin|>", "<|beginning|>"]
    bytes_ = tokenizers.byte_level(tokenizers.LLAMA3, 4, begin, pairs=True, whole=True,
                                   begin="<|begin|>")
    gpt2 = tokenizers.byte_level(None, 4, begin)
    piece = tokenizers.sentence_piece(8)
    mistral = {"architectures": ["MistralForCausalLM"], "sliding_window": 32,
               **small, "vocab_size": len(piece["model"]["vocab"]), "head_dim": 6}
    pack = pack_reference.pack(llama, None, tokenizers.dump(bytes_).encode(),
                               tiny.weights(llama, 1))
    for name, tokenizer in {
            "llama3": bytes_, "gpt2": gpt2, "piece": piece,
            "metaspace": tokenizers.sentence_piece(8, "first")}.items():
        write("model", f"tokenizer_{name}.json", tokenizers.dump(tokenizer))
    far = json.loads(json.dumps(gpt2))
    far["added_tokens"][1]["id"] = (1 << 20) - 1
    write("model", "tokenizer_far_id.json", tokenizers.dump(far))
    write("model", "checkpoint_llama", checkpoint(llama, bytes_))
    write("model", "checkpoint_qwen2", checkpoint(qwen, gpt2, files=2))
    write("model", "checkpoint_mistral", checkpoint(mistral, piece))
    write("model", "checkpoint_huge_config", checkpoint(llama, bytes_, said={
        **llama, "vocab_size": 1 << 20, "hidden_size": 1 << 17, "num_hidden_layers": 1024,
        "head_dim": 128}))
    write("model", "pack", pack)
    write("model", "pack_cut", pack[:3000])
    write("model", "pack_absurd_sections", pack[:32] + b"\xff" * 64 + pack[96:])
    write("model", "manifest", b"assay/pack-list\n" + struct.pack("<Q", (1 << 20) + 1) + bytes(64))
    write("model", "manifest_of_1t", b"assay/pack-list\n" + struct.pack("<Q", 1 << 40))
    write("model", "index.json", '{"metadata":{"total_size":8},"weight_map":{"a":"x","b":"y"}}')
    scaling = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1, "high_freq_factor": 4,
               "original_max_position_embeddings": 8192}
    write("model", "config_llama.json", json.dumps({**llama, "rope_scaling": scaling}))
    write("model", "config_linear.json", json.dumps(
        {**mistral, "rope_scaling": {"type": "linear", "factor": 1e6}, "bos_token_id": 1}))
    write("model", "config_deep.json", '{"rope_scaling":' * 40 + "1" + "}" * 40)
    write("model", "config_control.json", json.dumps({"architectures": ["\x1b[31m" + "x" * 3000]}))


# ---- train jobs

def train(name, parameters, inputs=(), state=None):
    parts = [("parameters", json.dumps(parameters))] + list(inputs)
    write("train", name, bundle(parts + ([("state", state)] if state is not None else [])))


def train_jobs():
    adam = {"optimizer": "adam", "learning_rate_ppm": 10000, "steps": 2, "batch": 2}
    small = dict(adam, model="transformer", vocab=256, hidden=4, layers=1, heads=2, kv_heads=1,
                 ffn=5, sequence=3)
    text = ("text", "Once upon a time")
    train("text", small, [text])
    train("text_tokenizer", dict(small, vocab=300),
          [text, ("tokenizer", tokenizers.dump(tokenizers.byte_level(None, 4, ["<s>"])))])
    tokens = npy("<u2", (5,), struct.pack("<5H", 0, 4, 2, 3, 1))
    few = dict(small, vocab=5, optimizer="sgd", decay="linear", clip_norm_ppm=1000)
    train("tokens", few, [("tokens", tokens)])
    train("token_beyond", dict(few, vocab=4), [("tokens", tokens)])
    train("tokens_too_few", dict(few, sequence=5), [("tokens", tokens)])
    train("no_text", small)
    train("both", small, [text, ("tokens", tokens)])
    count = 5 * 4 + 4 + (2 + 2) * 2 * 4 + 4 * 4 + 4 + 3 * 5 * 4 + 4
    for name, value in {"zeros": 0.0, "large": 3e38, "nan": float("nan"), "negative": -1.0}.items():
        train(f"state_{name}", few, [("tokens", tokens)], floats(*[value] * count, 0.0, 0.0))
    drawn = {"model": "mlp", "widths": [3, 4, 2], "task": "classify", "examples": 5, "steps": 2,
             "batch": 3, "optimizer": "momentum", "learning_rate_ppm": 1000, "warmup_steps": 1}
    values = 3 * 4 + 4 + 4 * 2 + 2
    train("mlp_drawn", drawn)
    train("mlp_state", drawn, state=floats(*[0.5] * (2 * values), 0.0, 0.0))
    train("mlp_state_of_nan", drawn, state=floats(*[float("nan")] * (2 * values), 0.0, 0.0))
    train("mlp_loss_to_come", drawn, state=floats(*[0.5] * (2 * values), 0.0, 1.0))
    given = {k: v for k, v in drawn.items() if k != "examples"}
    x = npy("<f4", (2, 3), floats(1, -2, 3e38, 0, 0.5, 1e-40))
    train("mlp_infinite", given, [("x", x), ("y", npy("|i1", (2,), bytes([1, 0])))])
    x = npy("<f2", (2, 3), bytes.fromhex("003c00c0ff7b01000000fffb"))
    train("mlp_given", given, [("x", x), ("y", npy("|i1", (2,), bytes([1, 0])))])
    train("mlp_class_beyond", given, [("x", x), ("y", npy("|i1", (2,), bytes([255, 0])))])
    train("mlp_regress", dict(given, task="regress"),
          [("x", x), ("y", npy("<f4", (2, 2), floats(1, 2, 3, 4)))])
    one = {k: tensor("F32", shape, 4 * begin, 4 * end) for k, shape, begin, end in [
        ("layers.0.weight", [2, 3], 0, 6), ("layers.0.bias", [2], 6, 8)]}
    for name, last in (("checkpoint", 1.0), ("checkpoint_infinite", float("inf"))):
        train(name, dict(drawn, widths=[3, 2]),
              [("checkpoint", safetensors(one, floats(*range(7), last)))])
    train("checkpoint_of_others", drawn, [("checkpoint", safetensors(one, floats(*range(8))))])
    train("examples_huge", dict(drawn, examples=2 ** 20, widths=[8192, 8192]))
    train("shape_huge", dict(small, vocab=65536, hidden=8192, layers=64, heads=16, kv_heads=16,
                             ffn=32768, sequence=512, batch=128, steps=4096), [text])
    train("member_unknown", {**drawn, "k" * 200: 1})


# ---- simulations

def simulate(name, parameters, inputs=(), state=None):
    parts = [("parameters", json.dumps(parameters))] + list(inputs)
    write("simulate", name, bundle(parts + ([("state", state)] if state is not None else [])))


def simulations():
    box = {"system": "lattice", "size": [4, 4, 4], "steps": 1, "steps_per_commit": 2,
           "viscosity_millionths": 20000}
    cells = 64
    vortices = {**box, "size": [8, 4, 4], "start": "vortices", "speed_millionths": 50000}
    simulate("vortices", vortices)
    simulate("cavity", {**box, "size": [8, 8, 4], "walls": ["wall", "wall", "periodic"], "lids": [
        {"face": "y+", "velocity_millionths": [100000, 0, 0]}]})
    simulate("obstacles", {**box, "size": [12, 8, 4], "start": "stream", "speed_millionths": 40000,
                           "noise_millionths": 1000, "force_billionths": [1000, 0, 0],
                           "obstacles": [{"sphere": [9, 9, 5, 3]}, {"box": [2, 2, 2, 4, 4, 4]},
                                         {"cylinder": [17, 9, 0, 3], "axis": "z"}]})
    simulate("all_solid", {**box, "obstacles": [{"box": [0, 0, 0, 9, 9, 9]}]})
    mask = npy("|i1", (4, 4, 4), bytes(i % 5 == 0 for i in range(cells)))
    simulate("mask", {**box, "start": "shear", "speed_millionths": 200000}, [("mask", mask)])
    simulate("mask_of_another_size", vortices, [("mask", mask)])
    simulate("mask_of_floats", box, [("mask", npy("<f4", (4, 4, 4), bytes(4 * cells)))])
    simulate("size_not_of_bricks", {**box, "size": [6, 4, 4]})
    simulate("size_huge", {**box, "size": [4096, 4096, 4096]})
    simulate("lid_through_the_wall", {**box, "walls": ["wall"] * 3, "lids": [
        {"face": "y+", "velocity_millionths": [0, 5, 0]}]})
    simulate("fast", {**vortices, "speed_millionths": 200000, "viscosity_millionths": 100,
                      "steps_per_commit": 64})
    populations = [0] * (19 * cells)
    simulate("state_zeros", box, state=struct.pack("<%di" % len(populations), *populations))
    for name, value in (("one", 1), ("most", 2 ** 31 - 1), ("least", -2 ** 31)):
        populations[7] = value
        simulate(f"state_{name}", box, state=struct.pack("<%di" % len(populations), *populations))
    disc = {"system": "bodies", "bodies": 64, "steps": 1, "gravity_trillionths": 8000000,
            "softening_thousandths": 500, "start": "disc", "radius_thousandths": 10000,
            "centre_mass": 4000}
    simulate("disc", disc)
    simulate("disc_two_steps", {**disc, "steps": 2})
    simulate("bodies_none", {**disc, "bodies": 0})
    simulate("bodies_huge", {**disc, "bodies": 2 ** 32})
    simulate("bodies_no_input", {**disc, "start": "inputs"})
    for name, value in (("zeros", 0), ("ones", 1), ("most", 2 ** 63 - 1), ("least", -2 ** 63)):
        simulate(f"bodies_state_{name}", disc, state=struct.pack("<384q", *[value] * 384))
    simulate("system_unknown", {"system": "plasma"})
    simulate("member_unknown", {**disc, "k" * 200: 1})


# ---- queries: a filter, a sort, and counted histories

def queries():
    def query(name, text="", sort="", counts="hours,soft,pass,proven\n"):
        write("queries", name, f"{text}\n{sort}\n{counts}")

    query("example", "gpu_name=H200 num_gpus>=4 score>0.8 region in [eu,us] verified=true",
          "-score,price", "hours,soft,pass,proven\n0,0,300,0\n24,1,2,0\n720,0,0,1\n")
    query("ranges", "score=0.5..0.9 tier in [low..high,ultra-high] num_gpus!=1..4 price notin [0]",
          "tier,-audits,+name")
    query("strings", 'name="say \\"hi\\" \\\\o/" region notin ["south pole",any] workload=gemm@1')
    query("any", "verified=any price=any newcomer!=true", "-last_audit_hours")
    query("list_long", "region in [" + "a," * 63 + "a]", ",".join((
        "id", "name", "region", "gpu_name", "num_gpus", "gpu_ram", "workload", "price")))
    query("conditions_many", "score>0 " * 32)
    query("numbers", "price<1000000000 score>=0.000001 gpu_ram<=0001000000 age_days>0.10")
    query("unclosed", 'name="eu score>1', "-", "hours,soft\n")
    query("histories", "", "", "history,proven,pass,soft,hours,severity_ppm,equivocations\r\n"
          "a,2,1,0,5,250000,1\r\nb,0,1000000,1000000,1000000,0,0\r\n")
    nonce = "7" * 64
    weights = {"region": 0, "price_delta": 1000, "temperature_ppm": 0, "newcomer_floor_ppm": 50000}
    query("match_least", counts=json.dumps({"nonce": nonce}))
    query("match_whole", counts=json.dumps({
        "query": 'score>0.5 name="a b"', "workload": "gemm@1", "device_class": "h200",
        "regions": ["eu", "us"], "tier_min": "low", "price_limit_micros": "2500000",
        "duration_seconds": 60, "count": 64, "weights": weights, "nonce": nonce, "explain": True,
        "pool": False}))
    query("match_unknown_member", counts=json.dumps({"nonce": nonce, "luck": 1}))
    query("match_out_of_range", counts=json.dumps({"nonce": nonce, "count": 65}))
    pool = b"".join(bytes([i]) * 32 + value.to_bytes(4, "big") for i, value in
                    enumerate((800000, 2**31, 799999, 2**31 + 1000000)))
    write("queries", "pool", b"\n\n" + pool)
    write("queries", "pool_descending", b"\n\n" + pool[36:] + pool[:36])


# ---- disputes

# Of each job: an operation in the middle, and how many choices of children lead to its leaves.
DISPUTED = {"gemm": (6, 0), "render": (0, 0), "lattice": (1, 1), "bodies": (2, 0), "train": (9, 0),
            "texts": (40, 0)}


def disputes():
    def play(name, job, lines):
        write("dispute", name, "\n".join([job] + lines) + "\n")

    for job, (middle, children) in DISPUTED.items():
        down = ["choose child 0", "answer"] * children
        to_leaves = ["answer", f"choose operation {middle}", "answer"] + down
        play(f"{job}_acquitted", job, to_leaves + ["convict 1 0"])
        play(f"{job}_acquitted_at_the_header", job, to_leaves + ["convict 0 0"])
        play(f"{job}_no_such_element", job, to_leaves + ["convict 1 4000000000", "convict 1 3"])
        play(f"{job}_convicted", job, [f"lie {middle} 0"] + to_leaves + ["convict 1 0"])
        play(f"{job}_wrong_element_convicted", job,
             [f"lie {middle} 1"] + to_leaves + ["convict 1 0"])
        play(f"{job}_lie_before_it", job, ["lie 0 0"] + to_leaves + ["convict 1 0"])
        play(f"{job}_state", job, ["answer", "choose state", "answer", "choose child 1", "answer",
                                   "convict 1 0"])
        play(f"{job}_output", job, ["answer", "choose output", "answer", "choose child 2",
                                    "answer", "convict 1 0"])
        play(f"{job}_conviction_bent", job,
             to_leaves + [f"convict 1 0 flip {at} 1"
                          for at in (3, 20, 21, 25, 29, 30, 34, 60, 999)])
        play(f"{job}_digests_bent", job,
             ["answer flip 40 4"] + to_leaves[1:] + ["convict 1 0"])
        play(f"{job}_answers_bent", job,
             ["answer", f"choose operation {middle}", "answer flip 5 1", "answer"] + down +
             ["convict 1 0 flip 40 1", "convict 1 0"])
    play("out_of_turn", "gemm", ["convict 0 0", "choose operation 1", "answer", "answer",
                                 "choose child 0", "choose operation 9999", "choose operation 1",
                                 "choose operation 1", "convict 0 0", "answer", "answer"])
    play("convictions_of_nothing", "gemm",
         ["answer", "choose operation 1", "answer", "assay/conviction/v1", ""])


def scores():
    for name in ("example", "without_the_snapshot", "preview", "proof_cut", "wrong_trust_ppm",
                 "state_raised", "path_longer", "of_another_class", "random_03", "random_11",
                 "random_17"):
        envelope = json.loads(body(f"score/{name}", "statement"))
        payload = base64.b64decode(envelope["payload"])
        proof = bytes.fromhex(body(f"score/{name}", "proof_hex"))
        write("scores", f"{name}.txt", payload + b"\n" + proof)
        said = json.loads(payload)["predicate"]
        if name.startswith(("random", "example")):
            write("scores", f"{name}.state", base64.b64decode(said["snapshot"]["state"]))
    state = bytearray(base64.b64decode(said["snapshot"]["state"]))
    at = 15 + 33 + state[47] + 1  # the masses
    for name, data in (("largest", (1 << 56).to_bytes(8, "big") * 5),
                       ("smallest", (1).to_bytes(8, "big") * 5), ("none", bytes(40))):
        state[at:at + 40] = data
        write("scores", f"masses_{name}.state", bytes(state))


GROUPS = [scenes, tensors, train_jobs, simulations, models, statements, log, witness, blobs,
          queries, disputes, requests, scores]


def main():
    for group in GROUPS:
        group()
    there = {p for p in CORPUS.glob("*/*") if not p.name.startswith("found-")}
    write_or_check(files, there)


if __name__ == "__main__":
    main()
