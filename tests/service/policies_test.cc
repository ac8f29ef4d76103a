// Changing the policy of a running log: when one may follow another, and what goes by which.
#include "reputation/ledger/apply.h"
#include "reputation/ledger/tables.h"
#include "tests/catch.h"
#include "tests/service/ledger_scene.h"

namespace assay::test {
namespace {

using reputation::kPolicyNoticeEpochs;

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kDayMs = 24 * kHourMs;

wire::Policy audit_everything() {
  wire::Policy policy;
  policy.first_jobs = 0;
  policy.audit_ppm = 1'000'000;
  return policy;
}
wire::Policy audit_less(std::uint32_t ppm = 600'000) {
  wire::Policy policy = audit_everything();
  policy.name = "less";
  policy.audit_ppm = ppm;
  return policy;
}

std::uint64_t epoch_of(const LedgerScene& scene) {
  return static_cast<std::uint64_t>(scene.now.ms / kHourMs);
}

wire::Statement change_to(const wire::Policy& policy, std::uint64_t from_epoch) {
  return wire::policy_change_statement({wire::policy_text(policy), from_epoch});
}

// An order's digest.
Digest ordered(LedgerScene& scene) {
  return scene.say(scene.renter, wire::order_statement(scene.order())).value().statement;
}
// Accepted and attested by alice now; its probability.
std::uint32_t attested_ppm(LedgerScene& scene, const Digest& job) {
  scene.log(scene.alice, wire::acceptance_statement(scene.acceptance(job)));
  const std::uint64_t at =
      scene.log(scene.alice, wire::attestation_statement(scene.attestation(job, scene.alice)));
  return scene.attestation_row(at).p_ppm;
}

TEST_CASE("a policy is the verifier's to change, with notice, and not in what it counts by") {
  const struct {
    const char* what;
    std::function<void(wire::Policy&)> change;
    std::uint64_t after_epochs;
    Code code;
    const char* says;
  } rows[] = {
      {"too soon", [](auto&) {}, kPolicyNoticeEpochs - 1, Code::conflict, "too soon"},
      {"at once", [](auto&) {}, 0, Code::conflict, "24 epochs before"},
      {"another grid", [](auto& p) { p.epoch_seconds = 60; }, 100, Code::conflict,
       "epoch_seconds: no policy may change it"},
      {"other windows", [](auto& p) { p.uptime_window_seconds = 60; }, 100, Code::conflict,
       "uptime_window_seconds"},
      {"another currency", [](auto& p) { p.currency = "EUR"; }, 100, Code::conflict, "currency"},
      {"the same", [](auto& p) { p = audit_everything(); }, 100, Code::conflict,
       "the newest already"},
  };
  LedgerScene scene(audit_everything());
  for (const auto& row : rows) {
    INFO(row.what);
    wire::Policy next = audit_less();
    row.change(next);
    const auto said =
        scene.say(scene.verifier, change_to(next, epoch_of(scene) + row.after_epochs));
    REQUIRE_FALSE(said.ok());
    CHECK(said.error().code == row.code);
    CHECK(said.error().what.find(row.says) != std::string::npos);
  }
  const wire::Statement good = change_to(audit_less(), epoch_of(scene) + kPolicyNoticeEpochs);
  CHECK(scene.say(scene.alice, good).error().code == Code::permission);
  REQUIRE(scene.say(scene.verifier, good).ok());
  // The next one comes after it.
  const auto before = scene.say(
      scene.verifier, change_to(audit_less(700'000), epoch_of(scene) + kPolicyNoticeEpochs));
  CHECK(before.error().what.find("too soon") != std::string::npos);
  CHECK(scene.check().ok());
}

TEST_CASE("a job is audited by the policy that was in force when it was ordered") {
  LedgerScene scene(audit_everything());
  const std::uint64_t from = epoch_of(scene) + kPolicyNoticeEpochs;
  scene.log(scene.verifier, change_to(audit_less(), from));
  CHECK(attested_ppm(scene, ordered(scene)) == 1'000'000);  // announced, not in force
  scene.now.ms = static_cast<std::int64_t>(from) * kHourMs - 1;
  const Digest before = ordered(scene);
  scene.now.ms += 1;
  const Digest after = ordered(scene);
  CHECK(scene.job_row(before).policy_index == 0);
  CHECK(scene.job_row(after).policy_index == 3);
  CHECK(attested_ppm(scene, before) == 1'000'000);
  CHECK(attested_ppm(scene, after) == 600'000);

  // And back again: the same document may return.
  const std::uint64_t back = epoch_of(scene) + kPolicyNoticeEpochs;
  scene.log(scene.verifier, change_to(audit_everything(), back));
  scene.now.ms = static_cast<std::int64_t>(back) * kHourMs;
  CHECK(attested_ppm(scene, ordered(scene)) == 1'000'000);
  CHECK(scene.check().ok());
}

TEST_CASE("each day counts by the policy that was in force when it ended") {
  // Stake is asked for from the third day on, and nobody has any: K falls from 1 to 0.
  LedgerScene scene(audit_everything());
  wire::Policy strict = audit_everything();
  strict.stake_required_micros = 1'000'000;
  const std::int64_t first_day = scene.now.ms / kDayMs;
  const auto from = static_cast<std::uint64_t>((first_day + 2) * kDayMs / kHourMs);
  scene.log(scene.verifier, change_to(strict, from));
  for (int day = 0; day < 5; ++day) {
    scene.jobs(2, wire::Outcome::match);
    scene.now.ms += kDayMs;
  }
  scene.jobs(1, wire::Outcome::match);  // closes the days before

  const Digest id = reputation::provider_id(scene.alice.public_key());
  const auto txn = scene.store->read();
  for (int day = 0; day < 5; ++day) {
    INFO("day " << day);
    const auto row = reputation::day_state(*txn.value(), id,
                                           static_cast<std::uint64_t>(first_day + day), strict);
    REQUIRE(row.ok());
    CHECK((row.value().stake > 0) == (day < 2));
  }
  CHECK(scene.check().ok());
}

TEST_CASE("what came to nothing is no policy") {
  LedgerScene scene(audit_everything());
  reputation::PoliciesInForce policies;
  const auto newest = [&](const reputation::ReadTxn& txn, const wire::Policy& policy) {
    const auto all = policies.all(txn, wire::policy_digest(wire::policy_text(policy)));
    REQUIRE(all.ok());
    return all.value()->size();
  };
  {
    const auto txn = scene.store->write().value();
    REQUIRE(reputation::put_policy(*txn, 9, 500'000, wire::policy_text(audit_less())).ok());
    CHECK(newest(*txn, audit_less()) == 2);
  }  // rolled back
  CHECK(newest(*scene.store->read().value(), audit_everything()) == 1);
  {
    const auto txn = scene.store->write().value();
    REQUIRE(reputation::put_policy(*txn, 9, 500'000, wire::policy_text(audit_less(1))).ok());
    CHECK(newest(*txn, audit_less(1)) == 2);
    CHECK(policies.logged(*txn, wire::policy_digest(wire::policy_text(audit_less(1))), 9)
              .value()
              ->policy.audit_ppm == 1);
  }
}

}  // namespace
}  // namespace assay::test
