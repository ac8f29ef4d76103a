// Audits of an unbonding: what is owed, drawn and counted, and that the stake waits for them.
#include "core/wire/worker.h"
#include "reputation/policy/audit_rate.h"
#include "tests/catch.h"
#include "tests/service/reaudit_scene.h"

namespace assay::test {

using namespace reaudits;

TEST_CASE("an unbonding owes what the coin had passed over the rate of no reputation, once") {
  wire::Policy with = policy();
  with.stake_required_micros = 10 * kDollar;
  Again scene(with);
  scene.move(wire::StakeMove::bond, 100 * kDollar);
  const std::uint64_t old = scene.job_with(AuditStatus::passed_over);
  scene.now = scene.now + static_cast<std::int64_t>(with.retention_ms) + 1;
  const std::uint64_t passed_over = scene.job_with(AuditStatus::passed_over);
  const std::uint64_t audited = scene.job_with(AuditStatus::done);
  const std::size_t before = scene.waiting();
  CHECK(before == 0);
  scene.move(wire::StakeMove::unbond, kDollar);
  // s = k v with k = 2: 1.25 / (.95 * 3) = .4386, of which the coin of .5 has had all: nothing
  // owed.
  CHECK(scene.waiting() == 0);

  // Where no stake is asked for, and next to nothing is there, it is owed for certain.
  Again poor;
  poor.move(wire::StakeMove::bond, 2);
  const std::uint64_t due = poor.job_with(AuditStatus::passed_over);
  poor.move(wire::StakeMove::unbond, 1);
  CHECK(poor.waiting() >= 1);
  CHECK(poor.row(due).waiting_index != 0);
  CHECK(poor.stake().retro_open == poor.waiting());
  CHECK(scene.row(old).waiting_index == 0);
  CHECK(scene.row(audited).waiting_index == 0);
  CHECK(scene.row(passed_over).waiting_index == 0);
  poor.log(poor.verifier, wire::draw_statement(poor.draw()));
  CHECK(poor.row(due).audit == AuditStatus::due);
  CHECK(poor.row(due).reason == Reason::retro);
  CHECK(poor.row(due).p_ppm == 1'000'000);
  poor.move(wire::StakeMove::bond, 2);  // what there was is locked until that audit has ended
  poor.move(wire::StakeMove::unbond, 1);
  CHECK(poor.waiting() == 0);  // once
  CHECK(poor.check().ok());
  CHECK(scene.check().ok());
}

TEST_CASE("a retro-audit's coin adds up to what is owed") {
  // Half a price at stake: 1.25 / (.95 * 1.5) = .877 owed, .5 had; .754 of the rest is drawn again.
  Again scene;
  scene.move(wire::StakeMove::bond, kDollar / 2);
  std::vector<std::uint64_t> passed_over;
  for (int i = 0; i < 120; ++i) {
    const std::uint64_t at = scene.one_job();
    if (scene.row(at).audit == AuditStatus::passed_over) passed_over.push_back(at);
  }
  REQUIRE(passed_over.size() > 30);
  scene.move(wire::StakeMove::unbond, 1);
  std::uint64_t expected_ppm = 0;
  (void)View(*scene.store->read().value())
      .each_reaudit(0, [&](std::uint64_t, std::uint64_t at, const reputation::ReauditState& it) {
        reputation::Stakes stakes;
        stakes.price = kDollar;
        stakes.locked = kDollar / 2;
        stakes.detection_ppm = 950'000;
        const std::uint32_t owed = reputation::retro_rate_ppm(stakes, reputation::Tier::entry);
        CHECK(it.p_ppm == reputation::retro_coin_ppm(owed, scene.row(at).p_ppm));
        expected_ppm += it.p_ppm;
        return true;
      });
  REQUIRE(expected_ppm > 0);
  scene.log(scene.verifier, wire::draw_statement(scene.draw()));
  std::uint64_t drawn = 0;
  for (const std::uint64_t at : passed_over) {
    if (scene.row(at).audit == AuditStatus::due) ++drawn;
  }
  const double expected = static_cast<double>(expected_ppm) / 1e6;
  CHECK(static_cast<double>(drawn) > expected / 2);
  CHECK(static_cast<double>(drawn) < expected * 3 / 2);
  CHECK(scene.stake().retro_open == drawn);
  CHECK(scene.check().ok());
}

TEST_CASE("a void match of a retro-audit counts no more, even where a challenge took its place") {
  for (const bool over_before : {true, false}) {
    INFO((over_before ? "the challenge was over" : "the challenge was under way"));
    Again scene;
    wire::Worker worker;
    worker.worker = scene.stranger.public_key();
    worker.name = "w";
    worker.device = "cpu";
    worker.after = 0;
    const std::uint64_t enabled = scene.log(scene.verifier, wire::worker_statement(worker));
    scene.move(wire::StakeMove::bond, 2);
    const std::uint64_t at = scene.job_with(AuditStatus::passed_over);
    scene.move(wire::StakeMove::unbond, 1);
    scene.log(scene.verifier, wire::draw_statement(scene.draw()));
    REQUIRE(scene.row(at).reason == Reason::retro);
    const reputation::ClassState before = scene.of_class();
    scene.log(scene.alice, wire::spotcheck_statement(scene.spotcheck(at)));
    wire::Verdict verdict = scene.verdict(at, Outcome::match);
    verdict.workers = {{worker.worker, "cpu", "", {}}};
    scene.log(scene.verifier, wire::verdict_statement(verdict));
    CHECK(scene.of_class().passed == before.passed + 1);
    scene.challenged(at);
    REQUIRE(scene.row(at).reason == Reason::paid);
    if (over_before) scene.judge(at, Outcome::match);
    worker.enabled = false;
    worker.cause = "missed-canary";
    worker.void_from = 1;
    worker.after = enabled;
    scene.log(scene.verifier, wire::worker_statement(worker));
    CHECK(scene.of_class().passed == before.passed);
    CHECK(scene.of_class().audited == before.audited);
    CHECK(View(*scene.store->read().value()).worker(worker.worker).value()->voided == 1);
    CHECK(scene.row(at).reason == Reason::paid);
    if (!over_before) scene.judge(at, Outcome::match);
    CHECK(scene.of_class().passed == before.passed);
    CHECK(scene.check().ok());
  }
}

TEST_CASE("what unbonds is neither released nor out of reach before its retro-audits are over") {
  for (const bool cheated : {false, true}) {
    wire::Policy with = policy();
    with.unbonding_ms = 10'000;
    Again scene(with);
    scene.move(wire::StakeMove::bond, kDollar / 4);
    const std::uint64_t at = scene.job_with(AuditStatus::passed_over);
    const reputation::ClassState before = scene.of_class();
    scene.move(wire::StakeMove::unbond, kDollar / 4);
    scene.log(scene.verifier, wire::draw_statement(scene.draw()));
    REQUIRE(scene.row(at).reason == Reason::retro);
    const std::uint64_t open = scene.stake().retro_open;
    REQUIRE(open >= 1);
    scene.now = scene.now + 20'000;  // released by now, were it not for the audits
    scene.move(wire::StakeMove::bond, 1);
    CHECK(scene.stake().unbonding.size() == 1);
    if (cheated) {
      scene.judge(at, Outcome::mismatch);
      CHECK(scene.stake().retro_open == open);  // until it is slashed
      const std::uint64_t slash = scene.log(
          scene.verifier, wire::slash_statement(scene.slash(at, wire::Fault::wrong_result)));
      CHECK(scene.stake().retro_open == open - 1);
      // Nothing was left to be locked again: all that unbonds stands in for it.
      CHECK(View(*scene.store->read().value()).slash(slash).value()->amount_micros() >=
            kDollar / 4);
      CHECK(scene.stake().unbonding.empty());
      CHECK(scene.job_row(scene.row(at).job).status == reputation::JobStatus::failed);
    } else {
      scene.judge(at, Outcome::match);
      CHECK(scene.stake().retro_open == open - 1);
      // The coin chose it, so that it counts.
      CHECK(scene.of_class().audited == before.audited + 1);
      CHECK(scene.of_class().passed == before.passed + 1);
      std::vector<std::uint64_t> left;
      (void)View(*scene.store->read().value())
          .each_attestation(0, [&](std::uint64_t index, const AttestationState& row) {
            if (row.audit == AuditStatus::due) left.push_back(index);
            return true;
          });
      for (const std::uint64_t index : left) scene.judge(index, Outcome::match);
      CHECK(scene.stake().retro_open == 0);
      scene.move(wire::StakeMove::bond, 1);
      CHECK(scene.stake().unbonding.empty());
    }
    CHECK(scene.check().ok());
  }
}

}  // namespace assay::test
