// Appeals in the ledger: the life of a slash in every phase, and what an appeal costs. What may not
// be said: appeal_refusals_test.cc. That a reversal leaves no trace in any score: restored_test.cc.
#include "tests/catch.h"
#include "tests/service/slashed.h"

namespace assay::test {
namespace {

using reputation::SlashPhase;
using reputation::StakeState;
using wire::Fault;
using wire::Outcome;

struct Life {
  const char* name;
  Fault fault;
  std::vector<Step> steps;
  SlashPhase phase;
  bool counts;            // in the score
  std::uint64_t bonded;   // in tenths of a dollar, after all of it
  std::uint64_t locked;   // likewise
  std::uint64_t slashed;  // likewise
  const char* job_status;
};

const std::vector<Life>& lives() {
  using enum SlashPhase;
  using enum Fault;
  // The slash took the two dollars that the job had locked; a deposit is 0.2 of them.
  static const std::vector<Life> all = {
      {"pending", wrong_result, {}, pending, true, 180, 0, 20, "failed"},
      {"final", wrong_result, {kPassFinality}, upheld, true, 180, 0, 20, "failed"},
      {"appealed", wrong_result, {kAppeal}, appealed, true, 180, 2, 20, "failed"},
      {"appealed, past finality",
       wrong_result,
       {kAppeal, kDraw, kPassFinality},
       expired,
       true,
       180,
       2,
       20,
       "failed"},
      {"refuted", wrong_result, {kAppeal, kDraw, kRefute}, upheld, true, 178, 0, 22, "failed"},
      {"granted", wrong_result, {kAppeal, kDraw, kGrant}, overturned, true, 180, 0, 20, "failed"},
      {"granted and reversed",
       wrong_result,
       {kAppeal, kDraw, kGrant, kOverturn},
       overturned,
       false,
       200,
       20,
       0,
       "attested"},
      {"undecided and reversed",
       wrong_result,
       {kAppeal, kDraw, kUndecided, kDrawOff},
       drawn,
       false,
       200,
       20,
       0,
       "attested"},
      {"undecided before any draw",
       wrong_result,
       {kAppeal, kUndecided, kDrawOff},
       drawn,
       false,
       200,
       20,
       0,
       "attested"},
      {"expired", wrong_result, {kAppeal, kPassAppeal}, expired, true, 180, 2, 20, "failed"},
      {"expired and reversed",
       wrong_result,
       {kAppeal, kPassAppeal, kExpire},
       expired,
       false,
       200,
       20,
       0,
       "attested"},
      {"withheld", withheld, {}, pending, true, 180, 0, 20, "failed"},
      {"delivered", withheld, {kDeliver}, overturned, false, 200, 20, 0, "attested"},
      {"delivered while appealed",
       withheld,
       {kAppeal, kDeliver},
       overturned,
       false,
       200,
       20,
       0,
       "attested"},
      {"withheld, and refuted",
       withheld,
       {kAppeal, kDraw, kRefute},
       upheld,
       true,
       178,
       0,
       22,
       "failed"},
      {"withheld, and granted",
       withheld,
       {kAppeal, kDraw, kGrant, kOverturn},
       overturned,
       false,
       200,
       20,
       0,
       "attested"},
      // Equivocation takes all that is free, and leaves nothing to pay a deposit from.
      {"equivocation", equivocation, {}, pending, true, 0, 0, 200, "settled"},
  };
  return all;
}

}  // namespace

TEST_CASE("the life of a slash: phase, score, stake and job after every step") {
  for (const Life& life : lives()) {
    INFO(life.name);
    Slashed scene(life.fault);
    CHECK(scene.score(scene.alice).record.proven == 1);
    for (const Step step : life.steps) step(scene);
    CHECK(std::string(slash_phase_name(scene.case_now().phase)) == slash_phase_name(life.phase));
    const StakeState stake = scene.stake_row(scene.alice);
    CHECK(stake.bonded() == life.bonded * kDollar / 10);
    CHECK(stake.locked_micros == life.locked * kDollar / 10);
    CHECK(stake.slashed_micros == life.slashed * kDollar / 10);
    CHECK(scene.score(scene.alice).record.proven == (life.counts ? 1 : 0));
    CHECK((reputation::integrity(scene.score(scene.alice).record) > 0) == !life.counts);
    CHECK(scene.provider_row(scene.alice).slashes_standing == (life.counts ? 1 : 0));
    const reputation::AttestationState row = scene.attestation_row(scene.attestation);
    CHECK(std::string(job_status_name(scene.job_row(row.job).status)) == life.job_status);
    CHECK((row.slash_index == scene.index) == life.counts);
    CHECK(scene.check().ok());
  }
}

TEST_CASE("an appeal against equivocation needs stake that came since, and is decided in form") {
  const bool granted = GENERATE(true, false);
  Slashed scene(Fault::equivocation);
  const Result<reputation::Appended> uncovered = scene.say(scene.alice, scene.appeal(scene.index));
  REQUIRE_FALSE(uncovered.ok());
  CHECK(uncovered.error().code == Code::conflict);
  CHECK(uncovered.error().what ==
        "the deposit of 2000000 micros is not covered: 0 micros of the provider's stake are free");
  scene.log(scene.verifier, wire::stake_statement({.provider = scene.alice.public_key(),
                                                   .move = wire::StakeMove::bond,
                                                   .amount_micros = 3 * kDollar,
                                                   .reference = "another"}));
  CHECK(scene.score(scene.alice).record.tombstoned);
  scene.appealed();
  scene.drawn();
  scene.ruled(granted ? Outcome::match : Outcome::mismatch);
  if (granted) scene.reversed("overturned");
  CHECK(scene.stake_row(scene.alice).bonded() == (granted ? 23 : 1) * kDollar);
  CHECK(scene.stake_row(scene.alice).locked_micros == 0);
  CHECK(scene.score(scene.alice).record.tombstoned == !granted);
  CHECK(scene.check().ok());
  if (!granted) return;
  // What the appeal found right is not slashed again.
  wire::Slash again = scene.slash(scene.attestation, Fault::equivocation);
  again.detail = "and again";
  CHECK(scene.say(scene.verifier, wire::slash_statement(again)).error().code == Code::conflict);
}

TEST_CASE("where no stake is asked for an appeal costs nothing but words") {
  Slashed scene(Fault::wrong_result, 0);
  scene.appealed();
  CHECK(scene.slash_row(scene.index).deposit_micros == 0);
  CHECK(scene.stake_row(scene.alice).locked_micros == 0);
}

TEST_CASE("after a granted appeal the audit is judged again, and not found wrong again") {
  Slashed scene;
  scene.appealed();
  scene.drawn();
  scene.ruled(Outcome::match);
  scene.reversed("overturned");
  wire::Verdict verdict = scene.verdict(scene.attestation, Outcome::mismatch);
  verdict.detail = "and yet";
  const Result<reputation::Appended> wrong =
      scene.say(scene.verifier, wire::verdict_statement(verdict));
  REQUIRE_FALSE(wrong.ok());
  CHECK(wrong.error().what.find("found that audit's result right") != std::string::npos);
  scene.log(scene.verifier,
            wire::verdict_statement(scene.verdict(scene.attestation, Outcome::match)));
  CHECK(scene.stake_row(scene.alice).locked_micros == 0);
  CHECK(scene.score(scene.alice).passed == 21);
  CHECK(scene.check().ok());
}

TEST_CASE(
    "after an appeal that nobody decided the fault may be found, slashed and appealed again") {
  Slashed scene;
  scene.appealed();
  scene.pass_appeal();
  scene.reversed("expired");
  CHECK(scene.attestation_row(scene.attestation).redraws == 1);  // asked anew
  scene.log(scene.verifier,
            wire::verdict_statement(scene.verdict(scene.attestation, Outcome::mismatch)));
  wire::Slash slash = scene.slash(scene.attestation, Fault::wrong_result);
  scene.index = scene.log(scene.verifier, wire::slash_statement(slash));
  scene.appealed();
  scene.drawn();
  scene.ruled(Outcome::mismatch);
  CHECK(scene.case_now().phase == SlashPhase::upheld);
  CHECK(scene.check().ok());
}

TEST_CASE("the seed of an appeal is the attestation's, by the draw over the appeal, reason 2") {
  Slashed scene;
  scene.appealed();
  const wire::Draw draw = scene.draw();
  const std::uint64_t at = scene.log(scene.verifier, wire::draw_statement(draw));
  const VrfOutput beta =
      vrf_verify(scene.vrf.public_key(), wire::draw_alpha(kSceneOrigin, draw).view(), draw.proof)
          .value();
  const reputation::SlashState row = scene.slash_row(scene.index);
  const reputation::AttestationState about = scene.attestation_row(scene.attestation);
  CHECK(row.appeal_seed ==
        wire::draw_seed(beta, scene.attestation, about.leaf, wire::Reason::appeal, Digest{}));
  CHECK(row.appeal_seed != about.seed);
  CHECK(row.appeal_draw ==
        reputation::View(*scene.store->read().value()).log(at + 1).leaf(at).value().pae_digest);
}

}  // namespace assay::test
