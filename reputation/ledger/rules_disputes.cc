// Rules for disputes: whose turn it is, by when, and what losing one means. What the moves say is
// not looked at here: the log knows no programs. Whoever doubts an end replays the moves.
#include <algorithm>

#include "reputation/ledger/rules.h"

namespace assay::reputation::rules {
namespace {

// The subject of a move or an end is the dispute's opening statement.
Status is_about(const Scene& scene, const DisputeState& dispute) {
  const Result<wire::Statement> statement = wire::parse_statement(scene.payload());
  if (!statement.ok()) return statement.error();
  if (statement.value().subject == dispute.statement) return {};
  return fail(Code::conflict, "the subject is not the statement that opened that dispute");
}

Status is_open(const DisputeState& dispute) {
  if (dispute.end_index == 0) return {};
  return fail(Code::conflict, "that dispute ended with leaf " + std::to_string(dispute.end_index));
}

// May this attestation be disputed now?
Status may_be_disputed(const Scene& scene, const AttestationState& row) {
  if (row.slash_index != 0) {
    return fail(Code::conflict, "that attestation is slashed already");
  }
  if (scene.entry.time - row.logged > static_cast<std::int64_t>(scene.policy.retention_ms)) {
    return fail(Code::conflict, "that attestation is older than providers must keep its states");
  }
  if (row.dispute_index == 0) return {};
  Result<DisputeState> last = need_dispute(scene.txn, row.dispute_index);
  if (!last.ok()) return last.error();
  if (last.value().end_index == 0) {
    return fail(Code::conflict,
                "that attestation is being disputed: leaf " + std::to_string(row.dispute_index));
  }
  Result<bool> lost = lost_in_dispute(scene.txn, row);
  if (!lost.ok()) return lost.error();
  if (!lost.value()) return {};
  return fail(Code::conflict, "its provider lost a dispute about that attestation already");
}

}  // namespace

Result<DisputeState> need_dispute(const ReadTxn& txn, std::uint64_t index) {
  Result<std::optional<DisputeState>> row = View(txn).dispute(index);
  if (!row.ok()) return row.error();
  if (!row.value()) {
    return fail(Code::not_found, "leaf " + std::to_string(index) + " is not a dispute");
  }
  return std::move(*row.value());
}

Result<bool> lost_in_dispute(const ReadTxn& txn, const AttestationState& row) {
  if (row.dispute_index == 0) return false;
  Result<DisputeState> dispute = need_dispute(txn, row.dispute_index);
  if (!dispute.ok()) return dispute.error();
  Result<std::optional<SlashState>> cleared = cleared_slash(txn, row);
  if (!cleared.ok()) return cleared.error();
  const std::uint64_t reversed = cleared.value() ? cleared.value()->reversal_index : 0;
  return dispute.value().lost_by_provider() && dispute.value().end_index > reversed;
}

Status dispute(Scene& scene) {
  Result<wire::DisputeOpening> said = wire::parse_dispute(scene.payload());
  if (!said.ok()) return said.error();
  const wire::DisputeOpening& it = said.value();
  if (it.challenger != scene.signer()) {
    return fail(Code::permission, "a dispute is signed by the challenger that it names");
  }
  if (Status sound = check_public_key(it.challenger); !sound.ok()) return sound;
  Result<AttestationState> found = need_attestation(scene.txn, it.attestation_index);
  if (!found.ok()) return found.error();
  AttestationState& row = found.value();
  if (it.attestation != row.statement || it.job != row.job || it.step > row.steps) {
    return fail(Code::conflict, "that leaf is another attestation, of another job or fewer steps");
  }
  if (it.challenger == row.provider) {
    return fail(Code::permission, "a provider cannot dispute its own attestation");
  }
  if (Status may = may_be_disputed(scene, row); !may.ok()) return may;
  Result<JobState> job = need_job(scene.txn, row.job);
  if (!job.ok()) return job.error();
  if (it.deposit_micros < job.value().price_micros) {
    return fail(Code::conflict, "the deposit must be at least the job's price, " +
                                    std::to_string(job.value().price_micros) + " micros");
  }
  DisputeState dispute;
  dispute.statement = scene.entry.submission.opened.pae_digest;
  dispute.attestation_index = it.attestation_index;
  dispute.challenger = it.challenger;
  dispute.step = it.step;
  dispute.deposit_micros = it.deposit_micros;
  dispute.moved = scene.entry.time;
  row.dispute_index = scene.entry.index;
  if (Status put = put_attestation(scene.txn, it.attestation_index, row); !put.ok()) return put;
  return put_dispute(scene.txn, scene.entry.index, dispute);
}

Status dispute_move(Scene& scene) {
  Result<wire::DisputeMove> said = wire::parse_dispute_move(scene.payload());
  if (!said.ok()) return said.error();
  const wire::DisputeMove& it = said.value();
  Result<DisputeState> found = need_dispute(scene.txn, it.dispute_index);
  if (!found.ok()) return found.error();
  DisputeState& dispute = found.value();
  if (Status about = is_about(scene, dispute); !about.ok()) return about;
  if (Status open = is_open(dispute); !open.ok()) return open;
  const bool answers = it.move.kind == wire::MoveKind::answer;
  Result<AttestationState> row = need_attestation(scene.txn, dispute.attestation_index);
  if (!row.ok()) return row.error();
  if (scene.signer() != (answers ? row.value().provider : dispute.challenger)) {
    return fail(Code::permission, "that move is not this key's to make");
  }
  if (dispute.decided || answers != dispute.provider_turn) {
    return fail(Code::conflict, "it is not this side's turn");
  }
  if (it.number != dispute.moves.size()) {
    return fail(Code::conflict, "move " + std::to_string(it.number) + " where " +
                                    std::to_string(dispute.moves.size()) + " follows");
  }
  dispute.moves.push_back(scene.entry.index);
  dispute.moved = scene.entry.time;
  dispute.decided = it.move.kind == wire::MoveKind::conviction;
  dispute.provider_turn = !answers && !dispute.decided;
  return put_dispute(scene.txn, it.dispute_index, dispute);
}

Status dispute_end(Scene& scene) {
  Result<wire::DisputeEnd> said = wire::parse_dispute_end(scene.payload());
  if (!said.ok()) return said.error();
  const wire::DisputeEnd& it = said.value();
  Result<DisputeState> found = need_dispute(scene.txn, it.dispute_index);
  if (!found.ok()) return found.error();
  DisputeState& dispute = found.value();
  if (Status about = is_about(scene, dispute); !about.ok()) return about;
  if (Status open = is_open(dispute); !open.ok()) return open;
  const bool silent = it.cause == wire::DisputeCause::silent;
  if (silent == dispute.decided) {
    return fail(Code::conflict, silent ? "a conviction waits for its judgement: nobody is silent"
                                       : "nothing is decided before a conviction");
  }
  if (silent) {
    if (it.provider_lost != dispute.provider_turn) {
      return fail(Code::conflict, "it is the other side's turn");
    }
    if (scene.entry.time - dispute.moved < scene.policy.opening_deadline_ms) {
      return fail(Code::conflict, "the deadline of that move has not passed yet");
    }
  }
  dispute.end_index = scene.entry.index;
  dispute.provider_lost = it.provider_lost;
  dispute.cause = it.cause;
  if (it.provider_lost) {
    Result<AttestationState> row = need_attestation(scene.txn, dispute.attestation_index);
    if (!row.ok()) return row.error();
    Result<JobState> job = need_job(scene.txn, row.value().job);
    if (!job.ok()) return job.error();
    job.value().status = JobStatus::failed;
    if (Status put = put_job(scene.txn, row.value().job, job.value()); !put.ok()) return put;
  }
  return put_dispute(scene.txn, it.dispute_index, dispute);
}

Status count_report(Scene& scene, std::uint64_t dispute_index, std::uint64_t index) {
  Result<DisputeState> dispute = need_dispute(scene.txn, dispute_index);
  if (!dispute.ok()) return dispute.error();
  const Digest challenger = provider_id(dispute.value().challenger);
  Result<std::optional<ProviderState>> provider = View(scene.txn).provider(challenger);
  if (!provider.ok()) return provider.error();
  if (!provider.value()) return {};
  EventState event;
  event.kind = EventKind::report;
  return count_fault(scene.txn, challenger, event, index, scene.entry.time, scene.policy);
}

Status uncount_report(Scene& scene, std::uint64_t dispute_index, std::uint64_t index,
                      UnixMillis logged) {
  Result<DisputeState> dispute = need_dispute(scene.txn, dispute_index);
  if (!dispute.ok()) return dispute.error();
  const Digest challenger = provider_id(dispute.value().challenger);
  const Bytes key = counted_key(challenger, "", epoch_of(logged, scene.policy), index);
  Result<std::optional<Bytes>> told = scene.txn.get(tables::kCounted, key);
  if (!told.ok()) return told.error();
  if (!told.value()) return {};
  return uncount(scene.txn, challenger, "", index, logged, scene.policy);
}

}  // namespace assay::reputation::rules
