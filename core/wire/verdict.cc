#include "core/wire/verdict.h"

#include <algorithm>
#include <array>

#include "core/wire/predicate.h"
#include "core/wire/runs.h"

namespace assay::wire {

namespace {

constexpr std::array<std::string_view, 4> kOutcomes{"match", "mismatch", "unavailable",
                                                    "inconclusive"};

constexpr std::size_t kDetailMax = 512;

Outcome read_outcome(Fields& in, std::string_view key) {
  const std::optional<Outcome> outcome = parse_outcome(in.text(key, 16));
  if (!outcome) in.note(key, "is none of match, mismatch, unavailable, inconclusive");
  return outcome.value_or(Outcome::inconclusive);
}

Json fault_to_json(const Verdict& verdict) {
  if (!verdict.faulty_step && !verdict.faulty_row) return {};
  Json json;
  json.set("step", verdict.faulty_step ? Json(*verdict.faulty_step) : Json())
      .set("row", verdict.faulty_row ? Json(*verdict.faulty_row) : Json());
  return json;
}

void read_fault(Fields& in, Verdict& verdict) {
  if (in.value("fault").is_null()) return;
  Fields fault(in.value("fault"), "fault");
  if (!fault.value("step").is_null()) verdict.faulty_step = fault.u32("step", 0, kTraceStepsMax);
  if (!fault.value("row").is_null()) verdict.faulty_row = fault.u32("row", 0, kRowLast);
  if (Status status = fault.close(); !status.ok()) in.note("fault", status.error().what);
  if (!verdict.faulty_step && !verdict.faulty_row) in.note("fault", "names neither step nor row");
  if (verdict.outcome != Outcome::mismatch) in.note("fault", "is told with a mismatch only");
}

Json workers_to_json(const std::vector<VerdictWorker>& workers) {
  Json json = Json::array();
  for (const VerdictWorker& it : workers) {
    json.push(Json::object({{"worker", it.worker.hex()},
                            {"device", it.device},
                            {"driver", it.driver},
                            {"result", it.result.hex()}}));
  }
  return json;
}

// Absent when there is none: one spelling.
void read_workers(Fields& in, Verdict& verdict) {
  if (!in.has("workers")) return;
  verdict.workers = read_items<VerdictWorker>(in, "workers", kVerdictWorkersMax, [](Fields& item) {
    VerdictWorker it;
    it.worker = item.fixed<PublicKey>("worker");
    it.device = item.text("device", 128);
    it.driver = item.text("driver", 64);
    it.result = item.fixed<Digest>("result");
    return it;
  });
  const auto by_key = [](const VerdictWorker& a, const VerdictWorker& b) {
    return a.worker < b.worker;
  };
  const auto& all = verdict.workers;
  if (all.empty()) in.note("workers", "is left out when there is none");
  const bool ascend = std::adjacent_find(all.begin(), all.end(), [&](const auto& a, const auto& b) {
                        return !by_key(a, b);
                      }) == all.end();
  if (!ascend) in.note("workers", "must ascend by key, each once");
}

bool all_match(const std::vector<Outcome>& outcomes) {
  return std::all_of(outcomes.begin(), outcomes.end(),
                     [](Outcome outcome) { return outcome == Outcome::match; });
}

// A verdict cannot be better than what was found.
void check_outcome(Fields& in, const Verdict& verdict) {
  if (verdict.outcome != Outcome::match) return;
  if (verdict.positions.empty() && verdict.rows.empty() && verdict.pairs.count == 0) {
    in.note("outcome", "cannot be match: nothing was replayed");
  } else if (!all_match(verdict.position_outcomes) || !all_match(verdict.row_outcomes) ||
             !all_match(verdict.pair_outcomes)) {
    in.note("outcome", "cannot be match: a part of it is not");
  }
}

}  // namespace

std::string_view outcome_name(Outcome outcome) {
  return kOutcomes[static_cast<std::size_t>(outcome)];
}

std::optional<Outcome> parse_outcome(std::string_view name) {
  const auto at = std::find(kOutcomes.begin(), kOutcomes.end(), name);
  if (at == kOutcomes.end()) return std::nullopt;
  return static_cast<Outcome>(at - kOutcomes.begin());
}

Statement verdict_statement(const Verdict& verdict) {
  Json json;
  json.set("draw", verdict.draw.hex())
      .set("attestation_index", u64_text(verdict.attestation_index))
      .set("attestation", verdict.attestation.hex())
      .set("job", verdict.job.hex())
      .set("provider", verdict.provider.hex())
      .set("reason", reason_name(verdict.reason))
      .set("ordinal", verdict.ordinal)
      .set("p_ppm", verdict.p_ppm)
      .set("positions", numbers_to_json(verdict.positions))
      .set("position_outcomes", outcomes_text(verdict.position_outcomes))
      .set("rows", numbers_to_json(verdict.rows))
      .set("row_outcomes", outcomes_text(verdict.row_outcomes))
      .set("pairs", pairs_to_json(verdict.pairs))
      .set("pair_outcomes", outcomes_text(verdict.pair_outcomes))
      .set("outcome", outcome_name(verdict.outcome))
      .set("fault", fault_to_json(verdict))
      .set("runs", verdict.runs)
      .set("device", verdict.device)
      .set("replay_ops", u64_text(verdict.replay_ops))
      .set("detail", people_text(verdict.detail, kDetailMax));
  if (!verdict.workers.empty()) json.set("workers", workers_to_json(verdict.workers));
  return {Kind::verdict, "attestation", verdict.attestation, std::move(json)};
}

Result<Verdict> parse_verdict(std::string_view payload) {
  return parse_predicate<Verdict>(
      payload, Kind::verdict, [](Fields& in, const Statement& statement) {
        Verdict verdict;
        verdict.draw = in.fixed<Digest>("draw");
        verdict.attestation_index = in.u64("attestation_index");
        verdict.attestation = in.fixed<Digest>("attestation");
        verdict.job = in.fixed<Digest>("job");
        verdict.provider = in.fixed<PublicKey>("provider");
        verdict.reason = read_reason(in, "reason");
        verdict.ordinal = in.u32("ordinal");
        verdict.p_ppm = in.u32("p_ppm", 0, kMillion);
        verdict.positions = read_positions(in, "positions");
        verdict.position_outcomes =
            read_outcomes(in, "position_outcomes", verdict.positions.size());
        verdict.rows = read_rows(in, "rows");
        verdict.row_outcomes = read_outcomes(in, "row_outcomes", verdict.rows.size());
        verdict.pairs = read_pairs(in, "pairs");
        verdict.pair_outcomes = read_outcomes(in, "pair_outcomes", verdict.pairs.count);
        verdict.outcome = read_outcome(in, "outcome");
        read_fault(in, verdict);
        verdict.runs = in.u32("runs");
        verdict.device = in.text("device", 128);
        verdict.replay_ops = in.u64("replay_ops");
        verdict.detail = in.text("detail", kDetailMax);
        read_workers(in, verdict);
        check_outcome(in, verdict);
        expect_subject(in, statement, "attestation", verdict.attestation);
        return verdict;
      });
}

Outcome worst(std::span<const Outcome> outcomes) {
  for (const Outcome outcome : {Outcome::mismatch, Outcome::unavailable, Outcome::inconclusive}) {
    if (std::find(outcomes.begin(), outcomes.end(), outcome) != outcomes.end()) return outcome;
  }
  return outcomes.empty() ? Outcome::inconclusive : Outcome::match;
}

}  // namespace assay::wire
