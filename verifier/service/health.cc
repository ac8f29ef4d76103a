// What the operator's port shows: readiness from real operations, and metrics.
#include <algorithm>

#include "core/wire/text.h"
#include "verifier/service/health_text.h"
#include "verifier/service/service.h"

namespace assay::verifier {

using wire::Json;

namespace {

// A commit that takes longer hangs: a disk that does not answer.
constexpr std::int64_t kCommitMs = 10'000;
// By so much the clock may go back before nothing is signed any more (Writer).
constexpr std::int64_t kClockBackMs = 1'000;
// Nobody's clock was right before this was written.
constexpr UnixMillis kClockMin{1'767'225'600'000};  // 2026-01-01
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

std::string commits_text(const WriterState& state, const std::optional<Error>& broken) {
  if (broken) return broken->what;
  if (state.under_way_ms > kCommitMs) {
    return "a commit has been under way for " + std::to_string(state.under_way_ms) + " ms";
  }
  if (state.commits == 0) return "nothing has been logged since the start";
  return "the last commit, " + std::to_string(state.last_commit_ms_ago) + " ms ago, took " +
         std::to_string(state.last_commit_ms) + " ms";
}

std::string room_text(const Result<reputation::Room>& room) {
  if (!room.ok()) return room.error().what;
  const reputation::Room& it = room.value();
  const auto mib = [](std::uint64_t bytes) { return std::to_string(bytes >> 20); };
  if (it.map_size_bytes == 0) return "no limit";
  return "map " + mib(it.map_used_bytes) + " of " + mib(it.map_size_bytes) + " MiB, disk " +
         mib(it.disk_free_bytes) + " of " + mib(it.disk_size_bytes) + " MiB free";
}

void store_metrics(std::string& text, const Result<reputation::Room>& room,
                   const WriterState& state) {
  gauge(text, "assay_commits_total", "Transactions that logged something.", state.commits,
        "counter");
  gauge(text, "assay_statements_committed_total", "Statements that they logged.", state.statements,
        "counter");
  gauge(text, "assay_commit_milliseconds_total", "Time in commits, signing and keeping the head.",
        static_cast<std::uint64_t>(state.commit_ms_total), "counter");
  gauge(text, "assay_commit_last_milliseconds", "How long the last one took.",
        static_cast<std::uint64_t>(state.last_commit_ms));
  gauge(text, "assay_commit_under_way_milliseconds", "Of the one that is being made; 0: none is.",
        static_cast<std::uint64_t>(state.under_way_ms));
  gauge(text, "assay_clock_back_milliseconds", "The clock, behind the latest moment seen.",
        static_cast<std::uint64_t>(state.clock_back_ms));
  if (!room.ok()) return;
  gauge(text, "assay_store_map_used_bytes", "Of the store's map, at most so far.",
        room.value().map_used_bytes);
  gauge(text, "assay_store_map_size_bytes", "Of the store's map; 0: no limit.",
        room.value().map_size_bytes);
  gauge(text, "assay_store_disk_free_bytes", "Of the store's disk.", room.value().disk_free_bytes);
  gauge(text, "assay_store_disk_size_bytes", "Of the store's disk; 0: no limit.",
        room.value().disk_size_bytes);
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
  // In this order: a commit that ends meanwhile must not look like leaves without a signature.
  const std::optional<std::uint64_t> leaves = log_size();
  const WriterState commits = writer_.state();
  add("writer", !broken && commits.under_way_ms <= kCommitMs, commits_text(commits, broken));
  const Status store = ports_.store.check();
  add("store", store.ok(), store.ok() ? "takes writes" : store.error().what);
  add("room", store.ok(), room_text(ports_.store.room()));
  const UnixMillis now = ports_.clock.unix_now();
  add("clock", commits.clock_back_ms <= kClockBackMs && now >= kClockMin,
      to_rfc3339(now) + (commits.clock_back_ms == 0
                             ? ""
                             : ", " + std::to_string(commits.clock_back_ms) +
                                   " ms behind what was: nothing is signed until it is right"));
  // While some are left, each is checked before it is read: nobody need be turned away.
  const reputation::CheckedPages pages = ports_.store.checked();
  add("pages", store.ok(),
      std::to_string(pages.checked) + " of " + std::to_string(pages.pages) +
          " pages of the store checked since it was opened");
  // What is in the store must be signed by the end of its commit.
  const std::uint64_t size = writer_.checkpoint().size;
  add("checkpoint", size > 0 && leaves && (size >= *leaves || commits.under_way_ms > 0),
      "signed at size " + std::to_string(size) + " of " +
          (leaves ? std::to_string(*leaves) : std::string("a log that cannot be read")));
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

std::optional<std::uint64_t> Service::log_size() const {
  const Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
  if (!txn.ok()) return std::nullopt;
  const Result<reputation::Head> head = reputation::View(*txn.value()).head();
  return head.ok() ? std::optional(head.value().size) : std::nullopt;
}

std::string Service::metrics() {
  std::string text;
  ledger_gauges(text, context_);
  gauge(text, "assay_log_signed_size", "Size of the newest signed checkpoint.",
        writer_.checkpoint().size);
  store_metrics(text, ports_.store.room(), writer_.state());
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
