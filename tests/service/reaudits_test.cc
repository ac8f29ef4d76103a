// Audits that somebody pays for: what they count for, whom they cost what, and where the money is.
#include <functional>

#include "tests/catch.h"
#include "tests/service/reaudit_scene.h"

namespace assay::test {
using namespace reaudits;

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
  CHECK(
      scene.say(scene.stranger, wire::paid_challenge_statement(scene.challenge(at))).error().code ==
      Code::conflict);
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
    const VrfOutput beta =
        vrf_verify(scene.vrf.public_key(), wire::draw_alpha(kSceneOrigin, draw).view(), draw.proof)
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
      const std::uint64_t slash =
          scene.log(scene.verifier, wire::slash_statement(scene.slash(at, fault)));
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
    it.detail = "said once more";  // the same words twice are one leaf
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
  CHECK(scene
            .say(scene.verifier,
                 wire::summary_statement(scene.summary(scene.verdict(at, Outcome::match))))
            .error()
            .code == Code::conflict);
  CHECK(scene.check().ok());
}

}  // namespace assay::test
