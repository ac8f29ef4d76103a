// The transcript of a dispute out of a fraud proof: every move by the right hand, in order, about
// this attestation, and what its conviction comes to.
#include <algorithm>

#include "core/compute/dispute/case.h"
#include "verifier/audit_case.h"

namespace assay::verifier::audit {
namespace {

using wire::Kind;

// The bytes of a move: its blob among the file's openings.
Result<Bytes> bytes_of(const Case& file, const wire::Move& move) {
  if (move.blob == Digest{}) return Bytes{};
  const std::string name = move.blob.hex();
  for (const wire::NamedBytes& blob : file.file.openings) {
    if (blob.name == name) return blob.data;
  }
  return fail(Code::no_evidence, "the file lacks the bytes " + name);
}

// Is this move the next one of the dispute, by whom it must be by?
Status check_move(const ProvenEntry& entry, const wire::DisputeMove& move,
                  const ProvenEntry& opening, const wire::DisputeOpening& dispute,
                  const BoundJob& job, std::uint32_t number) {
  const Result<wire::Statement> statement = wire::parse_statement(entry.leaf.payload);
  if (!statement.ok()) return statement.error();
  if (statement.value().subject != opening.leaf.pae_digest || move.dispute_index != opening.index ||
      move.number != number) {
    return fail(Code::unbound, "it is not the next move of this dispute");
  }
  const bool answers = move.move.kind == wire::MoveKind::answer;
  if (entry.leaf.signer == (answers ? job.provider : dispute.challenger)) return {};
  return fail(Code::unbound, "it is signed by " + key_id(entry.leaf.signer));
}

Status replay(const Case& file, const ProvenEntry& opening, const wire::DisputeOpening& dispute,
              const BoundJob& job, compute::DisputeCase& replayed) {
  std::uint32_t number = 0;
  for (const ProvenEntry& entry : file.entries) {
    if (entry.kind != Kind::dispute_move) continue;
    const std::string where = "move " + std::to_string(number);
    const Result<wire::DisputeMove> move = wire::parse_dispute_move(entry.leaf.payload);
    if (!move.ok()) return move.error().in(where);
    const Status next = check_move(entry, move.value(), opening, dispute, job, number);
    if (!next.ok()) return next.error().in(where);
    const Result<Bytes> bytes = bytes_of(file, move.value().move);
    if (!bytes.ok()) return bytes.error().in(where);
    const Status moved = replayed.move(move.value().move, bytes.value());
    if (!moved.ok()) return moved.error().in(where);
    ++number;
  }
  return {};
}

}  // namespace

std::optional<std::uint32_t> check_disputed(const Case& file, const BoundJob& job,
                                            const BoundTrace& trace, CheckList& list) {
  const ProvenEntry& opening = *file.find(Kind::dispute);
  const std::optional<wire::DisputeOpening> dispute =
      read_entry(opening, wire::parse_dispute, list);
  if (!dispute) return {};
  const bool bound = dispute->attestation == job.attestation_digest && dispute->job == job.job &&
                     dispute->attestation_index == job.attestation_index &&
                     dispute->challenger == opening.leaf.signer;
  if (!list.check(layer::kBinding, "dispute: of this attestation, by its challenger", bound,
                  Code::unbound, "it is about another attestation, or signed by another key")) {
    return {};
  }
  Result<std::unique_ptr<compute::DisputeCase>> replayed = compute::DisputeCase::open(
      trace.program, trace.trace, dispute->step, compute::Engine(compute::CpuLevel::scalar));
  if (!replayed.ok()) {
    list.fail(layer::kBinding, "dispute: its step", replayed.error());
    return {};
  }
  if (!list.check(layer::kOpening, "dispute: its moves",
                  replay(file, opening, *dispute, job, *replayed.value()))) {
    return {};
  }
  const compute::Dispute& result = replayed.value()->dispute();
  if (result.turn() == compute::Dispute::Turn::over && result.provider_lied()) {
    return dispute->step;
  }
  list.note(layer::kReplay, "fraud",
            result.turn() == compute::Dispute::Turn::over
                ? "not shown: what was disputed is what any CPU gives"
                : "not shown: the dispute came to no conviction");
  return {};
}

}  // namespace assay::verifier::audit
