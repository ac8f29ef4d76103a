// What a history of audits is worth, through the ledger: the goldens of the reputation policy to
// the ppm, and what reversals and lost openings do to them.
#include "reputation/ledger/apply.h"
#include "tests/catch.h"
#include "tests/service/ledger_scene.h"

namespace assay::test {
namespace {

using reputation::q30_from_ppm;
using wire::Fault;
using wire::Outcome;

constexpr std::int64_t kDayMs = 86'400'000;

wire::Policy audit_everything() {
  wire::Policy policy;
  policy.audit_ppm = 1'000'000;
  return policy;
}

std::uint32_t integrity_ppm(LedgerScene& scene) {
  return reputation::ppm_from_q30(reputation::integrity(scene.score(scene.alice).record));
}
// Under the components that the goldens are stated for.
std::uint32_t trust_ppm(LedgerScene& scene) {
  return reputation::ppm_from_q30(reputation::trust(scene.score(scene.alice).record,
                                                    q30_from_ppm(994'000), q30_from_ppm(970'000),
                                                    q30_from_ppm(800'000)));
}

// One job whose audit ends so, and the slash for it.
std::uint64_t fraud(LedgerScene& scene, Outcome outcome = Outcome::mismatch,
                    Fault fault = Fault::wrong_result) {
  const std::uint64_t attestation = scene.jobs(1, outcome).front();
  return scene.log(scene.verifier, wire::slash_statement(scene.slash(attestation, fault)));
}

void time_out(LedgerScene& scene, bool verifier_at_fault) {
  const Digest job =
      scene.say(scene.renter, wire::order_statement(scene.order())).value().statement;
  const std::uint64_t acceptance =
      scene.log(scene.alice, wire::acceptance_statement(scene.acceptance(job)));
  scene.now.ms += 10'001;
  scene.log(scene.verifier, wire::timeout_statement({.job = job,
                                                     .provider = scene.alice.public_key(),
                                                     .acceptance_index = acceptance,
                                                     .verifier_at_fault = verifier_at_fault}));
}

TEST_CASE("clean audits are worth what the policy says, to the ppm") {
  const struct {
    std::size_t clean;
    std::uint32_t integrity_ppm, trust_ppm;
  } rows[] = {{1, 269'830, 251'601},  {5, 647'931, 604'157},  {10, 785'517, 732'448},
              {20, 878'819, 819'447}, {50, 946'237, 882'310}, {100, 971'034, 905'433},
              {300, 988'155, 921'397}};
  LedgerScene scene(audit_everything());
  std::size_t done = 0;
  for (const auto& row : rows) {
    scene.jobs(row.clean - done, Outcome::match);
    done = row.clean;
    INFO(row.clean << " clean");
    CHECK(integrity_ppm(scene) == row.integrity_ppm);
    CHECK(trust_ppm(scene) == row.trust_ppm);
  }
  CHECK(scene.check().ok());
}

TEST_CASE("300 clean audits, then one confirmed fraud: trust 0, and a long way back") {
  LedgerScene scene(audit_everything());
  scene.jobs(300, Outcome::match);
  REQUIRE(trust_ppm(scene) == 921'397);
  fraud(scene);
  CHECK(integrity_ppm(scene) == 0);
  CHECK(trust_ppm(scene) == 0);

  const struct {
    int days;
    std::uint32_t trust_ppm;
  } rows[] = {{7, 140'102}, {30, 323'212}};
  int day = 0;
  for (const auto& row : rows) {
    for (; day < row.days; ++day) {
      scene.now.ms += kDayMs;
      scene.jobs(2, Outcome::match);
    }
    INFO("two clean audits a day for " << row.days << " days");
    CHECK(trust_ppm(scene) == row.trust_ppm);
  }
  CHECK(scene.check().ok());
}

TEST_CASE("a second proven fraud, or one equivocation, is a tombstone: no trust, no more jobs") {
  const auto twice = GENERATE(true, false);
  LedgerScene scene(audit_everything());
  scene.jobs(20, Outcome::match);
  if (twice) {
    fraud(scene);
    scene.now.ms += kDayMs;
    fraud(scene);
  } else {
    fraud(scene, Outcome::match, Fault::equivocation);
  }
  scene.now.ms += 400 * kDayMs;
  CHECK(scene.score(scene.alice).record.tombstoned);
  CHECK(trust_ppm(scene) == 0);
  const Digest job =
      scene.say(scene.renter, wire::order_statement(scene.order())).value().statement;
  const Result<reputation::Appended> answer =
      scene.say(scene.alice, wire::acceptance_statement(scene.acceptance(job)));
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().code == Code::permission);
  CHECK(scene.check().ok());
}

TEST_CASE("a deadline missed is a soft failure; one that we were away for is none") {
  LedgerScene scene(audit_everything());
  scene.jobs(300, Outcome::match);
  time_out(scene, true);
  CHECK(integrity_ppm(scene) == 988'155);
  CHECK(scene.provider_row(scene.alice).timeouts == 0);
  time_out(scene, false);
  CHECK(integrity_ppm(scene) == 901'020);
  CHECK(trust_ppm(scene) == 840'149);
  CHECK(scene.provider_row(scene.alice).timeouts == 1);
  CHECK(scene.check().ok());
}

TEST_CASE("a replay that failed for our reasons changes nothing that is counted") {
  LedgerScene scene(audit_everything());
  scene.jobs(300, Outcome::match);
  const reputation::ClassScore before = scene.score(scene.alice);
  for (int i = 0; i < 5; ++i) scene.jobs(1, Outcome::inconclusive);
  const reputation::ClassScore after = scene.score(scene.alice);
  CHECK(after.record == before.record);
  CHECK(after.trust == before.trust);
  CHECK(after.audited == before.audited);
  CHECK(scene.check().ok());
}

TEST_CASE("a score that is not what its events fold to is found") {
  LedgerScene scene(audit_everything());
  scene.jobs(30, Outcome::match);
  fraud(scene);
  scene.now.ms += kDayMs;
  scene.jobs(1, Outcome::match);
  const Digest id = reputation::provider_id(scene.alice.public_key());
  const auto events = reputation::check_scores(*scene.store->read().value());
  REQUIRE(events.ok());
  CHECK(events.value() == 32);

  const auto bend = [&](const std::function<void(reputation::ClassState&)>& change) {
    auto txn = scene.store->write().value();
    reputation::ClassState row = reputation::View(*txn).classes_of(id).value().front();
    const reputation::ClassState was = row;
    change(row);
    REQUIRE(reputation::put_class(*txn, id, row).ok());
    REQUIRE(txn->commit().ok());
    txn.reset();
    const auto found = reputation::check_scores(*scene.store->read().value());
    REQUIRE_FALSE(found.ok());
    CHECK(found.error().code == Code::mismatch);
    CHECK(found.error().what.find(row.name + " of provider " + id.hex()) != std::string::npos);
    txn = scene.store->write().value();
    REQUIRE(reputation::put_class(*txn, id, was).ok());
    REQUIRE(txn->commit().ok());
    CHECK(reputation::check_scores(*scene.store->read().value()).ok());
  };
  bend([](auto& row) { row.closed.r += 1; });
  bend([](auto& row) { row.closed.proven = 0; });
  bend([](auto& row) { row.carry ^= 1; });
  bend([](auto& row) { ++row.judged; });
  bend([](auto& row) { row.tier.tier = reputation::Tier::high; });
}

TEST_CASE("a reversed slash leaves the score exactly what it would have been") {
  const auto history = [](bool withheld) {
    auto scene = std::make_unique<LedgerScene>(audit_everything());
    scene->jobs(100, Outcome::match);
    const std::uint64_t late =
        scene->jobs(1, withheld ? Outcome::unavailable : Outcome::match).front();
    std::uint64_t slash = 0;
    if (withheld) {
      slash =
          scene->log(scene->verifier, wire::slash_statement(scene->slash(late, Fault::withheld)));
      CHECK(trust_ppm(*scene) == 0);
    }
    scene->now.ms += kDayMs;  // the epochs in between are closed meanwhile
    scene->jobs(3, Outcome::match);
    if (withheld) {
      CHECK(trust_ppm(*scene) < 100'000);
      scene->log(scene->alice, wire::spotcheck_statement(scene->spotcheck(late)));
      scene->log(scene->verifier, scene->reversal(slash, "delivered"));
      CHECK(scene->job_row(scene->attestation_row(late).job).status ==
            reputation::JobStatus::attested);
    }
    return std::pair(std::move(scene), late);
  };
  // Up to the verdict, as if the audit had not happened yet; after it, as if it had passed.
  auto [reversed, late] = history(true);
  LedgerScene never(audit_everything());
  never.jobs(100, Outcome::match);
  never.now.ms += kDayMs;
  never.jobs(3, Outcome::match);
  CHECK(reversed->score(reversed->alice).record == never.score(never.alice).record);
  CHECK(reversed->score(reversed->alice).audited == never.score(never.alice).audited);
  CHECK(reversed->provider_row(reversed->alice).slashes_standing == 0);

  reversed->log(reversed->verifier,
                wire::verdict_statement(reversed->verdict(late, Outcome::match)));
  never.jobs(1, Outcome::match);
  CHECK(reversed->score(reversed->alice).record == never.score(never.alice).record);
  CHECK(reversed->score(reversed->alice).audited == never.score(never.alice).audited);
  CHECK(reversed->score(reversed->alice).passed == never.score(never.alice).passed);
  CHECK(reversed->job_row(reversed->attestation_row(late).job).status ==
        reputation::JobStatus::settled);
  CHECK(reversed->check().ok());
}

TEST_CASE("the renter's secret changes the seed only when revealed before the draw's checkpoint") {
  const auto seed = [](bool before, bool after) {
    LedgerScene scene(audit_everything(), Stage::attested);
    const wire::Statement reveal = wire::reveal_statement({scene.job, scene_secret()});
    if (before) scene.log(scene.renter, reveal);
    const wire::Draw draw = scene.draw();
    if (after) scene.log(scene.renter, reveal);  // the checkpoint is taken: too late to count
    scene.log(scene.verifier, wire::draw_statement(draw));
    const reputation::AttestationState row = scene.attestation_row(scene.attestation_index);
    const VrfOutput beta =
        vrf_verify(scene.vrf.public_key(), wire::draw_alpha(kSceneOrigin, draw).view(), draw.proof)
            .value();
    CHECK(row.seed == wire::draw_seed(beta, scene.attestation_index, row.leaf, wire::Reason::first,
                                      before ? scene_secret() : Digest{}));
    CHECK(scene.check().ok());
    return row.seed;
  };
  const Digest unrevealed = seed(false, false);
  CHECK(seed(false, true) == unrevealed);
  CHECK(seed(true, false) != unrevealed);
}

}  // namespace
}  // namespace assay::test
