// The provider's agent: polls the verifier, takes jobs, runs them, attests, answers challenges.
// It only dials out. All decisions are in step(); run() adds sleeping.
//
// One thread owns an Agent. With background_jobs, jobs and openings are computed on threads of the
// agent's own, so that polls go on meanwhile; every call to the Port and every write to the journal
// but checkpoints stays on the owner's thread.
//
// With a device, jobs run on it and part of each is computed again on the CPU (self_check.h). When
// it fails, or computes wrongly, nothing of that job is signed: the job is run again from its
// beginning on the CPU, and so is all that follows, until the agent is started anew. An event says
// so. Openings are computed on the CPU: a device that is gone must not withhold them.
//
// After a crash at any point a new Agent on the same Journal goes on: acceptances and attestations
// are sent again byte for byte, unfinished jobs are run again, open challenges are answered.
#pragma once

#include <map>
#include <set>

#include "api/port/port.h"
#include "core/base/random.h"
#include "core/base/time.h"
#include "core/compute/cuda/backend.h"
#include "core/wire/policy.h"
#include "prover/cheat.h"
#include "prover/checkpoints.h"
#include "prover/journal.h"
#include "prover/previews.h"
#include "prover/task.h"

namespace assay::prover {

struct AgentPorts {
  api::Port& port;
  Clock& clock;
  Random& random;
};

// Something a person may want to see. `job` is zeros where it is about none.
struct AgentEvent {
  enum class Kind {
    registered,
    notice,
    declined,
    accepted,
    started,
    finished,
    attested,
    opened,
    closed,
    trouble
  };
  Kind kind = Kind::trouble;
  Digest job;
  std::string text;
};
const char* event_name(AgentEvent::Kind kind);

struct AgentOptions {
  wire::Registration profile;       // `provider` is filled in from the key
  std::uint32_t open_jobs_max = 4;  // taken and not yet attested
  std::uint64_t jobs_max = 0;       // takes so many, then run() ends when they are attested; 0: all
  bool background_jobs = true;      // false: everything happens inside step(), deterministically
  std::uint64_t checkpoint_bytes = std::uint64_t{256} << 20;  // per job
  // How long what ended is kept: the policy's 28 days, in which it may be challenged or disputed,
  // and a week in which what was asked at their end is drawn over, handed out and answered.
  std::int64_t retention_ms = std::int64_t{35} * 24 * 3600 * 1000;
  std::uint32_t jitter_ppm = 200'000;  // polls come this much earlier or later
  bool previews = true;                // texts are shown to their renters while they are made
  bool adopt_chain = false;            // a fresh journal takes its place from the log
  compute::Caps caps;
  compute::ModelSource models;  // empty: models are put together in memory for each job
  wire::Policy policy;  // how deep audits are expected to go; what they could ask for must fit
  std::shared_ptr<const compute::cuda::Device> device;  // null: jobs run on the CPU
  wire::Device device_named;  // `device` in statements, beside those of the profile
  std::function<void(const AgentEvent&)> on_event;  // on the owner's thread
  // After each step of a job, on the thread that runs it.
  std::function<void(const Digest& job, std::uint32_t step, std::uint32_t steps)> on_progress;
  // After the work of a hardware round of so many multiply-adds, on the thread that ran it.
  std::function<void(std::uint64_t ops)> on_benchmark;
  std::function<std::uint64_t()> free_memory_bytes;
  Cheat cheat;  // empty in a real agent
};

struct Step {
  std::int64_t wait_ms = 0;      // until the next step, jitter or backoff included
  std::optional<Error> trouble;  // something that is tried again by itself
  bool busy = false;             // jobs or challenges are still open
};

class Agent {
 public:
  Agent(AgentPorts ports, SigningKey key, compute::Engine& engine, Journal& journal,
        AgentOptions options);
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // One poll and all work that follows from it. Errors are final: the agent must not go on.
  //   conflict     the log and the journal disagree about this key's attestations
  //   permission, signature   the verifier will not have this provider
  //   storage      the journal cannot be written
  Result<Step> step();

  // step() until `stop` is set, jobs_max is reached, or an error is final.
  Status run(const std::atomic<bool>& stop);

  std::uint64_t jobs_attested() const { return jobs_attested_; }

 private:
  struct Running;    // what the job task works on
  struct Answering;  // what the opening task works on
  struct Disputing;  // what the dispute task works on
  struct Measuring;  // what the benchmark task works on

  // agent.cc: the poll
  Status turn();
  Status register_once();
  Status poll();
  Status take_reply(const wire::PollReply& reply, const Digest& digest, std::uint64_t seq);
  Status check_chain(const wire::PollReply& reply);
  void take_notice(const wire::Notice& notice);
  wire::Heartbeat heartbeat();
  std::int64_t backoff_ms();
  std::int64_t jittered(std::int64_t ms);
  bool finished_all() const;
  void wait(const Step& step, const std::atomic<bool>& stop);

  // agent_jobs.cc: from the offer to a finished run
  Status take_offers();
  Status take_offer(const wire::Offer& offer);
  Status advance_jobs();
  Status advance_job(const Digest& job);
  Status send_acceptance(const Digest& job);
  Status start_job(const Digest& job);
  Status collect_job();
  Status keep_outcome(std::unique_ptr<Running> work);
  std::unique_ptr<compute::Program> place_on_device(
      const Digest& job, const std::shared_ptr<const compute::Program>& program);
  void give_up_device(const Digest& job, const Error& error);
  std::string cpu_name() const;
  std::vector<wire::Device> devices() const;
  void close_job(const Digest& job, const std::string& why);
  compute::InputSource inputs_of(const Digest& job);
  Result<wire::Order> order_of(const Digest& job);
  Result<std::unique_ptr<compute::Program>> load(const Digest& job, const wire::WorkloadSpec& spec);
  bool past_deadline(const Digest& job);
  bool still_wanted(const Digest& job);
  std::vector<Digest> unfinished_jobs() const;
  std::uint64_t open_jobs() const;
  bool accepts_jobs() const;

  // agent_attest.cc: from there to the log
  Status attest(const Digest& job);
  Status sign_attestation(const Digest& job);
  Status redo(const Digest& job, const Error& error);
  Status send_blobs(const Digest& job);
  Status send_pending();
  void send_second(const PendingAttestation& first);
  Status pending_refused(const PendingAttestation& pending, const Error& error);

  // agent_openings.cc: challenges
  void note_challenges(const std::vector<wire::Challenge>& challenges);
  Status answer_challenges();
  std::optional<Digest> next_challenge();
  void make_way();
  Status start_opening(const Digest& key);
  void collect_opening();
  Status send_opening();
  Status send_spotcheck(const wire::Challenge& challenge);
  Status drop_unless_again(const wire::Challenge& challenge, const Error& error);

  // agent_disputes.cc: answers to challengers. The verifier hands out a dispute with all its moves
  // until it is answered, so that nothing about it need be remembered.
  Status answer_disputes();
  Status start_dispute(const wire::DisputeTask& task);
  Status send_answer();
  Status drop_dispute(const Error& error);

  // agent_benchmark.cc: hardware rounds. The verifier hands a challenge out until it has its
  // answer.
  Status may_measure(const wire::Benchmark& task) const;
  Status answer_benchmark();
  Status start_benchmark(const Digest& round);
  void collect_benchmark();
  Status open_benchmark_rows();
  std::optional<wire::BenchmarkAnswer> benchmark_answer() const;
  bool benchmark_waits() const;

  // Counts refusals of one statement (or job); true at the third in a row. A refusal may come from
  // bytes damaged on the way, so that one alone is not believed.
  bool refused_for_good(const Digest& about, const Error& error);
  Status keep(Status status);  // a journal write: its failure is final
  void tell(AgentEvent::Kind kind, const Digest& job, std::string text);
  UnixMillis log_now();  // our estimate of the verifier's clock

  AgentPorts ports_;
  SigningKey key_;
  compute::Engine& engine_;
  compute::Engine opening_engine_;
  Journal& journal_;
  AgentOptions options_;

  std::optional<Error> final_;
  bool registered_ = false;
  bool resync_ = false;         // the verifier did not know our nonce: begin again with zeros
  std::uint32_t failures_ = 0;  // in a row
  std::int64_t next_poll_ms_ = 1000;
  std::int64_t clock_offset_ms_ = 0;
  SteadyMillis polled_;  // when the last poll began
  std::uint64_t jobs_taken_ = 0;
  std::uint64_t jobs_attested_ = 0;
  std::vector<wire::Offer> offers_;
  std::set<Digest> declined_;             // so that each is looked at once
  std::map<Digest, int> refusals_;        // of one statement, in a row
  std::map<Digest, wire::Order> orders_;  // of jobs that are not attested
  std::set<Digest> answered_;             // challenges whose answer is logged
  Previews previews_;
  std::unique_ptr<Running> running_;
  std::unique_ptr<Answering> answering_;
  std::vector<wire::DisputeTask> disputes_;                     // of the last poll
  std::set<std::pair<std::uint64_t, std::size_t>> moves_made_;  // dispute, number of the move
  std::unique_ptr<Disputing> disputing_;
  std::optional<wire::Benchmark> benchmark_;             // of the last poll
  std::optional<wire::BenchmarkAnswer> benchmark_sent_;  // what the verifier has of it
  std::unique_ptr<Measuring> measuring_;
  Task job_task_;
  Task opening_task_;
  Task dispute_task_;
  Task benchmark_task_;
};

}  // namespace assay::prover
