// A read replica: follows a verifier's log as a monitor does (verifier/monitor/follower.h), so that
// nothing is believed but what is signed and follows, and answers the read routes out of a store of
// its own. It holds no key and takes nothing in.
//
// The primary may die: what was followed is served on, and following is tried again with growing
// pauses. A primary that forks its log, or logs what its own rules refuse, is not followed any
// further: the last good state is served on, and readiness says why.
//
// What only the primary has is fetched through it while it lives: blobs (checked against their
// digest, and kept), and score statements (the primary's signature is checked; the last one of each
// provider is kept in memory). Previews of running jobs are the primary's alone.
// Thread-safe. With threads of its own it follows by itself; without, in follow().
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "api/port/port.h"
#include "verifier/monitor/follower.h"
#include "verifier/service/context.h"
#include "verifier/service/primary_blobs.h"
#include "verifier/service/provider_index.h"

namespace assay::verifier {

// All outlive the replica.
struct ReplicaPorts {
  reputation::Store& store;
  Blobs& blobs;
  monitor::KnownHead& known;   // the newest head that was seen
  monitor::KnownHead& served;  // the newest that all leaves are here of
  api::Port& primary;
  Clock& clock;
  Random& random;  // for what cursors are bound by
};

struct ReplicaOptions {
  std::string primary_url;
  std::int64_t interval_ms = 1'000;  // between two looks at the primary's head
  std::int64_t pause_max_ms = 30'000;
  bool threaded = true;
  std::function<void(const std::string&)> tell;          // may be empty; from the following thread
  std::function<void(const monitor::TwoHeads&)> forked;  // keeps the evidence; may be empty
  ServiceOptions service;
  monitor::FollowerOptions follow;
};

class Replica final : public api::Port, public api::AdminPort {
 public:
  //   malformed    the trust file does not name one log and its keys, or not a policy
  //   unbound      the policy is not the one that the trust file names, or that the store runs by
  //   stale        the store has less than the head that was served
  //   storage      the store fails
  static Result<std::unique_ptr<Replica>> start(ReplicaPorts ports, wire::Trust trust,
                                                std::string_view policy_text,
                                                ReplicaOptions options);
  ~Replica() override;

  // One look at the primary, and all that is new. Errors: Follower::update()'s.
  Result<monitor::Update> follow();

  // Set once the store has failed: nothing more will come (exit 75).
  std::optional<Error> failed() const;

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
  Result<wire::Json> dispute(const std::string& id) override;
  Result<wire::Json> challenge(const std::string& id) override;
  Result<std::string> worker_call(const std::string& envelope) override;
  Status worker_result(const std::string& envelope) override;
  Result<std::string> kept_worker_result(const std::string& digest) override;
  Result<wire::Json> workers() override;
  Result<wire::Json> overview() override;
  Result<wire::Json> uptime(const std::string& id) override;
  Result<wire::Json> provider_part(const std::string& id, api::ProviderPart part) override;
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
  // How far we are, for everybody.
  struct Standing {
    std::optional<SignedHead> head;       // all of whose leaves are here
    std::uint64_t primary_size = 0;       // of the newest good head that was seen
    std::optional<SteadyMillis> good_at;  // when we last had all there was
    bool forked = false;
    bool ended = false;   // nothing more can be followed
    std::string trouble;  // of the last look; empty: none
    std::optional<Error> failed;
  };

  Replica(ReplicaPorts ports, wire::Trust trust, reputation::Roles roles, wire::Policy policy,
          ReplicaOptions options);
  Status boot();
  void run();
  void note(const monitor::Update& update);
  void tell(const std::string& text);
  Standing standing() const;
  Error not_here() const;
  Status check_score(const std::string& envelope, const std::string& id, bool final) const;
  // What the primary signs of a provider, or the last that it signed for this `name`.
  Result<std::string> passed_on(const std::string& id, const std::string& name,
                                const Result<std::string>& fetched, bool final);

  ReplicaPorts ports_;
  const wire::Trust trust_;
  const reputation::Roles roles_;
  const ReplicaOptions options_;
  PolicyBook policies_;
  PrimaryBlobs blobs_;
  Reading reading_;
  ProviderIndex index_;
  monitor::Follower follower_;

  mutable std::mutex mutex_;  // guards the two below
  Standing standing_;
  std::map<std::string, std::string> scores_;  // by what was asked for: the last envelope

  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace assay::verifier
