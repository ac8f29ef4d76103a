// What a claim must be before anything of it is replayed: replay.h.
#include "verifier/replay.h"

namespace assay::verifier {

using compute::Plan;
using compute::Program;
using compute::Shape;
using compute::State;

namespace {

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

}  // namespace

Status check_trace(const Plan& plan, const wire::Attestation& attestation,
                   const PublicKey& provider, const wire::Trace& trace) {
  if (attestation.steps != plan.steps || trace.size() != std::size_t{plan.steps} + 1) {
    return fail(Code::unbound, "the job has " + number(plan.steps) + " steps, the attestation " +
                                   number(attestation.steps));
  }
  if (wire::trace_tree(attestation.job, provider, trace).root() != attestation.root) {
    return fail(Code::unbound, "the trace file does not have the attested root");
  }
  Digest subject = trace.back().state;
  if (plan.shape != Shape::chained) {
    std::vector<Digest> outputs;
    for (std::size_t i = 1; i < trace.size(); ++i) outputs.push_back(trace[i].output);
    subject = compute::digest_of_outputs(outputs);
  }
  if (subject != attestation.result) {
    return fail(Code::unbound, "the attested result does not follow from the attested trace");
  }
  return {};
}

Status check_result(const Program& program, const Digest& result, ByteView delivered) {
  Result<Digest> digest = compute::result_digest(program, delivered);
  if (!digest.ok()) return fail(Code::unbound, digest.error().in("the delivered result").what);
  if (digest.value() != result) {
    return fail(Code::unbound, "the delivered bytes are not the attested result");
  }
  return {};
}

Status check_opening(const Plan& plan, const wire::Trace& trace, const Scope& scope,
                     const wire::Opening& opening) {
  const std::vector<compute::PartRef> asked =
      compute::opening_parts(plan, scope.positions, scope.rows, scope.pairs);
  if (asked.size() != opening.parts.size()) {
    return fail(Code::malformed, "the challenge asks for " + number(asked.size()) +
                                     " parts, the opening has " + number(opening.parts.size()));
  }
  const std::uint64_t leaves = plan.state_shape.empty() ? 0 : compute::leaf_count(plan.state_shape);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const wire::OpenedPart& part = opening.parts[i];
    const std::string where = "part " + number(i) + " (state " + number(asked[i].state) + ")";
    if (compute::PartRef{part.state, part.whole, part.leaf} != asked[i]) {
      return fail(Code::malformed, where + " is another one than was asked for");
    }
    const Digest& committed = trace[part.state].state;
    if (part.whole) {
      Result<State> state = compute::state_from_bytes(plan.state_shape, part.data);
      if (!state.ok()) return state.error().in(where);
      if (compute::state_digest(state.value()) != committed) {
        return fail(Code::proof, where + " does not have the committed digest");
      }
      continue;
    }
    if (part.data.size() != compute::leaf_size(plan.state_shape, part.leaf)) {
      return fail(Code::malformed, where + " has " + number(part.data.size()) + " bytes where " +
                                       number(compute::leaf_size(plan.state_shape, part.leaf)) +
                                       " are needed");
    }
    if (Status proven =
            verify_inclusion(leaf_hash(part.data), part.leaf, leaves, part.path, committed);
        !proven.ok()) {
      return proven.error().in(where);
    }
  }
  return {};
}

}  // namespace assay::verifier
