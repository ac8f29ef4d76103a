#!/usr/bin/env python3
"""Writes vectors/simulate. Needs Python 3 and nothing else.

  tests/make_simulate_vectors.py           write the files
  tests/make_simulate_vectors.py --check   exit 1 if a file differs from what would be written

All values come from tests/simulate_reference.py, which shares no code with core/.
"""
import hashlib
import json
import pathlib
import struct

import compute_reference as ref
import simulate_reference as simulate
from written_files import write_or_check

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors"
files = {}


def key_of(nonce):
    seed = hashlib.sha256(b"assay/job-seed/v1\n" + nonce).digest()
    return struct.unpack("<2I", seed[:8])


def npy(dtype, dims, data):
    shape = ", ".join(map(str, dims))
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({shape}), }}"
    text += " " * (63 - (10 + len(text)) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + data


def scenario(name, note, system, values=None, **parameters):
    nonce = hashlib.sha256(name.encode()).digest()
    full = {"system": "lattice" if system is simulate.Lattice else "bodies", **parameters}
    run = system(full, key_of(nonce), values)
    lines = [f"# vectors/simulate/{name}.txt", "expect: ok", f"note: {note}",
             f"parameters: {json.dumps(full, separators=(',', ':'))}", f"nonce: {nonce.hex()}"]
    if values is not None and system is simulate.Lattice:
        data = npy("|i1", full["size"][::-1], struct.pack(f"{len(values)}b", *values))
        lines.append(f"input: mask {data.hex()}")
    elif values is not None:
        numbers = [number for row in values for number in row]
        data = npy("<f4", [len(values), 7], struct.pack(f"<{len(numbers)}f", *numbers))
        lines.append(f"input: bodies {data.hex()}")
    for step in range(full["steps"] + 1):
        if step > 0:
            run.advance()
        lines.append(f"state: {ref.state_digest(run.tensors()).hex()}")
    files[VECTORS / "simulate" / f"{name}.txt"] = ("\n".join(lines) + "\n").encode()


def lattices():
    lattice = simulate.Lattice
    scenario("lattice_lid", "walls on all sides, one moving, one turning in its corner", lattice,
             size=[8, 4, 4], steps=2, steps_per_commit=3, viscosity_millionths=50000,
             walls=["wall", "wall", "wall"],
             lids=[{"face": "y+", "velocity_millionths": [100000, 0, -30000]},
                   {"face": "x-", "velocity_millionths": [0, -70000, 11111]}])
    scenario("lattice_noise", "periodic, and small numbers that round", lattice,
             size=[4, 8, 4], steps=3, steps_per_commit=2, viscosity_millionths=1234,
             start="stream", speed_millionths=31415, noise_millionths=100000)
    scenario("lattice_obstacles", "a force past all three kinds of obstacle", lattice,
             size=[8, 8, 8], steps=2, steps_per_commit=2, viscosity_millionths=333333,
             force_billionths=[-70001, 123457, 999], walls=["periodic", "wall", "periodic"],
             obstacles=[{"sphere": [3, 3, 3, 3]}, {"box": [9, 8, -4, 12, 9, 99]},
                        {"cylinder": [12, 0, 5, 2], "axis": "y"}])
    scenario("lattice_mask", "solid cells of an input", lattice,
             [1 if i % 7 == 3 else 0 for i in range(128)], size=[8, 4, 4], steps=2,
             steps_per_commit=1, viscosity_millionths=1000000, start="vortices",
             speed_millionths=200000)
    scenario("lattice_shear", "two layers of shear", lattice, size=[4, 12, 4], steps=1,
             steps_per_commit=5, viscosity_millionths=100, start="shear", speed_millionths=99999)
    scenario("lattice_vortices", "vortices of three dimensions", lattice, size=[4, 4, 8], steps=1,
             steps_per_commit=4, viscosity_millionths=9000, start="vortices",
             speed_millionths=50000, noise_millionths=7)


def bodies():
    bodies = simulate.Bodies
    scenario("bodies_disc", "around a centre", bodies, bodies=64, steps=2,
             gravity_trillionths=20000000, softening_thousandths=50, start="disc",
             radius_thousandths=10000, centre_mass=300)
    scenario("bodies_ball", "from rest", bodies, bodies=128, steps=2, gravity_trillionths=1000000,
             softening_thousandths=100, start="ball", radius_thousandths=1500)
    scenario("bodies_galaxies", "two discs, one turned", bodies, bodies=128, steps=1,
             gravity_trillionths=123456789, softening_thousandths=1001, start="galaxies",
             radius_thousandths=7777, centre_mass=20)
    rows = []
    for i in range(64):
        block = simulate.words((1, 2), 9, 9, i)
        unit = [simulate.s32(word) / 2**31 for word in block]
        rows.append([ref.f32(value) for value in
                     (unit[0] * 512, unit[1] * 3, unit[2] / 64, unit[3], unit[0] / 999,
                      unit[1] / 2**30)] + [float(1 + block[3] % 9)])
    scenario("bodies_inputs", "places, velocities and masses of an input", bodies, rows, bodies=64,
             steps=2, gravity_trillionths=1000000000, softening_thousandths=64000, start="inputs")


lattices()
bodies()
write_or_check(files, VECTORS.glob("simulate/*"))
