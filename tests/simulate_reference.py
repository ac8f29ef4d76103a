"""The workload "simulate" after its contract (core/compute/simulate/*.h), cell by cell and pair by
pair, in Python's integers and in f32 by rounding. Shares no code with core/."""
import math
import struct

import compute_reference as ref
from rx1_ops_reference import add, div, f32, mul, sub

M = 2**32 - 1
STEP = [(0, 0, 0), (1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1),
        (1, 1, 0), (-1, -1, 0), (1, -1, 0), (-1, 1, 0), (1, 0, 1), (-1, 0, -1), (1, 0, -1),
        (-1, 0, 1), (0, 1, 1), (0, -1, -1), (0, 1, -1), (0, -1, 1)]
AXES = "xyz"


def s32(n):
    n &= M
    return n - 2**32 if n >> 31 else n


def towards_zero(n, d):
    return n // d if (n < 0) == (d < 0) else -(-n // d)


def nearest_quotient(n, d):
    return (2 * n + d) // (2 * d)


def words(key, tensor, step, element):
    return ref.philox((element & M, element >> 32, tensor, step), key)


def sine(phase):
    quadrant, within = phase >> 14 & 3, phase & 0x3FFF
    z = (within if quadrant % 2 == 0 else 0x4000 - within) << 16
    square = z * z >> 30
    inner = 688904866 - (square * 76016977 >> 30)
    value = z * (1686629713 - (square * inner >> 30)) >> 30
    return value if quadrant < 2 else -value


def cosine(phase):
    return sine(phase + 2**14)


class Lattice:
    """A dictionary of populations by cell; parameters as in an order, mask [z][y][x] flattened."""

    def __init__(self, parameters, key, mask=None):
        self.p, self.key = parameters, key
        self.n = parameters["size"]
        self.wall = [word == "wall" for word in parameters.get("walls", ["periodic"] * 3)]
        v = parameters["viscosity_millionths"]
        self.plus = nearest_quotient(2**20 * 10**6, 36 * (6 * v + 10**6))
        self.minus = nearest_quotient(2**17 * 4 * v, 3 * (8 * v + 10**6))
        self.g = [towards_zero(f * 2**27, 10**9)
                  for f in parameters.get("force_billionths", [0, 0, 0])]
        self.push = {}
        for i in range(7, 19, 2):
            along = sum(c * g for c, g in zip(STEP[i], self.g))
            self.push[i] = towards_zero(along * (2**17 - 6 * self.minus), 6 * 2**17)
        self.lids = {}
        for lid in parameters.get("lids", []):
            axis, upper = AXES.index(lid["face"][0]), lid["face"][1] == "+"
            self.lids[axis, upper] = [towards_zero(x * 2**28, 6 * 10**6)
                                      for x in lid["velocity_millionths"]]
        nx, ny, nz = self.n
        self.cells = [(x, y, z) for z in range(nz) for y in range(ny) for x in range(nx)]
        self.solid = {cell for number, cell in enumerate(self.cells)
                      if (mask is not None and mask[number]) or self.inside_any(cell)}
        self.f = {cell: self.first(cell) for cell in self.cells}

    def inside_any(self, cell):
        centre = [2 * c + 1 for c in cell]
        for obstacle in self.p.get("obstacles", []):
            if "box" in obstacle:
                b = obstacle["box"]
                hit = all(b[k] <= centre[k] <= b[k + 3] for k in range(3))
            else:
                name = "sphere" if "sphere" in obstacle else "cylinder"
                o = obstacle[name]
                skip = AXES.index(obstacle["axis"]) if name == "cylinder" else None
                hit = sum((centre[k] - o[k])**2 for k in range(3) if k != skip) <= o[3]**2
            if hit:
                return True
        return False

    def velocity(self, cell):
        speed = self.p.get("speed_millionths", 0) * 2**28 // 10**6
        noise = self.p.get("noise_millionths", 0) * 2**28 // 10**6
        x, y, z = [(2 * c + 1) * 2**15 // n for c, n in zip(cell, self.n)]
        start = self.p.get("start", "rest")
        u = [0, 0, 0]
        if start == "stream":
            u = [speed, 0, 0]
        elif start == "shear":
            n = self.n[1]
            t = abs(2 * cell[1] + 1 - n)
            c = max(-2**30, min(2**30, towards_zero(8 * (n - 2 * t) * 2**30, n)))
            u = [-speed * c >> 30, (speed // 20) * sine(x) >> 30, 0]
        elif start == "vortices":
            p, q = sine(x) * cosine(y) >> 30, cosine(x) * sine(y) >> 30
            depth = cosine(z) if self.n[2] > 4 else 2**30
            u = [speed * (p * depth >> 30) >> 30, -(speed * (q * depth >> 30) >> 30), 0]
        if noise:
            number = (cell[2] * self.n[1] + cell[1]) * self.n[0] + cell[0]
            block = words(self.key, 0, 0, number)
            u = [u[k] + (noise * s32(block[k]) >> 31) for k in range(3)]
        return u

    def first(self, cell):
        if cell in self.solid:
            return [0] * 19
        u = self.velocity(cell)
        return [0] + [towards_zero(sum(c * v for c, v in zip(STEP[i], u)), 6 if i < 7 else 12)
                      for i in range(1, 19)]

    def arriving(self, cell, i):
        source, term, beyond = list(cell), 0, False
        for k in range(3):
            source[k] -= STEP[i][k]
            if 0 <= source[k] < self.n[k]:
                continue
            if self.wall[k]:
                beyond = True
                along = self.lids.get((k, source[k] >= self.n[k]), [0, 0, 0])
                term += sum(c * t for c, t in zip(STEP[i], along))
            source[k] %= self.n[k]
        if beyond or tuple(source) in self.solid:
            opposite = i + 1 if i % 2 else i - 1
            return s32(self.f[cell][opposite] + term)
        return self.f[tuple(source)][i]

    def collide(self, f):
        pairs = list(range(1, 19, 2))
        s = {i: f[i] + f[i + 1] for i in pairs}
        d = {i: f[i] - f[i + 1] for i in pairs}
        rho = f[0] + sum(s.values())
        u = [s32(sum(STEP[i][k] * d[i] for i in pairs) + self.g[k]) for k in range(3)]
        q = [s32(v + 2**10 - (v < 0)) >> 11 for v in u]
        big = {i: (sum(c * v for c, v in zip(STEP[i], q))**2 & M) >> 6 for i in pairs}
        base = 2 * rho - 3 * (big[1] + big[3] + big[5])

        def scaled(n, k, shift):
            product = 2 * s32(n) * k  # to nearest, halves away from zero
            return towards_zero(product + (2**shift if product > 0 else -2**shift), 2**(shift + 1))

        b = {i: scaled(sum(c * v for c, v in zip(STEP[i], u)) - 6 * d[i], self.minus, 17) +
             self.push[i] for i in pairs[3:]}
        for k in range(3):
            b[2 * k + 1] = self.g[k] - sum(STEP[i][k] * b[i] for i in pairs[3:])
        out = list(f)
        for i in pairs:
            weight, shift = (18, 19) if i < 7 else (36, 20)
            a = scaled(base + 9 * big[i] - weight * s[i], self.plus, shift)
            out[i] += a + b[i]
            out[i + 1] += a - b[i]
            out[0] -= 2 * a
        return [s32(n) for n in out]

    def advance(self):
        for _ in range(self.p.get("steps_per_commit", 48)):
            self.f = {cell: [0] * 19 if cell in self.solid else
                      self.collide([self.arriving(cell, i) for i in range(19)])
                      for cell in self.cells}
        assert all(abs(n) < 2**26 for f in self.f.values() for n in f)

    def tensors(self):
        nx, ny, nz = self.n
        out = bytearray()
        for brick in range(nx * ny * nz // 64):
            bx, by, bz = brick % (nx // 4), brick // (nx // 4) % (ny // 4), brick // (nx * ny // 16)
            for i in range(19):
                for c in range(64):
                    cell = (4 * bx + c % 4, 4 * by + c // 4 % 4, 4 * bz + c // 16)
                    out += struct.pack("<i", self.f[cell][i])
        return [("s32", [nx * ny * nz // 64, 19, 64], bytes(out))]


def root(x):
    return f32(math.sqrt(x))


def nearest(x):
    return round(x)  # of a float: exact, ties to even


class Bodies:
    """Lists of places, momenta and masses; parameters as in an order, rows of seven numbers."""

    def __init__(self, parameters, key, rows=None):
        self.p, self.key = parameters, key
        n = parameters["bodies"]
        gravity = f32(parameters["gravity_trillionths"] / 1e12)
        self.g = mul(gravity, 2.0**84)
        self.g_ticks = mul(gravity, 2.0**60)
        softening = f32(parameters["softening_thousandths"] * 2**20 // 1000)
        self.eps2 = mul(softening, softening)
        self.x = [[0, 0, 0] for _ in range(n)]
        self.v = [[0, 0, 0] for _ in range(n)]
        self.m = [1] * n
        self.radius = parameters.get("radius_thousandths", 0) * 2**20 // 1000
        start = parameters["start"]
        if start == "disc":
            self.disc(0, n)
        elif start == "ball":
            for i in range(n):
                self.x[i] = [(self.radius * w >> 31) << 20 for w in self.draw(i, 3)[:3]]
        elif start == "galaxies":
            self.galaxies(n)
        else:
            for i, row in enumerate(rows):
                self.m[i] = int(row[6])
                self.x[i] = [nearest(mul(a, 2.0**40)) for a in row[:3]]
                self.v[i] = [nearest(mul(a, 2.0**44)) * self.m[i] for a in row[3:6]]

    def draw(self, body, dimensions):
        for attempt in range(64):
            block = words(self.key, 1, attempt, body)
            w = [s32(b) for b in block[:3]]
            if sum((c >> 16)**2 for c in w[:dimensions]) <= 2**30:
                return w + [block[3]]
        return [0, 0, 0, 0]

    def disc(self, first, count):
        centre = self.p["centre_mass"]
        others = float(count - (1 if centre else 0))
        for body in range(first, first + count):
            if centre and body == first:
                self.m[body] = centre
                continue
            a, b, c, d = self.draw(body, 2)
            x = (self.radius * a >> 31) * d >> 32
            y = (self.radius * b >> 31) * d >> 32
            z = (self.radius * c >> 31) >> 5
            fx, fy = f32(x), f32(y)
            r2 = add(mul(fx, fx), mul(fy, fy))
            s = div(root(r2), f32(self.radius))
            e = add(r2, self.eps2)
            mass = add(f32(centre), mul(others, sub(add(s, s), mul(s, s))))
            omega = root(div(mul(self.g_ticks, mass), mul(e, root(e))))
            self.x[body] = [x << 20, y << 20, z << 20]
            self.v[body] = [-nearest(mul(mul(omega, fy), 2.0**24)),
                            nearest(mul(mul(omega, fx), 2.0**24)), 0]

    def galaxies(self, n):
        self.disc(0, n // 2)
        self.disc(n // 2, n // 2)
        speed = root(div(mul(self.g_ticks, float(sum(self.m))), f32(2 * self.radius)))
        approach = nearest(mul(speed, 2.0**22))
        for i in range(n):
            sign = 1
            if i >= n // 2:
                sign = -1
                for of in (self.x[i], self.v[i]):
                    of[1], of[2] = -of[2], of[1]
            self.x[i][0] -= sign * ((3 * self.radius // 2) << 20)
            self.x[i][1] -= sign * ((self.radius // 2) << 20)
            self.v[i][0] += sign * approach * self.m[i]

    def drift(self):
        for x, v, m in zip(self.x, self.v, self.m):
            for k in range(3):
                x[k] += towards_zero(v[k], 32 * m)

    def advance(self):
        self.drift()
        ticks = [[s32(a >> 20) for a in x] for x in self.x]
        for i, here in enumerate(ticks):
            for j, there in enumerate(ticks):
                x, y, z = [f32(s32(b - a)) for a, b in zip(here, there)]
                r2 = add(add(mul(x, x), mul(y, y)), add(mul(z, z), self.eps2))
                w = mul(mul(f32(self.m[i]), f32(self.m[j])), div(self.g, mul(r2, root(r2))))
                for k, d in enumerate((x, y, z)):
                    self.v[i][k] += nearest(mul(w, d))
        self.drift()

    def tensors(self):
        n = len(self.m)
        out = bytearray()
        for block in range(0, n, 64):
            for of in (self.x, self.v):
                for k in range(3):
                    out += struct.pack("<64q", *[of[i][k] for i in range(block, block + 64)])
        return [("s64", [n // 64, 6, 64], bytes(out))]
