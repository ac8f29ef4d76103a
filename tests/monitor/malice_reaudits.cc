// What a verifier may do wrong with audits that are made again, and with its workers.
#include "core/wire/paid_challenge.h"
#include "core/wire/worker.h"
#include "tests/monitor/malice_table.h"

namespace assay::test::malice {

using reputation::AuditStatus;
using wire::Outcome;

namespace {

// Draws over everything there is, and audits what is due so far.
void catch_up(HonestLog& honest) {
  honest.pass(2'000);
  filler(honest, honest.scene.bob);
  while (honest.draw()) {
  }
  const std::vector<std::uint64_t> asked = honest.due;
  for (const std::uint64_t at : asked) {
    const PublicKey provider = honest.scene.attestation_row(at).provider;
    const bool honest_one =
        provider == honest.scene.alice.public_key() || provider == honest.scene.bob.public_key();
    if (honest_one) honest.open(at);
  }
  const std::vector<std::uint64_t> answered = honest.opened;
  for (const std::uint64_t at : answered) honest.judge(at, Outcome::match);
}

// An attestation of alice's that nobody has anything against, passed over by the coin if so asked.
std::uint64_t standing(HonestLog& honest, bool passed_over) {
  while (true) {
    const std::uint64_t at = honest.attest(honest.scene.alice);
    catch_up(honest);
    const reputation::AttestationState row = honest.scene.attestation_row(at);
    if (row.stands() && (row.audit == AuditStatus::passed_over) == passed_over) return at;
  }
}

// A challenge to one, drawn over.
std::uint64_t challenged(HonestLog& honest, bool passed_over) {
  const std::uint64_t at = standing(honest, passed_over);
  honest.challenge(at);
  honest.pass(2'000);
  filler(honest, honest.scene.bob);
  ASSAY_CHECK(honest.draw(), "a challenge waits to be drawn over");
  return at;
}

std::string left_alone(Begun& it) {
  for (int times = 0; times < 4; ++times) {
    filler(it.honest, it.honest.scene.alice);
    it.honest.pass(9'000);
  }
  filler(it.honest, it.honest.scene.alice);
  return it.finds();
}

// A verdict of alice's that rests on the worker.
std::uint64_t judged_by_worker(HonestLog& honest) {
  if (!honest.worker_enabled) honest.enable_worker();
  while (true) {
    const std::uint64_t at = standing(honest, false);
    if (at % 2 == 0) return at;
  }
}

}  // namespace

std::string challenge_never_drawn(std::uint64_t seed) {
  Begun it(seed);
  it.honest.challenge(standing(it.honest, seed % 2 == 0));
  it.honest.pass(2'000);
  filler(it.honest, it.honest.scene.bob);
  return it.finds(100'000);
}

std::string challenge_never_asked(std::uint64_t seed) {
  Begun it(seed);
  (void)challenged(it.honest, seed % 2 == 0);
  return left_alone(it);
}

// Under the first draw, which said something else.
std::string challenge_judged_as_first(std::uint64_t seed) {
  Begun it(seed);
  const std::uint64_t at = challenged(it.honest, seed % 2 == 0);
  it.honest.open(at);
  wire::Verdict verdict = it.honest.verdict(at, Outcome::match);
  verdict.reason = wire::Reason::first;
  it.force(it.honest.scene.verifier, wire::verdict_statement(verdict));
  return it.watched.finds();
}

std::string challenge_found_wrong_not_slashed(std::uint64_t seed) {
  Begun it(seed);
  const std::uint64_t at = challenged(it.honest, seed % 2 == 0);
  it.honest.open(at);
  it.honest.say(it.honest.scene.verifier,
                wire::verdict_statement(it.honest.verdict(at, Outcome::mismatch)));
  it.honest.pass(kLongMs);
  filler(it.honest, it.honest.scene.stranger);
  return it.finds();
}

std::string unbonding_never_drawn(std::uint64_t seed) {
  Begun it(seed);
  (void)standing(it.honest, true);
  it.honest.unbond(it.honest.scene.alice);
  it.honest.pass(2'000);
  filler(it.honest, it.honest.scene.bob);
  return it.finds(100'000);
}

std::string unbonding_never_asked(std::uint64_t seed) {
  Begun it(seed);
  const std::uint64_t at = standing(it.honest, true);
  it.honest.unbond(it.honest.scene.alice);
  it.honest.pass(2'000);
  filler(it.honest, it.honest.scene.bob);
  ASSAY_CHECK(it.honest.draw(), "retro-audits wait to be drawn over");
  ASSAY_CHECK(it.honest.scene.attestation_row(at).audit == AuditStatus::due,
              "who has nothing at stake is audited for certain");
  return left_alone(it);
}

std::string voided_and_never_judged(std::uint64_t seed) {
  Begun it(seed);
  const std::uint64_t at = judged_by_worker(it.honest);
  it.honest.suspend_worker(it.honest.scene.attestation_row(at).verdict_index);
  if (seed % 2 == 0) return it.finds(2 * kLongMs);
  it.honest.pass(kLongMs);
  filler(it.honest, it.honest.scene.bob);
  return it.finds();
}

namespace {

wire::Worker suspension(const HonestLog& honest) {
  wire::Worker it;
  it.worker = honest.worker.public_key();
  it.name = "w";
  it.device = "cpu";
  it.after = honest.last_said_of_worker();
  it.enabled = false;
  it.cause = "operator";
  it.void_from = 1;
  return it;
}

}  // namespace

std::string voided_by_another(std::uint64_t seed) {
  Begun it(seed);
  (void)judged_by_worker(it.honest);
  it.force(it.honest.scene.stranger, wire::worker_statement(suspension(it.honest)));
  return it.watched.finds();
}

std::string named_a_suspended_worker(std::uint64_t seed) {
  Begun it(seed);
  const std::uint64_t at = judged_by_worker(it.honest);
  it.honest.suspend_worker(it.honest.scene.attestation_row(at).verdict_index);
  wire::Verdict verdict = it.honest.verdict(at, Outcome::match);
  verdict.workers = {{it.honest.worker.public_key(), "cpu", "", {}}};
  it.force(it.honest.scene.verifier, wire::verdict_statement(verdict));
  return it.watched.finds();
}

std::string named_an_unknown_worker(std::uint64_t seed) {
  Begun it(seed);
  const std::uint64_t at = challenged(it.honest, seed % 2 == 0);
  it.honest.open(at);
  wire::Verdict verdict = it.honest.verdict(at, Outcome::match);
  verdict.workers = {{it.honest.scene.stranger.public_key(), "cpu", "", {}}};
  it.force(it.honest.scene.verifier, wire::verdict_statement(verdict));
  return it.watched.finds();
}

}  // namespace assay::test::malice
