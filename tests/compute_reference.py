"""Philox4x32-10, state digests and the gemm chain, written from their definitions as plainly as
possible and sharing no code with core/. f32 operations are done in f64 and rounded once more, which
gives the correctly rounded f32 result for +, *, / and sqrt of f32 operands."""
import hashlib
import math
import struct

MASK = 0xFFFFFFFF
DTYPES = {"s8": (1, 1), "s16": (2, 2), "s32": (3, 4), "s64": (4, 8), "f32": (5, 4), "u8": (6, 1)}


def f32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def bits(x):
    return struct.unpack("<I", struct.pack("<f", x))[0]


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & MASK, (p0 >> 32) ^ c[3] ^ k[1], p0 & MASK]
        k = [(k[0] + 0x9E3779B9) & MASK, (k[1] + 0xBB67AE85) & MASK]
    return c


def philox_s8(key, tensor, step, offset, count):
    out, block = [], None
    for at in range(offset, offset + count):
        if block is None or at % 16 == 0:
            element = at // 16
            block = struct.pack("<4I", *philox((element & MASK, element >> 32, tensor, step), key))
        out.append((block[at % 16] * 255 >> 8) - 127)
    return out


def merkle_root(leaves):
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    left, right = merkle_root(leaves[:split]), merkle_root(leaves[split:])
    return hashlib.sha256(b"\1" + left + right).digest()


def state_digest(tensors):
    """tensors: (dtype name, dims, bytes)"""
    leaves = []
    for dtype, dims, data in tensors:
        code, width = DTYPES[dtype]
        assert len(data) == width * math.prod(dims)
        leaves.append(bytes([code, len(dims)]) + b"".join(struct.pack("<Q", d) for d in dims))
        leaves += [data[i:i + 1024] for i in range(0, len(data), 1024)]
    return merkle_root(leaves)


def split_scale(s):
    fraction, exponent = math.frexp(s)  # fraction in [0.5, 1)
    return bits(2 * fraction), exponent - 1


def quantize(row):
    """f32 values to (q, s)."""
    amax = max(abs(y) for y in row)
    if amax == 0:
        return [0] * len(row), 0.0
    inv = f32(127 / amax)
    return [max(-127, min(127, round(f32(y * inv)))) for y in row], f32(amax / 127)


class Gemm:
    """x: rows of (q, s); weights: list of (rows of q, column scales), used in turn."""

    def __init__(self, x, weights, steps, gemms_per_step):
        self.weights, self.steps, self.per_step = weights, steps, gemms_per_step
        self.rows = [(q, (0, 0) if s == 0 or not any(q) else split_scale(s)) for q, s in x]

    @classmethod
    def philox(cls, nonce, rows, cols, steps, gemms_per_step):
        seed = hashlib.sha256(b"assay/job-seed/v1\n" + nonce).digest()
        key = struct.unpack("<2I", seed[:8])
        flat = philox_s8(key, 0, 0, 0, rows * cols)
        x = [(flat[m * cols:(m + 1) * cols], 1.0) for m in range(rows)]
        sb = f32(1 / f32(74 * f32(math.sqrt(cols))))
        weights = []
        for j in range(steps * gemms_per_step):
            w = philox_s8(key, 1, j, 0, cols * cols)
            weights.append(([w[n * cols:(n + 1) * cols] for n in range(cols)], [sb] * cols))
        return cls(x, weights, steps, gemms_per_step)

    def multiply(self, j):
        w, sb = self.weights[j % len(self.weights)]
        out = []
        for q, (mantissa, exponent) in self.rows:
            sa = struct.unpack("<f", struct.pack("<I", mantissa))[0]
            y = []
            for n, column in enumerate(w):
                acc = sum(a * b for a, b in zip(q, column))
                y.append(f32(f32(f32(acc) * sa) * sb[n]))
            q_out, s = quantize(y)
            if s == 0:
                out.append((q_out, (0, 0)))
            else:
                new_bits, moved = split_scale(s)
                out.append((q_out, (new_bits, exponent + moved)))
        self.rows = out

    def state(self):
        m, n = len(self.rows), len(self.rows[0][0])
        q = b"".join(struct.pack(f"{n}b", *row) for row, _ in self.rows)
        scale = b"".join(struct.pack("<Ii", *scale) for _, scale in self.rows)
        return [("s8", [m, n], q), ("s32", [m, 2], scale)]

    def run(self):
        """The state digests of steps 0..S, and the bytes of the last state."""
        digests = [state_digest(self.state())]
        for step in range(self.steps):
            for r in range(self.per_step):
                self.multiply(step * self.per_step + r)
            digests.append(state_digest(self.state()))
        return digests, b"".join(data for _, _, data in self.state())
