// Whole jobs as tests/train_reference.py computes them, which shares no code with core/.
#include "tests/vectors.h"
#include "tests/core/compute/levels.h"
#include "tests/core_train/train_jobs.h"

namespace assay {
namespace {

using namespace compute;

test::Files inputs_of(const test::Vector& vector) {
  test::Files files;
  for (const std::string& input : vector.all("input")) {
    const std::size_t space = input.find(' ');
    REQUIRE(space != std::string::npos);
    files[input.substr(0, space)] = from_hex(input.substr(space + 1)).value();
  }
  return files;
}

}  // namespace

TEST_CASE("train: whole jobs are those of the independent reference") {
  for (const test::Vector& v :
       test::load_vectors("train", {"parameters", "nonce", "input", "state", "result"}, 6)) {
    INFO(v.name());
    const auto program = test::load_train(v.text("parameters"), inputs_of(v));
    REQUIRE(test::answer(program) == v.expect());
    const std::vector<Digest> want = v.all_fixed<Digest>("state");
    for (CpuLevel level : test::cpu_levels()) {
      INFO(cpu_level_name(level));
      const std::vector<State> states = test::run(*program.value(), Engine(level, 2));
      REQUIRE(states.size() == want.size());
      for (std::size_t i = 0; i < states.size(); ++i) CHECK(state_digest(states[i]) == want[i]);
      CHECK(state_bytes(states.back()) == v.bytes("result"));
      CHECK(result_digest(*program.value(), state_bytes(states.back())).value() == want.back());
    }
  }
}

}  // namespace assay
