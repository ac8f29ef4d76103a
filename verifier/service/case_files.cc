#include "verifier/service/case_files.h"

#include <algorithm>

#include "core/wire/tlog_proof.h"

namespace assay::verifier {

using reputation::AttestationState;
using reputation::View;
using wire::CaseFile;

namespace {

// The log at the published checkpoint, for making proofs.
struct SignedLog {
  std::unique_ptr<reputation::ReadTxn> txn;
  std::string note;
  std::uint64_t size = 0;
};

Result<SignedLog> signed_log(const Reading& context) {
  // The note first: the transaction begun after it sees at least as many leaves.
  Result<SignedHead> head = context.published();
  if (!head.ok()) return head.error();
  SignedLog log{nullptr, std::move(head.value().note), head.value().checkpoint.size};
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context.read();
  if (!txn.ok()) return txn.error();
  log.txn = std::move(txn).value();
  return log;
}

Status add_entry(CaseFile& file, const SignedLog& log, wire::Kind kind, std::uint64_t index) {
  const reputation::LogView leaves(*log.txn, log.size);
  Result<Bytes> leaf = leaves.leaf_bytes(index);
  if (!leaf.ok()) return leaf.error();
  Result<std::vector<Digest>> path = inclusion_path(index, log.size, leaves.subtrees());
  if (!path.ok()) return path.error();
  file.entries.push_back(
      {std::string(wire::entry_name(kind)), wire::tlog_proof_text({.extra = std::move(leaf).value(),
                                                                   .index = index,
                                                                   .path = std::move(path).value(),
                                                                   .checkpoint = log.note})});
  return {};
}

struct NamedIndex {
  wire::Kind kind;
  std::uint64_t index;
};

std::vector<NamedIndex> entries_of(const reputation::JobState& job, const AttestationState& state,
                                   std::uint64_t attestation_index) {
  std::vector<NamedIndex> entries = {{wire::Kind::policy, job.policy_index},
                                     {wire::Kind::order, job.order_index},
                                     {wire::Kind::acceptance, job.acceptance_index},
                                     {wire::Kind::attestation, attestation_index}};
  if (job.secret) entries.push_back({wire::Kind::reveal, job.secret_index});
  if (state.draw_index != 0) entries.push_back({wire::Kind::draw, state.draw_index});
  if (state.spotcheck_index != 0) entries.push_back({wire::Kind::spotcheck, state.spotcheck_index});
  if (state.verdict_index != 0) entries.push_back({wire::Kind::verdict, state.verdict_index});
  // What asks for an audit that is not the first stands with it; the summary is of the first.
  if (state.reason == wire::Reason::first) {
    if (state.summary_index != 0) entries.push_back({wire::Kind::summary, state.summary_index});
  } else {
    entries.push_back(
        {state.reason == wire::Reason::paid ? wire::Kind::paid_challenge : wire::Kind::stake,
         state.cause_index});
  }
  if (state.slash_index != 0) entries.push_back({wire::Kind::slash, state.slash_index});
  std::sort(entries.begin(), entries.end(),
            [](const NamedIndex& a, const NamedIndex& b) { return a.index < b.index; });
  return entries;
}

// A case file tells all that there is about its job, so all of it must be under the checkpoint.
Status check_covered(const std::vector<NamedIndex>& entries, std::uint64_t size) {
  if (entries.back().index < size) return {};  // they ascend
  return fail(Code::inconclusive, "leaf " + std::to_string(entries.back().index) +
                                      " is in the log, but not under the published checkpoint of " +
                                      std::to_string(size) + " leaves yet: try again soon");
}

// Small inputs travel along, so that a replay needs no network.
Status add_inputs(CaseFile& file, const Reading& context, const wire::Order& order) {
  std::uint64_t total = 0;
  for (const wire::Input& input : order.spec.inputs) total += input.size_bytes;
  if (total > wire::kReceiptInputBytesMax) return {};
  for (const wire::Input& input : order.spec.inputs) {
    Result<Bytes> bytes = context.blobs.get(input.sha256);
    if (!bytes.ok()) return bytes.error();
    file.inputs.push_back({input.name, std::move(bytes).value()});
  }
  return {};
}

// What a file holds: the attestation's own entries and opening, or others in their place.
struct Contents {
  std::vector<NamedIndex> instead;  // besides policy, order, acceptance and attestation
  std::vector<Digest> blobs;
};

Result<CaseFile> assemble(const Reading& context, wire::CaseFileKind kind,
                          std::uint64_t attestation_index,
                          const std::optional<Contents>& contents = {}) {
  Result<SignedLog> log = signed_log(context);
  if (!log.ok()) return log.error();
  const View view(*log.value().txn);
  Result<std::optional<AttestationState>> state = view.attestation(attestation_index);
  if (!state.ok()) return state.error();
  if (!state.value()) return fail(Code::not_found, "no such attestation");
  // A renter's receipt tells what was drawn for everybody; what was found later is in the slash.
  if (kind == wire::CaseFileKind::receipt) {
    state.value() = reputation::as_first_audited(std::move(*state.value()));
  }
  Result<std::optional<reputation::JobState>> job = view.job(state.value()->job);
  if (!job.ok()) return job.error();
  if (!job.value()) return fail(Code::storage, "an attestation without its job");
  std::vector<NamedIndex> entries = entries_of(*job.value(), *state.value(), attestation_index);
  std::vector<Digest> blobs;
  if (state.value()->spotcheck_index != 0) blobs.push_back(state.value()->opening_blob);
  if (contents) {
    std::erase_if(entries, [&](const NamedIndex& entry) {
      return entry.index > attestation_index || entry.kind == wire::Kind::reveal;
    });
    entries.insert(entries.end(), contents->instead.begin(), contents->instead.end());
    blobs = contents->blobs;
  }
  const Status covered = check_covered(entries, log.value().size);
  if (!covered.ok()) return covered.error();
  Result<LoggedOrder> order = read_order(view, *job.value(), log.value().size);
  if (!order.ok()) return order.error();

  const auto policy = context.policy_of(*job.value());
  if (!policy.ok()) return policy.error();
  CaseFile file;
  file.kind = kind;
  for (const NamedIndex& entry : entries) {
    if (Status added = add_entry(file, log.value(), entry.kind, entry.index); !added.ok()) {
      return added.error();
    }
  }
  file.policy = policy.value()->text;
  Result<Bytes> trace = context.blobs.get(state.value()->trace_blob);
  if (!trace.ok()) return trace.error();
  file.trace = std::move(trace).value();
  for (const Digest& blob : blobs) {
    Result<Bytes> opening = context.blobs.get(blob);
    if (!opening.ok()) return opening.error();
    file.openings.push_back({blob.hex(), std::move(opening).value()});
  }
  if (Status added = add_inputs(file, context, order.value().order); !added.ok()) {
    return added.error();
  }
  return file;
}

}  // namespace

Result<PlanSize> plan_size(const Context& context, const OpenAudit& audit) {
  Result<std::unique_ptr<compute::Program>> program =
      compute::load_program(audit.order.spec, context.inputs(), context.options.caps);
  if (!program.ok()) return program.error();
  return PlanSize{program.value()->plan().steps, program.value()->plan().rows};
}

Result<Digest> leaf_statement(const Context& context, std::uint64_t index) {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context.read();
  if (!txn.ok()) return txn.error();
  const View view(*txn.value());
  Result<reputation::Head> head = view.head();
  if (!head.ok()) return head.error();
  Result<wire::LogLeaf> leaf = view.log(head.value().size).leaf(index);
  if (!leaf.ok()) return leaf.error();
  return leaf.value().pae_digest;
}

std::vector<std::uint64_t> evidence_indices(const Context& context,
                                            std::uint64_t attestation_index) {
  std::vector<std::uint64_t> indices;
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context.read();
  if (!txn.ok()) return indices;
  const View view(*txn.value());
  Result<std::optional<AttestationState>> state = view.attestation(attestation_index);
  if (!state.ok() || !state.value()) return indices;
  Result<std::optional<reputation::JobState>> job = view.job(state.value()->job);
  if (!job.ok() || !job.value()) return indices;
  for (const NamedIndex& entry : entries_of(*job.value(), *state.value(), attestation_index)) {
    indices.push_back(entry.index);
  }
  return indices;
}

Result<CaseFile> evidence_file(const Context& context, std::uint64_t attestation_index) {
  return assemble(context, wire::CaseFileKind::evidence, attestation_index);
}

Result<CaseFile> receipt_file(const Reading& context, const Digest& job) {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context.read();
  if (!txn.ok()) return txn.error();
  Result<std::optional<reputation::JobState>> row = View(*txn.value()).job(job);
  if (!row.ok()) return row.error();
  if (!row.value()) return fail(Code::not_found, "no job " + job.hex());
  if (!row.value()->attestation_index) {
    return fail(Code::not_found, std::string("the job is ") +
                                     reputation::job_status_name(row.value()->status) +
                                     ": there is a receipt once it is attested");
  }
  txn.value().reset();
  return assemble(context, wire::CaseFileKind::receipt, *row.value()->attestation_index);
}

Result<CaseFile> equivocation_file(const Context& context, std::uint64_t attestation_index,
                                   const std::string& second_envelope) {
  Result<CaseFile> file = assemble(context, wire::CaseFileKind::evidence, attestation_index);
  if (!file.ok()) return file.error();
  const ByteView second = as_bytes(second_envelope);
  file.value().openings.push_back({sha256(second).hex(), to_bytes(second)});
  return file;
}

Result<CaseFile> dispute_file(const Context& context, std::uint64_t attestation_index,
                              std::uint64_t dispute_index,
                              const std::vector<std::uint64_t>& move_indices,
                              std::uint64_t end_index, const std::vector<Digest>& blobs) {
  Contents contents{{{wire::Kind::dispute, dispute_index}}, blobs};
  for (const std::uint64_t index : move_indices) {
    contents.instead.push_back({wire::Kind::dispute_move, index});
  }
  contents.instead.push_back({wire::Kind::dispute_end, end_index});
  return assemble(context, wire::CaseFileKind::evidence, attestation_index, contents);
}

}  // namespace assay::verifier
