// What an order says about bodies, and their states from the start, step by step. Immutable; any
// thread, each with an Engine of its own. Every level and any number of threads give the same
// numbers; scalar is the definition.
//
// {"system": "bodies",
//  "bodies": n                     64..65536, a multiple of 64 (of 128 for "galaxies")
//  "steps": 1..4096
//  "gravity_trillionths": 1..10^9  of length^3 / mass / step^2, times 10^-12
//  "softening_thousandths": 1..64000
//  "start": "disc" | "ball" | "galaxies" | "inputs", and of all but the last
//  "radius_thousandths": 1000..250000, and of discs and galaxies
//  "centre_mass": 0..65536         of the body in the middle of each; 0: there is none; all others
//                                  have mass 1
//  "picture_thousandths": half the width of what artefact() shows; 1000..1000000
//                                  = half the radius times 3, 250000 for inputs
// Input, of "inputs" alone: "bodies", a .npy array <f4 [n, 7]: place (within 512), velocity (within
// 1 a step) and mass (an integer in 1..65536) of each; values times 2^40 and 2^44, rounded to
// nearest even.
//
// Impulses stay in bounds: with m, m' the two greatest masses and M the sum of all,
// gravity / softening^2 times m m' is at most 64, and times m M at most 2^18.
//
// The state is one tensor s64 [n / 64, 6, 64]: blocks of 64 bodies, of each x, y, z, px, py, pz.
//
// Start. A disc of k bodies with radius R (ticks): body 0 is in the middle, at rest, if there is a
// centre mass. Body i has the first block of tensor 1, steps 0..63, element i, whose s32 words
// a, b have (a >> 16)^2 + (b >> 16)^2 <= 2^30 (a = b = 0 if none has), and is at
//   x = (R a >> 31) t >> 32, y = (R b >> 31) t >> 32, z = (R c >> 31) >> 5  with t = word d as u32
// which puts the share 2s - s^2 of the mass within s of the radius. It circles the middle: in f32,
//   r2 = add(mul(x, x), mul(y, y)), s = div(sqrt(r2), R), e = add(r2, eps2)
//   m = add(centre, mul(others, sub(add(s, s), mul(s, s)))), others = k less the one in the middle
//   omega = sqrt(div(mul(G, m), mul(e, sqrt(e)))), G = gravity 2^60
//   px = -nearest(mul(mul(omega, y), 2^24)), py = nearest(mul(mul(omega, x), 2^24)), pz = 0
// A ball is at rest: body i the first block with (a >> 16)^2 + (b >> 16)^2 + (c >> 16)^2 <= 2^30,
// at R a >> 31 and so on. Galaxies are two discs of n / 2, elements numbered through: the first at
// {-3R/2, -R/2, 0}, the second at minus that and turned, {x, -z, y}; the first moves at
// {V, 0, 0}, V = nearest(mul(sqrt(div(mul(G, M), 2R)), 2^22)) a unit of mass, the second at minus
// that. Quotients of integers towards zero, shifts arithmetic.
#pragma once

#include <span>
#include <vector>

#include "core/compute/philox.h"
#include "core/compute/simulate/bodies_kernels.h"
#include "core/wire/json.h"

namespace assay::compute::simulate {

enum class BodiesStart { disc, ball, galaxies, inputs };

struct BodiesParameters {
  std::uint32_t bodies = 0;
  std::uint32_t steps = 0;
  std::uint32_t gravity_trillionths = 0;
  std::uint32_t softening_thousandths = 0;
  BodiesStart start = BodiesStart::disc;
  std::uint32_t radius_thousandths = 0;
  std::uint32_t centre_mass = 0;
  std::uint32_t picture_thousandths = 0;

  std::uint64_t blocks() const { return bodies / kBlockBodies; }
};

//   malformed    not the schema: which member, and what it may be
Result<BodiesParameters> parse_bodies_parameters(const wire::Json& parameters);

inline constexpr std::size_t kBlockNumbers = 6 * kBlockBodies;
inline constexpr std::size_t kBlockBytes = kBlockNumbers * sizeof(std::int64_t);

// For people and tests, in f64: units of mass, length and step.
struct BodiesTotals {
  double kinetic = 0;
  double potential = 0;
  std::int64_t momentum[3]{};  // exact, in the state's units, modulo 2^64
};

class Bodies {
 public:
  // `input` is the array's values, or empty.
  //   malformed    a value outside the contract, or impulses that could leave it
  static Result<Bodies> make(const BodiesParameters& parameters, std::span<const float> input,
                             PhiloxKey key);

  const BodiesParameters& parameters() const { return parameters_; }
  std::span<const float> masses() const { return masses_; }
  const Gravity& gravity() const { return gravity_; }

  // kBlockNumbers of each block.
  void start(std::span<std::int64_t> state) const;

  // Any numbers have a state that follows.
  void advance(std::span<std::int64_t> state, const Engine& engine) const;

  // The given blocks after a step from the whole state before.
  std::vector<std::int64_t> advance_blocks(std::span<const std::int64_t> state,
                                           std::span<const std::uint64_t> blocks,
                                           const Engine& engine) const;

  BodiesTotals totals(std::span<const std::int64_t> state) const;

 private:
  Bodies(const BodiesParameters& parameters, PhiloxKey key);
  Status take_input(std::span<const float> input);
  Status check_bounds() const;
  void place_disc(std::uint32_t first, std::uint32_t count);
  void place_ball();
  void place_galaxies();
  std::int64_t& number(std::uint32_t body, std::size_t which);

  BodiesParameters parameters_;
  PhiloxKey key_;
  Gravity gravity_;
  float gravity_ticks_ = 0;  // gravity * 2^60
  std::vector<float> masses_;
  std::vector<std::int64_t> start_;
};

}  // namespace assay::compute::simulate
