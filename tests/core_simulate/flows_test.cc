// The lattice against the physics it stands for.
#include "tests/core_simulate/simulate_orders.h"

using namespace assay;
using namespace assay::compute;
using namespace assay::compute::simulate;

namespace {

// A flow run for `steps` time steps.
class Flow {
 public:
  Flow(const std::string& order, std::uint32_t steps)
      : lattice(test::lattice_of(order)), state(lattice.parameters().bricks() * kBrickNumbers) {
    const Engine engine;
    lattice.start(state, engine);
    for (std::uint32_t done = 0; done < steps; done += lattice.parameters().steps_per_commit) {
      lattice.advance(state, engine);
    }
  }

  // One part of a cell's velocity, in cells a step.
  double velocity(std::uint32_t x, std::uint32_t y, std::size_t axis) const {
    const Cells& n = lattice.parameters().size;
    const std::size_t brick = std::size_t{y / 4} * (n[0] / 4) + x / 4;
    std::int32_t f[kDirections];
    for (std::size_t i = 0; i < kDirections; ++i) {
      f[i] = state[brick * kBrickNumbers + i * kBrickCells + y % 4 * 4 + x % 4];
    }
    return static_cast<double>(cell_flow(f, lattice.constants()).velocity[axis]) * 0x1p-28;
  }

  const Lattice lattice;
  std::vector<std::int32_t> state;
};

struct Point {
  double at, value;
};

// Ghia, Ghia, Shin (1982), tables I and II, Re = 100: u on the vertical line through the middle of
// the cavity, v on the horizontal one.
constexpr Point kGhiaU[] = {{0.0547, -0.03717}, {0.0625, -0.04192}, {0.0703, -0.04775},
                            {0.1016, -0.06434}, {0.1719, -0.10150}, {0.2813, -0.15662},
                            {0.4531, -0.21090}, {0.5000, -0.20581}, {0.6172, -0.13641},
                            {0.7344, 0.00332},  {0.8516, 0.23151},  {0.9531, 0.68717},
                            {0.9609, 0.73722},  {0.9688, 0.78871},  {0.9766, 0.84123}};
constexpr Point kGhiaV[] = {{0.0625, 0.09233},  {0.0703, 0.10091},  {0.0781, 0.10890},
                            {0.0938, 0.12317},  {0.1563, 0.16077},  {0.2266, 0.17507},
                            {0.2344, 0.17527},  {0.5000, 0.05454},  {0.8047, -0.24533},
                            {0.8594, -0.22445}, {0.9063, -0.16914}, {0.9453, -0.10313},
                            {0.9531, -0.08864}, {0.9609, -0.07391}, {0.9688, -0.05906}};

}  // namespace

TEST_CASE("a cavity with a moving lid has Ghia's profiles at Re = 100 within 1 % of the lid") {
  constexpr std::uint32_t kSide = 64;
  constexpr double kLid = 0.1;
  const Flow flow(R"({"system":"lattice","size":[64,64,4],"steps":1,"steps_per_commit":50,)"
                  R"("viscosity_millionths":64000,"walls":["wall","wall","periodic"],)"
                  R"("lids":[{"face":"y+","velocity_millionths":[100000,0,0]}]})",
                  12000);
  // On the middle line, which lies between two cells, and between the centres of others.
  const auto profile = [&](std::size_t axis, double place) {
    const double at = place * kSide - 0.5;
    const auto below = static_cast<std::uint32_t>(at);
    const auto middle = [&](std::uint32_t i) {
      return axis == 0 ? (flow.velocity(kSide / 2 - 1, i, 0) + flow.velocity(kSide / 2, i, 0)) / 2
                       : (flow.velocity(i, kSide / 2 - 1, 1) + flow.velocity(i, kSide / 2, 1)) / 2;
    };
    const double share = at - below;
    return (middle(below) * (1 - share) + middle(below + 1) * share) / kLid;
  };
  for (const Point& point : kGhiaU) {
    INFO("u at y = " << point.at);
    CHECK(profile(0, point.at) == Approx(point.value).margin(0.01));
  }
  for (const Point& point : kGhiaV) {
    INFO("v at x = " << point.at);
    CHECK(profile(1, point.at) == Approx(point.value).margin(0.01));
  }
}

TEST_CASE("a force between two walls makes the parabola of Poiseuille within 2e-4 of its top") {
  for (const std::uint32_t viscosity : {20000U, 166667U, 500000U}) {
    INFO("viscosity " << viscosity);
    const Flow flow(R"({"system":"lattice","size":[4,16,4],"steps":1,"steps_per_commit":64,)"
                    R"("walls":["periodic","wall","periodic"],"force_billionths":[)" +
                        std::to_string(viscosity / 20) + R"(,0,0],"viscosity_millionths":)" +
                        std::to_string(viscosity) + "}",
                    1000000000 / viscosity);
    const double force = 2.0 * flow.lattice.constants().force[0] * 0x1p-28;
    const double nu = viscosity * 1e-6, top = force * 16 * 16 / (8 * nu);
    for (std::uint32_t y = 0; y < 16; ++y) {
      const double at = y + 0.5;
      CHECK(flow.velocity(1, y, 0) == Approx(force / (2 * nu) * at * (16 - at)).margin(2e-4 * top));
      CHECK(flow.velocity(1, y, 1) == Approx(0).margin(1e-4 * top));
    }
  }
}

TEST_CASE("two walls that move make the line of Couette within 1e-5 of their speed") {
  const Flow flow(R"({"system":"lattice","size":[4,4,12],"steps":1,"steps_per_commit":64,)"
                  R"("walls":["periodic","periodic","wall"],"viscosity_millionths":100000,)"
                  R"("lids":[{"face":"z-","velocity_millionths":[0,-50000,0]},)"
                  R"({"face":"z+","velocity_millionths":[20000,50000,0]}]})",
                  6400);
  for (std::size_t z = 0; z < 12; ++z) {
    std::int32_t f[kDirections];
    for (std::size_t i = 0; i < kDirections; ++i) {
      f[i] = flow.state[z / 4 * kBrickNumbers + i * kBrickCells + z % 4 * 16 + 5];
    }
    const CellFlow cell = cell_flow(f, flow.lattice.constants());
    const double share = (static_cast<double>(z) + 0.5) / 12;
    CHECK(static_cast<double>(cell.velocity[0]) * 0x1p-28 == Approx(0.02 * share).margin(1e-6));
    CHECK(static_cast<double>(cell.velocity[1]) * 0x1p-28 ==
          Approx(0.1 * share - 0.05).margin(1e-6));
  }
}

TEST_CASE("vortices die away at the rate of the viscosity within 1 %") {
  constexpr double kNu = 0.01, kWave = 6.283185307179586 / 32;
  const std::string order =
      R"({"system":"lattice","size":[32,32,4],"steps":1,"steps_per_commit":50,)"
      R"("viscosity_millionths":10000,"start":"vortices","speed_millionths":20000})";
  const auto energy = [](const Flow& flow) {
    double sum = 0;
    for (std::uint32_t y = 0; y < 32; ++y) {
      for (std::uint32_t x = 0; x < 32; ++x) {
        for (const std::size_t k : {std::size_t{0}, std::size_t{1}}) {
          sum += flow.velocity(x, y, k) * flow.velocity(x, y, k);
        }
      }
    }
    return sum;
  };
  const double early = energy(Flow(order, 500)), late = energy(Flow(order, 1500));
  CHECK(-std::log(late / early) / (4 * kNu * kWave * kWave * 1000) == Approx(1).margin(0.01));
}
