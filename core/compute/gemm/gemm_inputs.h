// What an order says about a gemm job, and the tensors it starts from. Immutable; any thread.
#pragma once

#include <span>
#include <vector>

#include "core/compute/gemm/gemm_state.h"
#include "core/compute/philox.h"
#include "core/compute/program.h"

namespace assay::compute {

struct GemmParameters {
  std::uint64_t rows = 0;
  std::uint64_t cols = 0;
  std::uint32_t steps = 0;
  std::uint32_t gemms_per_step = 1;
  bool philox = true;

  std::uint32_t gemms() const { return steps * gemms_per_step; }
};

//   malformed    not the schema
Result<GemmParameters> parse_gemm_parameters(const wire::Json& parameters);

// A matrix as the contract sees it: s8 values and one scale per row.
struct QuantMatrix {
  std::vector<std::int8_t> q;
  std::vector<float> scale;
};

// X and the W_j, generated or loaded.
class GemmTensors {
 public:
  // From the job's nonce.
  GemmTensors(const GemmParameters& parameters, const Digest& nonce);
  // From the order's inputs.
  //   malformed    names, shapes, types or values outside the contract
  static Result<GemmTensors> load(const GemmParameters& parameters,
                                  const std::vector<wire::Input>& inputs,
                                  const InputSource& source);

  // Rows first .. first+count-1 of X.
  QuantMatrix x_rows(std::uint64_t first, std::uint64_t count, CpuLevel level) const;

  // Rows first .. first+count-1 of W_j, N values each; lies in `scratch` when generated.
  const std::int8_t* w_rows(std::uint32_t j, std::uint64_t first, std::uint64_t count,
                            CpuLevel level, std::vector<std::int8_t>& scratch) const;
  std::span<const float> w_scales(std::uint32_t j) const;
  bool generated() const { return weights_.empty(); }
  PhiloxKey key() const { return key_; }  // of the generated ones
  // How many different weights were loaded; W_j is number j mod that.
  std::size_t loaded_weights() const { return weights_.size(); }

 private:
  GemmTensors() = default;

  std::uint64_t cols_ = 0;
  PhiloxKey key_{};
  std::vector<float> generated_scale_;  // N times the one constant
  QuantMatrix x_;
  std::vector<QuantMatrix> weights_;  // empty when generated
};

}  // namespace assay::compute
