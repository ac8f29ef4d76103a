// The providers' agents as this process knows them: who polled when, what each was handed last, and
// which of it is proven delivered. Memory alone: after a restart everybody starts afresh, which can
// only be kind to a provider. Thread-safe.
#pragma once

#include <deque>
#include <map>
#include <mutex>

#include "core/wire/poll.h"
#include "verifier/service/appeals.h"
#include "verifier/service/asked_openings.h"
#include "verifier/service/audits.h"
#include "verifier/service/benchmarks.h"
#include "verifier/service/disputes.h"
#include "verifier/service/jobs.h"
#include "verifier/service/ledger_changes.h"
#include "verifier/service/market.h"
#include "verifier/service/previews.h"

namespace assay::verifier {

class Agents {
 public:
  Agents(Context& context, Jobs& jobs, Audits& audits, Appeals& appeals, Disputes& disputes,
         Previews& previews, AskedOpenings& asked, Benchmarks& benchmarks)
      : context_(context),
        jobs_(jobs),
        audits_(audits),
        appeals_(appeals),
        disputes_(disputes),
        previews_(previews),
        asked_(asked),
        benchmarks_(benchmarks) {}

  // One poll: api::Port::poll.
  Result<std::string> poll(const std::string& envelope);

  // Those that polled within three intervals, take jobs and have nothing else to do: are not at
  // work and not being measured; ascending.
  std::vector<Digest> available();
  // The same as candidates for jobs, by what `market` holds of them and what they have open now.
  // Who is not in the market, tombstoned or in jail, is none.
  std::vector<Candidate> candidates(const Market& market, const LedgerChanges::OpenJobs& open);

  // Uptime probes. Each tick may start one per provider (Poisson over time); a probe is answered by
  // a poll within the grace. take_probes() empties the counts of what has been resolved.
  void tick_probes(std::int64_t elapsed_ms);
  struct ProbeCount {
    PublicKey provider;
    std::uint32_t answered = 0;
    std::uint32_t asked = 0;
  };
  struct ProbeCounts {
    std::vector<ProbeCount> rows;
    std::string answers;  // the signed heartbeats counted, one a line
  };
  ProbeCounts take_probes();
  void drop_probes();  // those that run: we could not have heard the answers

  std::size_t alive_count();

 private:
  struct Handout {
    Digest reply;
    Digest nonce;
    std::vector<std::uint64_t> attestations;  // whose challenges were in it
    std::vector<Disputes::Handed> disputes;
    std::uint64_t notices_end = 0;  // of Notices
    Digest benchmark;               // the round; zeros: none
  };
  struct Agent {
    PublicKey key;
    SteadyMillis last_poll;
    std::uint64_t last_seq = 0;
    bool accepts_jobs = false;
    std::optional<std::uint64_t> jailed_since;  // what its provider was told
    std::deque<Handout> handouts;               // the last two: a reply can be lost
    std::optional<SteadyMillis> probe_ends;
    std::uint32_t asked = 0;
    std::uint32_t answered = 0;
    std::string answers;
  };

  Result<Agent*> admit(const Digest& id, const reputation::ProviderState& state,
                       const wire::Heartbeat& heartbeat, const std::string& envelope);
  bool is_alive(const Agent& agent) const;
  void take_from_view(std::vector<Candidate>& candidates) const;
  void tell_of_jail(const Digest& id, Agent& agent, const std::optional<reputation::Jail>& jail);
  Status give_work(wire::PollReply& reply, const Digest& id, const reputation::ProviderState& state,
                   const wire::Heartbeat& heartbeat);
  void show(const Digest& id, const wire::Heartbeat& heartbeat);
  std::uint32_t next_poll_ms(const Digest& id, const wire::PollReply& reply) const;

  Context& context_;
  Jobs& jobs_;
  Audits& audits_;
  Appeals& appeals_;
  Disputes& disputes_;
  Previews& previews_;
  AskedOpenings& asked_;
  Benchmarks& benchmarks_;
  std::mutex mutex_;
  std::map<Digest, Agent> agents_;
};

}  // namespace assay::verifier
