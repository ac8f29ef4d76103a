#include "core/wire/worker.h"

#include <algorithm>

#include "core/wire/predicate.h"
#include "core/wire/runs.h"

namespace assay::wire {

namespace {

constexpr std::string_view kEnabled = "enabled";
constexpr std::string_view kSuspended = "suspended";
constexpr std::size_t kCauseMax = 32;
constexpr std::size_t kOriginMax = 256;
constexpr std::size_t kDetailMax = 512;

void read_standing(Fields& in, Worker& worker) {
  const std::string state = in.text("state", 16);
  if (state != kEnabled && state != kSuspended) {
    in.note("state", "is neither enabled nor suspended");
  }
  worker.enabled = state == kEnabled;
  worker.cause = worker.enabled ? in.text("cause", kCauseMax) : word_text(in, "cause", kCauseMax);
  if (worker.enabled && !worker.cause.empty()) in.note("cause", "is told of who is suspended");
  worker.void_from = in.u64("void_from");
  if (worker.enabled && worker.void_from != 0) in.note("void_from", "is told of who is suspended");
}

bool all_match(const std::vector<Outcome>& outcomes) {
  return std::ranges::all_of(outcomes, [](Outcome one) { return one == Outcome::match; });
}

// A result cannot be better than its parts, and a fault is a mismatch's.
void check_result(Fields& in, const WorkerResult& result) {
  if (result.outcome == Outcome::unavailable) in.note("outcome", "is the provider's to answer");
  const bool fault = result.faulty_step.has_value() || result.faulty_row.has_value();
  if (fault != (result.outcome == Outcome::mismatch)) {
    in.note("fault", "is told with a mismatch, and with nothing else");
  }
  if (result.outcome != Outcome::match) return;
  const bool nothing = result.positions.empty() && result.rows.empty() && result.pairs.empty();
  if (nothing || !all_match(result.positions) || !all_match(result.rows) ||
      !all_match(result.pairs)) {
    in.note("outcome", "cannot be match: a part of it is not, or there is none");
  }
}

void read_fault(Fields& in, WorkerResult& result) {
  if (in.value("fault").is_null()) return;
  Fields fault(in.value("fault"), "fault");
  if (!fault.value("step").is_null()) result.faulty_step = fault.u32("step", 0, kTraceStepsMax);
  if (!fault.value("row").is_null()) result.faulty_row = fault.u32("row", 0, kRowLast);
  if (Status status = fault.close(); !status.ok()) in.note("fault", status.error().what);
}

Json fault_to_json(const WorkerResult& result) {
  if (!result.faulty_step && !result.faulty_row) return {};
  Json json;
  json.set("step", result.faulty_step ? Json(*result.faulty_step) : Json())
      .set("row", result.faulty_row ? Json(*result.faulty_row) : Json());
  return json;
}

}  // namespace

Statement worker_statement(const Worker& worker) {
  Json json;
  json.set("worker", worker.worker.hex())
      .set("name", worker.name)
      .set("device", worker.device)
      .set("driver", worker.driver)
      .set("state", worker.enabled ? kEnabled : kSuspended)
      .set("cause", worker.cause)
      .set("void_from", u64_text(worker.void_from))
      .set("after", u64_text(worker.after));
  return {Kind::worker, "worker", provider_digest(worker.worker), std::move(json)};
}

Result<Worker> parse_worker(std::string_view payload) {
  return parse_predicate<Worker>(payload, Kind::worker, [](Fields& in, const Statement& statement) {
    Worker worker;
    worker.worker = in.fixed<PublicKey>("worker");
    worker.name = some_text(in, "name", kWorkerNameMax);
    worker.device = some_text(in, "device", kWorkerDeviceMax);
    worker.driver = in.text("driver", kWorkerDriverMax);
    read_standing(in, worker);
    worker.after = in.u64("after");
    expect_subject(in, statement, "worker", provider_digest(worker.worker));
    return worker;
  });
}

Statement worker_call_statement(const WorkerCall& call) {
  Json json;
  json.set("worker", call.worker.hex())
      .set("origin", call.origin)
      .set("sent", time_text(call.sent))
      .set("lease", call.lease.hex());
  return {Kind::worker_call, "worker", provider_digest(call.worker), std::move(json)};
}

Result<WorkerCall> parse_worker_call(std::string_view payload) {
  return parse_predicate<WorkerCall>(
      payload, Kind::worker_call, [](Fields& in, const Statement& statement) {
        WorkerCall call;
        call.worker = in.fixed<PublicKey>("worker");
        call.origin = some_text(in, "origin", kOriginMax);
        call.sent = read_time(in, "sent");
        call.lease = in.fixed<Digest>("lease");
        expect_subject(in, statement, "worker", provider_digest(call.worker));
        return call;
      });
}

Statement worker_result_statement(const WorkerResult& result) {
  Json json;
  json.set("worker", result.worker.hex())
      .set("lease", result.lease.hex())
      .set("task", result.task.hex())
      .set("outcome", outcome_name(result.outcome))
      .set("position_outcomes", outcomes_text(result.positions))
      .set("row_outcomes", outcomes_text(result.rows))
      .set("pair_outcomes", outcomes_text(result.pairs))
      .set("fault", fault_to_json(result))
      .set("device", result.device)
      .set("driver", result.driver)
      .set("replay_ops", u64_text(result.replay_ops))
      .set("detail", people_text(result.detail, kDetailMax));
  return {Kind::worker_result, "lease", result.lease, std::move(json)};
}

Result<WorkerResult> parse_worker_result(std::string_view payload) {
  return parse_predicate<WorkerResult>(
      payload, Kind::worker_result, [](Fields& in, const Statement& statement) {
        WorkerResult result;
        result.worker = in.fixed<PublicKey>("worker");
        result.lease = in.fixed<Digest>("lease");
        result.task = in.fixed<Digest>("task");
        const std::optional<Outcome> outcome = parse_outcome(in.text("outcome", 16));
        if (!outcome) in.note("outcome", "is none of match, mismatch, inconclusive");
        result.outcome = outcome.value_or(Outcome::inconclusive);
        result.positions = read_some_outcomes(in, "position_outcomes", kTraceStepsMax);
        result.rows = read_some_outcomes(in, "row_outcomes", kRowsMax);
        result.pairs = read_some_outcomes(in, "pair_outcomes", kPairsMax);
        read_fault(in, result);
        result.device = some_text(in, "device", kWorkerDeviceMax);
        result.driver = in.text("driver", kWorkerDriverMax);
        result.replay_ops = in.u64("replay_ops");
        result.detail = in.text("detail", kDetailMax);
        check_result(in, result);
        expect_subject(in, statement, "lease", result.lease);
        return result;
      });
}

}  // namespace assay::wire
