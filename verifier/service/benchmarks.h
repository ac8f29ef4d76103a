// Hardware rounds: now and then, at random, a provider that has nothing else to do is handed a
// benchmark, sized for a second of what it claims. The time runs by our steady clock from the reply
// that hands it out to the heartbeat that answers; rows drawn after that show whether the work was
// done; what comes of it is logged as a measurement. Memory alone: a restart forgets what runs.
//
// Nothing is measured where our clock or the delivery is uncertain: we stood still, the agent never
// came back, or it did not see the reply. Who saw it and comes back without an answer until the
// deadline has answered at the deadline, at the best. A wrong answer is no measurement, and its
// provider is told; a second one in a row counts as none in time, lest lying be better than being
// slow. Nobody is slashed: there is no order in the log. What is measured is statistical, and not
// which device it was, nor whose.
//
// A provider spends at most ten seconds of an hour on it. Thread-safe.
#pragma once

#include <deque>
#include <map>
#include <mutex>

#include "core/wire/poll.h"
#include "verifier/service/context.h"

namespace assay::verifier {

inline constexpr std::int64_t kBenchmarkDeadlineMs = 10'000;
inline constexpr std::int64_t kBenchmarkBudgetMs = 10'000;  // of an hour
inline constexpr std::size_t kBenchmarksAtOnce = 8;         // of all providers together
// A round comes as often as so many uptime probes.
inline constexpr std::uint64_t kProbesPerRound = 4;

class Benchmarks {
 public:
  explicit Benchmarks(Context& context) : context_(context) {}

  // A coin for each provider that claims something: Poisson over time.
  void tick(std::int64_t elapsed_ms);
  // What this provider's reply holds: the challenge that it has not answered, the rows that it is
  // to open, or nothing. A new round begins only where `idle`.
  std::optional<wire::Benchmark> task_for(const Digest& id, const reputation::ProviderState& state,
                                          bool idle);
  // A heartbeat came. signed_round: of the reply that it signs, zeros for none: a reply that it
  // does not sign was lost, and so is a round that was in no other.
  void heard(const Digest& id, const Digest& signed_round);
  // It answers a challenge, or says where the rows are.
  void answered(const Digest& id, const wire::BenchmarkAnswer& answer);

  bool is_measuring(const Digest& id) const;
  void check_deadlines();
  void drop();       // all rounds that run: we could not have heard the answers
  bool run_check();  // one answer, if one waits. By the replay threads.

 private:
  struct Round {
    wire::Benchmark task;
    Digest name;
    PublicKey provider;
    std::string class_name;
    std::uint64_t claimed = 0;
    std::uint64_t ops = 0;
    SteadyMillis handed;
    bool delivered = false;
    std::int64_t took_ms = 0;  // > 0: answered
    std::vector<Digest> results;
    Digest opening_blob;
    bool checking = false;
  };
  struct Provider {
    bool due = false;
    std::uint64_t number = 0;
    std::uint32_t wrong = 0;  // answers in a row
    std::optional<Round> round;
    std::deque<std::pair<SteadyMillis, std::int64_t>> spent;  // when, and for how long
  };

  std::optional<Round> begin(Provider& provider, const reputation::ProviderState& state);
  bool has_budget(Provider& provider) const;
  std::size_t running() const;  // the mutex is held
  void end(const Digest& id, const Digest& round, const Round& over, std::int64_t took_ms,
           std::string how);
  void judged_wrong(const Digest& id, const Round& round, const std::string& detail);
  void forget(const Digest& id, const Digest& round);

  Context& context_;
  mutable std::mutex mutex_;
  std::map<Digest, Provider> providers_;
  std::deque<Digest> to_check_;  // ids
};

}  // namespace assay::verifier
