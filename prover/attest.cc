#include "prover/attest.h"

#include "core/wire/dsse.h"

namespace assay::prover {
namespace {

constexpr int kSampledPaths = 4;

Status wrong(const std::string& what) {
  return fail(Code::proof, "own proof: " + what + "; nothing was sent");
}

Status check_paths(const Digest& job, const PublicKey& provider, const wire::Trace& trace,
                   const Digest& root, Random& random) {
  const Tree tree = wire::trace_tree(job, provider, trace);
  if (tree.root() != root) return wrong("the trace file does not give the signed root");
  for (int i = 0; i < kSampledPaths; ++i) {
    const std::uint64_t at = random.below(trace.size());
    const Digest leaf = wire::step_leaf_hash(job, provider, at, trace[at]);
    const std::vector<Digest> path = tree.inclusion(at);
    if (!verify_inclusion(leaf, at, trace.size(), path, root).ok()) {
      return wrong("the path of step " + std::to_string(at) + " does not verify");
    }
  }
  return {};
}

// The delivered bytes of a chain are its last state: a few of its leaves must open to its digest.
Status check_last_state(const compute::Plan& plan, ByteView result, const Digest& digest,
                        Random& random) {
  const Result<compute::State> state = compute::state_from_bytes(plan.state_shape, result);
  if (!state.ok()) return wrong(state.error().what);
  const compute::StateTree tree(state.value());
  for (int i = 0; i < kSampledPaths; ++i) {
    const std::uint64_t leaf = random.below(tree.leaves());
    const Bytes data = compute::leaf_data(state.value(), leaf);
    if (!verify_inclusion(leaf_hash(data), leaf, tree.leaves(), tree.path(leaf), digest).ok()) {
      return wrong("leaf " + std::to_string(leaf) + " of the last state does not verify");
    }
  }
  return {};
}

Result<wire::Attestation> reopen(std::string_view text, const PublicKey& provider) {
  const Result<wire::Envelope> envelope = wire::parse_envelope(text);
  if (!envelope.ok()) return envelope.error();
  const Result<wire::OpenedEnvelope> opened = wire::open_envelope(envelope.value(), provider);
  if (!opened.ok()) return opened.error();
  return wire::parse_attestation(opened.value().payload);
}

}  // namespace

wire::Attestation make_attestation(const Digest& job, const PublicKey& provider,
                                   const Execution& execution, ByteView trace_file,
                                   const ChainPlace& place, const RunRecord& record) {
  wire::Attestation out;
  out.job = job;
  out.result = execution.result_digest;
  out.root = wire::trace_tree(job, provider, execution.trace).root();
  out.steps = static_cast<std::uint32_t>(execution.trace.size() - 1);
  out.seq = place.seq;
  out.prev = place.prev;
  out.started = record.started;
  out.finished = record.finished;
  out.devices = record.devices;
  out.backend = record.backend;
  out.result_blob = sha256(execution.result);
  out.trace_blob = sha256(trace_file);
  return out;
}

Status check_own_proof(std::string_view envelope, const PublicKey& provider, const Digest& job,
                       const ChainPlace& place, const compute::Program& program,
                       const compute::Engine& engine, ByteView trace_file, ByteView result,
                       Random& random) {
  const compute::Plan& plan = program.plan();
  const Result<wire::Attestation> claim = reopen(envelope, provider);
  if (!claim.ok()) return wrong(claim.error().what);
  const wire::Attestation& said = claim.value();
  if (said.job != job || said.steps != plan.steps || said.seq != place.seq ||
      said.prev != place.prev) {
    return wrong("the statement names another job, step count or place in the chain");
  }
  if (said.trace_blob != sha256(trace_file) || said.result_blob != sha256(result)) {
    return wrong("the files on disk are not those that were signed");
  }
  const Result<wire::Trace> trace = wire::parse_trace_file(trace_file, plan.steps);
  if (!trace.ok()) return wrong(trace.error().what);
  const Result<Digest> delivered = compute::result_digest(program, result);
  if (!delivered.ok()) return wrong(delivered.error().what);
  if (delivered.value() != said.result ||
      result_digest_of_trace(plan.shape, trace.value()) != said.result) {
    return wrong("the result does not follow from the trace");
  }
  const Result<compute::State> start = program.start(engine);
  if (!start.ok()) return start.error().in("own proof");
  if (compute::state_digest(start.value()) != trace.value()[0].state) {
    return wrong("the start state is not the order's");
  }
  if (plan.shape == compute::Shape::chained) {
    Status last = check_last_state(plan, result, said.result, random);
    if (!last.ok()) return last;
  }
  return check_paths(job, provider, trace.value(), said.root, random);
}

}  // namespace assay::prover
