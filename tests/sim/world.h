// A whole Assay in one thread: the real service on an in-memory store, real agents with journals on
// disk, renters, one clock that only moves when told. No sockets, no sleeping, no real time: the
// same seed gives the same log.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "prover/agent.h"
#include "prover/misbehave.h"
#include "reputation/ledger/memory_store.h"
#include "tests/temporary_folder.h"
#include "verifier/service/service.h"

namespace assay::test {

struct WorldOptions {
  std::uint64_t seed = 1;
  wire::Policy policy = wire::demo_policy();
  verifier::ReplayRunner replay{};  // empty: the real one
  bool start_service = true;
  verifier::LeaseOptions leases{};
  verifier::TopUpOptions top_up{};
};

class World {
 public:
  explicit World(WorldOptions options = {});
  ~World();

  ManualClock clock{UnixMillis{1'780'000'000'000}};
  SeededRandom random;
  std::unique_ptr<reputation::Store> store;
  std::unique_ptr<verifier::Blobs> blobs;
  std::unique_ptr<verifier::HeadKeeper> heads;
  std::unique_ptr<reputation::Store> leases;
  verifier::WitnessSetup witnesses;  // asked by the services that are started from now on
  std::string next_policy;           // announced by them; empty: none
  std::unique_ptr<verifier::Service> service;
  // How agents and everybody else reach the service: a client of it over HTTP, say. Null: directly.
  api::Port* via = nullptr;
  api::Port& port() const { return via != nullptr ? *via : *service; }

  // The service as it would be after a kill and a restart: same store, empty memory. Agents that
  // live are restarted with it.
  void restart_service();
  Status try_start_service();  // the same where the service may refuse to start
  void stop_service() { service.reset(); }

  // A provider's agent, by name; its key follows from its name.
  void add_provider(const std::string& name, std::optional<prover::Misbehave> cheat = {},
                    prover::CheatOptions options = {});
  // One with a cheat of the caller's own, made anew for each of its lives.
  void add_cheat(const std::string& name, std::function<prover::Cheat()> make);
  // One whose options the caller changes, for each of its lives.
  void add_adjusted(const std::string& name, std::function<void(prover::AgentOptions&)> adjust);
  void drop_agent(const std::string& name);  // as if it died; its journal stays
  void restart_agent(const std::string& name);
  PublicKey key_of(const std::string& name) const;
  SigningKey signing_key_of(const std::string& name) const { return key_from(name); }
  std::string id_of(const std::string& name) const;
  std::string folder_of(const std::string& name) const { return folder_ / name; }

  // Orders. The nonce follows from a counter.
  wire::Order gemm_order(std::uint32_t rows = 16, std::uint32_t cols = 64,
                         std::uint32_t steps = 8) const;
  wire::Order render_order(std::uint32_t width = 96, std::uint32_t height = 64,
                           std::uint32_t samples = 2);
  Result<Digest> order(wire::Order order, const std::string& provider = "");

  // Moves time in 25 ms steps, agents and service in turn, until `done` or `max_ms` have passed.
  // Returns whether it was done.
  bool run_until(const std::function<bool()>& done, std::int64_t max_ms = 120'000);
  void run_for(std::int64_t ms);
  // The same for the service alone: the agents do not move, as while one of them is at work.
  void pass_time(std::int64_t ms);

  // What the service says.
  std::string job_status(const Digest& job);
  std::uint32_t trust_ppm(const std::string& name);
  wire::Json provider(const std::string& name);
  std::size_t slashes_of(const std::string& name);
  bool is_over(const Digest& job);  // settled, failed or cancelled

  // Submits `count` gemm jobs (or what `make` gives) to one provider, one after the other, until
  // one of them fails; returns how many ran. 0 < result <= count.
  int jobs_until_caught(const std::string& name, int count,
                        const std::function<wire::Order(World&)>& make = {});

  // Everything that can be checked from outside: the log's root, the seals, and that a ledger
  // rebuilt from the leaves alone is equal byte for byte.
  Status check_everything();

  const SigningKey& renter() const { return renter_; }
  // Sends a statement signed by any key; for tests that misbehave by hand.
  Result<api::Accepted> say(const SigningKey& key, const wire::Statement& statement);

 private:
  struct Node {
    std::optional<prover::Misbehave> cheat;
    prover::CheatOptions cheat_options;
    std::function<prover::Cheat()> make_cheat;
    std::function<void(prover::AgentOptions&)> adjust;
    std::unique_ptr<prover::Journal> journal;
    std::unique_ptr<prover::Agent> agent;
    std::int64_t next_ms = 0;
  };

  SigningKey key_from(const std::string& name) const;
  void turn();

  WorldOptions options_;
  TemporaryFolder folder_;
  SigningKey renter_;
  compute::Engine engine_{compute::best_cpu_level(), 1};
  std::map<std::string, Node> nodes_;
  mutable std::uint64_t orders_made_ = 0;
};

}  // namespace assay::test
