// A program that leaves everything to another: what a device does not do itself. Any thread.
#pragma once

#include "core/compute/program.h"

namespace assay::compute::cuda {

class OnCpu : public Program {
 public:
  explicit OnCpu(std::shared_ptr<const Program> program)
      : Program(program->plan()), program_(std::move(program)) {}

  Result<State> start(const Engine& engine) const override { return program_->start(engine); }
  Status advance(std::uint32_t step, State& state, const Engine& engine) const override {
    return program_->advance(step, state, engine);
  }
  Result<Tensor> unit(std::uint32_t step, const Engine& engine) const override {
    return program_->unit(step, engine);
  }
  TensorShape unit_shape(std::uint32_t step) const override { return program_->unit_shape(step); }
  Result<Added> append_step(std::uint32_t step, std::span<const State> before,
                            const Engine& engine) const override {
    return program_->append_step(step, before, engine);
  }
  Result<Added> append_step_again(std::uint32_t step, std::span<const State> before,
                                  const State& claimed, const Engine& engine) const override {
    return program_->append_step_again(step, before, claimed, engine);
  }
  Result<Tensor> output_of(std::uint32_t step, const State& state) const override {
    return program_->output_of(step, state);
  }
  Result<std::vector<Pair>> always(std::span<const State> states) const override {
    return program_->always(states);
  }
  Result<Bytes> start_row(std::uint64_t row) const override { return program_->start_row(row); }
  Result<Bytes> advance_row(std::uint32_t step, ByteView row) const override {
    return program_->advance_row(step, row);
  }
  Result<std::vector<Bytes>> advance_rows(std::uint32_t step, std::span<const Bytes> rows,
                                          const Engine& engine) const override {
    return program_->advance_rows(step, rows, engine);
  }
  Result<std::vector<bool>> check_rows(std::uint32_t step, std::span<const std::uint64_t> rows,
                                       const OpenedStates& states,
                                       std::span<const std::uint64_t> columns,
                                       const Engine& engine) const override {
    return program_->check_rows(step, rows, states, columns, engine);
  }
  Result<Artefact> artefact(ByteView result) const override { return program_->artefact(result); }

 protected:
  const Program& on_cpu() const { return *program_; }

 private:
  const std::shared_ptr<const Program> program_;
};

}  // namespace assay::compute::cuda
