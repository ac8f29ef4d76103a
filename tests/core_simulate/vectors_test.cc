// vectors/simulate on every CPU level: states of an independent reference in Python.
#include "tests/vectors.h"

#include "tests/core_simulate/simulate_orders.h"

using namespace assay;
using namespace assay::compute;

TEST_CASE("states are those of the reference, at every level") {
  for (const test::Vector& vector :
       test::load_vectors("simulate", {"parameters", "nonce", "input", "state"}, 10)) {
    INFO(vector.name());
    REQUIRE(vector.expect() == "ok");
    test::Files files;
    for (const std::string& input : vector.all("input")) {
      const std::size_t space = input.find(' ');
      REQUIRE(space != std::string::npos);
      files[input.substr(0, space)] = from_hex(input.substr(space + 1)).value();
    }
    wire::WorkloadSpec spec = test::simulate_spec(vector.text("parameters"), files);
    spec.version = 1;
    spec.nonce = vector.fixed<Digest>("nonce");
    const auto source = [&](const wire::Input& input) -> Result<Bytes> {
      return files.at(input.name);
    };
    const Result<std::unique_ptr<Program>> program = load_program(spec, source);
    INFO((program.ok() ? "" : program.error().what));
    REQUIRE(program.ok());
    const std::vector<Digest> want = vector.all_fixed<Digest>("state");
    REQUIRE(want.size() == program.value()->plan().steps + 1);
    for (const CpuLevel level : test::cpu_levels()) {
      INFO(cpu_level_name(level));
      const test::KeptStates kept(*program.value(), Engine(level, 2));
      for (std::size_t i = 0; i < want.size(); ++i) {
        INFO("state " << i);
        REQUIRE(state_digest(kept.states[i]) == want[i]);
      }
    }
  }
}
