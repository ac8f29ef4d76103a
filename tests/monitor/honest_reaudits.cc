// What an honest log audits again, and who replays for it.
#include <algorithm>

#include "core/wire/paid_challenge.h"
#include "core/wire/stake.h"
#include "core/wire/worker.h"
#include "tests/monitor/honest_log.h"

namespace assay::test {

using reputation::AuditStatus;

bool HonestLog::may_be_challenged(std::uint64_t attestation) {
  const reputation::AttestationState row = scene.attestation_row(attestation);
  return row.stands() && row.waiting_index == 0 && row.challenges < 8;
}

void HonestLog::challenge(std::uint64_t attestation) {
  const reputation::AttestationState row = scene.attestation_row(attestation);
  say(scene.stranger,
      wire::paid_challenge_statement(
          {.attestation_index = attestation,
           .attestation = row.statement,
           .job = row.job,
           .challenger = scene.stranger.public_key(),
           .deposit_micros = scene.policy.reference_value_micros + row.challenges}));
}

std::uint64_t HonestLog::unbond(const SigningKey& provider) {
  wire::Stake stake{provider.public_key(), wire::StakeMove::bond, 2, ""};
  stake.reference = "payment " + std::to_string(payments_++);
  say(scene.verifier, wire::stake_statement(stake));
  stake.move = wire::StakeMove::unbond;
  stake.amount_micros = 1;
  stake.reference = "payment " + std::to_string(payments_++);
  say(scene.verifier, wire::stake_statement(stake));
  return log.leaves.size() - 1;
}

std::uint64_t HonestLog::last_said_of_worker() const {
  const auto txn = scene.store->read();
  const auto row = reputation::View(*txn.value()).worker(worker.public_key()).value();
  return row ? row->changed_index : 0;
}

void HonestLog::enable_worker() {
  wire::Worker it;
  it.worker = worker.public_key();
  it.name = "w";
  it.device = "cpu";
  it.after = last_said_of_worker();
  say(scene.verifier, wire::worker_statement(it));
  worker_enabled = true;
}

void HonestLog::suspend_worker(std::uint64_t void_from) {
  wire::Worker it;
  it.worker = worker.public_key();
  it.name = "w";
  it.device = "cpu";
  it.after = last_said_of_worker();
  it.enabled = false;
  it.cause = "missed-canary";
  it.void_from = void_from;
  say(scene.verifier, wire::worker_statement(it));
  worker_enabled = false;
  std::vector<std::uint64_t> about;
  const auto txn = scene.store->read();
  (void)reputation::View(*txn.value())
      .each_match_of(worker.public_key(), void_from, [&](std::uint64_t, std::uint64_t at) {
        about.push_back(at);
        return true;
      });
  take_up(about);
}

// What is due with an opening that is there already.
void HonestLog::take_up(const std::vector<std::uint64_t>& attestations) {
  for (const std::uint64_t at : attestations) {
    const reputation::AttestationState row = scene.attestation_row(at);
    const bool listed = std::ranges::find(opened, at) != opened.end();
    if (row.audit == AuditStatus::due && row.spotcheck_index != 0 && !listed) opened.push_back(at);
  }
}

// What is settled is audited again: for money, at an unbonding, or for our worker's sake.
void HonestLog::try_audits_again() {
  std::vector<std::uint64_t> standing;
  const auto txn = scene.store->read();
  (void)reputation::View(*txn.value()).each_attestation(0, [&](std::uint64_t at, const auto&) {
    if (may_be_challenged(at)) standing.push_back(at);
    return true;
  });
  switch (random.below(4)) {
    case 0: unbond(chance(50) ? scene.alice : scene.bob); break;
    case 1:
      if (!worker_enabled) return enable_worker();
      suspend_worker(1 + random.below(log.leaves.size() - 1));
      break;
    default:
      if (!standing.empty()) challenge(standing[random.below(standing.size())]);
  }
}

}  // namespace assay::test
