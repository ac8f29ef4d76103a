#include "core/wire/trace.h"

namespace assay::wire {

namespace {

constexpr std::string_view kLeafMagic = "assay/step/v1\n";
constexpr std::string_view kFileMagic = "assay/trace/v1\n";
constexpr std::size_t kPairBytes = 2 * Digest::kSize;

}  // namespace

Digest step_leaf_hash(const Digest& job, const PublicKey& provider, std::uint64_t index,
                      const StepDigests& step) {
  Bytes leaf = to_bytes(as_bytes(kLeafMagic));
  append(leaf, job.view());
  append(leaf, provider.view());
  put_u64_be(leaf, index);
  append(leaf, step.state.view());
  append(leaf, step.output.view());
  return leaf_hash(leaf);
}

Tree trace_tree(const Digest& job, const PublicKey& provider, const Trace& trace) {
  Tree tree;
  for (std::size_t i = 0; i < trace.size(); ++i) {
    tree.append(step_leaf_hash(job, provider, i, trace[i]));
  }
  return tree;
}

Bytes trace_file(const Trace& trace) {
  Bytes file = to_bytes(as_bytes(kFileMagic));
  file.reserve(file.size() + kPairBytes * trace.size());
  for (const StepDigests& step : trace) {
    append(file, step.state.view());
    append(file, step.output.view());
  }
  return file;
}

Result<Trace> parse_trace_file(ByteView bytes, std::uint32_t steps) {
  Reader in(bytes);
  if (as_text(in.take(kFileMagic.size())) != kFileMagic) {
    return fail(Code::malformed, "trace: does not begin with assay/trace/v1");
  }
  const std::size_t count = std::size_t{steps} + 1;
  if (in.left() != kPairBytes * count) {
    return fail(Code::malformed, "trace: " + std::to_string(in.left()) + " bytes where " +
                                     std::to_string(count) + " steps of " +
                                     std::to_string(kPairBytes) + " are needed");
  }
  Trace trace(count);
  for (StepDigests& step : trace) {
    step.state = Digest::from_view(in.take(Digest::kSize)).value();
    step.output = Digest::from_view(in.take(Digest::kSize)).value();
  }
  return trace;
}

}  // namespace assay::wire
