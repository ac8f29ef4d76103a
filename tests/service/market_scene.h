// A ledger in memory with an index of its providers over it, and histories for it that nobody would
// think of. One thread.
#pragma once

#include "core/base/random.h"
#include "reputation/ledger/memory_store.h"
#include "tests/service/ledger_scene.h"
#include "verifier/service/market_match.h"
#include "verifier/service/market_search.h"
#include "verifier/service/provider_index.h"

namespace assay::test {

// What reads of a store are made from, and an index over it that is brought up to date by market().
class IndexedStore {
 public:
  IndexedStore(reputation::Store& store, const wire::Policy& policy, UnixMillis now);

  ManualClock clock;
  std::vector<Digest> available;  // ascending
  std::unique_ptr<verifier::Blobs> blobs = verifier::make_memory_blobs();
  verifier::PolicyBook policies;
  verifier::Reading reading;
  verifier::ProviderIndex index;

  std::shared_ptr<const verifier::Market> market();
  // The document of a search; it must be one.
  wire::Json search(const std::string& query, const std::string& sort = "",
                    std::uint32_t limit = 50, const std::string& cursor = "");
};

// Everything that is in a market but the moment it was read at, in an order that does not depend on
// how it came about.
std::string all_of(IndexedStore& indexed);

// Providers that register, work, fail, bond, and are slashed and pardoned, at random.
class RandomHistory : public LedgerScene {
 public:
  RandomHistory(wire::Policy policy, std::uint64_t seed, std::size_t providers = 6);

  SeededRandom random;
  std::vector<SigningKey> providers;

  void step();
  std::vector<Digest> some_providers();  // of those registered, ascending

 private:
  const SigningKey& anybody() { return providers[random.below(providers.size())]; }
  void try_to(const SigningKey& key, const wire::Statement& statement) {
    (void)say(key, statement);
  }
  void pass_time();
  void register_again();
  void order_job();
  void accept_job();
  void end_job();
  void attest_job();
  void judge();
  void pardon();
  void move_stake();
  void tell_uptime();

  std::vector<Digest> jobs_;
  std::vector<std::uint64_t> attestations_;
  std::vector<std::uint64_t> slashes_;
  std::uint64_t payments_ = 0;
};

}  // namespace assay::test
