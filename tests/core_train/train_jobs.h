// Orders, input files and whole runs of train jobs, for tests.
#pragma once

#include <cstring>
#include <map>

#include "core/compute/program.h"
#include "tests/catch.h"

namespace assay::test {

using Files = std::map<std::string, Bytes>;

// The nonce is 00 01 .. 1f.
inline Result<std::unique_ptr<compute::Program>> load_train(const std::string& parameters,
                                                            const Files& files = {},
                                                            const compute::Caps& caps = {}) {
  wire::WorkloadSpec spec;
  spec.workload = "train";
  const Result<wire::Json> json = wire::parse_json(parameters);
  REQUIRE(json.ok());
  spec.parameters = json.value();
  for (const auto& [name, bytes] : files) {
    spec.inputs.push_back({name, sha256(bytes), bytes.size()});
  }
  for (std::size_t i = 0; i < 32; ++i) spec.nonce.bytes[i] = static_cast<std::uint8_t>(i);
  const auto source = [&](const wire::Input& input) -> Result<Bytes> {
    return files.at(input.name);
  };
  return compute::load_program(spec, source, caps);
}

// States 0..N.
inline std::vector<compute::State> run(const compute::Program& program,
                                       const compute::Engine& engine) {
  std::vector<compute::State> states;
  Result<compute::State> state = program.start(engine);
  REQUIRE(state.ok());
  states.push_back(state.value());
  for (std::uint32_t step = 1; step <= program.plan().steps; ++step) {
    REQUIRE(program.advance(step, state.value(), engine).ok());
    states.push_back(state.value());
  }
  return states;
}

inline std::vector<float> numbers(const compute::Tensor& tensor) {
  std::vector<float> out(tensor.data.size() / sizeof(float));
  std::memcpy(out.data(), tensor.data.data(), tensor.data.size());
  return out;
}

// Text in which every letter tells the next one.
inline Bytes alphabet(std::size_t count) {
  Bytes out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(static_cast<std::uint8_t>('a' + i % 26));
  return out;
}

}  // namespace assay::test
