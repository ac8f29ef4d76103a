// Audits from draw to verdict: draws over the log, challenges with proof of delivery, replay of
// what was opened, here or by workers, and what follows from it. First audits, and those that
// somebody pays for or an unbonding asks for. All of it is rebuilt from the ledger at start; only
// how often somebody was asked is memory alone, and forgetting that only gives a provider more
// time. What fails on our side is taken up again from the ledger. Thread-safe.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>

#include "core/compute/cuda/backend.h"
#include "core/wire/poll.h"
#include "reputation/policy/breaker.h"
#include "verifier/service/context.h"
#include "verifier/service/intake.h"
#include "verifier/service/replay_queue.h"

namespace assay::verifier {

class Audits {
 public:
  explicit Audits(Context& context) : context_(context) {}

  // Takes up every audit of the ledger that is not finished and not known here yet.
  Status load();
  void look_again();  // load(), or later what fails now

  // Logs the next draw if attestations wait for one. Returns whether it did.
  Result<bool> draw();

  // The challenges that this provider is to be handed now.
  std::vector<wire::Challenge> challenges_for(const Digest& provider);
  // A heartbeat signed the reply in which these challenges were handed out.
  void delivered(const std::vector<std::uint64_t>& attestations, const std::string& heartbeat);
  // A spot-check for this attestation has been logged: replay it.
  void opened(std::uint64_t attestation);
  // Its audit may be open again, after a slash was reversed.
  void take_up(std::uint64_t attestation);
  // The verdict and the summary of an audit all of which an appeal's replays found right, to be
  // logged behind the reversal. Empty when what they are made of cannot be had.
  std::vector<reputation::Submission> found_right(std::uint64_t attestation, std::uint64_t ops,
                                                  std::size_t runs) const;
  bool concerns(const Digest& provider) const;  // something of it is to be judged

  // We could not take answers for a while: all deadlines that run are dropped, and what they were
  // for is asked again.
  void excuse();
  // Moves deadlines: asks again, or concludes that openings are withheld for good.
  void check_deadlines();

  // One replay, if one waits; or, when told so, only what no worker may make. Returns whether there
  // was one. Called by the replay threads.
  bool run_replay(bool leave_to_workers = false);
  std::size_t replay_backlog() const;
  std::int64_t oldest_replay_ms() const;  // how long the first of them has waited

  // What workers are given and answer; workers.h keeps the leases.
  struct Leased {
    OpenAudit audit;
    wire::Opening opening;
    std::uint64_t opening_bytes = 0;
  };
  // The next audit to be replayed by a worker.
  //   not_found    none waits
  //   inconclusive it cannot be read: put off
  Result<Leased> take_for_worker();
  // It is leased already: from before a restart.
  void hold(std::uint64_t attestation);
  // Its lease came to nothing. here_only: too often.
  void not_answered(std::uint64_t attestation, bool here_only);
  // A worker's word for a match, or that it failed.
  void answered(std::uint64_t attestation, const ReplayAnswer& answer);
  // A worker says that something differs: replayed here before anything else, where the scalar
  // definition decides. What it does not confirm was `refuted`, a worker's word against ours.
  void claimed(std::uint64_t attestation, const wire::VerdictWorker& worker);
  std::function<void(const PublicKey& worker)> refuted;

  // An audit that matched, and was replayed here or may be again: any of the latest.
  std::optional<std::uint64_t> some_match();
  // The task of an audit whose opening is there.
  //   inconclusive it cannot be read: our failure
  Result<Leased> load_leased(std::uint64_t attestation) const;

 private:
  struct Audit {
    Digest provider;
    wire::Challenge challenge;
    std::uint32_t asked = 0;               // proven deliveries that led to nothing
    std::optional<SteadyMillis> deadline;  // set by proof of delivery
    std::string delivery_proof;
    SteadyMillis not_before;               // of the next asking
    std::optional<UnixMillis> held_since;  // the breaker put its penalty off
    bool opening_logged = false;
    bool queued = false;  // waits for, or is in, a replay, or is leased
    bool newcomer = false;
    std::vector<wire::VerdictWorker> claims;  // of workers that say that it is wrong
    std::uint32_t replays_failed = 0;         // of ours, in a row
  };

  void track(std::uint64_t attestation);
  Result<Audit> make_audit(std::uint64_t attestation) const;
  void queue(std::uint64_t attestation, Audit& audit, bool here_only);  // the mutex is held
  void judged(std::uint64_t attestation, const OpenAudit& audit, ReplayAnswer answer);
  bool counts_here() const;  // nobody suspended our own worker
  bool is_enabled(const PublicKey& worker) const;
  std::vector<reputation::Submission> own_worker_if_new(const ReplayAnswer& answer) const;
  bool conclude(std::uint64_t attestation, const OpenAudit& audit, ReplayAnswer answer);
  void take_up_again(std::uint64_t attestation);
  void accuse(std::uint64_t attestation);  // slashes for a mismatch verdict that is in the log
  void withheld(std::uint64_t attestation, const Audit& audit);
  void warn(std::uint64_t attestation, const Audit& audit) const;
  bool breaker_holds(std::uint64_t attestation, const Audit& audit, const OpenAudit& open);
  void accuse_again(std::uint64_t attestation, std::uint64_t verdict_index);
  void accuse_what_waited();
  void try_later();
  void forget(std::uint64_t attestation);
  void put_off(std::uint64_t attestation);  // our failure: replayed again later

  Context& context_;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, Audit> due_;  // by attestation index
  ReplayQueue to_replay_;
  std::deque<std::uint64_t> matched_;  // the latest, for some_match()
  static constexpr std::size_t kMatchedKept = 64;
  std::optional<SteadyMillis> look_again_;  // in the ledger, for what failed on our side
  // Attestations whose accusation waits until the published checkpoint has so many leaves.
  std::map<std::uint64_t, std::uint64_t> to_accuse_;
  std::vector<reputation::Failure> failures_;  // would-be penalties, for the breaker
  std::mutex draw_mutex_;
};

// What the provider of a due audit is asked.
wire::Challenge challenge_of(const OpenAudit& open);

// A task as a runner takes it.
ReplayTask task_of(const Audits::Leased& leased);

// What the default runner computes with.
struct ReplayEngine {
  compute::CpuLevel level = compute::best_cpu_level();
  unsigned threads = 1;
  std::shared_ptr<const compute::cuda::Device> device;  // null: the CPU
  std::function<void(const std::string&)> tell;         // from the replay threads; may be empty
};

// The default runner: replays on this machine, and confirms a mismatch in further runs of which the
// scalar definition is always one and alone convicts.
// A device computes whole steps and tiles; start states and rows are the CPU's. When a replay on it
// comes to nothing, because it failed or because the definition does not confirm what it found,
// that replay is inconclusive; the device is given up until the service is started anew, `tell`
// hears why, and the next try runs on the CPU: a faulty device can neither frame nor shield.
ReplayRunner local_runner(const wire::Policy& policy, const compute::Caps& caps,
                          ReplayEngine engine = {});

}  // namespace assay::verifier
