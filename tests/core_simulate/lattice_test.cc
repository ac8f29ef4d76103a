// What the integers of a lattice keep, and that every level and number of threads keeps it alike.
#include "tests/core_simulate/simulate_orders.h"

using namespace assay;
using namespace assay::compute;
using namespace assay::compute::simulate;

namespace {

std::int64_t mass_of(const std::vector<std::int32_t>& state) {
  std::int64_t mass = 0;
  for (const std::int32_t f : state) mass += f;
  return mass;
}

std::array<std::int64_t, 3> momentum_of(const std::vector<std::int32_t>& state) {
  std::array<std::int64_t, 3> out{};
  for (std::size_t at = 0; at < state.size(); ++at) {
    const auto& c = kStep[at / kBrickCells % kDirections];
    for (std::size_t k = 0; k < 3; ++k) out[k] += std::int64_t{c[k]} * state[at];
  }
  return out;
}

std::vector<std::int32_t> started(const Lattice& lattice, const Engine& engine) {
  std::vector<std::int32_t> state(lattice.parameters().bricks() * kBrickNumbers);
  lattice.start(state, engine);
  return state;
}

}  // namespace

TEST_CASE("the directions are pairs of opposites whose weights have unit moments") {
  for (int i = 1; i < kDirections; ++i) {
    CHECK(opposite(opposite(i)) == i);
    for (int k = 0; k < 3; ++k) CHECK(kStep[opposite(i)][k] == -kStep[i][k]);
  }
  // 36 w is 12 of rest, 2 of an axis, 1 of a diagonal; the second moment is a third.
  for (int a = 0; a < 3; ++a) {
    for (int b = 0; b < 3; ++b) {
      int moment = 0;
      for (int i = 1; i < kDirections; ++i) moment += (i < 7 ? 2 : 1) * kStep[i][a] * kStep[i][b];
      CHECK(moment == (a == b ? 12 : 0));
    }
  }
}

TEST_CASE("every level and number of threads gives the same lattice") {
  SeededRandom random(1);
  for (int round = 0; round < 60; ++round) {
    const std::string order = test::random_lattice(random, 4, 7);
    const std::unique_ptr<Program> program = test::simulate(order);
    const test::KeptStates want(*program, Engine(CpuLevel::scalar, 1));
    for (const CpuLevel level : test::cpu_levels()) {
      const auto threads = 1 + static_cast<unsigned>(random.below(4));
      INFO(order << " " << cpu_level_name(level) << " " << threads);
      const test::KeptStates got(*program, Engine(level, threads));
      REQUIRE(got.states == want.states);
    }
  }
}

TEST_CASE("one collision is the same in every lane, of all numbers there are") {
  SeededRandom random(2);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::int32_t> bricks(27 * kBrickNumbers);
    random.fill(std::span(reinterpret_cast<std::uint8_t*>(bricks.data()), bricks.size() * 4));
    if (round % 2 == 0) {
      for (std::int32_t& f : bricks) f >>= 6;
    }
    LatticeConstants constants;
    constants.symmetric = static_cast<std::int32_t>(1 + random.below(1 << 15));
    constants.antisymmetric = static_cast<std::int32_t>(1 + random.below(1 << 15));
    for (std::int32_t& g : constants.force)
      g = static_cast<std::int32_t>(random.below(9999)) - 5000;
    for (std::int32_t& p : constants.push) p = static_cast<std::int32_t>(random.below(999)) - 500;
    const std::int32_t terms[1] = {0};
    BrickStep step;
    step.terms = terms;
    for (std::size_t i = 0; i < 27; ++i) step.around[i] = bricks.data() + i * kBrickNumbers;
    std::vector<std::int32_t> want(kBrickNumbers), got(kBrickNumbers, 77);
    step.out = want.data();
    kLatticeScalar.advance_brick(step, constants);
    step.out = got.data();
    for (const CpuLevel level : test::cpu_levels()) {
      lattice_kernels(level).advance_brick(step, constants);
      INFO(cpu_level_name(level));
      REQUIRE(got == want);
    }
  }
}

TEST_CASE("mass never changes, whatever walls move and obstacles stand") {
  SeededRandom random(3);
  const Engine engine;
  for (int round = 0; round < 20; ++round) {
    const std::string order = test::random_lattice(random, 3, 64);
    INFO(order);
    const Lattice lattice = test::lattice_of(order);
    std::vector<std::int32_t> state = started(lattice, engine);
    const std::int64_t mass = mass_of(state);
    CHECK(mass == 0);
    for (int commit = 0; commit < 40; ++commit) {
      lattice.advance(state, engine);
      REQUIRE(mass_of(state) == mass);
    }
  }
}

TEST_CASE("mass and momentum over five thousand steps: the force, and nothing else") {
  const Engine engine;
  const Lattice lattice = test::lattice_of(
      R"({"system":"lattice","size":[12,8,4],"steps":1,"steps_per_commit":50,)"
      R"("viscosity_millionths":20000,"force_billionths":[3000,-2000,700],"start":"vortices",)"
      R"("speed_millionths":50000,"noise_millionths":20000})");
  std::vector<std::int32_t> state = started(lattice, engine);
  const std::array<std::int64_t, 3> first = momentum_of(state);
  for (int commit = 1; commit <= 100; ++commit) {
    lattice.advance(state, engine);
    const std::array<std::int64_t, 3> now = momentum_of(state);
    for (std::size_t k = 0; k < 3; ++k) {
      REQUIRE(now[k] - first[k] ==
              std::int64_t{2} * lattice.constants().force[k] * 12 * 8 * 4 * 50 * commit);
    }
  }
  CHECK(mass_of(state) == 0);
  CHECK(lattice.constants().force[0] > 0);
}

TEST_CASE("a flow that is its own mirror image stays so, to the bit") {
  const Engine engine;
  const Lattice lattice = test::lattice_of(
      R"({"system":"lattice","size":[24,16,8],"steps":1,"steps_per_commit":37,)"
      R"("viscosity_millionths":9000,"walls":["periodic","wall","periodic"],)"
      R"("force_billionths":[30000,0,0],"obstacles":[{"sphere":[14,16,8,7]}],"start":"stream",)"
      R"("speed_millionths":50000})");
  std::vector<std::int32_t> state = started(lattice, engine);
  for (int commit = 0; commit < 10; ++commit) lattice.advance(state, engine);
  const auto at = [&](std::size_t x, std::size_t y, std::size_t z, std::size_t direction) {
    const std::size_t brick = (z / 4 * 4 + y / 4) * 6 + x / 4;
    return state[brick * kBrickNumbers + direction * kBrickCells + (z % 4 * 4 + y % 4) * 4 + x % 4];
  };
  bool still = true;
  for (std::size_t i = 0; i < kDirections; ++i) {
    std::size_t mirrored = 0;
    for (std::size_t k = 0; k < kDirections; ++k) {
      const bool same =
          kStep[k][0] == kStep[i][0] && kStep[k][1] == -kStep[i][1] && kStep[k][2] == kStep[i][2];
      if (same) mirrored = k;
    }
    for (std::size_t x = 0; x < 24; ++x) {
      for (std::size_t y = 0; y < 16; ++y) {
        for (std::size_t z = 0; z < 8; ++z) {
          still = still && at(x, y, z, i) == 0;
          REQUIRE(at(x, y, z, i) == at(x, 15 - y, z, mirrored));
        }
      }
    }
  }
  CHECK_FALSE(still);
}

TEST_CASE("sine is a sine") {
  CHECK(sine(0) == 0);
  CHECK(sine(1 << 14) == std::int64_t{1} << 30);
  CHECK(sine(3 << 14) == -(std::int64_t{1} << 30));
  for (std::uint32_t phase = 0; phase < 1 << 16; phase += 97) {
    const double want = std::sin(phase * 6.283185307179586 / 65536);
    CHECK(static_cast<double>(sine(phase)) / (1 << 30) == Approx(want).margin(5e-4));
    CHECK(sine(phase) == -sine(phase + (1 << 15)));
    CHECK(cosine(phase) == sine(phase + (1 << 14)));
  }
}
