// Tiers in the ledger: days that are folded whenever somebody speaks of a provider, what a tier
// gives its next job, and what a reversal brings back.
#include "core/wire/stake.h"
#include "tests/catch.h"
#include "tests/service/ledger_scene.h"

namespace assay::test {
namespace {

using reputation::Tier;
using reputation::tier_name;
using wire::Fault;
using wire::Outcome;

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kWindowMs = 6 * 3'600'000;

wire::Policy policy(std::uint64_t stake_required_micros = 0) {
  wire::Policy policy;
  policy.audit_ppm = 23'500;  // the tiers' floors decide
  policy.uptime_window_seconds = kWindowMs / 1000;
  policy.stake_required_micros = stake_required_micros;
  return policy;
}

// Days of a provider that is always there and does so many jobs a day.
class Days : public LedgerScene {
 public:
  explicit Days(wire::Policy with = test::policy()) : LedgerScene(std::move(with)) {
    now.ms = (now.ms / kDayMs + 1) * kDayMs;
  }

  // One job from order to its end; an audit that is due ends so.
  std::uint64_t do_job(Outcome outcome = Outcome::match) {
    const Digest id = order_one();
    log(alice, wire::acceptance_statement(acceptance(id)));
    const std::uint64_t index = log(alice, wire::attestation_statement(attestation(id, alice)));
    log(verifier, wire::draw_statement(draw()));
    if (attestation_row(index).audit == reputation::AuditStatus::due) {
      log(verifier, wire::verdict_statement(verdict(index, outcome)));
    }
    return index;
  }
  // Jobs until one of them is audited, which ends so.
  std::uint64_t audited_job(Outcome outcome) {
    for (;;) {
      const std::uint64_t attestation = do_job(outcome);
      if (attestation_row(attestation).verdict_index != 0) return attestation;
    }
  }

  void live(int days, std::size_t jobs_a_day) {
    for (int day = 0; day < days; ++day) {
      for (std::size_t done = 0; done < jobs_a_day; ++done) do_job();
      for (std::int64_t window = 0; window < kDayMs / kWindowMs; ++window) {
        now.ms += kWindowMs;
        wire::Uptime it = uptime();
        it.rows = {{alice.public_key(), 6, 6}};
        log(verifier, wire::uptime_statement(it));
      }
    }
  }
  std::string tier() { return std::string(tier_name(score(alice).tier)); }
};

}  // namespace

TEST_CASE("a steady provider climbs one tier after the other, each no sooner than its row says") {
  Days days;
  const struct {
    int day;
    const char* tier;
  } rows[] = {{4, "entry"}, {5, "low"}, {21, "low"}, {22, "medium"}, {42, "medium"}, {43, "high"}};
  int day = 0;
  for (const auto& it : rows) {
    days.live(it.day - day, 20);
    day = it.day;
    INFO("day " << day);
    CHECK(days.tier() == it.tier);
  }
  CHECK(days.check().ok());
}

TEST_CASE("the tier decides how much is locked, held back and audited") {
  Days days;
  days.live(1, 21);
  const auto next = [&] {
    const std::uint64_t attestation = days.do_job();
    const reputation::AttestationState row = days.attestation_row(attestation);
    return std::pair{days.job_row(row.job), row.p_ppm};
  };
  auto [entry_job, entry_p] = next();
  CHECK(entry_job.stake_factor == 2);
  CHECK(entry_job.holdback_ppm == 750'000);
  CHECK(entry_p == 500'000);
  days.live(10, 3);
  REQUIRE(days.tier() == "low");
  auto [low_job, low_p] = next();
  CHECK(low_job.stake_factor == 4);
  CHECK(low_job.holdback_ppm == 500'000);
  CHECK(low_p == 260'000);
  CHECK(days.check().ok());
}

TEST_CASE(
    "where stake is asked for, the price of cheating can ask for more than the tier's floor") {
  Days days(policy(100'000'000));
  days.live(1, 21);
  const auto audit_of = [&](std::uint64_t bonded) {
    if (bonded > 0) {
      days.log(days.verifier, wire::stake_statement({.provider = days.alice.public_key(),
                                                     .move = wire::StakeMove::bond,
                                                     .amount_micros = bonded,
                                                     .reference = std::to_string(bonded)}));
    }
    return days.attestation_row(days.do_job()).p_ppm;
  };
  CHECK(audit_of(0) == 1'000'000);          // nothing to lose
  CHECK(audit_of(100'000'000) == 500'000);  // two prices locked: 1.316 / 3 is below the floor
}

TEST_CASE("a proven fraud leads to Entry at once; its reversal gives the tier back") {
  Days days;
  days.live(12, 6);
  REQUIRE(days.tier() == "low");
  const std::uint64_t attestation = days.audited_job(Outcome::unavailable);
  const std::uint64_t slash =
      days.log(days.verifier, wire::slash_statement(days.slash(attestation, Fault::withheld)));
  days.live(2, 0);
  CHECK(days.tier() == "entry");
  CHECK(days.score(days.alice).trust == 0);
  const Digest statement =
      reputation::View(*days.store->read().value()).log(slash + 1).leaf(slash).value().pae_digest;
  days.log(days.verifier,
           wire::reversal_statement({slash, days.alice.public_key(), "delivered"}, statement));
  CHECK(days.tier() == "low");
  CHECK(days.score(days.alice).trust > 0);
  CHECK(days.check().ok());
}

TEST_CASE("trust is capped by the age of the key, whatever it has passed") {
  Days days;
  days.live(4, 100);  // a key of 5 days: younger than Medium
  // To the nearest in Q30, and truncated again.
  const std::uint32_t trust_ppm = reputation::ppm_from_q30(days.score(days.alice).trust);
  CHECK(trust_ppm <= reputation::age_cap_ppm(5));
  CHECK(trust_ppm + 1 >= reputation::age_cap_ppm(5));
}

TEST_CASE("what is refused on a new day leaves no trace of it") {
  Days days;
  days.live(2, 3);
  days.now.ms += 2 * kDayMs;
  const std::uint64_t size = days.head().size;
  CHECK_FALSE(days.say(days.verifier, wire::stake_statement({.provider = days.alice.public_key(),
                                                             .move = wire::StakeMove::unbond,
                                                             .amount_micros = 1,
                                                             .reference = "too much"}))
                  .ok());
  CHECK_FALSE(days.say(days.alice, wire::acceptance_statement(days.acceptance(Digest{}))).ok());
  wire::Uptime partly = days.uptime();
  partly.rows = {{days.alice.public_key(), 1, 2}, {days.stranger.public_key(), 1, 2}};
  if (partly.rows[1].provider < partly.rows[0].provider) std::swap(partly.rows[0], partly.rows[1]);
  CHECK_FALSE(days.say(days.verifier, wire::uptime_statement(partly)).ok());
  CHECK(days.head().size == size);
  CHECK(days.check().ok());
}

TEST_CASE("a provider that falls silent loses its tier day by day") {
  Days days;
  days.live(22, 20);
  REQUIRE(days.tier() == "medium");
  days.now.ms += 3 * kDayMs;  // nobody even asks
  CHECK(days.tier() == "medium");
  for (int day = 0; day < 12; ++day) {
    for (std::int64_t window = 0; window < kDayMs / kWindowMs; ++window) {
      days.now.ms += kWindowMs;
      wire::Uptime it = days.uptime();
      it.rows = {{days.alice.public_key(), 0, 6}};
      days.log(days.verifier, wire::uptime_statement(it));
    }
  }
  CHECK(days.tier() == "entry");
  CHECK(days.check().ok());
}

}  // namespace assay::test
