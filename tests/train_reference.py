"""The train workload, written from the headers of core/compute/train as plainly as possible and
sharing no code with core/. A tensor is a list of rows of f32 (rx1_ops_reference.py)."""
import hashlib
import math
import struct

from compute_reference import philox, state_digest
from rx1_ops_reference import (C, add, bits, div, exp, f32, fma, from_bits, gemm, mul, quantize,
                               r128, rms_norm, rope_frequencies, rope_row, rotate, silu, sin_cos,
                               scale, split_exp, sub)

EPSILON = f32(1e-5)


# What rx1_ops_reference.py lacks.
def root(x):
    return f32(math.sqrt(x))


def total(values):
    return r128(values, lambda x, lane: add(lane, x))


def log(x):
    """x normal and positive."""
    raised = bits(x) + (0x3F800000 - 0x3F3504F3)
    n = float((raised >> 23) - 127)
    f = sub(from_bits((raised & 0x7FFFFF) + 0x3F3504F3), 1.0)
    z = mul(f, f)
    p = C["Log11"]
    for k in range(10, 2, -1):
        p = fma(p, f, C[f"Log{k}"])
    tail = fma(-0.5, z, fma(mul(z, f), p, mul(n, C["Ln2Low"])))
    return fma(n, C["Ln2High"], add(f, tail))


def sigmoid(x):
    fraction, exponent = split_exp(-min(abs(x), 120.0))
    left = math.copysign(1, x) < 0
    numerator = fraction if left else 1.0
    small = scale(fraction, exponent)
    denominator = add(1.0, small)
    quotient = div(numerator, denominator)
    sum_lost = sub(small, sub(denominator, 1.0))
    rest = fma(-quotient, denominator, numerator)
    lost = add(fma(-quotient, sum_lost, 0.0), rest)
    return scale(fma(lost, fma(small, -0.5, f32(0.95)), quotient), exponent if left else 0)


# products.h
def transposed(x):
    return [list(column) for column in zip(*x)]


def times(a, b, bias=None):
    qa, sa = zip(*(quantize(row, 16319) for row in a))
    qb, sb = zip(*(quantize(row, 16319) for row in b))
    flat = gemm("a16w16", qa, sa, qb, sb, bias)
    return [flat[i:i + len(b)] for i in range(0, len(flat), len(b))]


def column_sums(x):
    return [total(column) for column in zip(*x)]


def plus(x, y):
    return [[add(a, b) for a, b in zip(r, s)] for r, s in zip(x, y)]


# train_kernels.h
def softmax(s, count, factor):
    s = [mul(x, factor) for x in s[:count]]
    e = [exp(sub(x, max(s))) for x in s]
    whole = total(e)
    return [div(x, whole) for x in e]


def softmax_gradient(p, dp, factor):
    d = total([mul(a, b) for a, b in zip(p, dp)])
    return [mul(mul(a, sub(b, d)), factor) for a, b in zip(p, dp)]


def cross_entropy(logits, target, factor):
    """(loss, gradient)"""
    most = max(logits)
    e = [exp(sub(x, most)) for x in logits]
    whole = total(e)
    p = [div(x, whole) for x in e]
    p[target] = sub(p[target], 1.0)
    return add(log(whole), sub(most, logits[target])), [mul(x, factor) for x in p]


def swiglu_gradient(gate, up, dy):
    d_gate, d_up = [], []
    for g, u, d in zip(gate, up, dy):
        s = sigmoid(g)
        r = fma(g, mul(s, sub(1.0, s)), s)
        d_gate.append(mul(mul(d, u), r))
        d_up.append(mul(d, silu(g)))
    return d_gate + d_up


def norm_gradient(x, gain, dy, dx):
    """(dx, d_gain)"""
    after, d_gains = [], []
    for row, d, into in zip(x, dy, dx):
        mean = div(r128(row, lambda v, lane: fma(v, v, lane)), float(len(row)))
        r = div(1.0, root(add(mean, EPSILON)))
        a = [mul(v, g) for v, g in zip(d, gain)]
        c = mul(mul(mul(r, r), r),
                div(total([mul(v, w) for v, w in zip(a, row)]), float(len(row))))
        after.append([add(t, fma(v, r, -mul(w, c))) for t, v, w in zip(into, a, row)])
        d_gains.append([mul(mul(v, w), r) for v, w in zip(d, row)])
    return after, column_sums(d_gains)


class Transformer:
    """Parameters by name, each a list of rows or a list."""

    def __init__(self, order):
        self.order = order
        v, d, f = order["vocab"], order["hidden"], order["ffn"]
        self.heads = order["heads"]
        self.kv = order.get("kv_heads", self.heads)
        self.size = d // self.heads
        layers = order["layers"]
        self.shapes = [("embed", (v, d), 1.0)]
        for n in range(layers):
            residual = 1 / (2 * layers)
            self.shapes += [(f"{n}.gain1", (d,), 1), (f"{n}.q", (d, d), 1.0),
                            (f"{n}.k", (self.kv * self.size, d), 1.0),
                            (f"{n}.v", (self.kv * self.size, d), 1.0),
                            (f"{n}.o", (d, d), residual), (f"{n}.gain2", (d,), 1),
                            (f"{n}.gate", (f, d), 1.0), (f"{n}.up", (f, d), 1.0),
                            (f"{n}.down", (d, f), residual)]
        self.shapes.append(("gain", (d,), 1))
        frequency = rope_frequencies(float(order.get("rope_base", 10000)), self.size // 2)
        self.turns = [rope_row(frequency, i) for i in range(order["sequence"])]

    def batch(self, key, step, data):
        length = self.order["sequence"]
        limit = len(data) - length
        places = [philox((b, 0, 0, step), key)[0] * limit >> 32
                  for b in range(self.order["batch"])]
        return [data[at:at + length + 1] for at in places]

    def turn(self, rows, heads, back):
        out = []
        for i, row in enumerate(rows):
            cosine, sine = self.turns[i % self.order["sequence"]]
            sine = [-s for s in sine] if back else sine
            turned = []
            for h in range(heads):
                turned += rotate(row[h * self.size:(h + 1) * self.size], cosine, sine)
            out.append(turned)
        return out

    def head(self, rows, first, h):
        part = rows[first:first + self.order["sequence"]]
        return [row[h * self.size:(h + 1) * self.size] for row in part]

    def attend(self, q, k, v, d_out):
        """out, or of d_out (dq, dk, dv)"""
        length, size = self.order["sequence"], self.size
        factor = div(1.0, root(float(size)))
        width = self.heads * size
        out = [[0.0] * width for _ in q]
        dk = [[None] * (self.kv * size) for _ in q]
        dv = [[None] * (self.kv * size) for _ in q]

        def put(to, first, h, rows):
            for i, row in enumerate(rows):
                to[first + i][h * size:(h + 1) * size] = row

        def gather(to, first, g, rows):
            for i, row in enumerate(rows):
                for c, x in enumerate(row):
                    was = to[first + i][g * size + c]
                    to[first + i][g * size + c] = x if was is None else add(was, x)

        for first in range(0, len(q), length):
            for h in range(self.heads):
                g = h // (self.heads // self.kv)
                qh, kg, vg = (self.head(q, first, h), self.head(k, first, g),
                              self.head(v, first, g))
                p = [softmax(row, i + 1, factor) + [0.0] * (length - i - 1)
                     for i, row in enumerate(times(qh, kg))]
                if d_out is None:
                    put(out, first, h, times(p, transposed(vg)))
                    continue
                do = self.head(d_out, first, h)
                ds = [softmax_gradient(a[:i + 1], b[:i + 1], factor) + [0.0] * (length - i - 1)
                      for i, (a, b) in enumerate(zip(p, times(do, vg)))]
                put(out, first, h, times(ds, transposed(kg)))
                gather(dk, first, g, times(transposed(ds), transposed(qh)))
                gather(dv, first, g, times(transposed(p), transposed(do)))
        return out if d_out is None else (out, dk, dv)

    def gradient(self, w, windows):
        """(loss, gradients by name)"""
        d = self.order["hidden"]
        tokens = [t for window in windows for t in window[:-1]]
        targets = [t for window in windows for t in window[1:]]
        x = [list(w["embed"][t]) for t in tokens]
        kept = []
        for n in range(self.order["layers"]):
            gain1, gain2 = w[f"{n}.gain1"], w[f"{n}.gain2"]
            n1 = [rms_norm(row, gain1, EPSILON) for row in x]
            q = self.turn(times(n1, w[f"{n}.q"]), self.heads, False)
            k = self.turn(times(n1, w[f"{n}.k"]), self.kv, False)
            v = times(n1, w[f"{n}.v"])
            a = self.attend(q, k, v, None)
            h = plus(times(a, w[f"{n}.o"]), x)
            n2 = [rms_norm(row, gain2, EPSILON) for row in h]
            gate, up = times(n2, w[f"{n}.gate"]), times(n2, w[f"{n}.up"])
            y = [[mul(silu(s), t) for s, t in zip(r, u)] for r, u in zip(gate, up)]
            kept.append((x, n1, q, k, v, a, h, n2, gate, up, y))
            x = plus(times(y, w[f"{n}.down"]), h)
        f = [rms_norm(row, w["gain"], EPSILON) for row in x]
        count = float(len(tokens))
        losses, logits = zip(*(cross_entropy(row, t, div(1.0, count))
                               for row, t in zip(times(f, w["embed"]), targets)))
        dw = {"embed": times(transposed(logits), transposed(f))}
        dx, dw["gain"] = norm_gradient(x, w["gain"], times(logits, transposed(w["embed"])),
                                       [[0.0] * d for _ in x])
        for n in reversed(range(self.order["layers"])):
            x, n1, q, k, v, a, h, n2, gate, up, y = kept[n]
            dy = times(dx, transposed(w[f"{n}.down"]))
            both = [swiglu_gradient(*rows) for rows in zip(gate, up, dy)]
            dw[f"{n}.down"] = times(transposed(dx), transposed(y))
            d_both = times(transposed(both), transposed(n2))
            middle = len(w[f"{n}.gate"])
            dw[f"{n}.gate"], dw[f"{n}.up"] = d_both[:middle], d_both[middle:]
            dn2 = times(both, transposed(w[f"{n}.gate"] + w[f"{n}.up"]))
            dx, dw[f"{n}.gain2"] = norm_gradient(h, w[f"{n}.gain2"], dn2, dx)
            dw[f"{n}.o"] = times(transposed(dx), transposed(a))
            dq, dk, dv = self.attend(q, k, v, times(dx, transposed(w[f"{n}.o"])))
            dq, dk = self.turn(dq, self.heads, True), self.turn(dk, self.kv, True)
            for name, rows in (("q", dq), ("k", dk), ("v", dv)):
                dw[f"{n}.{name}"] = times(transposed(rows), transposed(n1))
            together = [r + s + t for r, s, t in zip(dq, dk, dv)]
            dn1 = times(together, transposed(w[f"{n}.q"] + w[f"{n}.k"] + w[f"{n}.v"]))
            dx, dw[f"{n}.gain1"] = norm_gradient(x, w[f"{n}.gain1"], dn1, dx)
        for token in set(tokens):
            sums = column_sums([row for row, t in zip(dx, tokens) if t == token])
            dw["embed"][token] = [add(a, b) for a, b in zip(dw["embed"][token], sums)]
        return div(total(losses), count), dw


class Mlp:
    def __init__(self, order):
        self.order = order
        self.widths = order["widths"]
        self.shapes = []
        for n in range(len(self.widths) - 1):
            last = n + 2 == len(self.widths)
            self.shapes += [(f"{n}.weight", (self.widths[n + 1], self.widths[n]),
                             1.0 if last else 2.0), (f"{n}.bias", (self.widths[n + 1],), 0)]

    def draw(self, key):
        """The examples (x, answer) of an order without inputs."""
        inputs, outputs = self.widths[0], self.widths[-1]
        x = draw(key, 1, self.order["examples"], inputs, 1.0)
        teacher = draw(key, 2, outputs, inputs, math.sqrt(1 / inputs))
        answers = [[total([mul(a, b) for a, b in zip(w, row)]) for w in teacher] for row in x]
        return [(row, z.index(max(z))) for row, z in zip(x, answers)]

    def batch(self, key, step, data):
        return [data[philox((b, 0, 0, step), key)[0] * len(data) >> 32]
                for b in range(self.order["batch"])]

    def gradient(self, w, batch):
        layers = len(self.widths) - 1
        h = [[row for row, _ in batch]]
        for n in range(layers):
            z = times(h[n], w[f"{n}.weight"], w[f"{n}.bias"])
            h.append(z if n + 1 == layers else [[x if x > 0 else 0.0 for x in row] for row in z])
        if self.order["task"] == "classify":
            count = float(len(batch))
            losses, dz = zip(*(cross_entropy(row, answer, div(1.0, count))
                               for row, (_, answer) in zip(h[-1], batch)))
        else:
            count = float(len(batch) * self.widths[-1])
            errors = [[sub(a, b) for a, b in zip(row, answer)]
                      for row, (_, answer) in zip(h[-1], batch)]
            losses = [mul(e, e) for row in errors for e in row]
            dz = [[mul(e, div(2.0, count)) for e in row] for row in errors]
        dw = {}
        for n in reversed(range(layers)):
            if n + 1 < layers:
                dz = [[0.0 if y == 0 else d for d, y in zip(row, rows)]
                      for row, rows in zip(dz, h[n + 1])]
            dw[f"{n}.weight"] = times(transposed(dz), transposed(h[n]))
            dw[f"{n}.bias"] = column_sums(dz)
            dz = times(dz, transposed(w[f"{n}.weight"]))
        return div(total(losses), count), dw


# layout.h
def draw(key, tensor, rows, columns, deviation):
    unit = f32(deviation / math.sqrt(2863311530.0))
    out = []
    for e in range(rows * columns):
        words = philox((e, 0, tensor, 0), key)
        halves = sum((word & 0xFFFF) + (word >> 16) for word in words)
        out.append(mul(float(halves - 262140), unit))
    return [out[i:i + columns] for i in range(0, len(out), columns)]


def start(model, key):
    w = {}
    for i, (name, shape, factor) in enumerate(model.shapes):
        if len(shape) == 2:
            w[name] = draw(key, 16 + i, *shape, math.sqrt(factor / shape[1]))
        else:
            w[name] = [float(factor)] * shape[0]
    return w


def flat(model, by_name):
    out = []
    for name, shape, _ in model.shapes:
        for item in by_name[name]:
            out += item if len(shape) == 2 else [item]
    return out


def shaped(model, values):
    out, at = {}, 0
    for name, shape, _ in model.shapes:
        part = values[at:at + math.prod(shape)]
        at += len(part)
        out[name] = (part if len(shape) == 1 else
                     [part[i:i + shape[1]] for i in range(0, len(part), shape[1])])
    return out


# optimiser.h
def rate_of(order, step):
    rate, warmup, steps = order["learning_rate_ppm"] / 1e6, order.get("warmup_steps", 0), order[
        "steps"]
    if step <= warmup:
        return f32(rate * step / warmup)
    done = float(step - warmup) / (steps - warmup)
    least = order.get("final_rate_ppm", 0) / 1e6
    if order.get("decay", "none") == "linear":
        return f32(rate * (least + (1 - least) * (1 - done)))
    if order.get("decay", "none") == "cosine":
        cosine = sin_cos(f32(math.pi * done))[1]
        return f32(rate * (least + (1 - least) * (0.5 * (1 + cosine))))
    return f32(rate)


def update(order, model, step, g, state):
    square = r128(g, lambda x, lane: fma(x, x, lane))
    factor = 1.0
    if "clip_norm_ppm" in order:
        clip = f32(order["clip_norm_ppm"] / 1e6)
        factor = div(clip, root(square)) if root(square) > clip else 1.0
    decay = f32(order.get("weight_decay_ppm", 0) / 1e6)
    decays = [decay if len(shape) == 2 else 0.0
              for _, shape, _ in model.shapes for _ in range(math.prod(shape))]
    rate = rate_of(order, step)
    b1, b2 = order.get("beta1_ppm", 900000) / 1e6, order.get("beta2_ppm", 999000) / 1e6
    keep = f32(order.get("momentum_ppm", 900000) / 1e6)
    powers = [1.0, 1.0]
    for _ in range(step):
        powers = [powers[0] * b1, powers[1] * b2]
    c1, c2 = (f32(1 / (1 - power)) for power in powers)
    p = state[0]
    for i, x in enumerate(g):
        d = mul(x, factor)
        if order["optimizer"] == "adam":
            m = state[1][i] = fma(f32(b1), state[1][i], mul(f32(1 - b1), d))
            v = state[2][i] = fma(f32(b2), state[2][i], mul(f32(1 - b2), mul(d, d)))
            move = fma(decays[i], p[i],
                       div(mul(m, c1), add(root(mul(v, c2)), f32(1e-8))))
        elif order["optimizer"] == "momentum":
            m = state[1][i] = fma(keep, state[1][i], d)
            move = fma(decays[i], p[i], m)
        else:
            move = fma(decays[i], p[i], d)
        p[i] = fma(-rate, move, p[i])


# train.h
def run(order, nonce, data):
    """The digests of the states that are committed, and the bytes of the last."""
    seed = hashlib.sha256(b"assay/job-seed/v1\n" + nonce).digest()
    key = struct.unpack("<2I", seed[:8])
    model = Transformer(order) if order["model"] == "transformer" else Mlp(order)
    data = model.draw(key) if data is None else data
    parameters = flat(model, start(model, key))
    moments = {"adam": 2, "momentum": 1, "sgd": 0}[order["optimizer"]]
    state = [parameters] + [[0.0] * len(parameters) for _ in range(moments)]
    state.append([0.0] * order["steps"])

    def packed():
        return [struct.pack("<%df" % len(values), *values) for values in state]

    def digest():
        return state_digest([("f32", [len(v)], b) for v, b in zip(state, packed())])

    digests = [digest()]
    for step in range(1, order["steps"] + 1):
        loss, gradients = model.gradient(shaped(model, state[0]), model.batch(key, step, data))
        update(order, model, step, flat(model, gradients), state)
        state[-1][step - 1] = loss
        if step % order.get("steps_per_commit", 1) == 0:
            digests.append(digest())
    return digests, b"".join(packed())
