// What providers earn beside their score: milestones, points and rewards, folded with the days;
// what a slash takes back, and that none of it ever moves a score. And how much one renter's passes
// count for.
#include "core/base/random.h"
#include "core/wire/appeal.h"
#include "tests/catch.h"
#include "tests/service/devices_scene.h"

namespace assay::test {
namespace {

using reputation::Q30;
using reputation::Standing;
using wire::Fault;
using wire::Outcome;

wire::Policy policy() {
  wire::Policy policy;
  policy.audit_ppm = 1'000'000;
  return policy;
}

SigningKey payer(std::uint64_t number) {
  return SigningKey::from_seed(sha256(as_bytes("payer " + std::to_string(number))).view()).value();
}

// A scene in which jobs take an hour, each paid by whom the test says.
class Work : public Devices {
 public:
  explicit Work(wire::Policy with = test::policy()) : Devices(std::move(with)) {}

  std::uint64_t job_by(const SigningKey& who, std::uint64_t price, std::int64_t takes_ms = 0,
                       Outcome outcome = Outcome::match) {
    wire::Order it = order();
    it.renter = who.public_key();
    it.price_micros = price;
    it.deadline_ms = 2 * kHourMs;
    const Digest id = say(who, wire::order_statement(it)).value().statement;
    log(alice, wire::acceptance_statement(acceptance(id)));
    now.ms += takes_ms;
    const std::uint64_t index = log(alice, wire::attestation_statement(attestation(id, alice)));
    log(verifier, wire::draw_statement(draw()));
    log(verifier, wire::verdict_statement(verdict(index, outcome)));
    return index;
  }
  // By an appeal that nobody decides in time.
  void reverse(std::uint64_t slash) {
    const Digest statement =
        reputation::View(*store->read().value()).log(slash + 1).leaf(slash).value().pae_digest;
    log(alice, wire::appeal_statement({slash, alice.public_key(), 0, sha256(as_bytes("n")), ""},
                                      statement));
    now.ms += static_cast<std::int64_t>(reputation::appeal_window_ms(policy)) + 1;
    log(verifier, wire::reversal_statement({slash, alice.public_key(), "expired"}, statement));
  }
};

bool reached(const Standing& standing, std::string_view name) {
  for (const reputation::Milestone& it : reputation::milestones()) {
    if (it.name == name) return it.reached(standing);
  }
  FAIL("no milestone " << name);
  return false;
}

}  // namespace

TEST_CASE("milestones are reached day by day, and a slash takes back what rests on conduct") {
  Work scene;
  scene.claim(kClaimed);
  const auto day = [&] {
    scene.measure(kClaimed);
    for (int i = 0; i < 8; ++i) scene.job_by(payer(static_cast<std::uint64_t>(i)), 1'000'000);
    scene.hours(24, 10);
  };
  for (int i = 0; i < 31; ++i) day();
  const Standing before = scene.score(scene.alice).standing;
  CHECK(before.class_proven);
  CHECK(before.days >= 30);
  CHECK(before.good_days >= 30);
  CHECK(before.audits_passed >= 240);
  for (const char* name : {"class-proven", "20-vetting-jobs", "vetted", "30-good-days"}) {
    INFO(name);
    CHECK(reached(before, name));
  }
  CHECK_FALSE(reached(before, "180-days-unslashed"));
  CHECK(reputation::milestone_points(before) == 50 + 100 + 200 + 200);

  const std::uint64_t bad = scene.job_by(payer(1), 1'000'000, 0, Outcome::mismatch);
  const std::uint64_t slash =
      scene.log(scene.verifier, wire::slash_statement(scene.slash(bad, Fault::wrong_result)));
  scene.hours(30, 10);
  const Standing slashed = scene.score(scene.alice).standing;
  CHECK(slashed.audits_passed == 0);
  CHECK(slashed.good_days <= 1);
  CHECK(slashed.class_proven);
  CHECK(reputation::milestone_points(slashed) == 50);

  scene.reverse(slash);
  const Standing back = scene.score(scene.alice).standing;
  CHECK(back.audits_passed == before.audits_passed);
  CHECK(back.good_days >= before.good_days);
  CHECK(scene.check().ok());
}

TEST_CASE("verified hours are those from acceptance to attestation of jobs that passed") {
  Work scene;
  scene.hours(3, 10);
  for (std::uint64_t i = 0; i < 30; ++i) scene.job_by(payer(i % 8), 1'000'000, kHourMs);
  scene.hours(30, 10);
  reputation::ClassScore score = scene.score(scene.alice);
  CHECK(score.standing.gpu_seconds == 30 * 3600);
  // Of Entry before 20 audits nothing is boosted; a processor multiplies by a quarter.
  CHECK(score.reward_milli > 0);
  CHECK(score.reward_milli <= 30 * 250);
  scene.job_by(payer(1), 1'000'000, kHourMs, Outcome::mismatch);
  scene.hours(30, 10);
  CHECK(scene.score(scene.alice).standing.gpu_seconds == 30 * 3600);
  CHECK(scene.check().ok());
}

TEST_CASE("points and rewards never feed trust: scores differ in nothing else") {
  // The same audits, but one provider's jobs took hours, its class was measured and it reported
  // somebody; all that is left out of the other's history.
  const auto trust_of = [](bool with_points) {
    wire::Policy plain = policy();
    plain.performance_ppm = 0;
    Work scene(plain);
    scene.claim(kClaimed);
    for (int day = 0; day < 12; ++day) {
      scene.measure(kClaimed);
      for (std::uint64_t i = 0; i < 4; ++i) {
        scene.job_by(payer(i), 1'000'000, with_points ? kHourMs / 8 : 0);
      }
      scene.now.ms = (scene.now.ms / kHourMs + 1) * kHourMs;
      scene.hours(23, 10);
    }
    const reputation::ClassScore score = scene.score(scene.alice);
    CHECK((score.standing.gpu_seconds > 0) == with_points);
    CHECK((score.reward_milli > 0) == with_points);
    return std::tuple(score.trust, score.tier, score.record.r);
  };
  CHECK(trust_of(true) == trust_of(false));
}

TEST_CASE("a fraud shown in a dispute is its challenger's report, until the slash is reversed") {
  Work scene;
  const std::uint64_t attestation = scene.job_by(payer(1), 1'000'000);
  const reputation::AttestationState row = scene.attestation_row(attestation);
  scene.now.ms += kHourMs;
  const std::uint64_t dispute =
      scene.log(scene.bob, wire::dispute_statement({attestation, row.statement, row.job, 2,
                                                    scene.bob.public_key(), 1'000'000}));
  const Digest opening = reputation::View(*scene.store->read().value())
                             .log(dispute + 1)
                             .leaf(dispute)
                             .value()
                             .pae_digest;
  const auto move = [&](const SigningKey& key, std::uint32_t number, wire::Move it) {
    scene.log(key, wire::dispute_move_statement({dispute, number, it}, opening));
  };
  const Digest blob = sha256(as_bytes("an answer"));
  move(scene.alice, 0, {wire::MoveKind::answer, 0, blob});
  move(scene.bob, 1, {wire::MoveKind::conviction, 0, blob});
  scene.log(scene.verifier, wire::dispute_end_statement(
                                {dispute, true, wire::DisputeCause::convicted, ""}, opening));
  const std::uint64_t slash = scene.log(
      scene.verifier, wire::slash_statement(scene.slash(attestation, Fault::wrong_result)));

  // Bob has a class of his own to count it in.
  const auto bobs = [&] {
    const Digest id = reputation::provider_id(scene.bob.public_key());
    const auto view = scene.store->read();
    return reputation::View(*view.value()).history(id).value();
  };
  REQUIRE(bobs().size() == 1);
  CHECK(bobs().front().event.kind == reputation::EventKind::report);
  scene.reverse(slash);
  CHECK(bobs().empty());
  CHECK(scene.check().ok());
}

TEST_CASE("what one renter pays for counts four passes, and then a fifth of all") {
  Work scene;
  for (int i = 0; i < 20; ++i) {
    scene.job_by(payer(0), 1'000'000);
    scene.now.ms += kHourMs;
  }
  const std::uint32_t alone =
      reputation::ppm_from_q30(reputation::integrity(scene.score(scene.alice).record));
  reputation::Record four;
  for (int i = 0; i < 4; ++i) four = reputation::fold_epoch(four, {.passes = 1}, i == 0 ? 0 : 1);
  CHECK(alone <= reputation::ppm_from_q30(reputation::integrity(four)));
  CHECK(scene.score(scene.alice).audited == 20);

  // Others come, and its share grows with the whole.
  for (std::uint64_t i = 0; i < 40; ++i) {
    scene.job_by(payer(1 + i % 8), 1'000'000);
    scene.now.ms += kHourMs;
  }
  const Q30 before = scene.score(scene.alice).record.r;
  scene.job_by(payer(0), 1'000'000);
  CHECK(scene.score(scene.alice).record.r > before);
  CHECK(scene.check().ok());
}

TEST_CASE("a canary is nobody's, and counts whole") {
  Work scene;
  for (int i = 0; i < 20; ++i) {
    scene.job_by(scene.verifier, 1'000'000);
    scene.now.ms += kHourMs;
  }
  reputation::Record all;
  for (int i = 0; i < 20; ++i) all = reputation::fold_epoch(all, {.passes = 1}, i == 0 ? 0 : 1);
  CHECK(scene.score(scene.alice).record.fr == all.fr);
}

TEST_CASE("shares of renters do not depend on the order inside an epoch, nor on a slash reversed") {
  SeededRandom random(3);
  // So many jobs of each renter in each of some epochs.
  std::vector<std::vector<std::uint64_t>> epochs;
  for (int epoch = 0; epoch < 6; ++epoch) {
    std::vector<std::uint64_t> jobs;
    for (std::uint64_t renter = 0; renter < 7; ++renter) {
      const std::uint64_t count = renter == 0 ? 4 : random.below(3);
      for (std::uint64_t i = 0; i < count; ++i) jobs.push_back(renter);
    }
    epochs.push_back(jobs);
  }
  std::optional<Bytes> first;
  for (int run = 0; run < 5; ++run) {
    Work scene;
    scene.claim(kClaimed);
    std::optional<std::uint64_t> slash;
    for (std::size_t epoch = 0; epoch < epochs.size(); ++epoch) {
      std::vector<std::uint64_t> jobs = epochs[epoch];
      for (std::size_t i = jobs.size(); i > 1; --i) std::swap(jobs[i - 1], jobs[random.below(i)]);
      std::uint64_t last = 0;
      for (const std::uint64_t renter : jobs) last = scene.job_by(payer(renter), 1'000'000);
      if (run % 2 == 1 && epoch + 1 == epochs.size()) {
        slash = scene.log(scene.verifier,
                          wire::slash_statement(scene.slash(last, Fault::equivocation)));
      }
      scene.now.ms += kHourMs;
    }
    scene.log(scene.verifier, wire::measurement_statement(scene.round_of(kClaimed)));
    if (slash) scene.reverse(*slash);
    const Digest id = reputation::provider_id(scene.alice.public_key());
    const auto txn = scene.store->read();
    const Bytes row = encode(*reputation::View(*txn.value()).class_of(id, "cpu/gemm@1").value());
    if (!first) first = row;
    CHECK(row == *first);
    CHECK(scene.check().ok());
  }
}

}  // namespace assay::test
