// Measurements in the ledger: who may say them, what they make of a score, what takes a class away
// and brings it back, and that nothing of it depends on the order inside an epoch.
#include <algorithm>

#include "core/base/random.h"
#include "reputation/ledger/explain.h"
#include "tests/catch.h"
#include "tests/service/devices_scene.h"

namespace assay::test {
namespace {

using reputation::ClassScore;
using reputation::counted_performance;
using reputation::fold_round;
using reputation::kOne;
using reputation::PerformanceState;
using reputation::Q30;
using wire::Outcome;
using wire::Part;

wire::Policy policy(std::uint32_t performance_ppm = 1'000'000) {
  wire::Policy policy;
  policy.audit_ppm = 1'000'000;
  policy.performance_ppm = performance_ppm;
  return policy;
}

// What so many rounds at this share of a claim fold to.
PerformanceState rounds_at(std::initializer_list<std::uint64_t> percents) {
  PerformanceState state;
  for (const std::uint64_t percent : percents) {
    reputation::PerformanceRound round;
    round[0] = {kClaimed * percent / 100, kClaimed};
    state = fold_round(state, round);
  }
  return state;
}

}  // namespace

TEST_CASE("only the verifier measures, and only what is claimed, once") {
  Devices scene(policy());
  scene.claim(kClaimed);
  const auto refused = [&](const SigningKey& key, const wire::Measurement& it) {
    const Result<reputation::Appended> answer = scene.say(key, wire::measurement_statement(it));
    REQUIRE_FALSE(answer.ok());
    return answer.error().code;
  };
  const wire::Measurement good = scene.round_of(kClaimed);
  for (const SigningKey* key : {&scene.alice, &scene.renter, &scene.stranger}) {
    CHECK(refused(*key, good) == Code::permission);
  }
  wire::Measurement other = good;
  other.provider = scene.stranger.public_key();
  CHECK(refused(scene.verifier, other) == Code::not_found);
  other = good;
  other.provider = scene.bob.public_key();  // claims nothing
  CHECK(refused(scene.verifier, other) == Code::conflict);
  other = good;
  other.parts[0].claimed = kClaimed + 1;
  CHECK(refused(scene.verifier, other) == Code::conflict);
  other = good;
  other.class_name = "cpu/render@1";
  CHECK(refused(scene.verifier, other) == Code::conflict);
  other = good;
  other.parts = {{Part::cpu, kClaimed, kClaimed}};
  CHECK(refused(scene.verifier, other) == Code::conflict);

  CHECK(scene.say(scene.verifier, wire::measurement_statement(good)).ok());
  other = good;
  other.took_ms = 7;
  CHECK(refused(scene.verifier, other) == Code::conflict);  // the same round, told twice
  scene.claim(2 * kClaimed);
  CHECK(refused(scene.verifier, scene.round_of(kClaimed)) == Code::conflict);
  CHECK(scene.check().ok());
}

TEST_CASE("a score counts what was measured, and the policy's word for what was not") {
  const auto unmeasured_ppm = GENERATE(0U, 500'000U, 1'000'000U);
  Devices scene(policy(unmeasured_ppm));
  const Q30 unmeasured = reputation::q30_from_ppm(unmeasured_ppm);
  scene.claim(kClaimed);
  scene.hours(30, 10);
  scene.jobs(30, Outcome::match);
  const ClassScore before = scene.score(scene.alice);
  CHECK(before.unmeasured);
  CHECK(before.performance == unmeasured);
  CHECK(before.measured_rate == 0);
  CHECK((before.trust == 0) == (unmeasured_ppm == 0));  // strict: no benchmark, no trust

  PerformanceState state;
  for (const std::uint32_t percent : {100U, 96U, 90U, 100U, 85U, 99U}) {
    reputation::PerformanceRound round;
    round[0] = {kClaimed * percent / 100, kClaimed};
    state = fold_round(state, round);
    scene.measure(kClaimed * percent / 100);
    scene.now.ms += kHourMs;
    const ClassScore score = scene.score(scene.alice);
    INFO("after a round at " << percent << " %");
    CHECK_FALSE(score.unmeasured);
    CHECK(score.performance == counted_performance(state, unmeasured));
    CHECK(score.trust ==
          reputation::cap_by_age(
              reputation::trust(score.record, scene.whole_score().uptime, score.performance, kOne),
              scene.whole_score().age_days));
    CHECK(score.measured_rate <= kClaimed);
  }
  // The record knows nothing of it.
  CHECK(scene.score(scene.alice).audited == before.audited);
  CHECK(scene.check().ok());
}

TEST_CASE("three of five rounds under 80 % take the class away; three that hold bring it back") {
  Devices scene(policy());
  scene.claim(kClaimed);
  scene.hours(30, 10);
  scene.jobs(30, Outcome::match);
  for (int i = 0; i < 2; ++i) {
    scene.measure(kClaimed / 2);
    scene.now.ms += kHourMs;
  }
  CHECK_FALSE(scene.score(scene.alice).revoked);
  CHECK(scene.accept().ok());
  scene.measure(kClaimed / 2);
  CHECK(scene.score(scene.alice).revoked);
  CHECK(scene.score(scene.alice).performance == 0);
  CHECK(scene.score(scene.alice).trust == 0);
  const Result<reputation::Appended> refused = scene.accept();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == Code::permission);
  CHECK(refused.error().what.find("cpu/gemm@1 is revoked") != std::string::npos);

  scene.claim(kClaimed / 2);  // what the machine does
  for (int i = 0; i < 3; ++i) {
    CHECK(scene.score(scene.alice).revoked);
    scene.now.ms += kHourMs;
    scene.measure(kClaimed / 2, kClaimed / 2);
  }
  CHECK_FALSE(scene.score(scene.alice).revoked);
  CHECK(scene.score(scene.alice).trust > 0);
  CHECK(scene.accept().ok());
  CHECK(scene.check().ok());
}

TEST_CASE("a score explained under a measured performance sums to it") {
  Devices scene(policy(0));
  scene.claim(kClaimed);
  scene.hours(30, 10);
  for (int day = 0; day < 6; ++day) {
    scene.jobs(3, Outcome::match);
    scene.measure(kClaimed * 97 / 100);
    scene.hours(24, 10);
  }
  const reputation::ProviderScore score = scene.whole_score();
  const ClassScore& of_class = score.classes.front();
  REQUIRE(of_class.trust > 0);
  const reputation::Factors factors{.uptime = score.uptime,
                                    .performance = of_class.performance,
                                    .stake = score.stake,
                                    .age_days = score.age_days};
  const Result<std::unique_ptr<reputation::ReadTxn>> txn = scene.store->read();
  const reputation::Explanation told =
      reputation::explain(reputation::View(*txn.value()),
                          reputation::provider_id(scene.alice.public_key()), "cpu/gemm@1", factors,
                          score.epoch, scene.policy, 1'000)
          .value();
  std::int64_t sum = told.earlier_ppm;
  for (const reputation::ScoreLine& line : told.lines) sum += line.points_ppm;
  CHECK(sum == reputation::ppm_from_q30(of_class.trust));
}

TEST_CASE("rounds of one epoch count the same in whatever order they were logged") {
  SeededRandom random(1);
  std::vector<std::uint64_t> percents{100, 20, 95, 60, 88, 100};
  std::optional<ClassScore> first;
  for (int run = 0; run < 6; ++run) {
    Devices scene(policy());
    scene.claim(kClaimed);
    std::vector<wire::Measurement> rounds;
    for (const std::uint64_t percent : percents) {
      rounds.push_back(scene.round_of(kClaimed * percent / 100));
    }
    for (std::size_t i = rounds.size(); i > 1; --i) {
      std::swap(rounds[i - 1], rounds[random.below(i)]);
    }
    // Rounds and audits side by side, too.
    scene.jobs(run % 2 == 0 ? 5 : 2, Outcome::match);
    for (const wire::Measurement& it : rounds) {
      scene.log(scene.verifier, wire::measurement_statement(it));
    }
    if (run % 2 != 0) scene.jobs(3, Outcome::match);
    scene.now.ms += 5 * kHourMs;
    const ClassScore score = scene.score(scene.alice);
    if (!first) first = score;
    CHECK(score.performance == first->performance);
    CHECK(score.record == first->record);
    CHECK(score.revoked == first->revoked);
    CHECK(scene.check().ok());
  }
}

// A job of alice's that is drawn over; nothing is said of it yet.
std::uint64_t drawn_job(LedgerScene& scene) {
  const Digest job =
      scene.say(scene.renter, wire::order_statement(scene.order())).value().statement;
  scene.log(scene.alice, wire::acceptance_statement(scene.acceptance(job)));
  const std::uint64_t attestation =
      scene.log(scene.alice, wire::attestation_statement(scene.attestation(job, scene.alice)));
  scene.log(scene.verifier, wire::draw_statement(scene.draw()));
  return attestation;
}

TEST_CASE("a slash that is reversed leaves measurements, tiers and standing as they were") {
  const auto history = [](bool slashed) {
    auto scene = std::make_unique<Devices>(policy());
    scene->claim(kClaimed);
    std::optional<std::uint64_t> slash;
    std::uint64_t late = 0;
    for (int day = 0; day < 8; ++day) {
      scene->measure(kClaimed * (day == 3 ? 50 : 98) / 100);
      scene->jobs(4, Outcome::match);
      if (day == 7) late = drawn_job(*scene);
      if (slashed && day == 7) {
        scene->log(scene->verifier,
                   wire::verdict_statement(scene->verdict(late, Outcome::unavailable)));
        slash = scene->log(scene->verifier,
                           wire::slash_statement(scene->slash(late, wire::Fault::withheld)));
      }
      scene->hours(24, 10);
    }
    scene->measure(kClaimed);  // closes the epochs before
    if (slash) {
      CHECK(scene->score(scene->alice).trust == 0);
      CHECK(scene->score(scene->alice).standing.audits_passed == 0);
      const Digest statement = reputation::View(*scene->store->read().value())
                                   .log(*slash + 1)
                                   .leaf(*slash)
                                   .value()
                                   .pae_digest;
      scene->log(scene->alice, wire::spotcheck_statement(scene->spotcheck(late)));
      scene->log(scene->verifier, wire::reversal_statement(
                                      {*slash, scene->alice.public_key(), "delivered"}, statement));
    }
    scene->log(scene->verifier, wire::verdict_statement(scene->verdict(late, Outcome::match)));
    CHECK(scene->check().ok());
    return scene;
  };
  const auto with = history(true);
  const auto without = history(false);
  const Digest id = reputation::provider_id(with->alice.public_key());
  const auto row = [&](Devices& scene) {
    return encode(
        *reputation::View(*scene.store->read().value()).class_of(id, "cpu/gemm@1").value());
  };
  CHECK(row(*with) == row(*without));
  CHECK(with->score(with->alice).trust == without->score(without->alice).trust);
}

TEST_CASE("what three slow rounds fold to is what the ledger folds") {
  Devices scene(policy(0));
  scene.claim(kClaimed);
  for (const std::uint32_t percent : {70U, 79U, 100U}) {
    scene.measure(kClaimed * percent / 100);
    scene.now.ms += kHourMs;
  }
  CHECK(scene.score(scene.alice).performance == counted_performance(rounds_at({70, 79, 100}), 0));
}

}  // namespace assay::test
