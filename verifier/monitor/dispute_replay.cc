#include "verifier/monitor/dispute_replay.h"

#include "core/compute/dispute/case.h"
#include "core/wire/attestation.h"

namespace assay::verifier::monitor {
namespace {

using reputation::DisputeState;
using reputation::View;
using wire::DisputeCause;

template <class T>
Result<T> read_leaf(const View& view, std::uint64_t log_size, std::uint64_t index,
                    Result<T> (*parse)(std::string_view)) {
  Result<wire::LogLeaf> leaf = view.log(log_size).leaf(index);
  if (!leaf.ok()) return fail(Code::storage, leaf.error().what);
  Result<T> said = parse(leaf.value().payload);
  if (!said.ok()) return fail(Code::storage, said.error().what);
  return said;
}

Error not_at_hand(const Error& error) {
  return fail(Code::no_evidence, error.what);
}

Error does_not_follow(const std::string& why) {
  return fail(Code::mismatch, why);
}

// Bytes that are what their digest says, whoever gave them.
Result<Bytes> fetch(const DisputeSource& source, const Digest& digest) {
  if (digest == Digest{}) return Bytes{};
  Result<Bytes> bytes = source.blob(digest);
  if (!bytes.ok()) return not_at_hand(bytes.error());
  if (sha256(bytes.value()) != digest) {
    return fail(Code::no_evidence, "the bytes given for " + digest.hex() + " are others");
  }
  return bytes;
}

// The dispute as it was opened.
Result<std::unique_ptr<compute::DisputeCase>> open_case(const View& view, std::uint64_t log_size,
                                                        const DisputeState& dispute,
                                                        const DisputeSource& source) {
  const auto attestation = read_leaf<wire::Attestation>(view, log_size, dispute.attestation_index,
                                                        wire::parse_attestation);
  if (!attestation.ok()) return attestation.error();
  const Result<std::optional<reputation::AttestationState>> row =
      view.attestation(dispute.attestation_index);
  if (!row.ok()) return row.error();
  const Result<std::optional<reputation::JobState>> job = view.job(attestation.value().job);
  if (!job.ok()) return job.error();
  if (!row.value() || !job.value()) return fail(Code::storage, "a dispute about no attestation");
  const auto order =
      read_leaf<wire::Order>(view, log_size, job.value()->order_index, wire::parse_order);
  if (!order.ok()) return order.error();
  Result<std::shared_ptr<const compute::Program>> program = source.program(order.value().spec);
  if (!program.ok()) return not_at_hand(program.error());
  const Result<Bytes> file = fetch(source, attestation.value().trace_blob);
  if (!file.ok()) return file.error();
  Result<wire::Trace> trace = wire::parse_trace_file(file.value(), program.value()->plan().steps);
  if (!trace.ok()) return does_not_follow("the attestation has no trace to dispute");
  const Digest root =
      wire::trace_tree(attestation.value().job, row.value()->provider, trace.value()).root();
  if (root != attestation.value().root) {
    return does_not_follow("the trace is not the one that was attested");
  }
  Result<std::unique_ptr<compute::DisputeCase>> opened =
      compute::DisputeCase::open(std::move(program).value(), std::move(trace).value(), dispute.step,
                                 compute::Engine(compute::CpuLevel::scalar));
  if (!opened.ok()) return does_not_follow("that step cannot be disputed: " + opened.error().what);
  return opened;
}

Status compare(const DisputeState& dispute, const compute::Dispute& replayed) {
  using Turn = compute::Dispute::Turn;
  const Turn silent = dispute.provider_lost ? Turn::provider : Turn::challenger;
  switch (dispute.cause) {
    case DisputeCause::silent:
      if (replayed.turn() == silent) return {};
      return does_not_follow("it was not that side's turn");
    case DisputeCause::convicted:
      if (replayed.turn() == Turn::over && replayed.provider_lied()) return {};
      return does_not_follow("the provider is said to be convicted, and was right");
    case DisputeCause::acquitted:
      if (replayed.turn() == Turn::over && !replayed.provider_lied()) return {};
      return does_not_follow("the provider is said to be right, and its conviction holds");
  }
  return does_not_follow("it ended for no cause");
}

}  // namespace

DisputeSource disputes_from(compute::InputSource inputs,
                            std::function<Result<Bytes>(const Digest&)> blob) {
  if (!inputs) {
    inputs = [](const wire::Input& input) -> Result<Bytes> {
      return fail(Code::no_evidence, "input '" + input.name + "' is not at hand");
    };
  }
  const auto program =
      [inputs = std::move(inputs)](
          const wire::WorkloadSpec& spec) -> Result<std::shared_ptr<const compute::Program>> {
    Result<std::unique_ptr<compute::Program>> made = compute::load_program(spec, inputs);
    if (!made.ok()) return made.error();
    return std::shared_ptr<const compute::Program>(std::move(made).value());
  };
  return {program, std::move(blob)};
}

Status check_end(const View& view, std::uint64_t log_size, std::uint64_t index,
                 const DisputeState& dispute, const DisputeSource& source) {
  if (!source.program || !source.blob) {
    return fail(Code::no_evidence, "the bytes of disputes are not at hand");
  }
  const Result<std::unique_ptr<compute::DisputeCase>> replayed =
      open_case(view, log_size, dispute, source);
  if (!replayed.ok()) return replayed.error();
  for (std::size_t i = 0; i < dispute.moves.size(); ++i) {
    const auto move =
        read_leaf<wire::DisputeMove>(view, log_size, dispute.moves[i], wire::parse_dispute_move);
    if (!move.ok()) return move.error();
    const Result<Bytes> blob = fetch(source, move.value().move.blob);
    if (!blob.ok()) return blob.error();
    const Status moved = replayed.value()->move(move.value().move, blob.value());
    if (!moved.ok()) {
      return does_not_follow("move " + std::to_string(i) + " of the dispute of leaf " +
                             std::to_string(index) + " was taken: " + moved.error().what);
    }
  }
  return compare(dispute, replayed.value()->dispute());
}

}  // namespace assay::verifier::monitor
