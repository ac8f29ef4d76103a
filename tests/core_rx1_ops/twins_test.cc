// Every operation on every CPU level and number of threads gives the bits of the scalar definition
// on one thread, and writes nothing but its results (tests/bench/op_cases.h).
#include <memory>

#include "tests/bench/op_cases.h"
#include "tests/catch.h"
#include "tests/core/compute/levels.h"

using namespace assay;
using compute::CpuLevel;
using compute::Engine;

namespace {

constexpr int kRounds = 150;

std::string first_difference(const Bytes& got, const Bytes& want) {
  for (std::size_t i = 0; i < want.size(); ++i) {
    if (i >= got.size() || got[i] != want[i]) return "byte " + std::to_string(i);
  }
  return "none";
}

}  // namespace

TEST_CASE("every operation is the same on every level, on 1 to 8 threads") {
  const Engine scalar(CpuLevel::scalar);
  std::vector<std::unique_ptr<Engine>> engines;
  for (CpuLevel level : test::cpu_levels()) {
    engines.push_back(std::make_unique<Engine>(level));
    for (unsigned threads : {2U, 3U, 8U}) {
      engines.push_back(std::make_unique<Engine>(level, threads));
    }
  }
  REQUIRE(bench::ops().size() == 14);
  SeededRandom random(11);
  for (const bench::Op& op : bench::ops()) {
    for (int round = 0; round < kRounds; ++round) {
      const bench::OpCase one = op.make(random);
      const Bytes want = one.run(scalar);
      INFO(one.what << ", round " << round);
      REQUIRE_FALSE(want.empty());
      // All levels on one thread every time; the threads in turn.
      for (std::size_t i = 0; i < engines.size(); ++i) {
        const bool in_turn = i % 4 == 1 + static_cast<std::size_t>(round) % 3;
        if (i % 4 != 0 && !in_turn) continue;
        const Bytes got = one.run(*engines[i]);
        INFO(cpu_level_name(engines[i]->level()) << ", " << engines[i]->threads() << " threads");
        INFO("first other: " << first_difference(got, want));
        REQUIRE((got == want));
      }
    }
  }
}
