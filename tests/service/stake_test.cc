// Bonds in the ledger: who may tell of them, what jobs lock and slashes take, and what comes back.
#include "core/wire/stake.h"
#include "tests/catch.h"
#include "tests/service/ledger_scene.h"

namespace assay::test {
namespace {

using reputation::StakeState;
using wire::Fault;
using wire::Outcome;
using wire::StakeMove;

constexpr std::uint64_t kDollar = 1'000'000;
constexpr std::int64_t kDayMs = 86'400'000;

SigningKey operator_key() {
  return SigningKey::from_seed(sha256(as_bytes("an operator")).view()).value();
}

wire::Policy policy() {
  wire::Policy policy;
  policy.audit_ppm = 1'000'000;
  policy.stake_required_micros = 100 * kDollar;
  policy.operators = {operator_key().public_key()};
  return policy;
}

// Alice, and what is bonded for her.
class Bonds : public LedgerScene {
 public:
  explicit Bonds(Stage until = Stage::registered) : LedgerScene(test::policy(), until) {}

  Result<reputation::Appended> tell(StakeMove move, std::uint64_t amount,
                                    const std::string& reference) {
    return say(operator_key(), wire::stake_statement({.provider = alice.public_key(),
                                                      .move = move,
                                                      .amount_micros = amount,
                                                      .reference = reference}));
  }
  // The same, and it must be taken.
  void move(StakeMove move, std::uint64_t amount) {
    const Result<reputation::Appended> told =
        tell(move, amount, "payment " + std::to_string(++payments_));
    INFO((told.ok() ? "" : told.error().what));
    REQUIRE(told.ok());
  }

  StakeState row() {
    return reputation::View(*store->read().value())
        .stake(reputation::provider_id(alice.public_key()))
        .value();
  }
  std::uint32_t stake_ppm() {
    const Digest id = reputation::provider_id(alice.public_key());
    return reputation::ppm_from_q30(reputation::View(*store->read().value())
                                        .score(id, provider_row(alice), now, policy)
                                        .value()
                                        .stake);
  }
  Digest accept_one(std::uint64_t price_micros) {
    wire::Order it = order();
    it.price_micros = price_micros;
    const Digest id = say(renter, wire::order_statement(it)).value().statement;
    log(alice, wire::acceptance_statement(acceptance(id)));
    return id;
  }

 private:
  int payments_ = 0;
};

}  // namespace

TEST_CASE("stake counts as the policy says: 80 % at what is required, what is delegated by half") {
  const struct {
    std::uint64_t own, delegated;  // dollars
    std::uint32_t stake_ppm;       // 1 - 5^-(bonded / required)
  } rows[] = {{0, 0, 0}, {50, 0, 552'786}, {100, 0, 800'000}, {0, 100, 552'786}, {200, 0, 960'000}};
  for (const auto& it : rows) {
    INFO(it.own << " own, " << it.delegated << " delegated");
    Bonds bonds;
    if (it.own > 0) bonds.move(StakeMove::bond, it.own * kDollar);
    if (it.delegated > 0) bonds.move(StakeMove::delegate, it.delegated * kDollar);
    CHECK(bonds.stake_ppm() + 1 >= it.stake_ppm);
    CHECK(bonds.stake_ppm() <= it.stake_ppm);
    CHECK(bonds.check().ok());
  }
  wire::Policy nothing_asked;
  LedgerScene scene(nothing_asked);
  const Digest id = reputation::provider_id(scene.alice.public_key());
  CHECK(reputation::View(*scene.store->read().value())
            .score(id, scene.provider_row(scene.alice), scene.now, nothing_asked)
            .value()
            .stake == reputation::kOne);
}

TEST_CASE("only operators that the policy names, and the verifier, may tell of stake") {
  Bonds bonds;
  const wire::Statement told = wire::stake_statement({.provider = bonds.alice.public_key(),
                                                      .move = StakeMove::bond,
                                                      .amount_micros = kDollar,
                                                      .reference = "a"});
  for (const SigningKey* key : {&bonds.alice, &bonds.renter, &bonds.stranger}) {
    CHECK(bonds.say(*key, told).error().code == Code::permission);
  }
  CHECK(bonds.say(bonds.verifier, told).ok());
  CHECK(bonds.tell(StakeMove::bond, kDollar, "a").error().code == Code::conflict);  // told before
  CHECK(bonds.tell(StakeMove::bond, kDollar, "b").ok());
  CHECK(bonds.row().own_micros == 2 * kDollar);
  const wire::Statement nobody = wire::stake_statement({.provider = bonds.stranger.public_key(),
                                                        .move = StakeMove::bond,
                                                        .amount_micros = kDollar,
                                                        .reference = "c"});
  CHECK(bonds.say(operator_key(), nobody).error().code == Code::not_found);
  CHECK(bonds.tell(StakeMove::bond, wire::kAmountMaxMicros, "d").error().code == Code::conflict);
}

TEST_CASE("what is unbonded counts no longer, and is the provider's again after 21 days") {
  Bonds bonds;
  bonds.move(StakeMove::bond, 100 * kDollar);
  bonds.move(StakeMove::delegate, 10 * kDollar);
  CHECK(bonds.tell(StakeMove::unbond, 101 * kDollar, "x").error().code == Code::conflict);
  CHECK(bonds.tell(StakeMove::undelegate, 11 * kDollar, "x").error().code == Code::conflict);
  bonds.move(StakeMove::unbond, 60 * kDollar);
  bonds.move(StakeMove::undelegate, 4 * kDollar);
  CHECK(bonds.row().own_micros == 40 * kDollar);
  CHECK(bonds.row().delegated_micros == 6 * kDollar);
  REQUIRE(bonds.row().unbonding.size() == 2);
  CHECK(bonds.row().unbonding[0].released.ms == bonds.now.ms + 21 * kDayMs);
  bonds.now.ms += 21 * kDayMs;
  bonds.move(StakeMove::bond, 1);
  CHECK(bonds.row().unbonding.empty());
  CHECK(bonds.check().ok());
}

TEST_CASE("a job locks its prices' worth of stake until it ends, however it ends") {
  Bonds bonds;
  bonds.move(StakeMove::bond, 7 * kDollar);
  const Digest first = bonds.accept_one(2 * kDollar);  // Entry: two prices
  CHECK(bonds.job_row(first).locked_micros == 4 * kDollar);
  CHECK(bonds.row().free() == 3 * kDollar);
  const Digest second = bonds.accept_one(2 * kDollar);
  CHECK(bonds.job_row(second).locked_micros == 3 * kDollar);  // what was free
  CHECK(bonds.tell(StakeMove::unbond, 1, "x").error().code == Code::conflict);
  CHECK(bonds.stake_ppm() > 0);  // bonded counts, not free

  SECTION("cancelled") {
    bonds.log(bonds.renter, wire::cancel_statement({first}));
    CHECK(bonds.row().locked_micros == 3 * kDollar);
  }
  SECTION("timed out") {
    const std::uint64_t acceptance = bonds.job_row(first).acceptance_index;
    bonds.now.ms += 10'001;
    bonds.log(bonds.verifier, wire::timeout_statement({.job = first,
                                                       .provider = bonds.alice.public_key(),
                                                       .acceptance_index = acceptance,
                                                       .verifier_at_fault = false}));
    CHECK(bonds.row().locked_micros == 3 * kDollar);
    CHECK(bonds.job_row(first).locked_micros == 0);
  }
  SECTION("audited") {
    const std::uint64_t attestation =
        bonds.log(bonds.alice, wire::attestation_statement(bonds.attestation(first, bonds.alice)));
    bonds.log(bonds.verifier, wire::draw_statement(bonds.draw()));
    CHECK(bonds.row().locked_micros == 7 * kDollar);
    bonds.log(bonds.verifier,
              wire::verdict_statement(bonds.verdict(attestation, Outcome::inconclusive)));
    CHECK(bonds.row().locked_micros == 7 * kDollar);  // our failure ends nothing
    bonds.log(bonds.verifier, wire::verdict_statement(bonds.verdict(attestation, Outcome::match)));
    CHECK(bonds.row().locked_micros == 3 * kDollar);
  }
  CHECK(bonds.check().ok());
}

TEST_CASE("a slash takes what the job had locked; equivocation all that is free") {
  const auto fault = GENERATE(Fault::wrong_result, Fault::withheld, Fault::equivocation);
  Bonds bonds(Stage::attested);  // one job, before anything was bonded
  bonds.move(StakeMove::bond, 20 * kDollar);
  bonds.move(StakeMove::delegate, 5 * kDollar);
  bonds.move(StakeMove::bond, 10 * kDollar);
  bonds.move(StakeMove::unbond, 10 * kDollar);
  const Digest other = bonds.accept_one(3 * kDollar);
  const Digest job = bonds.accept_one(kDollar);
  const std::uint64_t attestation =
      bonds.log(bonds.alice, wire::attestation_statement(bonds.attestation(job, bonds.alice)));
  bonds.log(bonds.verifier, wire::draw_statement(bonds.draw()));
  const Outcome outcome = fault == Fault::withheld ? Outcome::unavailable : Outcome::mismatch;
  bonds.log(bonds.verifier, wire::verdict_statement(bonds.verdict(attestation, outcome)));
  CHECK(bonds.row().locked_micros == 8 * kDollar);  // until the slash says what becomes of it

  const StakeState before = bonds.row();
  const std::uint64_t slash =
      bonds.log(bonds.verifier, wire::slash_statement(bonds.slash(attestation, fault)));
  const reputation::SlashState record =
      *reputation::View(*bonds.store->read().value()).slash(slash).value();
  const StakeState after = bonds.row();
  CHECK(after.locked_micros == 6 * kDollar);  // the other job's
  CHECK(bonds.job_row(other).locked_micros == 6 * kDollar);
  CHECK(after.slashed_micros == record.amount_micros());
  CHECK(after.bonded() + record.own_micros + record.delegated_micros == before.bonded());
  if (fault == Fault::equivocation) {
    CHECK(record.unbonding_micros == 10 * kDollar);
    CHECK(after.free() == 0);
    CHECK(after.unbonding.empty());
  } else {
    CHECK(record.amount_micros() == 2 * kDollar);
    CHECK(after.unbonding.size() == 1);
  }
  CHECK(bonds.check().ok());

  if (fault != Fault::withheld) return;
  const wire::Reversal reversal{slash, bonds.alice.public_key(), "delivered"};
  const Digest statement =
      reputation::View(*bonds.store->read().value()).log(slash + 1).leaf(slash).value().pae_digest;
  bonds.log(bonds.verifier, wire::reversal_statement(reversal, statement));
  CHECK(bonds.row().bonded() == before.bonded());
  CHECK(bonds.row().locked_micros == before.locked_micros);  // the job is judged again
  CHECK(bonds.row().slashed_micros == 0);
  CHECK(bonds.check().ok());
}

}  // namespace assay::test
