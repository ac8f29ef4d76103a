// Alice, slashed for one job, and the steps that such a slash may take. One thread.
#pragma once

#include "core/wire/stake.h"
#include "tests/service/ledger_scene.h"

namespace assay::test {

inline constexpr std::uint64_t kDollar = 1'000'000;

// Alice with 20 dollars bonded, slashed for one job that had locked two of them.
class Slashed : public LedgerScene {
 public:
  explicit Slashed(wire::Fault fault = wire::Fault::wrong_result,
                   std::uint64_t stake_required = 100 * kDollar)
      : LedgerScene(policy_of(stake_required)) {
    log(verifier, wire::stake_statement({.provider = alice.public_key(),
                                         .move = wire::StakeMove::bond,
                                         .amount_micros = 20 * kDollar,
                                         .reference = "a transfer"}));
    const wire::Outcome outcome = fault == wire::Fault::withheld       ? wire::Outcome::unavailable
                                  : fault == wire::Fault::equivocation ? wire::Outcome::match
                                                                       : wire::Outcome::mismatch;
    jobs(20, wire::Outcome::match);
    attestation = jobs(1, outcome).front();
    index = log(verifier, wire::slash_statement(slash(attestation, fault)));
  }

  void appealed() { log(alice, appeal(index)); }
  void drawn() { log(verifier, wire::draw_statement(draw())); }
  void ruled(wire::Outcome found) { log(verifier, ruling_statement(ruling(index, found))); }
  void reversed(const char* cause) { log(verifier, reversal(index, cause)); }
  void pass_finality() { now = slash_row(index).finality + 1; }
  void pass_appeal() { now = slash_row(index).decide_until + 1; }

  reputation::SlashCase case_now() {
    return advance(case_of(slash_row(index)), reputation::SlashEvent::time_passes, now, 0).value();
  }

  std::uint64_t attestation = 0;
  std::uint64_t index = 0;

 private:
  static wire::Policy policy_of(std::uint64_t stake_required) {
    wire::Policy policy;
    policy.audit_ppm = 1'000'000;
    policy.stake_required_micros = stake_required;
    return policy;
  }
};

// How far a slash has come.
using Step = void (*)(Slashed&);

inline const Step kAppeal = [](Slashed& it) { it.appealed(); };
inline const Step kDraw = [](Slashed& it) { it.drawn(); };
inline const Step kGrant = [](Slashed& it) { it.ruled(wire::Outcome::match); };
inline const Step kRefute = [](Slashed& it) { it.ruled(wire::Outcome::mismatch); };
inline const Step kUndecided = [](Slashed& it) { it.ruled(wire::Outcome::inconclusive); };
inline const Step kOverturn = [](Slashed& it) { it.reversed("overturned"); };
inline const Step kDrawOff = [](Slashed& it) { it.reversed("drawn"); };
inline const Step kExpire = [](Slashed& it) { it.reversed("expired"); };
inline const Step kPassFinality = [](Slashed& it) { it.pass_finality(); };
inline const Step kPassAppeal = [](Slashed& it) { it.pass_appeal(); };
inline const Step kDeliver = [](Slashed& it) {
  it.log(it.alice, wire::spotcheck_statement(it.spotcheck(it.attestation)));
  it.reversed("delivered");
};

}  // namespace assay::test
