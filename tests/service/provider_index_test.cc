// The index of providers: whatever happens to a ledger, what it keeps is what it would build.
#include "tests/catch.h"
#include "tests/service/market_scene.h"

namespace assay::test {
namespace {

using verifier::Market;

wire::Policy hourly(std::uint64_t stake_required_micros) {
  wire::Policy policy;
  policy.audit_ppm = 500'000;
  policy.first_jobs = 2;
  policy.stake_required_micros = stake_required_micros;
  return policy;
}

// The same log in a store of its own, and an index built over it from nothing.
std::string built_anew(RandomHistory& history, const IndexedStore& kept) {
  const auto txn = history.store->read().value();
  const auto store = reputation::make_memory_store(reputation::tables::names());
  REQUIRE(reputation::refold(*txn, history.ledger.roles(), *store).ok());
  IndexedStore anew(*store, history.policy, history.now);
  anew.available = kept.available;
  return all_of(anew);
}

void live(RandomHistory& history, std::size_t steps) {
  IndexedStore kept(*history.store, history.policy, history.now);
  std::string before;
  std::size_t differed = 0;
  for (std::size_t i = 0; i < steps; ++i) {
    history.step();
    if (history.random.below(4) != 0) continue;
    kept.clock.advance(history.now - kept.clock.unix_now());
    if (history.random.below(3) == 0) kept.available = history.some_providers();
    const std::string all = all_of(kept);
    if (history.random.below(4) == 0) REQUIRE(all == built_anew(history, kept));
    if (all != before) ++differed;
    before = all;
  }
  kept.clock.advance(history.now - kept.clock.unix_now());
  REQUIRE(all_of(kept) == built_anew(history, kept));
  CHECK(differed > steps / 20);
}

}  // namespace

TEST_CASE("an index kept over a random history is the one that is built over the whole log") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    INFO("seed " << seed);
    RandomHistory history(hourly(seed % 2 == 0 ? 100'000'000 : 0), seed);
    live(history, 400);
  }
}

TEST_CASE("the same where epochs and uptime windows are seconds") {
  for (std::uint64_t seed = 11; seed <= 13; ++seed) {
    INFO("seed " << seed);
    wire::Policy policy = wire::demo_policy();
    policy.first_jobs = 2;
    RandomHistory history(policy, seed);
    live(history, 300);
  }
}

TEST_CASE("nothing new gives the same market; a leaf or an hour another one, which is whole") {
  RandomHistory history(hourly(0), 1, 3);
  IndexedStore kept(*history.store, history.policy, history.now);
  const std::shared_ptr<const Market> empty = kept.market();
  CHECK(empty->table().size() == 0);
  history.log(history.providers[0],
              wire::registration_statement(history.registration(history.providers[0])));
  const std::shared_ptr<const Market> one = kept.market();
  CHECK(one->number() != empty->number());
  CHECK(one->table().size() == 1);
  CHECK(empty->table().size() == 0);  // what somebody reads stays as it was
  CHECK(kept.market() == one);
  history.log(history.renter, wire::order_statement(history.order()));  // about no provider
  CHECK(kept.market() == one);
  kept.clock.advance(3'600'000);
  const std::shared_ptr<const Market> later = kept.market();
  CHECK(later->number() != one->number());
  CHECK(later->log_size() == history.head().size);
  kept.available = {reputation::provider_id(history.providers[0].public_key())};
  const std::shared_ptr<const Market> there = kept.market();
  CHECK(there->row(0).candidate.free_slots == 1);
  CHECK(later->row(0).candidate.free_slots == 0);
}

TEST_CASE("what a provider has open is counted from acceptance to settlement") {
  LedgerScene scene(hourly(0), Stage::attested);
  IndexedStore kept(*scene.store, scene.policy, scene.now);
  const auto open = [&] {
    const Digest id = reputation::provider_id(scene.alice.public_key());
    const auto jobs = kept.index.changes().open_jobs().value();
    const auto found = jobs.find(id);
    const std::uint64_t now = found == jobs.end() ? 0 : found->second.unsettled;
    CHECK(kept.market()->row(*kept.market()->find(id)).entry->exposure.unsettled == now);
    return now;
  };
  CHECK(open() == scene.policy.reference_value_micros);
  scene.log(scene.verifier, wire::draw_statement(scene.draw()));
  CHECK(open() == scene.policy.reference_value_micros);
  scene.log(scene.verifier,
            wire::verdict_statement(scene.verdict(scene.attestation_index, wire::Outcome::match)));
  CHECK(open() == 0);
}

TEST_CASE("before the first look is over there is nothing, and that is said") {
  LedgerScene scene(hourly(0));
  IndexedStore kept(*scene.store, scene.policy, scene.now);
  verifier::ProviderIndex threaded(kept.reading, sha256(as_bytes("seal")), true, {});
  const auto market = threaded.market();  // its thread was never started
  REQUIRE_FALSE(market.ok());
  CHECK(market.error().code == Code::inconclusive);
  REQUIRE(threaded.refresh().ok());
  REQUIRE(threaded.market().ok());
  CHECK(threaded.market().value()->table().size() == 2);
}

}  // namespace assay::test
