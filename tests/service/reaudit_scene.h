// A ledger in which audits are made again: one in two of alice's jobs is audited at first. One
// thread.
#pragma once

#include "core/wire/paid_challenge.h"
#include "core/wire/stake.h"
#include "tests/service/ledger_scene.h"

namespace assay::test::reaudits {

using reputation::AttestationState;
using reputation::AuditStatus;
using reputation::View;
using wire::Outcome;
using wire::Reason;

inline constexpr std::uint64_t kDollar = 1'000'000;

// One in two audited from the first job on, and stake asked for.
inline wire::Policy policy() {
  wire::Policy policy;
  policy.first_jobs = 0;
  policy.audit_ppm = 500'000;
  policy.reference_value_micros = kDollar;
  return policy;
}

class Again : public LedgerScene {
 public:
  explicit Again(wire::Policy with = reaudits::policy()) : LedgerScene(std::move(with)) {}

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
    return View(*store->read().value()).stake(reputation::provider_id(alice.public_key())).value();
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

}  // namespace assay::test::reaudits
