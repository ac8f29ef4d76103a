// The kernels of simulate, a thread at a time on the host, against the definitions. Every array
// lies before a page that may not be touched, and outputs are poisoned.
#include <numeric>

#include "core/compute/cuda/body_pairs.h"
#include "core/compute/cuda/lattice_cell.h"
#include "tests/core_cuda/fenced.h"
#include "tests/core_simulate/simulate_orders.h"

using namespace assay;
using namespace assay::compute;
using namespace assay::compute::cuda;
using test::Fenced;

namespace {

std::vector<std::int32_t> random_populations(SeededRandom& random, std::size_t count) {
  std::vector<std::int32_t> out(count);
  random.fill(std::span(reinterpret_cast<std::uint8_t*>(out.data()), count * sizeof out[0]));
  return out;
}

}  // namespace

TEST_CASE("a cell comes from the cells around it, over the ends of the grid") {
  for (const std::uint64_t bricks : {1UL, 2UL, 3UL}) {
    for (std::uint64_t at = 0; at < 4 * bricks; ++at) {
      const ArrivesFrom from = arrives_from(at / 4, bricks, static_cast<unsigned>(at % 4), 1000, 7);
      for (std::uint64_t c = 0; c < 3; ++c) {
        const std::uint64_t cell = (at + 4 * bricks + 1 - c) % (4 * bricks);
        CHECK(from.at[c] == cell / 4 * 1000 + cell % 4 * 7);
      }
    }
  }
}

TEST_CASE("a brick of populations of every size advances as the definition has it") {
  SeededRandom random(31);
  simulate::LatticeConstants constants = simulate::lattice_constants(7000, {-900000, 1000000, 31});
  for (int round = 0; round < 50; ++round) {
    const std::vector<std::int32_t> brick = random_populations(random, kNumbersOfBrick);
    std::vector<std::int32_t> terms(kLatticeTerms);
    for (std::int32_t& term : terms) term = static_cast<std::int32_t>(random.below(1 << 20));
    // Links of every kind, more than walls would make.
    std::vector<std::uint16_t> links(kNumbersOfBrick, kStreams);
    std::vector<simulate::Bounce> bounces;
    std::uint64_t solid = 0;
    for (unsigned cell = 0; cell < kCellsOfBrick; ++cell) {
      if (random.below(5) == 0) {
        solid |= std::uint64_t{1} << cell;
        links[cell] = kSolid;
        continue;
      }
      for (unsigned i = 1; i < simulate::kDirections; ++i) {
        if (random.below(3) != 0) continue;
        const auto term = static_cast<std::uint16_t>(random.below(kLatticeTerms));
        bounces.push_back({static_cast<std::uint8_t>(cell), static_cast<std::uint8_t>(i), term});
        links[i * kCellsOfBrick + cell] = static_cast<std::uint16_t>(1 + term);
      }
    }
    std::vector<std::int32_t> want(kNumbersOfBrick);
    simulate::BrickStep step{};
    for (const std::int32_t*& around : step.around) around = brick.data();
    step.links = {solid, bounces.data(), bounces.size()};
    step.terms = terms.data();
    step.out = want.data();
    simulate::kLatticeScalar.advance_brick(step, constants);

    const Fenced<std::int32_t> before(brick), after(kNumbersOfBrick), on_terms(terms);
    const Fenced<std::uint32_t> linked(std::vector<std::uint32_t>{1});
    const Fenced<std::uint16_t> on_links(links);
    const LatticeArgs args{before.at(),   after.at(),    {1, 1, 1}, linked.at(),
                           on_links.at(), on_terms.at(), 1,         constants};
    for (unsigned cell = 0; cell < kCellsOfBrick; ++cell) {
      advance_cell(args, 0, cell * 37 % kCellsOfBrick);
    }
    REQUIRE(after.holds(want));
  }
}

TEST_CASE("parts of the bodies that pull cover them once, and there are as many as help") {
  for (const std::uint64_t bodies : {64UL, 128UL, 4096UL, 65536UL}) {
    for (const std::uint64_t wanted : {1UL, 7UL, 2112UL}) {
      const std::uint64_t parts = pull_parts(bodies, 128, wanted);
      CHECK(parts >= 1);
      CHECK(parts <= bodies / kBodiesOfBlock);
      CHECK(part_begin(bodies, parts, 0) == 0);
      CHECK(part_begin(bodies, parts, parts) == bodies);
      for (std::uint64_t part = 0; part < parts; ++part) {
        CHECK(part_begin(bodies, parts, part) < part_begin(bodies, parts, part + 1));
      }
    }
  }
}

TEST_CASE("a block of bodies is pulled as the definition has it, in any parts") {
  SeededRandom random(32);
  constexpr std::size_t kCount = 128;
  std::vector<float> mass(kCount);
  std::vector<std::int32_t> ticks(3 * kCount);
  for (float& m : mass) m = static_cast<float>(1 + random.below(5));
  for (std::int32_t& t : ticks) t = static_cast<std::int32_t>(random.below(1 << 30)) - (1 << 29);
  for (std::size_t i = 0; i < 9; ++i) ticks[i * 14 + 2] = ticks[i * 14];  // near each other
  const simulate::Gravity gravity{0x1p50F, 0x1p20F};
  const Fenced<float> on_mass(mass);
  const Fenced<std::int32_t> on_ticks(ticks);
  const BodiesArgs args{0, 0, on_mass.at(), on_ticks.at(), 0, kCount, gravity};
  const simulate::Places places{ticks.data(), ticks.data() + kCount, ticks.data() + 2 * kCount,
                                mass.data(), kCount};
  for (std::size_t first = 0; first < kCount; first += kBodiesOfBlock) {
    std::int64_t want[3 * kBodiesOfBlock];
    simulate::kBodiesScalar.impulses(places, first, gravity, want);
    for (std::size_t i = 0; i < kBodiesOfBlock; ++i) {
      const std::uint64_t cut = random.below(kCount + 1);
      const simulate::Impulse a = pull(args, first + i, 0, cut);
      const simulate::Impulse b = pull(args, first + i, cut, kCount);
      CHECK(a.x + b.x == want[i]);
      CHECK(a.y + b.y == want[kBodiesOfBlock + i]);
      CHECK(a.z + b.z == want[2 * kBodiesOfBlock + i]);
    }
  }
}
