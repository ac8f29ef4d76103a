// Orders and input files of gemm jobs, for tests.
#pragma once

#include <map>

#include "core/compute/program.h"
#include "tests/catch.h"

namespace assay::test {

using Files = std::map<std::string, Bytes>;

inline wire::WorkloadSpec gemm_spec(const std::string& parameters, const Files& files = {}) {
  wire::WorkloadSpec spec;
  spec.workload = "gemm";
  const Result<wire::Json> json = wire::parse_json(parameters);
  REQUIRE(json.ok());
  spec.parameters = json.value();
  for (const auto& [name, bytes] : files)
    spec.inputs.push_back({name, sha256(bytes), bytes.size()});
  for (std::size_t i = 0; i < 32; ++i) spec.nonce.bytes[i] = static_cast<std::uint8_t>(i);
  return spec;
}

inline Result<std::unique_ptr<compute::Program>> load_gemm(const std::string& parameters,
                                                           const Files& files = {}) {
  const auto source = [&](const wire::Input& input) -> Result<Bytes> {
    return files.at(input.name);
  };
  return compute::load_program(gemm_spec(parameters, files), source);
}

inline std::string gemm_parameters(std::uint64_t rows, std::uint64_t cols, std::uint32_t steps,
                                   std::uint32_t per_step, const std::string& weights = "philox") {
  return "{\"rows\":" + std::to_string(rows) + ",\"cols\":" + std::to_string(cols) +
         ",\"steps\":" + std::to_string(steps) + ",\"gemms_per_step\":" + std::to_string(per_step) +
         ",\"weights\":\"" + weights + "\"}";
}

}  // namespace assay::test
