// Audits made again: those that somebody pays for, and those of an unbonding; what they count for,
// whom they cost what, and where the money is.
#include <functional>

#include "core/wire/paid_challenge.h"
#include "core/wire/stake.h"
#include "reputation/policy/audit_rate.h"
#include "tests/catch.h"
#include "tests/service/ledger_scene.h"

namespace assay::test {
namespace {

using reputation::AttestationState;
using reputation::AuditStatus;
using reputation::View;
using wire::Outcome;
using wire::Reason;

constexpr std::uint64_t kDollar = 1'000'000;
constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kDayMs = 24 * kHourMs;

// One in two audited from the first job on, and stake asked for.
wire::Policy policy() {
  wire::Policy policy;
  policy.first_jobs = 0;
  policy.audit_ppm = 500'000;
  policy.reference_value_micros = kDollar;
  return policy;
}

class Again : public LedgerScene {
 public:
  explicit Again(wire::Policy with = test::policy()) : LedgerScene(std::move(with)) {}

  // A job of alice's that was drawn, and audited if the coin said so.
  std::uint64_t one_job(Outcome outcome = Outcome::match) {
    const Digest id = say(renter, wire::order_statement(order())).value().statement;
    log(alice, wire::acceptance_statement(acceptance(id)));
    const std::uint64_t at = log(alice, wire::attestation_statement(attestation(id, alice)));
    log(verifier, wire::draw_statement(draw()));
    if (row(at).audit == AuditStatus::due) judge(at, outcome);
    return at;
  }
  // One that the coin passed over, or audited.
  std::uint64_t job_with(AuditStatus audit) {
    while (true) {
      const std::uint64_t at = one_job();
      if (row(at).audit == audit) return at;
    }
  }
  AttestationState row(std::uint64_t at) { return attestation_row(at); }

  std::uint64_t judge(std::uint64_t at, Outcome outcome) {
    if (row(at).spotcheck_index == 0 && outcome != Outcome::unavailable) {
      log(alice, wire::spotcheck_statement(spotcheck(at)));
    }
    return log(verifier, wire::verdict_statement(verdict(at, outcome)));
  }

  wire::PaidChallenge challenge(std::uint64_t at) {
    return {.attestation_index = at,
            .attestation = row(at).statement,
            .job = row(at).job,
            .challenger = stranger.public_key(),
            .deposit_micros = kDollar};
  }
  // Paid for, and drawn over.
  std::uint64_t challenged(std::uint64_t at) {
    wire::PaidChallenge it = challenge(at);
    it.deposit_micros += row(at).challenges;
    const std::uint64_t index = log(stranger, wire::paid_challenge_statement(it));
    log(verifier, wire::draw_statement(draw()));
    return index;
  }
  reputation::ChallengeState challenge_row(std::uint64_t index) {
    return *View(*store->read().value()).challenge(index).value();
  }
  reputation::StakeState stake() {
    return View(*store->read().value())
        .stake(reputation::provider_id(alice.public_key()))
        .value();
  }
  reputation::ClassState of_class() {
    return View(*store->read().value())
        .classes_of(reputation::provider_id(alice.public_key()))
        .value()
        .front();
  }
  void move(wire::StakeMove how, std::uint64_t micros) {
    log(verifier, wire::stake_statement({.provider = alice.public_key(),
                                         .move = how,
                                         .amount_micros = micros,
                                         .reference = "payment " + std::to_string(++payments_)}));
  }
  std::size_t waiting() {
    std::size_t count = 0;
    (void)View(*store->read().value())
        .each_reaudit(0, [&](std::uint64_t, std::uint64_t, const auto&) { return ++count > 0; });
    return count;
  }

 private:
  int payments_ = 0;
};

}  // namespace

TEST_CASE("a challenge is refused where it could mean nothing, and leaves no trace") {
  const struct {
    const char* name;
    Code code;
    std::function<Result<reputation::Appended>(Again&, std::uint64_t)> say;
  } rows[] = {
      {"signed by another", Code::permission,
       [](Again& s, std::uint64_t at) {
         return s.say(s.renter, wire::paid_challenge_statement(s.challenge(at)));
       }},
      {"by the provider itself", Code::permission,
       [](Again& s, std::uint64_t at) {
         wire::PaidChallenge it = s.challenge(at);
         it.challenger = s.alice.public_key();
         return s.say(s.alice, wire::paid_challenge_statement(it));
       }},
      {"for less than the job's price", Code::conflict,
       [](Again& s, std::uint64_t at) {
         wire::PaidChallenge it = s.challenge(at);
         it.deposit_micros = kDollar - 1;
         return s.say(s.stranger, wire::paid_challenge_statement(it));
       }},
      {"of another job", Code::conflict,
       [](Again& s, std::uint64_t at) {
         wire::PaidChallenge it = s.challenge(at);
         it.job = sha256(as_bytes("another"));
         return s.say(s.stranger, wire::paid_challenge_statement(it));
       }},
      {"about no attestation", Code::not_found,
       [](Again& s, std::uint64_t at) {
         wire::PaidChallenge it = s.challenge(at);
         it.attestation_index = 1;
         return s.say(s.stranger, wire::paid_challenge_statement(it));
       }},
      {"while one waits for its draw", Code::conflict,
       [](Again& s, std::uint64_t at) {
         s.log(s.stranger, wire::paid_challenge_statement(s.challenge(at)));
         wire::PaidChallenge it = s.challenge(at);
         it.deposit_micros += 1;
         return s.say(s.stranger, wire::paid_challenge_statement(it));
       }},
      {"while one is under way", Code::conflict,
       [](Again& s, std::uint64_t at) {
         s.challenged(at);
         wire::PaidChallenge it = s.challenge(at);
         it.deposit_micros += 1;
         return s.say(s.stranger, wire::paid_challenge_statement(it));
       }},
      {"of what is slashed", Code::conflict,
       [](Again& s, std::uint64_t at) {
         s.challenged(at);
         s.judge(at, Outcome::mismatch);
         s.log(s.verifier, wire::slash_statement(s.slash(at, wire::Fault::wrong_result)));
         wire::PaidChallenge it = s.challenge(at);
         it.deposit_micros += 1;
         return s.say(s.stranger, wire::paid_challenge_statement(it));
       }},
      {"older than states are kept", Code::conflict,
       [](Again& s, std::uint64_t at) {
         s.now = s.now + static_cast<std::int64_t>(s.policy.retention_ms) + 1;
         return s.say(s.stranger, wire::paid_challenge_statement(s.challenge(at)));
       }},
  };
  for (const auto& row : rows) {
    for (const AuditStatus before : {AuditStatus::passed_over, AuditStatus::done}) {
      INFO(row.name << (before == AuditStatus::done ? ", audited before" : ", passed over before"));
      Again scene;
      const std::uint64_t at = scene.job_with(before);
      const Result<reputation::Appended> said = row.say(scene, at);
      REQUIRE_FALSE(said.ok());
      CHECK(said.error().code == row.code);
      CHECK(scene.check().ok());
    }
  }
  // Before its draw, and while its first audit runs.
  Again scene;
  const Digest id = scene.say(scene.renter, wire::order_statement(scene.order())).value().statement;
  scene.log(scene.alice, wire::acceptance_statement(scene.acceptance(id)));
  const std::uint64_t at =
      scene.log(scene.alice, wire::attestation_statement(scene.attestation(id, scene.alice)));
  CHECK(scene.say(scene.stranger, wire::paid_challenge_statement(scene.challenge(at)))
            .error()
            .code == Code::conflict);
}

TEST_CASE("a challenge is drawn under its own reason by the draw over it, and certainly") {
  for (const AuditStatus before : {AuditStatus::passed_over, AuditStatus::done}) {
    Again scene;
    const std::uint64_t at = scene.job_with(before);
    const AttestationState first = scene.row(at);
    const std::uint64_t index = scene.challenged(at);
    const AttestationState row = scene.row(at);
    CHECK(row.audit == AuditStatus::due);
    CHECK(row.reason == Reason::paid);
    CHECK(row.cause_index == index);
    CHECK(row.p_ppm == 1'000'000);
    CHECK(row.seed != first.seed);
    CHECK(row.draw_index > index);
    CHECK(row.waiting_index == 0);
    const auto txn = scene.store->read();
    const wire::LogLeaf leaf =
        View(*txn.value()).log(row.draw_index + 1).leaf(row.draw_index).value();
    const wire::Draw draw = wire::parse_draw(leaf.payload).value();
    const VrfOutput beta = vrf_verify(scene.vrf.public_key(),
                                      wire::draw_alpha(kSceneOrigin, draw).view(), draw.proof)
                               .value();
    CHECK(row.seed == wire::draw_seed(beta, at, row.leaf, Reason::paid, {}));
    // What renters and settlements speak of is the first.
    const AttestationState shown = reputation::as_first_audited(row);
    CHECK(shown.audit == first.audit);
    CHECK(shown.draw_index == first.draw_index);
    CHECK(shown.seed == first.seed);
    CHECK(shown.verdict_index == first.verdict_index);
    CHECK(scene.check().ok());
  }
}

TEST_CASE("a challenge that matches keeps its deposit and counts for nobody") {
  for (const AuditStatus before : {AuditStatus::passed_over, AuditStatus::done}) {
    Again scene;
    const std::uint64_t at = scene.job_with(before);
    const reputation::ClassState counted = scene.of_class();
    const std::uint64_t earned = scene.provider_row(scene.alice).income_micros;
    const std::uint64_t index = scene.challenged(at);
    CHECK(scene.challenge_row(index).verdict_index == 0);
    const std::uint64_t verdict = scene.judge(at, Outcome::match);
    CHECK(scene.challenge_row(index).verdict_index == verdict);
    CHECK(scene.challenge_row(index).outcome == Outcome::match);
    CHECK(scene.row(at).stands());
    CHECK(scene.job_row(scene.row(at).job).status == reputation::JobStatus::settled);
    CHECK(scene.of_class().audited == counted.audited);
    CHECK(scene.of_class().passed == counted.passed);
    CHECK(scene.provider_row(scene.alice).income_micros == earned);
    CHECK(encode(scene.of_class()) == encode(counted));
    // Eight of them at most.
    while (scene.row(at).challenges < 8) {
      scene.challenged(at);
      scene.judge(at, Outcome::match);
    }
    wire::PaidChallenge more = scene.challenge(at);
    more.deposit_micros += 100;
    CHECK(scene.say(scene.stranger, wire::paid_challenge_statement(more)).error().code ==
          Code::conflict);
    CHECK(scene.check().ok());
  }
}

TEST_CASE("a challenge that finds a fault takes the stake that was locked to the job once") {
  for (const AuditStatus before : {AuditStatus::passed_over, AuditStatus::done}) {
    for (const Outcome found : {Outcome::mismatch, Outcome::unavailable}) {
      INFO(wire::outcome_name(found));
      wire::Policy with = policy();
      with.stake_required_micros = 10 * kDollar;
      Again scene(with);
      scene.move(wire::StakeMove::bond, 100 * kDollar);
      const std::uint64_t at = scene.job_with(before);
      CHECK(scene.stake().locked_micros == 0);
      const std::uint64_t index = scene.challenged(at);
      CHECK(scene.stake().locked_micros == 2 * kDollar);  // k of the entry tier
      scene.judge(at, found);
      CHECK(scene.challenge_row(index).outcome == found);
      CHECK(scene.job_row(scene.row(at).job).status == reputation::JobStatus::failed);
      const wire::Fault fault =
          found == Outcome::mismatch ? wire::Fault::wrong_result : wire::Fault::withheld;
      const std::uint64_t slash = scene.log(scene.verifier, wire::slash_statement(
                                                                scene.slash(at, fault)));
      CHECK(scene.stake().own_micros == 98 * kDollar);
      CHECK(scene.stake().locked_micros == 0);
      CHECK(View(*scene.store->read().value()).slash(slash).value()->amount_micros() ==
            2 * kDollar);
      CHECK(scene.check().ok());
      if (found == Outcome::mismatch) continue;
      // Delivered late: judged like any other, and everything is as it was.
      scene.log(scene.alice, wire::spotcheck_statement(scene.spotcheck(at)));
      const auto txn = scene.store->read();
      const Digest said = View(*txn.value()).log(slash + 1).leaf(slash).value().pae_digest;
      scene.log(scene.verifier, wire::reversal_statement({.slash_index = slash,
                                                          .provider = scene.alice.public_key(),
                                                          .cause = "delivered"},
                                                         said));
      CHECK(scene.challenge_row(index).verdict_index == 0);
      scene.judge(at, Outcome::match);
      CHECK(scene.challenge_row(index).outcome == Outcome::match);
      CHECK(scene.job_row(scene.row(at).job).status == reputation::JobStatus::settled);
      CHECK(scene.stake().own_micros == 100 * kDollar);
      CHECK(scene.stake().locked_micros == 0);
      CHECK(scene.check().ok());
    }
  }
}

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
  // s = k v with k = 2: 1.25 / (.95 * 3) = .4386, of which the coin of .5 has had all: nothing owed.
  CHECK(scene.waiting() == 0);

  // With next to nothing at stake it is owed for certain.
  Again poor(with);
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
  poor.move(wire::StakeMove::unbond, 1);
  CHECK(poor.waiting() == 0);  // once
  CHECK(poor.check().ok());
  CHECK(scene.check().ok());
}

TEST_CASE("a retro-audit's coin adds up to what is owed") {
  // Over many jobs: at p = .5 before, and 2/3 owed, a third of what was passed over is drawn again.
  wire::Policy with = policy();
  with.audit_ppm = 100'000;
  with.stake_required_micros = 10 * kDollar;
  Again scene(with);
  scene.move(wire::StakeMove::bond, kDollar / 2);
  std::vector<std::uint64_t> passed_over;
  for (int i = 0; i < 200; ++i) {
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

TEST_CASE("what unbonds is neither released nor out of reach before its retro-audits are over") {
  for (const bool cheated : {false, true}) {
    wire::Policy with = policy();
    with.stake_required_micros = 10 * kDollar;
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
      // One micro was locked again; all that unbonds stands in for what is missing of k prices.
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

TEST_CASE("a challenge whose attestation falls meanwhile is dropped, and its deposit returned") {
  Again scene;
  const std::uint64_t at = scene.job_with(AuditStatus::passed_over);
  const std::uint64_t index =
      scene.log(scene.stranger, wire::paid_challenge_statement(scene.challenge(at)));
  // Two attestations for one job came to light before the draw.
  scene.log(scene.verifier, wire::slash_statement(scene.slash(at, wire::Fault::equivocation)));
  scene.log(scene.verifier, wire::draw_statement(scene.draw()));
  CHECK(scene.challenge_row(index).dropped);
  CHECK(scene.row(at).audit == AuditStatus::passed_over);
  CHECK(scene.row(at).waiting_index == 0);
  CHECK(scene.check().ok());
}

TEST_CASE("verdicts and openings answer the audit that is open, under its reason") {
  Again scene;
  const std::uint64_t at = scene.job_with(AuditStatus::done);
  const wire::Verdict first = [&] {
    wire::Verdict it = scene.verdict(at, Outcome::match);
    return it;
  }();
  scene.challenged(at);
  CHECK(scene.say(scene.verifier, wire::verdict_statement(first)).error().code == Code::conflict);
  wire::Verdict other = scene.verdict(at, Outcome::match);
  other.reason = Reason::retro;
  CHECK(scene.say(scene.verifier, wire::verdict_statement(other)).error().code == Code::conflict);
  wire::Spotcheck opening = scene.spotcheck(at);
  opening.reason = Reason::first;
  CHECK(scene.say(scene.alice, wire::spotcheck_statement(opening)).error().code == Code::conflict);
  scene.judge(at, Outcome::inconclusive);
  CHECK(scene.row(at).redraws == 1);
  CHECK(scene.row(at).reason == Reason::paid);
  scene.judge(at, Outcome::match);
  // A summary is of the first audit alone.
  CHECK(scene.say(scene.verifier,
                  wire::summary_statement(scene.summary(scene.verdict(at, Outcome::match))))
            .error()
            .code == Code::conflict);
  CHECK(scene.check().ok());
}

}  // namespace assay::test
