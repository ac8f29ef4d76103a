// The service: providers prove, we replay, scores move, renters audit. Transport-free: it is an
// api::Port, so routes, simulations and tests drive the same object.
// Thread-safe. With threads of its own (ServiceOptions::threaded) it runs by itself after start();
// without, nothing moves but in tick() and run_replay().
#pragma once

#include <memory>
#include <thread>

#include "api/port/port.h"
#include "verifier/service/agents.h"
#include "verifier/service/documents.h"
#include "verifier/service/final_scores.h"
#include "verifier/service/provider_index.h"
#include "verifier/service/top_up.h"
#include "verifier/service/workers.h"

namespace assay::verifier {

// What a main or a test brings. All outlive the service.
struct ServicePorts {
  reputation::Store& store;
  Blobs& blobs;
  HeadKeeper& heads;
  Clock& clock;
  Random& random;
  reputation::Store* leases = nullptr;  // LeaseTable::names(); null: in memory, for this process
};

class Service final : public api::Port, public api::AdminPort {
 public:
  // policy_text is put into force as the first leaf of a new log; an existing log must run by it.
  //   malformed    not a policy
  //   conflict     the log runs by another policy
  //   stale        the store is older than the newest signed head, or than what a witness has seen
  //   storage      the store fails
  // `replay` empty: local_runner() at the best level of this machine.
  static Result<std::unique_ptr<Service>> start(ServicePorts ports, ServiceKeys keys,
                                                std::string origin, std::string_view policy_text,
                                                ServiceOptions options, ReplayRunner replay = {});
  ~Service() override;

  // Everything that time causes: draws, deadlines, matching, probes, uptime windows. Every 50 ms.
  void tick();
  bool run_replay();  // one, or one check of a benchmark, if one waits

  // Set once nothing may be acknowledged any more: the process must end with exit code 75.
  std::optional<Error> failed() const;

  const wire::Policy& policy() const { return context_.policy(); }
  const Context& context() const { return context_; }

  // api::Port
  Result<api::Accepted> submit(wire::Kind kind, const std::string& envelope) override;
  Result<std::vector<Result<api::Accepted>>> submit_attestations(
      std::span<const std::string> envelopes) override;
  Result<std::string> poll(const std::string& heartbeat_envelope) override;
  Status put_blob(const Digest& sha256, ByteView bytes) override;
  Result<Bytes> get_blob(const Digest& sha256) override;
  Result<wire::Json> ask_opening(const std::string& job, const std::string& request) override;
  Status give_opening(const Digest& request, ByteView file) override;
  Result<wire::Json> providers(const api::Page& page) override;
  Result<api::Found> search(const api::Search& search) override;
  Result<wire::Json> match(const std::string& request) override;
  Result<wire::Json> provider(const std::string& id) override;
  Result<wire::Json> explain(const std::string& id) override;
  Result<wire::Json> job(const std::string& id) override;
  Result<wire::Json> preview(const std::string& job, std::uint64_t after) override;
  Result<wire::Json> slashes(const api::Page& page) override;
  Result<wire::Json> slash(const std::string& id) override;
  Result<wire::Json> dispute(const std::string& id) override {
    return dispute_document(context_, id);
  }
  Result<wire::Json> challenge(const std::string& id) override {
    return challenge_document(context_, id);
  }
  Result<std::string> worker_call(const std::string& envelope) override;
  Status worker_result(const std::string& envelope) override;
  Result<std::string> kept_worker_result(const std::string& digest) override;
  Result<wire::Json> workers() override { return workers_document(context_); }
  Result<wire::Json> overview() override { return overview_document(context_); }
  Result<wire::Json> uptime(const std::string& id) override {
    return uptime_document(context_, id);
  }
  Result<wire::Json> provider_part(const std::string& id, api::ProviderPart part) override {
    return provider_part_document(context_, id, part);
  }
  Result<wire::Json> events(std::uint64_t after, std::uint32_t limit) override;
  Result<std::string> score(const std::string& id) override;
  Result<std::string> final_score(const std::string& id, const std::string& class_name) override;
  Result<std::string> settlement(const std::string& job) override;
  Result<std::string> receipt(const std::string& job) override;
  Result<std::string> evidence(const std::string& slash) override;
  Result<Bytes> result(const std::string& job) override;
  Result<std::string> checkpoint() override;
  Result<Bytes> tile(const std::string& path) override;
  Result<std::string> policy(const std::string& digest) override;
  Result<std::string> trust() override;

  // api::AdminPort
  wire::Json readiness() override;
  std::string metrics() override;

 private:
  Service(ServicePorts ports, ServiceKeys keys, std::string origin, wire::Policy policy,
          ServiceOptions options, ReplayRunner replay);

  Status boot(std::string_view policy_text);
  std::optional<std::uint64_t> log_size() const;  // nothing: it cannot be read
  Status announce_policy();
  Result<api::Accepted> answer_to(Result<TakenIn> intake, const std::string& envelope);
  void after_submit(const Received& received, const api::Accepted& accepted);
  void accuse_equivocation(const std::string& envelope);
  void accuse_what_waited();
  // Passes an answer on, and remembers when it turned somebody away for a failure of ours.
  template <class Answer>
  Answer noting_failures(Answer answer) {
    if (answer.ok()) return answer;
    const Code code = answer.error().code;
    if (code == Code::storage || code == Code::inconclusive || code == Code::internal) {
      turned_away_ = true;
    }
    return answer;
  }
  void begin_watch();
  void close_uptime_window();
  void close_snapshot_period();
  void match_jobs();

  ServicePorts ports_;
  ServiceKeys keys_;
  PolicyBook policies_;
  reputation::Ledger ledger_;
  Writer writer_;
  Publisher publisher_;
  Notices notices_;
  Context context_;
  Jobs jobs_;
  Audits audits_;
  std::unique_ptr<reputation::Store> own_leases_;  // where nobody brought a store for them
  Workers workers_;
  Appeals appeals_;
  Disputes disputes_;
  Previews previews_;
  AskedOpenings asked_;
  Benchmarks benchmarks_;
  Agents agents_;
  TopUp top_up_;
  FinalScores final_scores_;
  ProviderIndex index_;

  std::mutex accused_mutex_;
  // Second attestations whose evidence is not published yet, and what was when we last looked.
  std::vector<std::pair<std::string, std::uint64_t>> accused_;
  std::atomic<bool> turned_away_{false};  // somebody, since the last tick, for a failure of ours
  std::mutex tick_mutex_;
  UnixMillis alive_since_;
  SteadyMillis last_tick_;
  std::uint64_t window_ = 0;        // the uptime window we are in
  std::uint64_t first_window_ = 0;  // the first one that we saw from its beginning
  std::uint64_t snapshot_period_ = 0;
  std::uint64_t noticed_to_ = 0;  // slashes below this leaf have been told to their providers

  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

}  // namespace assay::verifier
