// The lattice of the workload "simulate": D3Q19 lattice-Boltzmann in 32-bit integers. This header
// is the arithmetic of one cell; lattice_geometry.h says which links are walls, lattice_run.h how
// the cells of a grid advance together. For the CPU and for CUDA kernels.
//
// Populations. A cell holds 19 numbers f_i, the deviations from the weights w_i (1/3, 1/18, 1/36)
// of a fluid at rest, in units of 2^-28 (kUnitBits), as s32 after the collision. All sums and
// products of 32 bits are modulo 2^32 in two's complement: every state has one successor, so that a
// flow which became unstable ends like any other. It means nothing from where |f_i| passes 2^26 or
// so on, and its picture shows that.
//
// Directions. 0 is rest; then nine pairs, of which the first is named here and the second is its
// opposite: 1 +x, 3 +y, 5 +z, 7 (+1,+1,0), 9 (+1,-1,0), 11 (+1,0,+1), 13 (+1,0,-1), 15 (0,+1,+1),
// 17 (0,+1,-1).
//
// One time step of a fluid cell:
//   stream   f_i comes from the cell at x - c_i; where that is solid or beyond a wall, it is the
//            cell's own opposite population instead (half-way bounce-back) plus, at a moving wall
//            with velocity v, (c_i . v) / 6 in integers (lattice_geometry.h): the two links of a
//            cell that see it differ in sign only, so that its mass does not change.
//   collide  two relaxation times (Ginzburg, Verhaeghe, d'Humieres 2008), He and Luo's
//            incompressible equilibrium w_i (rho + 3 c.u + 9/2 (c.u)^2 - 3/2 u.u), and a body
//            force that adds 2 g to the momentum, with u at half of it (u = j + g):
//     s_p = f_i + f_i', d_p = f_i - f_i' of every pair p;  rho = f_0 + sum of s_p
//     j   = sum of c_p d_p;  u = j + g;  q = u / 2^11 rounded like scaled();  Q(c) = (c.q)^2 >> 6,
//           logical;  base = 2 rho - 3 (Q(x) + Q(y) + Q(z))
//     a_p = scaled(base + 9 Q(c_p) - 18 s_p, symmetric, 19)         of the three axes
//     a_p = scaled(base + 9 Q(c_p) - 36 s_p, symmetric, 20)         of the six diagonals
//     b_p = scaled(c_p.u - 6 d_p, antisymmetric, 17) + push_p       of the six diagonals
//     b_x = g_x - (b_7 + b_9 + b_11 + b_13), and likewise y and z: sum of c_p b_p = g
//     f_i += a_p + b_p, f_i' += a_p - b_p, f_0 -= 2 (sum of a_p)
//   where scaled(n, k, shift) = n k / 2^shift, of 64 bits, rounded to nearest, halves away from
//   zero: an odd function.
//
// So whatever is lost by rounding, the mass of a cell is unchanged and its momentum grows by
// exactly 2 g; and a flow that is its own mirror image stays so, to the bit.
#pragma once

#include <cstdint>

#include "core/compute/rx1/float_ops.h"  // ASSAY_HD

namespace assay::compute::simulate {

inline constexpr int kDirections = 19;
inline constexpr int kUnitBits = 28;

// What a direction adds to a place, {x, y, z}.
inline constexpr int kStep[kDirections][3] = {
    {0, 0, 0},  {1, 0, 0},   {-1, 0, 0},  {0, 1, 0},  {0, -1, 0}, {0, 0, 1},   {0, 0, -1},
    {1, 1, 0},  {-1, -1, 0}, {1, -1, 0},  {-1, 1, 0}, {1, 0, 1},  {-1, 0, -1}, {1, 0, -1},
    {-1, 0, 1}, {0, 1, 1},   {0, -1, -1}, {0, 1, -1}, {0, -1, 1}};

ASSAY_HD constexpr int opposite(int direction) {
  return direction == 0 ? 0 : ((direction - 1) ^ 1) + 1;
}

// What the collisions of a job have in common. From the order: lattice_constants().
struct LatticeConstants {
  std::int32_t symmetric = 0;      // omega+ / 72 in units of 2^-20; 1..2^15
  std::int32_t antisymmetric = 0;  // omega- / 12 in units of 2^-17; 1..2^15
  std::int32_t force[3]{};         // g {x, y, z}: half of what a step adds to a cell's momentum
  std::int32_t push[6]{};          // the force's share of b_7, b_9, .. b_17
};

// viscosity in 10^-6 of the lattice's units (cells^2 per time step), 1..10^6; force in 10^-9, what
// a step adds to a cell's momentum. With v the viscosity, omega+ = 2 / (6 v + 1), and
// omega- = 16 v / (8 v + 1), which makes (1/omega+ - 1/2) (1/omega- - 1/2) = 3/16: walls then lie
// half-way between cells at any viscosity. Quotients of integers, rounded to nearest (half up); of
// the force and the push (c.g) (1 - omega- / 2) / 6, towards zero.
LatticeConstants lattice_constants(std::uint32_t viscosity_millionths,
                                   const std::int32_t (&force_billionths)[3]);

// One number at a time: the definition. Vectors have lanes of the same (lattice_loops.h).
struct OneCell {
  using Word = std::uint32_t;
  template <int kBits>
  ASSAY_HD Word arithmetic_right(Word n) {
    return static_cast<Word>(static_cast<std::int32_t>(n) >> kBits);
  }
  template <int kBits>
  ASSAY_HD Word logical_right(Word n) {
    return n >> kBits;
  }
  template <int kShift>
  ASSAY_HD Word scaled(Word n, std::int32_t k) {
    const auto number = static_cast<std::int32_t>(n);
    const std::int64_t half = (std::int64_t{1} << (kShift - 1)) - (number < 0 ? 1 : 0);
    return static_cast<Word>((std::int64_t{number} * k + half) >> kShift);
  }
};

// The collision: f[0..18] becomes what is sent to the neighbours. Once for every width, like the
// definition.
template <class Lanes, class Word = typename Lanes::Word>
ASSAY_HD void collide(Word (&f)[kDirections], const LatticeConstants& constants) {
  Word s[9], d[9];
  Word rho = f[0];
  for (int p = 0; p < 9; ++p) {
    s[p] = f[2 * p + 1] + f[2 * p + 2];
    d[p] = f[2 * p + 1] - f[2 * p + 2];
    rho += s[p];
  }
  const auto number = [](std::int32_t n) { return static_cast<std::uint32_t>(n); };
  const Word ux = d[0] + (d[3] + d[4]) + (d[5] + d[6]) + number(constants.force[0]);
  const Word uy = d[1] + (d[3] - d[4]) + (d[7] + d[8]) + number(constants.force[1]);
  const Word uz = d[2] + (d[5] - d[6]) + (d[7] - d[8]) + number(constants.force[2]);

  const auto coarse = [](Word u) {
    const Word sign = Lanes::template arithmetic_right<31>(u);
    return Lanes::template arithmetic_right<11>(u + sign + (1U << 10));
  };
  const Word qx = coarse(ux), qy = coarse(uy), qz = coarse(uz);
  const Word xx = qx * qx, yy = qy * qy, zz = qz * qz;
  const Word xy = (qx * qy) * 2U, xz = (qx * qz) * 2U, yz = (qy * qz) * 2U;
  // (c.q)^2 of the nine pairs.
  const Word square[9] = {xx,           yy,           zz,           xx + yy + xy, xx + yy - xy,
                          xx + zz + xz, xx + zz - xz, yy + zz + yz, yy + zz - yz};
  const Word along[6] = {ux + uy, ux - uy, ux + uz, ux - uz, uy + uz, uy - uz};
  Word q[9];
  for (int p = 0; p < 9; ++p) q[p] = Lanes::template logical_right<6>(square[p]);
  const Word base = rho * 2U - (q[0] + q[1] + q[2]) * 3U;

  Word b[9];
  for (int p = 0; p < 6; ++p) {
    const Word n = along[p] - d[p + 3] * 6U;
    b[p + 3] = Lanes::template scaled<17>(n, constants.antisymmetric) + number(constants.push[p]);
  }
  b[0] = number(constants.force[0]) - ((b[3] + b[4]) + (b[5] + b[6]));
  b[1] = number(constants.force[1]) - ((b[3] - b[4]) + (b[7] + b[8]));
  b[2] = number(constants.force[2]) - ((b[5] - b[6]) + (b[7] - b[8]));

  for (int p = 0; p < 9; ++p) {
    const Word a =
        p < 3 ? Lanes::template scaled<19>(base + q[p] * 9U - s[p] * 18U, constants.symmetric)
              : Lanes::template scaled<20>(base + q[p] * 9U - s[p] * 36U, constants.symmetric);
    f[2 * p + 1] += a + b[p];
    f[2 * p + 2] += a - b[p];
    f[0] -= a * 2U;
  }
}

// A fluid at velocity u {x, y, z} (units of 2^-28) and rest density: to first order in u,
// f = 3 w c.u, towards zero: u/6 of an axis, c.u/12 of a diagonal. Its mass is exactly 0.
ASSAY_HD constexpr std::int32_t moving_population(int direction, const std::int32_t (&u)[3]) {
  if (direction == 0) return 0;
  const auto& c = kStep[direction];
  return (c[0] * u[0] + c[1] * u[1] + c[2] * u[2]) / (direction < 7 ? 6 : 12);
}

// Density (deviation from 1) and velocity of a cell from its committed populations, for people and
// tests; units of 2^-28. The momentum after the collision is j + 2 g, so the velocity j + g.
struct CellFlow {
  std::int64_t density;
  std::int64_t velocity[3];
};
ASSAY_HD constexpr CellFlow cell_flow(const std::int32_t (&f)[kDirections],
                                      const LatticeConstants& constants) {
  CellFlow out{};
  for (int i = 0; i < kDirections; ++i) {
    out.density += f[i];
    for (int axis = 0; axis < 3; ++axis) out.velocity[axis] += kStep[i][axis] * std::int64_t{f[i]};
  }
  for (int axis = 0; axis < 3; ++axis) out.velocity[axis] -= constants.force[axis];
  return out;
}

}  // namespace assay::compute::simulate
