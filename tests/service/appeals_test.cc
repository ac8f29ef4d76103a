// Appeals in the ledger: the life of a slash in every phase, what may be said when and by whom,
// and what an appeal costs. That a reversal leaves no trace in any score: restored_test.cc.
#include "core/wire/stake.h"
#include "tests/catch.h"
#include "tests/service/ledger_scene.h"

namespace assay::test {
namespace {

using reputation::SlashPhase;
using reputation::StakeState;
using wire::Fault;
using wire::Outcome;

constexpr std::uint64_t kDollar = 1'000'000;

wire::Policy policy(std::uint64_t stake_required) {
  wire::Policy policy;
  policy.audit_ppm = 1'000'000;
  policy.stake_required_micros = stake_required;
  return policy;
}

// Alice with 20 dollars bonded, slashed for one job that had locked two of them.
class Slashed : public LedgerScene {
 public:
  explicit Slashed(Fault fault = Fault::wrong_result, std::uint64_t stake_required = 100 * kDollar)
      : LedgerScene(test::policy(stake_required)) {
    log(verifier, wire::stake_statement({.provider = alice.public_key(),
                                         .move = wire::StakeMove::bond,
                                         .amount_micros = 20 * kDollar,
                                         .reference = "a transfer"}));
    const Outcome outcome = fault == Fault::withheld       ? Outcome::unavailable
                            : fault == Fault::equivocation ? Outcome::match
                                                           : Outcome::mismatch;
    jobs(20, Outcome::match);
    attestation = jobs(1, outcome).front();
    index = log(verifier, wire::slash_statement(slash(attestation, fault)));
  }

  void appealed() { log(alice, appeal(index)); }
  void drawn() { log(verifier, wire::draw_statement(draw())); }
  void ruled(Outcome found) { log(verifier, ruling_statement(ruling(index, found))); }
  void reversed(const char* cause) { log(verifier, reversal(index, cause)); }
  void pass_finality() { now = slash_row(index).finality + 1; }
  void pass_appeal() { now = slash_row(index).decide_until + 1; }

  reputation::SlashCase case_now() {
    return advance(case_of(slash_row(index)), reputation::SlashEvent::time_passes, now, 0).value();
  }

  std::uint64_t attestation = 0;
  std::uint64_t index = 0;
};

// How far a slash has come.
using Step = void (*)(Slashed&);

struct Life {
  const char* name;
  Fault fault;
  std::vector<Step> steps;
  SlashPhase phase;
  bool counts;            // in the score
  std::uint64_t bonded;   // dollars after all of it
  std::uint64_t locked;   // in tenths of a dollar
  std::uint64_t slashed;  // likewise
  const char* job_status;
};

const Step kAppeal = [](Slashed& it) { it.appealed(); };
const Step kDraw = [](Slashed& it) { it.drawn(); };
const Step kGrant = [](Slashed& it) { it.ruled(Outcome::match); };
const Step kRefute = [](Slashed& it) { it.ruled(Outcome::mismatch); };
const Step kUndecided = [](Slashed& it) { it.ruled(Outcome::inconclusive); };
const Step kOverturn = [](Slashed& it) { it.reversed("overturned"); };
const Step kDrawOff = [](Slashed& it) { it.reversed("drawn"); };
const Step kExpire = [](Slashed& it) { it.reversed("expired"); };
const Step kPassFinality = [](Slashed& it) { it.pass_finality(); };
const Step kPassAppeal = [](Slashed& it) { it.pass_appeal(); };
const Step kDeliver = [](Slashed& it) {
  it.log(it.alice, wire::spotcheck_statement(it.spotcheck(it.attestation)));
  it.reversed("delivered");
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

namespace {

struct Refusal {
  const char* name;
  std::vector<Step> steps;
  Code code;
  const char* says;
  Result<reputation::Appended> (*say)(Slashed&);
};

Result<reputation::Appended> appeal_bent(Slashed& it, const SigningKey& key,
                                         void (*bend)(wire::Appeal&, Digest&)) {
  wire::Appeal appeal = wire::parse_appeal(wire::statement_text(it.appeal(it.index))).value();
  Digest about = it.slash_row(it.index).statement;
  bend(appeal, about);
  return it.say(key, wire::appeal_statement(appeal, about));
}

Result<reputation::Appended> ruling_bent(Slashed& it, const SigningKey& key,
                                         void (*bend)(wire::Ruling&)) {
  wire::Ruling ruling = it.ruling(it.index, Outcome::mismatch);
  bend(ruling);
  ruling.outcome = wire::ruling_of(ruling.replays);
  return it.say(key, wire::ruling_statement(ruling, it.slash_row(it.index).statement));
}

constexpr auto kPlainAppeal = [](wire::Appeal&, Digest&) {};
constexpr auto kPlainRuling = [](wire::Ruling&) {};

const std::vector<Refusal>& refusals() {
  static const std::vector<Refusal> all = {
      {"an appeal by somebody else",
       {},
       Code::permission,
       "signed by the provider that it names",
       [](Slashed& it) { return appeal_bent(it, it.bob, kPlainAppeal); }},
      {"an appeal against another's slash",
       {},
       Code::permission,
       "not your slash",
       [](Slashed& it) {
         wire::Appeal appeal =
             wire::parse_appeal(wire::statement_text(it.appeal(it.index))).value();
         appeal.provider = it.bob.public_key();
         return it.say(it.bob, wire::appeal_statement(appeal, it.slash_row(it.index).statement));
       }},
      {"an appeal against what is no slash",
       {},
       Code::not_found,
       "is not a slash",
       [](Slashed& it) {
         return appeal_bent(it, it.alice, [](wire::Appeal& a, Digest&) { a.slash_index = 1; });
       }},
      {"an appeal with another subject",
       {},
       Code::conflict,
       "not the statement of that slash",
       [](Slashed& it) {
         return appeal_bent(it, it.alice, [](wire::Appeal&, Digest& about) { about = Digest{}; });
       }},
      {"an appeal after finality",
       {kPassFinality},
       Code::conflict,
       "too late",
       [](Slashed& it) { return appeal_bent(it, it.alice, kPlainAppeal); }},
      {"a second appeal",
       {kAppeal},
       Code::conflict,
       "appealed already",
       [](Slashed& it) {
         return appeal_bent(it, it.alice, [](wire::Appeal& a, Digest&) { a.remark = "again"; });
       }},
      {"an appeal after a ruling",
       {kAppeal, kDraw, kRefute},
       Code::conflict,
       "appealed already",
       [](Slashed& it) {
         return appeal_bent(it, it.alice, [](wire::Appeal& a, Digest&) { a.remark = "again"; });
       }},
      {"an appeal after the reversal",
       {kAppeal, kDraw, kGrant, kOverturn},
       Code::conflict,
       "reversed already",
       [](Slashed& it) {
         return appeal_bent(it, it.alice, [](wire::Appeal& a, Digest&) { a.remark = "again"; });
       }},
      {"an appeal with another deposit",
       {},
       Code::conflict,
       "is 200000 micros, not 1",
       [](Slashed& it) {
         return appeal_bent(it, it.alice, [](wire::Appeal& a, Digest&) { a.deposit_micros = 1; });
       }},
      {"a ruling by somebody else",
       {kAppeal, kDraw},
       Code::permission,
       "this log's verifier",
       [](Slashed& it) { return ruling_bent(it, it.alice, kPlainRuling); }},
      {"a ruling without an appeal",
       {},
       Code::conflict,
       "no appeal to decide",
       [](Slashed& it) { return ruling_bent(it, it.verifier, kPlainRuling); }},
      {"a ruling before the draw",
       {kAppeal},
       Code::conflict,
       "not been drawn over",
       [](Slashed& it) { return ruling_bent(it, it.verifier, kPlainRuling); }},
      {"a ruling by another draw",
       {kAppeal, kDraw},
       Code::conflict,
       "another draw",
       [](Slashed& it) {
         return ruling_bent(it, it.verifier, [](wire::Ruling& r) { r.draw.bytes[0] ^= 1; });
       }},
      {"a ruling on another appeal",
       {kAppeal, kDraw},
       Code::conflict,
       "another provider or appeal",
       [](Slashed& it) {
         return ruling_bent(it, it.verifier, [](wire::Ruling& r) { ++r.appeal_index; });
       }},
      {"a ruling by four replays",
       {kAppeal, kDraw},
       Code::conflict,
       "takes 5 replays, not 4",
       [](Slashed& it) {
         return ruling_bent(it, it.verifier, [](wire::Ruling& r) { r.replays.pop_back(); });
       }},
      {"a ruling about no positions",
       {kAppeal, kDraw},
       Code::conflict,
       "what was replayed",
       [](Slashed& it) {
         return ruling_bent(it, it.verifier, [](wire::Ruling& r) { r.positions.clear(); });
       }},
      {"a result decided by signatures",
       {kAppeal, kDraw},
       Code::conflict,
       "by signatures",
       [](Slashed& it) {
         return ruling_bent(it, it.verifier, [](wire::Ruling& r) {
           r.replays.assign(5, {std::string(wire::kSignaturesDevice), Outcome::match});
         });
       }},
      {"a second ruling",
       {kAppeal, kDraw, kRefute},
       Code::conflict,
       "no appeal to decide",
       [](Slashed& it) {
         return ruling_bent(it, it.verifier, [](wire::Ruling& r) { r.detail = "again"; });
       }},
      {"a ruling too late",
       {kAppeal, kDraw, kPassAppeal},
       Code::conflict,
       "EXPIRED",
       [](Slashed& it) { return ruling_bent(it, it.verifier, kPlainRuling); }},
      {"a reversal as overturned before a ruling",
       {kAppeal, kDraw},
       Code::conflict,
       "no cause",
       [](Slashed& it) { return it.say(it.verifier, it.reversal(it.index, "overturned")); }},
      {"a reversal as overturned of a pending slash",
       {},
       Code::conflict,
       "no cause",
       [](Slashed& it) { return it.say(it.verifier, it.reversal(it.index, "overturned")); }},
      {"a reversal as drawn of what was granted",
       {kAppeal, kDraw, kGrant},
       Code::conflict,
       "no cause",
       [](Slashed& it) { return it.say(it.verifier, it.reversal(it.index, "drawn")); }},
      {"a reversal as expired in time",
       {kAppeal, kDraw},
       Code::conflict,
       "no cause",
       [](Slashed& it) { return it.say(it.verifier, it.reversal(it.index, "expired")); }},
      {"a reversal of what was refuted",
       {kAppeal, kDraw, kRefute, kPassAppeal},
       Code::conflict,
       "no cause",
       [](Slashed& it) { return it.say(it.verifier, it.reversal(it.index, "expired")); }},
      {"a reversal as delivered of a wrong result",
       {},
       Code::conflict,
       "openings that were withheld",
       [](Slashed& it) { return it.say(it.verifier, it.reversal(it.index, "delivered")); }},
      {"a reversal of a final slash",
       {kPassFinality},
       Code::conflict,
       "no cause",
       [](Slashed& it) { return it.say(it.verifier, it.reversal(it.index, "expired")); }},
  };
  return all;
}

}  // namespace

TEST_CASE("what may not be said about a slash is refused, says why, and leaves no trace") {
  for (const Refusal& it : refusals()) {
    INFO(it.name);
    Slashed scene;
    for (const Step step : it.steps) step(scene);
    const std::uint64_t size = scene.head().size;
    const Result<reputation::Appended> answer = it.say(scene);
    REQUIRE_FALSE(answer.ok());
    INFO(answer.error().what);
    CHECK(std::string(code_name(answer.error().code)) == code_name(it.code));
    CHECK(answer.error().what.find(it.says) != std::string::npos);
    CHECK(scene.head().size == size);
    CHECK(scene.check().ok());
  }
}

}  // namespace assay::test
