// What the operator's port shows: readiness from real operations, and metrics.
#include <algorithm>

#include "core/wire/text.h"
#include "verifier/service/health_text.h"
#include "verifier/service/service.h"

namespace assay::verifier {

using wire::Json;

namespace {

// A quorum that is not there for so long is lost.
constexpr std::int64_t kQuorumMs = 10'000;

bool has_quorum(const PublisherState& state) {
  return state.is_published && state.waiting_ms < kQuorumMs;
}

std::string witnesses_text(const PublisherState& state) {
  std::string text = "quorum " + state.quorum + ", published " +
                     std::to_string(state.published_size) + " of " +
                     std::to_string(state.signed_size) + " leaves";
  for (const WitnessState& witness : state.witnesses) {
    text += "; " + witness.name + " at " + std::to_string(witness.size);
    if (!witness.trouble.empty()) text += ": " + witness.trouble;
  }
  return text;
}

// One metric with a value for each witness.
template <class Value>
void per_witness(std::string& text, const PublisherState& state, const char* name, const char* help,
                 const char* type, Value value) {
  if (state.witnesses.empty()) return;
  text += std::string("# HELP ") + name + " " + help + "\n# TYPE " + name + " " + type + "\n";
  for (const WitnessState& witness : state.witnesses) {
    std::string label = wire::people_text(witness.name, 64);
    std::replace(label.begin(), label.end(), '"', '?');
    std::replace(label.begin(), label.end(), '\\', '?');
    text +=
        std::string(name) + "{witness=\"" + label + "\"} " + std::to_string(value(witness)) + "\n";
  }
}

void witness_metrics(std::string& text, const PublisherState& state) {
  gauge(text, "assay_log_published_size", "Size of the newest checkpoint with its quorum.",
        state.published_size);
  gauge(text, "assay_log_published_age_seconds", "Since the published checkpoint was cosigned.",
        static_cast<std::uint64_t>(state.published_ms_ago / 1000));
  gauge(text, "assay_quorum_met", "0 while no newer checkpoint gets its quorum.",
        has_quorum(state) ? 1 : 0);
  per_witness(text, state, "assay_witness_lag_leaves", "Leaves that it has not cosigned.", "gauge",
              [&](const WitnessState& witness) {
                return state.signed_size - std::min(state.signed_size, witness.size);
              });
  per_witness(text, state, "assay_witness_lag_seconds",
              "Since when there are leaves that it has not cosigned.", "gauge",
              [](const WitnessState& witness) { return witness.behind_ms / 1000; });
  per_witness(text, state, "assay_witness_cosignatures_total", "Checkpoints that it cosigned.",
              "counter", [](const WitnessState& witness) { return witness.cosigned; });
  per_witness(text, state, "assay_witness_disagrees", "1 when it has seen another log.", "gauge",
              [](const WitnessState& witness) { return witness.disagrees ? 1 : 0; });
}

}  // namespace

Json Service::readiness() {
  Json checks = Json::array();
  bool ready = true;
  const auto add = [&](const char* name, bool ok, std::string detail) {
    ready = ready && ok;
    checks.push(check(name, ok, std::move(detail)));
  };
  const std::optional<Error> broken = failed();
  add("writer", !broken, broken ? broken->what : "the last commit succeeded");
  const Status store = ports_.store.check();
  add("store", store.ok(), store.ok() ? "takes writes" : store.error().what);
  // While some are left, each is checked before it is read: nobody need be turned away.
  const reputation::CheckedPages pages = ports_.store.checked();
  add("pages", store.ok(),
      std::to_string(pages.checked) + " of " + std::to_string(pages.pages) +
          " pages of the store checked since it was opened");
  const std::uint64_t size = writer_.checkpoint().size;
  add("checkpoint", size > 0, "signed at size " + std::to_string(size));
  // Statements are taken in without a quorum: its loss is shown, but does not turn anybody away.
  const PublisherState shown = publisher_.state();
  checks.push(check("witnesses", has_quorum(shown), witnesses_text(shown)));
  // A queue turns nobody away, and changes no probability: settlement waits for it.
  const Workers::Counts lent = workers_.counts();
  add("replay", true,
      std::to_string(audits_.replay_backlog()) + " waiting, the first for " +
          std::to_string(audits_.oldest_replay_ms() / 1000) + " s; " + std::to_string(lent.leased) +
          " with workers");
  Json json = Json::object({{"ready", ready}});
  json.set("checks", std::move(checks));
  return json;
}

std::string Service::metrics() {
  std::string text;
  ledger_gauges(text, context_);
  gauge(text, "assay_log_signed_size", "Size of the newest signed checkpoint.",
        writer_.checkpoint().size);
  witness_metrics(text, publisher_.state());
  gauge(text, "assay_providers_alive", "Providers that polled lately.", agents_.alive_count());
  gauge(text, "assay_jobs_waiting", "Jobs open or at work.", jobs_.queue_length());
  gauge(text, "assay_replay_backlog", "Openings waiting to be replayed.", audits_.replay_backlog());
  gauge(text, "assay_replay_oldest_seconds", "How long the first of them has waited.",
        static_cast<std::uint64_t>(audits_.oldest_replay_ms() / 1000));
  const Workers::Counts lent = workers_.counts();
  gauge(text, "assay_leases", "Replays that are with workers.", lent.leased);
  gauge(text, "assay_leases_expired_total", "Leases that nobody answered.", lent.expired,
        "counter");
  gauge(text, "assay_dead_letters_total", "Replays that no worker managed: made here.",
        lent.dead_letters, "counter");
  gauge(text, "assay_canaries_ready", "Canaries to be given out.", lent.ready_canaries);
  gauge(text, "assay_canaries_passed_total", "Canaries that workers answered rightly.",
        lent.canaries_passed, "counter");
  gauge(text, "assay_canaries_missed_total", "Canaries that cost a worker its standing.",
        lent.canaries_missed, "counter");
  gauge(text, "assay_top_up_orders_total", "Orders of the verifier's own.", top_up_.ordered(),
        "counter");
  gauge(text, "assay_top_up_spent_micros", "What they cost in the last 24 hours.",
        top_up_.spent_micros());
  gauge(text, "assay_writer_failed", "1 once nothing is acknowledged any more.", failed() ? 1 : 0);
  return text;
}

}  // namespace assay::verifier
