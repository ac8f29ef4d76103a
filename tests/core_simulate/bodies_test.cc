// What gravity in integers keeps: momentum exactly, the way back exactly, energy nearly.
#include "tests/core_simulate/simulate_orders.h"

using namespace assay;
using namespace assay::compute;
using namespace assay::compute::simulate;

namespace {

std::vector<std::int64_t> started(const Bodies& bodies) {
  std::vector<std::int64_t> state(bodies.parameters().blocks() * kBlockNumbers);
  bodies.start(state);
  return state;
}

bool same_momentum(const BodiesTotals& a, const BodiesTotals& b) {
  return std::ranges::equal(a.momentum, b.momentum);
}

constexpr char kGalaxies[] =
    R"({"system":"bodies","bodies":256,"steps":1,"gravity_trillionths":90000000,)"
    R"("softening_thousandths":300,"start":"galaxies","radius_thousandths":5000,"centre_mass":37})";

}  // namespace

TEST_CASE("every level and number of threads gives the same bodies") {
  SeededRandom random(7);
  for (const char* start : {"disc", "ball", "galaxies"}) {
    const std::string order =
        R"({"system":"bodies","bodies":384,"steps":3,"gravity_trillionths":5000000,)"
        R"("softening_thousandths":60,"radius_thousandths":4000,"start":")" +
        std::string(start) + "\"" +
        (std::string(start) == "ball"
             ? "}"
             : R"(,"centre_mass":)" + std::to_string(random.below(90)) + "}");
    const std::unique_ptr<Program> program = test::simulate(order);
    const test::KeptStates want(*program, Engine(CpuLevel::scalar, 1));
    for (const CpuLevel level : test::cpu_levels()) {
      for (unsigned threads = 1; threads <= 4; ++threads) {
        INFO(start << " " << cpu_level_name(level) << " " << threads);
        REQUIRE(test::KeptStates(*program, Engine(level, threads)).states == want.states);
      }
    }
  }
}

TEST_CASE("impulses of any places and masses are the same at every level") {
  SeededRandom random(8);
  for (int round = 0; round < 100; ++round) {
    const std::size_t count = 64 * (1 + random.below(3));
    std::vector<std::int32_t> places[3];
    std::vector<float> mass;
    for (auto& axis : places) axis.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      const int shift = static_cast<int>(random.below(32));
      for (auto& axis : places) {
        axis[i] = static_cast<std::int32_t>(random.below(std::uint64_t{1} << 32)) >> shift;
      }
      mass.push_back(static_cast<float>(1 + random.below(64)));
    }
    const Places all{places[0].data(), places[1].data(), places[2].data(), mass.data(), count};
    const Gravity gravity{0x1p60F, 1e8F};
    std::vector<std::int64_t> want(192), got(192);
    kBodiesScalar.impulses(all, count - 64, gravity, want.data());
    for (const CpuLevel level : test::cpu_levels()) {
      bodies_kernels(level).impulses(all, count - 64, gravity, got.data());
      INFO(cpu_level_name(level));
      REQUIRE(got == want);
    }
  }
}

TEST_CASE("nearest rounds halves to even, on either side of zero") {
  CHECK(nearest(0.5F) == 0);
  CHECK(nearest(1.5F) == 2);
  CHECK(nearest(-0.5F) == 0);
  CHECK(nearest(-2.5F) == -2);
  CHECK(nearest(0.75F) == 1);
  CHECK(nearest(0x1.fffffep49F) == 0x3FFFFFC000000);
  CHECK(nearest(-0x1p50F) == -(std::int64_t{1} << 50));
  CHECK(nearest(1e-40F) == 0);
}

TEST_CASE("drift is odd and goes towards zero") {
  for (const std::int64_t p :
       {std::int64_t{31}, std::int64_t{32}, std::int64_t{1000003}, INT64_MAX}) {
    for (const std::int64_t m : {std::int64_t{1}, std::int64_t{7}, std::int64_t{65536}}) {
      CHECK(drift(p, m) == p / (32 * m));
      CHECK(drift(-p, m) == -drift(p, m));
    }
  }
}

TEST_CASE("total momentum is the same integer after every step") {
  const Bodies bodies = test::bodies_of(kGalaxies);
  const Engine engine;
  std::vector<std::int64_t> state = started(bodies);
  const BodiesTotals first = bodies.totals(state);
  for (int step = 0; step < 200; ++step) {
    bodies.advance(state, engine);
    if (step % 20 == 0) REQUIRE(same_momentum(bodies.totals(state), first));
  }
  CHECK(same_momentum(bodies.totals(state), first));
}

TEST_CASE("with all momenta reversed the steps run backwards to the bit") {
  const Bodies bodies = test::bodies_of(kGalaxies);
  const Engine engine;
  const std::vector<std::int64_t> first = started(bodies);
  std::vector<std::int64_t> state = first;
  const auto reverse = [&] {
    for (std::size_t at = 0; at < state.size(); ++at) {
      if (at % kBlockNumbers >= 3 * kBlockBodies) state[at] = -state[at];
    }
  };
  for (int step = 0; step < 150; ++step) bodies.advance(state, engine);
  CHECK(state != first);
  reverse();
  for (int step = 0; step < 150; ++step) bodies.advance(state, engine);
  reverse();
  CHECK(state == first);
}

TEST_CASE("a light body circles a heavy one, back after its period, its energy within 1e-5") {
  // Kepler: radius 10 about a mass of 60,000; 62 bodies of mass 1 sit where nothing is near.
  constexpr double kMass = 60000, kRadius = 10, kPeriod = 1000;
  const double speed = 6.283185307179586 * kRadius / kPeriod;
  const double gravity = speed * speed * kRadius / kMass;
  BodiesParameters p;
  p.bodies = 64;
  p.steps = 1;
  p.start = BodiesStart::inputs;
  p.gravity_trillionths = static_cast<std::uint32_t>(gravity * 1e12 + 0.5);
  p.softening_thousandths = 300;
  std::vector<float> input(64 * 7);
  for (std::size_t i = 0; i < 64; ++i) {
    float* of = input.data() + i * 7;
    of[6] = 1;
    if (i > 1) of[2] = 400 + static_cast<float>(i);
  }
  input[6] = kMass;
  input[7] = kRadius;
  input[11] = static_cast<float>(speed);
  const Result<Bodies> made = Bodies::make(p, input, {});
  INFO((made.ok() ? "" : made.error().what));
  REQUIRE(made.ok());
  const Bodies& bodies = made.value();
  std::vector<std::int64_t> state = started(bodies);
  const double first = bodies.totals(state).kinetic + bodies.totals(state).potential;
  double worst = 0;
  for (int step = 0; step < 1000; ++step) {
    bodies.advance(state, Engine());
    const BodiesTotals totals = bodies.totals(state);
    const double drift = (totals.kinetic + totals.potential) / first - 1;
    worst = std::max(worst, drift < 0 ? -drift : drift);
  }
  CHECK(worst < 1e-5);
  const auto place = [&](std::size_t body, std::size_t axis) {
    return static_cast<double>(state[axis * kBlockBodies + body]) * 0x1p-40;
  };
  CHECK(place(1, 0) - place(0, 0) == Approx(kRadius).margin(0.05));
  CHECK(place(1, 1) - place(0, 1) == Approx(0).margin(0.2));
}

TEST_CASE("a disc keeps its energy within 2e-3 while its edge goes round once") {
  const Bodies bodies =
      test::bodies_of(R"({"system":"bodies","bodies":512,"steps":1,"gravity_trillionths":8000000,)"
                      R"("softening_thousandths":500,"start":"disc","radius_thousandths":10000,)"
                      R"("centre_mass":4000})");
  std::vector<std::int64_t> state = started(bodies);
  const double first = bodies.totals(state).kinetic + bodies.totals(state).potential;
  CHECK(first < 0);
  for (int step = 0; step < 1050; ++step) bodies.advance(state, Engine());
  const BodiesTotals last = bodies.totals(state);
  CHECK((last.kinetic + last.potential) / first == Approx(1).margin(2e-3));
}
