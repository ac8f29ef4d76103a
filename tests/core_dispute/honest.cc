#include "tests/core_dispute/honest.h"

namespace assay::test {

using namespace compute;

Digest digest_or_zeros(const State& output) {
  return output.empty() ? Digest{} : state_digest(output);
}

Honest run_honestly(std::shared_ptr<const Program> program, const Engine& engine) {
  Honest out{std::move(program), {}, {{}}, {}};
  const Plan& plan = out.program->plan();
  out.states.push_back(out.program->start(engine).value());
  for (std::uint32_t step = 1; step <= plan.steps; ++step) {
    State state = out.states.back(), output;
    if (plan.shape == Shape::chained) {
      const Status advanced = out.program->advance(step, state, engine);
      ASSAY_CHECK(advanced.ok(), advanced.ok() ? "" : advanced.error().what);
    } else if (plan.shape == Shape::independent) {
      output = {out.program->unit(step, engine).value()};
    } else {
      const Result<Added> added =
          out.program->append_step(step, std::span<const State>(out.states).subspan(1), engine);
      ASSAY_CHECK(added.ok(), added.ok() ? "" : added.error().what);
      state = added.value().state;
      output = {added.value().output};
    }
    out.states.push_back(std::move(state));
    out.outputs.push_back(std::move(output));
  }
  for (std::size_t i = 0; i < out.states.size(); ++i) {
    out.trace.push_back({state_digest(out.states[i]), digest_or_zeros(out.outputs[i])});
  }
  return out;
}

Tape bent_tape(Tape tape, std::uint32_t operation, std::uint64_t element) {
  Operation& bent = tape.operations[operation];
  const std::size_t size = dtype_bytes(bent.shape.dtype);
  bent.compute = [compute = bent.compute, element, size](std::uint64_t first, std::uint64_t count,
                                                         Operands& operands,
                                                         std::span<std::uint8_t> out) {
    compute(first, count, operands, out);
    if (element >= first && element < first + count) out[(element - first) * size] ^= 1;
  };
  return tape;
}

}  // namespace assay::test
