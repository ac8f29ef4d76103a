#include "core/wire/dispute.h"

#include <algorithm>
#include <array>

#include "core/wire/poll.h"
#include "core/wire/predicate.h"

namespace assay::wire {
namespace {

constexpr std::array<std::string_view, 6> kMoves{"answer", "operation", "state",
                                                 "output", "child",     "conviction"};
constexpr std::array<std::string_view, 3> kCauses{"convicted", "acquitted", "silent"};

bool has_choice(MoveKind kind) {
  return kind == MoveKind::operation || kind == MoveKind::child;
}
bool has_blob(MoveKind kind) {
  return kind == MoveKind::answer || kind == MoveKind::conviction;
}

}  // namespace

std::string_view move_name(MoveKind kind) {
  return kMoves[static_cast<std::size_t>(kind)];
}

std::optional<MoveKind> parse_move_name(std::string_view name) {
  const auto at = std::find(kMoves.begin(), kMoves.end(), name);
  if (at == kMoves.end()) return std::nullopt;
  return static_cast<MoveKind>(at - kMoves.begin());
}

std::string_view dispute_cause_name(DisputeCause cause) {
  return kCauses[static_cast<std::size_t>(cause)];
}

Json move_to_json(const Move& move) {
  Json json;
  json.set("kind", move_name(move.kind)).set("choice", move.choice).set("blob", move.blob.hex());
  return json;
}

Move read_move(Fields& in) {
  Move move;
  const std::optional<MoveKind> kind = parse_move_name(in.text("kind", 16));
  if (!kind) {
    in.note("kind", "is none of answer, operation, state, output, child, conviction");
    return move;
  }
  move.kind = *kind;
  move.choice = in.u32("choice");
  move.blob = in.fixed<Digest>("blob");
  if (!has_choice(move.kind) && move.choice != 0) in.note("choice", "belongs to another move");
  if (has_blob(move.kind) == (move.blob == Digest{})) {
    in.note("blob", "belongs to answers and convictions, always, and to no other move");
  }
  return move;
}

Statement dispute_statement(const DisputeOpening& opening) {
  Json json;
  json.set("attestation_index", u64_text(opening.attestation_index))
      .set("attestation", opening.attestation.hex())
      .set("job", opening.job.hex())
      .set("step", opening.step)
      .set("challenger", opening.challenger.hex())
      .set("deposit_micros", u64_text(opening.deposit_micros));
  return {Kind::dispute, "attestation", opening.attestation, std::move(json)};
}

Result<DisputeOpening> parse_dispute(std::string_view payload) {
  return parse_predicate<DisputeOpening>(
      payload, Kind::dispute, [](Fields& in, const Statement& statement) {
        DisputeOpening opening;
        opening.attestation_index = in.u64("attestation_index");
        opening.attestation = in.fixed<Digest>("attestation");
        opening.job = in.fixed<Digest>("job");
        opening.step = in.u32("step", 0, kTraceStepsMax);
        opening.challenger = in.fixed<PublicKey>("challenger");
        opening.deposit_micros = u64_from(in, "deposit_micros", 1);
        expect_subject(in, statement, "attestation", opening.attestation);
        return opening;
      });
}

Statement dispute_move_statement(const DisputeMove& move, const Digest& dispute) {
  Json json;
  json.set("dispute_index", u64_text(move.dispute_index))
      .set("number", move.number)
      .set("move", move_to_json(move.move));
  return {Kind::dispute_move, "dispute", dispute, std::move(json)};
}

Result<DisputeMove> parse_dispute_move(std::string_view payload) {
  return parse_predicate<DisputeMove>(payload, Kind::dispute_move,
                                      [](Fields& in, const Statement& statement) {
                                        DisputeMove move;
                                        move.dispute_index = in.u64("dispute_index");
                                        move.number = in.u32("number", 0, kDisputeMovesMax - 1);
                                        Fields inner(in.value("move"), "move");
                                        move.move = read_move(inner);
                                        if (Status status = inner.close(); !status.ok())
                                          in.note("move", status.error().what);
                                        expect_subject(in, statement, "dispute", statement.subject);
                                        return move;
                                      });
}

Statement dispute_end_statement(const DisputeEnd& end, const Digest& dispute) {
  Json json;
  json.set("dispute_index", u64_text(end.dispute_index))
      .set("lost", end.provider_lost ? "provider" : "challenger")
      .set("cause", dispute_cause_name(end.cause))
      .set("delivery_proof", end.delivery_proof);
  return {Kind::dispute_end, "dispute", dispute, std::move(json)};
}

Result<DisputeEnd> parse_dispute_end(std::string_view payload) {
  return parse_predicate<DisputeEnd>(
      payload, Kind::dispute_end, [](Fields& in, const Statement& statement) {
        DisputeEnd end;
        end.dispute_index = in.u64("dispute_index");
        const std::string lost = in.text("lost", 16);
        if (lost != "provider" && lost != "challenger") {
          in.note("lost", "is neither provider nor challenger");
        }
        end.provider_lost = lost == "provider";
        const std::string cause = in.text("cause", 16);
        const auto at = std::find(kCauses.begin(), kCauses.end(), cause);
        if (at == kCauses.end()) {
          in.note("cause", "is none of convicted, acquitted, silent");
        } else {
          end.cause = static_cast<DisputeCause>(at - kCauses.begin());
        }
        const bool silent = end.cause == DisputeCause::silent;
        if (!silent && end.provider_lost != (end.cause == DisputeCause::convicted)) {
          in.note("lost", "does not follow from the cause");
        }
        end.delivery_proof = opaque_text(in, "delivery_proof", kHeartbeatBytesMax);
        if ((silent && end.provider_lost) != !end.delivery_proof.empty()) {
          in.note("delivery_proof", "belongs to a silent provider, always, and to nothing else");
        }
        expect_subject(in, statement, "dispute", statement.subject);
        return end;
      });
}

Json dispute_task_to_json(const DisputeTask& task) {
  Json moves = Json::array();
  for (const Move& move : task.moves) moves.push(move_to_json(move));
  Json json;
  json.set("dispute_index", u64_text(task.dispute_index))
      .set("dispute", task.dispute.hex())
      .set("attestation_index", u64_text(task.attestation_index))
      .set("attestation", task.attestation.hex())
      .set("job", task.job.hex())
      .set("step", task.step)
      .set("moves", std::move(moves))
      .set("deadline", time_text(task.deadline));
  return json;
}

Result<DisputeTask> dispute_task_from_json(const Json& json) {
  Fields in(json, "dispute");
  DisputeTask task;
  task.dispute_index = in.u64("dispute_index");
  task.dispute = in.fixed<Digest>("dispute");
  task.attestation_index = in.u64("attestation_index");
  task.attestation = in.fixed<Digest>("attestation");
  task.job = in.fixed<Digest>("job");
  task.step = in.u32("step", 0, kTraceStepsMax);
  task.moves = read_items<Move>(in, "moves", kDisputeMovesMax, read_move);
  task.deadline = read_time(in, "deadline");
  return closed(in, std::move(task));
}

}  // namespace assay::wire
