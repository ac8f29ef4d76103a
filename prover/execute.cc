#include "prover/execute.h"

namespace assay::prover {
namespace {

using compute::Engine;
using compute::Program;
using compute::Shape;
using compute::State;
using compute::Tensor;

Status stop_if_cancelled(const RunOptions& options) {
  if (options.cancelled != nullptr && options.cancelled->load()) {
    return fail(Code::interrupted, "the job was stopped before it was done");
  }
  return {};
}

Status run_chain(const Program& program, const Engine& engine, const RunOptions& options,
                 State state, Execution& out) {
  SelfChecker checker(options.self_check, engine);
  checker.start(state);
  for (std::uint32_t step = 1; step <= program.plan().steps; ++step) {
    if (Status go = stop_if_cancelled(options); !go.ok()) return go;
    checker.before(step, state);
    const Status moved = program.advance(step, state, engine);
    if (!moved.ok()) return moved.error().in("step " + std::to_string(step));
    if (Status right = checker.after(step, state); !right.ok()) return right;
    out.trace.push_back({compute::state_digest(state, engine), Digest{}});
    if (options.keeper != nullptr && options.keeper->wants(step)) {
      options.keeper->keep(step, state);
    }
    if (options.progress) options.progress(step);
  }
  out.result = compute::state_bytes(state);
  return {};
}

Status run_appended(const Program& program, const Engine& engine, const RunOptions& options,
                    Execution& out) {
  const SelfChecker checker(options.self_check, engine);
  std::vector<State> states;
  out.result.reserve(program.plan().result_bytes);
  for (std::uint32_t step = 1; step <= program.plan().steps; ++step) {
    if (Status go = stop_if_cancelled(options); !go.ok()) return go;
    Result<compute::Added> added = program.append_step(step, states, engine);
    if (!added.ok()) return added.error().in("step " + std::to_string(step));
    if (Status right = checker.added(step, states, added.value()); !right.ok()) return right;
    State& state = added.value().state;
    append(out.result, added.value().output.data);
    if (options.output) options.output(step, added.value().output.data);
    out.trace.push_back({compute::state_digest(state, engine),
                         compute::state_digest({std::move(added.value().output)}, engine)});
    if (options.keeper != nullptr && options.keeper->wants(step)) {
      options.keeper->keep(step, state);
    }
    states.push_back(std::move(state));
    if (options.progress) options.progress(step);
  }
  return {};
}

Status run_units(const Program& program, const Engine& engine, const RunOptions& options,
                 Execution& out) {
  const SelfChecker checker(options.self_check, engine);
  const Digest start = out.trace[0].state;
  out.result.reserve(program.plan().result_bytes);
  for (std::uint32_t step = 1; step <= program.plan().steps; ++step) {
    if (Status go = stop_if_cancelled(options); !go.ok()) return go;
    Result<Tensor> output = program.unit(step, engine);
    if (!output.ok()) return output.error().in("step " + std::to_string(step));
    if (Status right = checker.unit(step, output.value()); !right.ok()) return right;
    append(out.result, output.value().data);
    if (options.output) options.output(step, output.value().data);
    out.trace.push_back({start, compute::state_digest({std::move(output).value()}, engine)});
    if (options.progress) options.progress(step);
  }
  return {};
}

}  // namespace

Result<Execution> run_job(const Program& program, const Engine& engine, const RunOptions& options) {
  Result<State> start = program.start(engine);
  if (!start.ok()) return start.error().in("start state");
  Execution out;
  out.trace.reserve(program.plan().steps + std::size_t{1});
  out.trace.push_back({compute::state_digest(start.value(), engine), Digest{}});
  Status ran;
  switch (program.plan().shape) {
    case Shape::independent: ran = run_units(program, engine, options, out); break;
    case Shape::chained:
      ran = run_chain(program, engine, options, std::move(start).value(), out);
      break;
    case Shape::appended: ran = run_appended(program, engine, options, out); break;
  }
  if (!ran.ok()) return ran.error();
  out.result_digest = result_digest_of_trace(program.plan().shape, out.trace);
  return out;
}

Digest result_digest_of_trace(Shape shape, const wire::Trace& trace) {
  if (shape == Shape::chained) return trace.back().state;
  std::vector<Digest> outputs;
  for (std::size_t i = 1; i < trace.size(); ++i) outputs.push_back(trace[i].output);
  return compute::digest_of_outputs(outputs);
}

}  // namespace assay::prover
