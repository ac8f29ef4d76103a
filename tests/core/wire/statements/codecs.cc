#include "tests/core/wire/statements/codecs.h"

#include <stdexcept>

#include "core/wire/appeal.h"
#include "core/wire/attestation.h"
#include "core/wire/events.h"
#include "core/wire/measurement.h"
#include "core/wire/order.h"
#include "core/wire/paid_challenge.h"
#include "core/wire/poll.h"
#include "core/wire/stake.h"
#include "core/wire/worker.h"

namespace assay::test {

using namespace assay::wire;

namespace {

template <class T>
Codec pair(Kind kind, Result<T> (*parse)(std::string_view), Statement (*statement)(const T&)) {
  return {kind, [parse, statement](std::string_view payload) -> Result<std::string> {
            const Result<T> value = parse(payload);
            if (!value.ok()) return value.error();
            return statement_text(statement(value.value()));
          }};
}

// The same for a kind that is also read out of a statement parsed before: both must say the same.
template <class T>
Codec pair(Kind kind, Result<T> (*parse)(std::string_view), Result<T> (*read)(const Statement&),
           Statement (*statement)(const T&)) {
  return {kind, [parse, read, statement](std::string_view payload) -> Result<std::string> {
            const Result<Statement> parsed = parse_statement(payload);
            const Result<T> again = parsed.ok() ? read(parsed.value()) : Result<T>(parsed.error());
            const Result<T> value = parse(payload);
            if (value.ok() != again.ok()) return fail(Code::internal, "read in two ways");
            if (!value.ok() && value.error().what != again.error().what) {
              return fail(Code::internal, "refused in two ways");
            }
            if (!value.ok()) return value.error();
            std::string text = statement_text(statement(value.value()));
            if (text != statement_text(statement(again.value()))) {
              return fail(Code::internal, "read in two ways");
            }
            return text;
          }};
}

Result<std::string> rewrite_reversal(std::string_view payload) {
  const Result<Reversal> value = parse_reversal(payload);
  if (!value.ok()) return value.error();
  const Digest slash = parse_statement(payload).value().subject;
  return statement_text(reversal_statement(value.value(), slash));
}

Result<std::string> rewrite_appeal(std::string_view payload) {
  const Result<Appeal> value = parse_appeal(payload);
  if (!value.ok()) return value.error();
  const Digest slash = parse_statement(payload).value().subject;
  return statement_text(appeal_statement(value.value(), slash));
}

Result<std::string> rewrite_ruling(std::string_view payload) {
  const Result<Ruling> value = parse_ruling(payload);
  if (!value.ok()) return value.error();
  const Digest slash = parse_statement(payload).value().subject;
  return statement_text(ruling_statement(value.value(), slash));
}

Result<std::string> rewrite_move(std::string_view payload) {
  const Result<DisputeMove> value = parse_dispute_move(payload);
  if (!value.ok()) return value.error();
  const Digest dispute = parse_statement(payload).value().subject;
  return statement_text(dispute_move_statement(value.value(), dispute));
}

Result<std::string> rewrite_end(std::string_view payload) {
  const Result<DisputeEnd> value = parse_dispute_end(payload);
  if (!value.ok()) return value.error();
  const Digest dispute = parse_statement(payload).value().subject;
  return statement_text(dispute_end_statement(value.value(), dispute));
}

}  // namespace

const std::vector<Codec>& codecs() {
  static const std::vector<Codec> all{
      pair(Kind::registration, parse_registration, parse_registration, registration_statement),
      pair(Kind::order, parse_order, parse_order, order_statement),
      pair(Kind::cancel, parse_cancel, cancel_statement),
      pair(Kind::reveal, parse_reveal, reveal_statement),
      pair(Kind::acceptance, parse_acceptance, parse_acceptance, acceptance_statement),
      pair(Kind::attestation, parse_attestation, parse_attestation, attestation_statement),
      pair(Kind::heartbeat, parse_heartbeat, heartbeat_statement),
      pair(Kind::spotcheck, parse_spotcheck, parse_spotcheck, spotcheck_statement),
      pair(Kind::draw, parse_draw, draw_statement),
      pair(Kind::verdict, parse_verdict, verdict_statement),
      pair(Kind::summary, parse_summary, summary_statement),
      pair(Kind::timeout, parse_timeout, timeout_statement),
      pair(Kind::uptime, parse_uptime, uptime_statement),
      pair(Kind::slash, parse_slash, slash_statement),
      {Kind::reversal, rewrite_reversal},
      {Kind::appeal, rewrite_appeal},
      {Kind::ruling, rewrite_ruling},
      pair(Kind::dispute, parse_dispute, dispute_statement),
      {Kind::dispute_move, rewrite_move},
      {Kind::dispute_end, rewrite_end},
      pair(Kind::stake, parse_stake, stake_statement),
      pair(Kind::maintenance, parse_maintenance, maintenance_statement),
      pair(Kind::measurement, parse_measurement, measurement_statement),
      pair(Kind::worker, parse_worker, worker_statement),
      pair(Kind::worker_call, parse_worker_call, worker_call_statement),
      pair(Kind::worker_result, parse_worker_result, worker_result_statement),
      pair(Kind::paid_challenge, parse_paid_challenge, paid_challenge_statement),
      pair(Kind::policy, parse_policy_change, policy_change_statement),
      pair(Kind::snapshot, parse_snapshot, snapshot_statement),
      pair(Kind::score, parse_score, score_statement),
      pair(Kind::settlement, parse_settlement, settlement_statement)};
  return all;
}

const Codec& codec(std::string_view kind) {
  for (const Codec& one : codecs()) {
    if (kind_name(one.kind) == kind) return one;
  }
  throw std::runtime_error("no kind of statement is named " + std::string(kind));
}

}  // namespace assay::test
