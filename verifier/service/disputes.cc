#include "verifier/service/disputes.h"

#include <algorithm>

#include "core/wire/poll.h"
#include "verifier/service/case_files.h"
#include "verifier/service/documents.h"

namespace assay::verifier {

using reputation::DisputeState;
using reputation::View;

namespace {

constexpr std::int64_t kLookAgainMs = 1000;

Result<wire::Move> read_move_at(const View& view, std::uint64_t size, std::uint64_t index) {
  Result<wire::LogLeaf> leaf = view.log(size).leaf(index);
  if (!leaf.ok()) return leaf.error();
  Result<wire::DisputeMove> move = wire::parse_dispute_move(leaf.value().payload);
  if (!move.ok()) return fail(Code::storage, move.error().what);
  return move.value().move;
}

Result<DisputeState> need_row(const View& view, std::uint64_t index) {
  Result<std::optional<DisputeState>> row = view.dispute(index);
  if (!row.ok()) return row.error();
  if (!row.value()) {
    return fail(Code::not_found, "leaf " + std::to_string(index) + " is not a dispute");
  }
  return std::move(*row.value());
}

// The moves' blobs in the order of the moves; empty where one has none.
Result<Bytes> blob_of(const Reading& context, const wire::Move& move) {
  if (move.blob == Digest{}) return Bytes{};
  return context.blobs.get(move.blob);
}

// A slash for this end that was reversed since was the last word.
Result<bool> slashed_before(const Reading& context, std::uint64_t attestation,
                            std::uint64_t end_index) {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context.read();
  if (!txn.ok()) return txn.error();
  bool found = false;
  const Status scanned =
      View(*txn.value()).each_slash(end_index, [&](std::uint64_t, const auto& slash) {
        found = slash.attestation_index == attestation;
        return !found;
      });
  if (!scanned.ok()) return scanned.error();
  return found;
}

Result<std::string> proof_in_end(const Reading& context, std::uint64_t index) {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context.read();
  if (!txn.ok()) return txn.error();
  Result<wire::LogLeaf> leaf = View(*txn.value()).log(index + 1).leaf(index);
  if (!leaf.ok()) return leaf.error();
  Result<wire::DisputeEnd> end = wire::parse_dispute_end(leaf.value().payload);
  if (!end.ok()) return fail(Code::storage, end.error().what);
  return end.value().delivery_proof;
}

Result<std::shared_ptr<const compute::Program>> program_of(const Reading& context,
                                                           const OpenAudit& audit) {
  Result<std::unique_ptr<compute::Program>> program =
      compute::load_program(audit.order.spec, context.inputs(), context.options.caps);
  if (!program.ok()) return fail(Code::inconclusive, program.error().what);
  return std::shared_ptr<const compute::Program>(std::move(program).value());
}

}  // namespace

Result<LoggedDispute> load_dispute(const Reading& context, std::uint64_t index) {
  LoggedDispute out;
  out.index = index;
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context.read();
  if (!txn.ok()) return txn.error();
  const View view(*txn.value());
  Result<DisputeState> row = need_row(view, index);
  if (!row.ok()) return row.error();
  out.state = std::move(row).value();
  Result<reputation::Head> head = view.head();
  if (!head.ok()) return head.error();
  for (const std::uint64_t at : out.state.moves) {
    Result<wire::Move> move = read_move_at(view, head.value().size, at);
    if (!move.ok()) return move.error();
    out.moves.push_back(move.value());
  }
  txn.value().reset();
  Result<OpenAudit> audit = load_audit(context, out.state.attestation_index);
  if (!audit.ok()) return audit.error();
  out.audit = std::move(audit).value();
  return out;
}

Result<std::unique_ptr<compute::DisputeCase>> replay_dispute(const Reading& context,
                                                             const LoggedDispute& dispute) {
  const auto ours = [](const Error& error) { return fail(Code::inconclusive, error.what); };
  Result<std::shared_ptr<const compute::Program>> program = program_of(context, dispute.audit);
  if (!program.ok()) return program.error();
  Result<std::unique_ptr<compute::DisputeCase>> replayed = compute::DisputeCase::open(
      program.value(), dispute.audit.trace, dispute.state.step, compute::Engine());
  if (!replayed.ok()) return ours(replayed.error());
  for (const wire::Move& move : dispute.moves) {
    Result<Bytes> blob = blob_of(context, move);
    if (!blob.ok()) return ours(blob.error());
    const Status moved = replayed.value()->move(move, blob.value());
    if (!moved.ok()) return ours(moved.error());
  }
  return replayed;
}

Status check_dispute(const Context& context, const Received& received) {
  Result<wire::DisputeOpening> said = wire::parse_dispute(received.opened.payload);
  if (!said.ok()) return said.error();
  Result<OpenAudit> audit = load_audit(context, said.value().attestation_index);
  if (!audit.ok()) return audit.error();
  Result<std::shared_ptr<const compute::Program>> program = program_of(context, audit.value());
  if (!program.ok()) return program.error();
  Result<compute::Tape> tape =
      compute::tape_of(*program.value(), said.value().step, compute::Engine());
  return tape.ok() ? Status() : tape.error().in("dispute");
}

Status check_dispute_move(const Context& context, const Received& received) {
  Result<wire::DisputeMove> said = wire::parse_dispute_move(received.opened.payload);
  if (!said.ok()) return said.error();
  const wire::DisputeMove& it = said.value();
  {
    // What the log would refuse anyway is not worth a replay.
    Result<std::unique_ptr<reputation::ReadTxn>> txn = context.read();
    if (!txn.ok()) return txn.error();
    Result<DisputeState> row = need_row(View(*txn.value()), it.dispute_index);
    if (!row.ok()) return row.error();
    const bool answers = it.move.kind == wire::MoveKind::answer;
    if (row.value().end_index != 0 || row.value().decided || answers != row.value().provider_turn ||
        it.number != row.value().moves.size()) {
      return fail(Code::conflict, "it is not this side's turn, or the dispute is over");
    }
  }
  Result<LoggedDispute> dispute = load_dispute(context, it.dispute_index);
  if (!dispute.ok()) return dispute.error();
  Result<Bytes> blob = blob_of(context, it.move);
  if (!blob.ok()) {
    if (blob.error().code != Code::not_found) return blob.error();
    return fail(Code::no_evidence, "the move's bytes are not here: PUT them to /v1/blobs/" +
                                       it.move.blob.hex() + " first");
  }
  Result<std::unique_ptr<compute::DisputeCase>> replayed = replay_dispute(context, dispute.value());
  if (!replayed.ok()) return replayed.error();
  return replayed.value()->move(it.move, blob.value());
}

Result<wire::Json> dispute_document(const Reading& context, const std::string& id) {
  Result<std::uint64_t> index = wire::parse_u64(id);
  if (!index.ok()) return fail(Code::malformed, "a dispute's id is its log index");
  Result<LoggedDispute> loaded = load_dispute(context, index.value());
  if (!loaded.ok()) return loaded.error();
  const DisputeState& state = loaded.value().state;
  wire::Json moves = wire::Json::array();
  for (std::size_t i = 0; i < state.moves.size(); ++i) {
    moves.push(wire::move_to_json(loaded.value().moves[i])
                   .set("log_index", wire::u64_text(state.moves[i])));
  }
  const bool over = state.end_index != 0;
  wire::Json json;
  json.set("id", wire::u64_text(index.value()))
      .set("statement", state.statement.hex())
      .set("attestation_index", wire::u64_text(state.attestation_index))
      .set("job", loaded.value().audit.state.job.hex())
      .set("provider", reputation::provider_id(loaded.value().audit.state.provider).hex())
      .set("challenger", state.challenger.hex())
      .set("step", state.step)
      .set("deposit_micros", wire::u64_text(state.deposit_micros))
      .set("deposit", !over                 ? "held"
                      : state.provider_lost ? "returned"
                                            : "forfeited")
      .set("moves", std::move(moves))
      .set("turn", over || state.decided ? "nobody"
                   : state.provider_turn ? "provider"
                                         : "challenger");
  if (over) {
    json.set("lost", state.provider_lost ? "provider" : "challenger")
        .set("cause", wire::dispute_cause_name(state.cause))
        .set("end_index", wire::u64_text(state.end_index));
  }
  return json;
}

Status Disputes::load() {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
  if (!txn.ok()) return txn.error();
  const View view(*txn.value());
  std::vector<std::uint64_t> indices;
  Status read;
  const Status scanned = view.each_dispute(0, [&](std::uint64_t index, const DisputeState& row) {
    if (row.end_index == 0) indices.push_back(index);
    if (!row.lost_by_provider()) return true;
    Result<std::optional<reputation::AttestationState>> about =
        view.attestation(row.attestation_index);
    if (!about.ok()) {
      read = about.error();
      return false;
    }
    if (about.value() && about.value()->slash_index == 0) indices.push_back(index);
    return true;
  });
  if (!scanned.ok()) return scanned;
  if (!read.ok()) return read;
  txn.value().reset();
  for (const std::uint64_t index : indices) changed(index);
  return {};
}

void Disputes::logged(const Received& received, std::uint64_t log_index) {
  if (received.kind == wire::Kind::dispute) return changed(log_index);
  Result<wire::DisputeMove> said = wire::parse_dispute_move(received.opened.payload);
  if (said.ok()) changed(said.value().dispute_index);
}

void Disputes::changed(std::uint64_t index) {
  if (!take_up(index).ok()) try_again();
}

// What failed on our side, or waits for a checkpoint that covers its proof, is looked at again.
void Disputes::try_again() {
  const std::scoped_lock lock(mutex_);
  if (!look_again_) look_again_ = context_.clock.steady_now() + kLookAgainMs;
}

Status Disputes::take_up(std::uint64_t index) {
  Result<LoggedDispute> loaded = load_dispute(context_, index);
  if (!loaded.ok()) return loaded.error();
  const LoggedDispute& dispute = loaded.value();
  const DisputeState& state = dispute.state;
  if (state.decided || state.end_index != 0) {
    const std::scoped_lock lock(mutex_);
    open_.erase(index);
  }
  if (state.end_index != 0) {
    // Slashed, unless we ended between the two.
    if (!state.lost_by_provider() || dispute.audit.state.slash_index != 0) return {};
    Result<bool> before = slashed_before(context_, state.attestation_index, state.end_index);
    if (!before.ok()) return before.error();
    Result<std::string> proof = proof_in_end(context_, state.end_index);
    if (!proof.ok()) return proof.error();
    return before.value() ? Status() : slash(dispute, proof.value());
  }
  if (state.decided) {
    Result<std::unique_ptr<compute::DisputeCase>> replayed = replay_dispute(context_, dispute);
    if (!replayed.ok()) return replayed.error();
    const bool lied = replayed.value()->dispute().provider_lied();
    end(index, lied, lied ? wire::DisputeCause::convicted : wire::DisputeCause::acquitted, "");
    return {};
  }
  Open open;
  open.provider = reputation::provider_id(dispute.audit.state.provider);
  open.provider_turn = state.provider_turn;
  open.task = {.dispute_index = index,
               .dispute = state.statement,
               .attestation_index = state.attestation_index,
               .attestation = dispute.audit.state.statement,
               .job = dispute.audit.state.job,
               .step = state.step,
               .moves = dispute.moves,
               .deadline = {}};
  if (!state.provider_turn) {
    open.deadline = context_.clock.steady_now() + context_.policy().opening_deadline_ms;
  }
  const std::scoped_lock lock(mutex_);
  open_.insert_or_assign(index, std::move(open));
  return {};
}

std::vector<wire::DisputeTask> Disputes::tasks_for(const Digest& provider) {
  const std::scoped_lock lock(mutex_);
  std::vector<wire::DisputeTask> tasks;
  for (auto& [index, open] : open_) {
    if (open.provider != provider || !open.provider_turn) continue;
    if (tasks.size() == wire::kDisputeTasksMax) break;
    open.task.deadline = context_.clock.unix_now() + context_.policy().opening_deadline_ms;
    tasks.push_back(open.task);
  }
  return tasks;
}

void Disputes::delivered(const std::vector<Handed>& handed, const std::string& heartbeat) {
  const std::scoped_lock lock(mutex_);
  for (const Handed& one : handed) {
    const auto found = open_.find(one.dispute);
    if (found == open_.end() || !found->second.provider_turn || found->second.deadline ||
        found->second.task.moves.size() != one.moves) {
      continue;
    }
    found->second.deadline = context_.clock.steady_now() + context_.policy().opening_deadline_ms;
    found->second.delivery_proof = heartbeat;
  }
}

void Disputes::excuse() {
  const std::scoped_lock lock(mutex_);
  const SteadyMillis anew = context_.clock.steady_now() + context_.policy().opening_deadline_ms;
  for (auto& [index, open] : open_) {
    open.deadline.reset();
    if (!open.provider_turn) open.deadline = anew;
  }
}

void Disputes::check_deadlines() {
  std::vector<std::pair<std::uint64_t, Open>> over;
  bool look_again = false;
  {
    const std::scoped_lock lock(mutex_);
    const SteadyMillis now = context_.clock.steady_now();
    look_again = look_again_ && now >= *look_again_;
    if (look_again) look_again_.reset();
    for (auto& [index, open] : open_) {
      if (open.deadline && now > *open.deadline) over.emplace_back(index, open);
    }
  }
  for (const auto& [index, open] : over) {
    end(index, open.provider_turn, wire::DisputeCause::silent, open.delivery_proof);
  }
  if (look_again && !load().ok()) try_again();
}

void Disputes::end(std::uint64_t index, bool provider_lost, wire::DisputeCause cause,
                   const std::string& delivery_proof) {
  Result<Digest> opening = leaf_statement(context_, index);
  if (!opening.ok()) return;  // the next look finds it as it is
  const wire::DisputeEnd end{
      index, provider_lost, cause,
      provider_lost && cause == wire::DisputeCause::silent ? delivery_proof : ""};
  if (!log_own(context_, wire::dispute_end_statement(end, opening.value())).ok()) return;
  {
    const std::scoped_lock lock(mutex_);
    open_.erase(index);
  }
  if (!provider_lost) return;
  Result<LoggedDispute> dispute = load_dispute(context_, index);
  if (!dispute.ok() || !slash(dispute.value(), end.delivery_proof).ok()) try_again();
}

Status Disputes::slash(const LoggedDispute& dispute, const std::string& delivery_proof) {
  const reputation::AttestationState& state = dispute.audit.state;
  const bool silent = dispute.state.cause == wire::DisputeCause::silent;
  wire::Slash slash;
  slash.provider = state.provider;
  slash.class_name = state.class_name;
  slash.fault = silent ? wire::Fault::withheld : wire::Fault::wrong_result;
  slash.job = state.job;
  slash.attestation = state.statement;
  slash.attestation_index = dispute.state.attestation_index;
  // The ends of the transcript, and as much of it as fits.
  std::vector<std::uint64_t> indices{dispute.state.attestation_index, dispute.index};
  const std::size_t skipped = dispute.state.moves.size() > 13 ? dispute.state.moves.size() - 13 : 0;
  indices.insert(indices.end(), dispute.state.moves.begin() + static_cast<std::ptrdiff_t>(skipped),
                 dispute.state.moves.end());
  indices.push_back(dispute.state.end_index);
  slash.evidence_indices = std::move(indices);
  const wire::Policy& policy = dispute.audit.policy->policy;
  slash.severity_ppm = silent ? policy.severity_withheld_ppm : policy.severity_wrong_ppm;
  slash.finality =
      context_.clock.unix_now() +
      static_cast<std::int64_t>(reputation::finality_after_ms(slash.severity_ppm, policy));
  slash.detail = "a dispute about step " + std::to_string(dispute.state.step) +
                 (silent ? " was lost by silence after proven delivery"
                         : " came down to one operation, which gives another result on any CPU") +
                 ": leaf " + std::to_string(dispute.index) +
                 ". Appeal before finality: assay slash appeal, with the leaf of this record.";
  slash.delivery_proof = delivery_proof;
  if (!silent) {
    std::vector<Digest> blobs;
    for (const wire::Move& move : dispute.moves) {
      if (move.blob != Digest{}) blobs.push_back(move.blob);
    }
    Result<wire::CaseFile> file =
        dispute_file(context_, dispute.state.attestation_index, dispute.index, dispute.state.moves,
                     dispute.state.end_index, blobs);
    if (!file.ok()) return file.error();
    const std::string text = wire::case_file_text(file.value());
    slash.evidence_blob = sha256(as_bytes(text));
    if (Status put = context_.blobs.put(slash.evidence_blob, as_bytes(text)); !put.ok()) return put;
  }
  const Result<reputation::Appended> logged = log_own(context_, wire::slash_statement(slash));
  return logged.ok() ? Status() : logged.error();
}

}  // namespace assay::verifier
