// What a verifier may do wrong with disputes, or not at all, in a log that is whole.
#include "tests/monitor/malice_table.h"

namespace assay::test::malice {

using wire::DisputeCause;

namespace {

constexpr std::size_t kNever = 99;  // silent

// The attestation is drawn over in time, so that nothing but its dispute is late.
void draw_over(Begun& it) {
  it.honest.pass(2'000);
  filler(it.honest, it.honest.scene.bob);
  while (it.honest.draw()) {
  }
}

// A dispute that has come to its conviction, or to where a side says no more.
OpenDispute& played(Begun& it, bool provider_lied, std::size_t silent = kNever) {
  draw_over(it);
  OpenDispute& dispute = it.honest.dispute(
      provider_lied ? it.honest.add_cheat() : it.honest.scene.alice, provider_lied, silent);
  it.honest.play_out(dispute);
  return dispute;
}

void end(Begun& it, const OpenDispute& dispute, const wire::DisputeEnd& end) {
  it.honest.say(it.honest.scene.verifier, wire::dispute_end_statement(end, dispute.statement));
}

std::uint64_t deadline(const Begun& it) {
  return it.honest.scene.policy.opening_deadline_ms;
}

// What audits owe is done.
void audit_all(Begun& it) {
  while (it.honest.draw()) {
  }
  for (const std::uint64_t at : std::vector(it.honest.due)) {
    it.honest.open(at);
    it.honest.judge(at, wire::Outcome::match);
  }
}

// A side lets its deadline pass; draws and audits go on meanwhile.
void fall_silent(Begun& it) {
  const auto half = static_cast<std::int64_t>(deadline(it) / 2);
  it.honest.pass(half);
  filler(it.honest, it.honest.scene.bob);
  audit_all(it);
  it.honest.pass(static_cast<std::int64_t>(deadline(it)) - half);
}

// By the clock alone, or by what is logged later.
std::string finds_later(Begun& it, std::uint64_t seed) {
  draw_over(it);
  if (seed % 2 == 0) return it.finds(2 * kLongMs);
  it.honest.pass(kLongMs);
  filler(it.honest, it.honest.scene.bob);
  return it.finds();
}

}  // namespace

std::string acquitted_though_wrong(std::uint64_t seed) {
  Begun it(seed);
  const OpenDispute& dispute = played(it, true);
  end(it, dispute, {dispute.index, false, DisputeCause::acquitted, ""});
  return it.finds();
}

std::string convicted_though_right(std::uint64_t seed) {
  Begun it(seed);
  const OpenDispute& dispute = played(it, false);
  end(it, dispute, {dispute.index, true, DisputeCause::convicted, ""});
  return it.finds();
}

std::string conviction_never_judged(std::uint64_t seed) {
  Begun it(seed);
  (void)played(it, seed % 4 < 2);
  return finds_later(it, seed);
}

std::string conviction_judged_late(std::uint64_t seed) {
  Begun it(seed);
  OpenDispute& dispute = played(it, seed % 2 == 0);
  draw_over(it);
  it.honest.pass(kLongMs);
  it.honest.end(dispute);
  return it.finds();
}

std::string silent_challenger_let_off(std::uint64_t seed) {
  Begun it(seed);
  (void)played(it, false, 1 + 2 * it.honest.random.below(2));
  return finds_later(it, seed);
}

// It is there all the time, and says other things.
std::string silent_provider_let_off(std::uint64_t seed) {
  Begun it(seed);
  draw_over(it);
  const SigningKey& silent = it.honest.add_silent();
  it.honest.play_out(it.honest.dispute(silent, true, 2 * it.honest.random.below(2)));
  for (int times = 0; times < 15; ++times) {
    it.honest.pass(times == 0 ? 2'000 : 3'000);
    filler(it.honest, silent);
    audit_all(it);
  }
  return it.finds();
}

std::string silenced_too_early(std::uint64_t seed) {
  Begun it(seed);
  const bool provider = seed % 2 == 0;
  const OpenDispute& dispute = played(it, true, provider ? 2 : 1);
  it.honest.pass(static_cast<std::int64_t>(it.honest.random.below(deadline(it) - 1)));
  it.force(it.honest.scene.verifier,
           wire::dispute_end_statement(it.honest.end_of(dispute), dispute.statement));
  return it.watched.finds();
}

std::string silenced_out_of_turn(std::uint64_t seed) {
  Begun it(seed);
  const bool provider = seed % 2 == 0;
  const OpenDispute& dispute = played(it, true, provider ? 2 : 1);
  it.honest.pass(static_cast<std::int64_t>(deadline(it)));
  wire::DisputeEnd end = it.honest.end_of(dispute);
  end.provider_lost = !provider;
  end.delivery_proof = provider ? "" : it.honest.withheld_slash(dispute.attestation).delivery_proof;
  it.force(it.honest.scene.verifier, wire::dispute_end_statement(end, dispute.statement));
  return it.watched.finds();
}

std::string silenced_without_delivery(std::uint64_t seed) {
  Begun it(seed);
  const OpenDispute& dispute = played(it, true, 2);
  it.honest.pass(static_cast<std::int64_t>(deadline(it)));
  wire::DisputeEnd said = it.honest.end_of(dispute);
  if (seed % 2 == 0) {
    said.delivery_proof = "the heartbeat that never was";
  } else {
    const wire::Envelope own = wire::parse_envelope(said.delivery_proof).value();
    said.delivery_proof =
        wire::seal(it.honest.scene.bob, std::string(as_text(own.payload)));  // somebody else's
  }
  end(it, dispute, said);
  return it.finds();
}

// A provider's word that is no answer stops its clock, and the challenger's runs out.
std::string took_no_answer(std::uint64_t seed) {
  Begun it(seed);
  OpenDispute& dispute = played(it, true, 2);
  Bytes& blob = dispute.game.blobs[2];
  if (seed % 2 == 0) {
    blob[it.honest.random.below(blob.size())] ^= 1;
  } else {
    blob.pop_back();
  }
  dispute.game.moves[2].blob = sha256(blob);
  it.honest.move(dispute);
  it.honest.pass(static_cast<std::int64_t>(deadline(it)));
  end(it, dispute, {dispute.index, false, DisputeCause::silent, ""});
  return it.finds();
}

std::string lost_and_not_slashed(std::uint64_t seed) {
  Begun it(seed);
  const bool silent = seed % 3 == 0;
  const OpenDispute& dispute = played(it, true, silent ? 2 : kNever);
  if (silent) fall_silent(it);
  end(it, dispute, it.honest.end_of(dispute));
  return finds_later(it, seed);
}

std::string slashed_for_another_fault(std::uint64_t seed) {
  Begun it(seed);
  const bool silent = seed % 2 == 0;
  const OpenDispute& dispute = played(it, true, silent ? 2 : kNever);
  if (silent) fall_silent(it);
  end(it, dispute, it.honest.end_of(dispute));
  const wire::Slash slash =
      silent ? it.honest.scene.slash(dispute.attestation, wire::Fault::wrong_result)
             : it.honest.withheld_slash(dispute.attestation);
  it.force(it.honest.scene.verifier, wire::slash_statement(slash));
  return it.watched.finds();
}

std::string slashed_though_acquitted(std::uint64_t seed) {
  Begun it(seed);
  OpenDispute& dispute = played(it, false);
  it.honest.end(dispute);
  it.force(it.honest.scene.verifier, wire::slash_statement(it.honest.scene.slash(
                                         dispute.attestation, wire::Fault::wrong_result)));
  return it.watched.finds();
}

std::string moved_by_another(std::uint64_t seed) {
  Begun it(seed);
  const bool provider = seed % 2 == 0;
  const OpenDispute& dispute = played(it, true, provider ? 2 : 1);
  const wire::DisputeMove move{dispute.index, static_cast<std::uint32_t>(dispute.moves),
                               dispute.game.moves[dispute.moves]};
  it.force(it.honest.scene.bob, wire::dispute_move_statement(move, dispute.statement));
  return it.watched.finds();
}

std::string ended_by_another(std::uint64_t seed) {
  Begun it(seed);
  const OpenDispute& dispute = played(it, seed % 2 == 0);
  it.force(it.honest.scene.stranger,
           wire::dispute_end_statement(it.honest.end_of(dispute), dispute.statement));
  return it.watched.finds();
}

}  // namespace assay::test::malice
