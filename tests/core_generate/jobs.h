// Jobs of random models, and what running them leaves behind.
#pragma once

#include <cstring>

#include "core/compute/generate/generate.h"
#include "tests/catch.h"
#include "tests/core_generate/random_model.h"

namespace assay::test {

struct JobSpec {
  compute::generate::GenerateParameters parameters;
  std::vector<std::vector<std::uint32_t>> prompts;
  std::vector<std::uint32_t> stop_tokens;
  std::uint64_t model_seed = 1;
  std::uint32_t context = 4096;
};

// Tokens are spelt "<number>".
inline compute::generate::GenerateJob generate_job(const JobSpec& spec) {
  compute::generate::ModelConfig config = small_config();
  config.context = spec.context;
  config.stop_tokens = spec.stop_tokens;
  const auto model = std::make_shared<const RandomModel>(config, spec.model_seed, 2, true);
  compute::generate::GenerateJob job;
  job.parameters = spec.parameters;
  job.model = model->view();
  job.owner = model;
  job.prompts = spec.prompts;
  job.key = {7, 11};
  job.decode = [](std::span<const std::uint32_t> tokens) -> Result<std::string> {
    std::string out;
    for (const std::uint32_t token : tokens) out += "<" + std::to_string(token) + ">";
    return out;
  };
  return job;
}

inline std::unique_ptr<compute::Program> generate_program(const JobSpec& spec) {
  auto made = compute::generate::make_generate_program(generate_job(spec), {});
  INFO((made.ok() ? std::string() : made.error().what));
  REQUIRE(made.ok());
  return std::move(made).value();
}

struct Outcome {
  std::vector<compute::State> states;  // 1..N
  Bytes result;
  bool operator==(const Outcome&) const = default;
};

inline Outcome run(const compute::Program& program, const compute::Engine& engine) {
  Outcome out;
  for (std::uint32_t step = 1; step <= program.plan().steps; ++step) {
    auto added = program.append_step(step, out.states, engine);
    INFO((added.ok() ? std::string() : added.error().what));
    REQUIRE(added.ok());
    append(out.result, added.value().output.data);
    out.states.push_back(std::move(added).value().state);
  }
  return out;
}

// All states open.
class AllOpened final : public compute::OpenedStates {
 public:
  explicit AllOpened(const std::vector<compute::State>& states) : states_(states) {}
  Result<compute::State> whole(std::uint32_t state) const override { return states_.at(state - 1); }
  Result<Bytes> row(std::uint32_t state, std::uint64_t row) const override {
    return compute::row_of_state(states_.at(state - 1), row);
  }

 private:
  const std::vector<compute::State>& states_;
};

template <class T>
T number_at(const compute::Tensor& tensor, std::size_t i) {
  T out;
  std::memcpy(&out, tensor.data.data() + i * sizeof(T), sizeof(T));
  return out;
}
template <class T>
void set_number(compute::Tensor& tensor, std::size_t i, T value) {
  std::memcpy(tensor.data.data() + i * sizeof(T), &value, sizeof(T));
}

// The tokens chosen for a text, in order.
inline std::vector<std::int32_t> choices(const compute::Program& program, const Outcome& outcome,
                                         std::size_t text) {
  std::vector<std::int32_t> out;
  const compute::TensorShape shape = program.unit_shape(1);
  const std::size_t rows = shape.dims[0] * shape.dims[1], chunk = shape.dims[1];
  for (std::size_t i = 0; i < outcome.result.size() / 4; ++i) {
    std::int32_t choice = 0;
    std::memcpy(&choice, outcome.result.data() + 4 * i, 4);
    if (i % rows / chunk == text && choice >= 0) out.push_back(choice);
  }
  return out;
}

}  // namespace assay::test
