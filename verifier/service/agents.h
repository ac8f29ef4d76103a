// The providers' agents as this process knows them: who polled when, what each was handed last, and
// which of it is proven delivered. Memory alone: after a restart everybody starts afresh, which can
// only be kind to a provider. Thread-safe.
#pragma once

#include <deque>
#include <map>
#include <mutex>

#include "core/wire/poll.h"
#include "verifier/service/asked_openings.h"
#include "verifier/service/audits.h"
#include "verifier/service/disputes.h"
#include "verifier/service/jobs.h"
#include "verifier/service/ledger_changes.h"
#include "verifier/service/market.h"
#include "verifier/service/previews.h"

namespace assay::verifier {

class Agents {
 public:
  Agents(Context& context, Jobs& jobs, Audits& audits, Disputes& disputes, Previews& previews,
         AskedOpenings& asked)
      : context_(context),
        jobs_(jobs),
        audits_(audits),
        disputes_(disputes),
        previews_(previews),
        asked_(asked) {}

  // One poll: api::Port::poll.
  Result<std::string> poll(const std::string& envelope);

  // Something for a provider to learn on its next poll.
  void notify(const Digest& provider, wire::Notice notice);

  // Those that polled within three intervals, are not busy and take jobs; ascending.
  std::vector<Digest> available();
  // The same as candidates for jobs, by what `market` holds of them and what they have open now.
  // Who is not in the market, or tombstoned, is none.
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
  };
  struct Agent {
    PublicKey key;
    SteadyMillis last_poll;
    std::uint64_t last_seq = 0;
    bool accepts_jobs = false;
    std::deque<Handout> handouts;  // the last two: a reply can be lost
    std::deque<wire::Notice> notices;
    std::optional<SteadyMillis> probe_ends;
    std::uint32_t asked = 0;
    std::uint32_t answered = 0;
    std::string answers;
  };

  Result<Agent*> admit(const Digest& id, const reputation::ProviderState& state,
                       const wire::Heartbeat& heartbeat, const std::string& envelope);
  bool is_alive(const Agent& agent) const;
  void show(const Digest& id, const wire::Heartbeat& heartbeat);

  Context& context_;
  Jobs& jobs_;
  Audits& audits_;
  Disputes& disputes_;
  Previews& previews_;
  AskedOpenings& asked_;
  std::mutex mutex_;
  std::map<Digest, Agent> agents_;
};

}  // namespace assay::verifier
