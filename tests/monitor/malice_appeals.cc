// What a verifier may do wrong with appeals, or not at all, in a log that is whole.
#include "reputation/policy/slashing.h"
#include "tests/monitor/malice_table.h"

namespace assay::test::malice {

using wire::Outcome;

namespace {

enum class Ground { audit, silence, dispute };

// An appeal that is drawn over, and nothing else that waits.
Slashed appealed(Begun& it, Ground ground) {
  HonestLog& honest = it.honest;
  const Slashed about = ground == Ground::audit     ? honest.slash_cheat()
                        : ground == Ground::silence ? honest.slash_silent()
                                                    : honest.slash_liar();
  honest.appeal(about);
  honest.pass(2'000);
  filler(honest, honest.scene.bob);
  while (honest.draw()) {
  }
  for (const std::uint64_t at : std::vector(honest.due)) {
    honest.open(at);
    honest.judge(at, Outcome::match);
  }
  return about;
}

Ground any_ground(std::uint64_t seed) {
  return static_cast<Ground>(seed % 3);
}

Outcome fault_of(Ground ground) {
  return ground == Ground::silence ? Outcome::unavailable : Outcome::mismatch;
}

void say_ruling(Begun& it, const wire::Ruling& ruling) {
  it.honest.say(it.honest.scene.verifier, it.honest.scene.ruling_statement(ruling));
}
void force_ruling(Begun& it, const wire::Ruling& ruling) {
  it.force(it.honest.scene.verifier, it.honest.scene.ruling_statement(ruling));
}

// All that an appeal may take, and the askings that the monitor grants besides.
std::int64_t too_long(const Begun& it) {
  return static_cast<std::int64_t>(reputation::appeal_window_ms(it.honest.scene.policy)) + kLongMs;
}

std::string finds_later(Begun& it, std::uint64_t seed, std::int64_t later_ms) {
  if (seed % 2 == 0) return it.finds(later_ms + verifier::monitor::kClockGraceMs);
  it.honest.pass(later_ms);
  filler(it.honest, it.honest.scene.bob);
  return it.finds();
}

}  // namespace

std::string never_ruled(std::uint64_t seed) {
  Begun it(seed);
  (void)appealed(it, any_ground(seed));
  return finds_later(it, seed, too_long(it));
}

std::string reversal_owed(std::uint64_t seed) {
  Begun it(seed);
  const Slashed about = appealed(it, Ground::audit);
  const Outcome found = seed % 2 == 0 ? Outcome::match : Outcome::inconclusive;
  say_ruling(it, it.honest.ruling(about, found));
  return finds_later(it, seed / 2, kLongMs);
}

std::string ruled_elsewhere(std::uint64_t seed) {
  Begun it(seed);
  const Slashed about = appealed(it, Ground::audit);
  wire::Ruling ruling = it.honest.ruling(about, seed % 2 == 0 ? Outcome::match : Outcome::mismatch);
  switch (seed % 3) {
    case 0: ruling.positions[0] = ruling.positions[0] % 8 + 1; break;
    case 1: ruling.rows.pop_back(); break;
    default: ruling.pairs.digest.bytes[3] ^= 1; break;
  }
  say_ruling(it, ruling);
  return it.finds();
}

std::string liar_let_off(std::uint64_t seed) {
  Begun it(seed);
  const Slashed about = appealed(it, Ground::dispute);
  say_ruling(it, it.honest.ruling(about, Outcome::match));
  return it.finds();
}

std::string delivery_denied(std::uint64_t seed) {
  Begun it(seed);
  const Slashed about = appealed(it, Ground::silence);
  say_ruling(it, it.honest.ruling(about, Outcome::match));
  return it.finds();
}

// What was no proof is said to be one.
std::string refuted_without_delivery(std::uint64_t seed) {
  Begun it(seed);
  HonestLog& honest = it.honest;
  std::uint64_t at = 0;
  do {
    at = honest.attest(honest.add_silent());
    honest.pass(2'000);
    filler(honest, honest.scene.bob);
    (void)honest.draw();
  } while (std::ranges::find(honest.due, at) == honest.due.end());
  honest.say(honest.scene.verifier,
             wire::verdict_statement(honest.verdict(at, Outcome::unavailable)));
  std::erase(honest.due, at);
  wire::Slash slash = honest.withheld_slash(at);
  slash.delivery_proof = "the heartbeat that never was";
  honest.say(honest.scene.verifier, wire::slash_statement(slash));
  const Slashed about{at, honest.log.leaves.size() - 1};
  const std::string before = it.finds();
  ASSAY_CHECK(before == "wrong_slash", before);
  honest.appeal(about);
  honest.pass(2'000);
  filler(honest, honest.scene.bob);
  while (honest.draw()) {
  }
  say_ruling(it, honest.ruling(about, Outcome::unavailable));
  return it.finds();
}

std::string ruled_against_replays(std::uint64_t seed) {
  Begun it(seed);
  const Slashed about = appealed(it, any_ground(seed));
  const bool granted = seed % 2 == 0;
  wire::Ruling ruling =
      it.honest.ruling(about, granted ? fault_of(any_ground(seed)) : Outcome::match);
  ruling.outcome = granted ? wire::RulingOutcome::granted : wire::RulingOutcome::refuted;
  force_ruling(it, ruling);
  return it.watched.finds();
}

std::string ruled_by_few(std::uint64_t seed) {
  Begun it(seed);
  const Slashed about = appealed(it, Ground::audit);
  wire::Ruling ruling = it.honest.ruling(about, Outcome::mismatch);
  ruling.replays.resize(1 + seed % 4);
  force_ruling(it, ruling);
  return it.watched.finds();
}

std::string ruled_too_late(std::uint64_t seed) {
  Begun it(seed);
  const Slashed about = appealed(it, Ground::audit);
  const wire::Ruling ruling = it.honest.ruling(about, Outcome::mismatch);
  const UnixMillis until = it.honest.scene.slash_row(about.slash).decide_until;
  it.honest.pass(until - it.honest.scene.now + 1 + static_cast<std::int64_t>(seed % 7));
  force_ruling(it, ruling);
  return it.watched.finds();
}

std::string ruled_by_another(std::uint64_t seed) {
  Begun it(seed);
  const Slashed about = appealed(it, any_ground(seed));
  const wire::Ruling ruling = it.honest.ruling(about, fault_of(any_ground(seed)));
  it.force(seed % 2 == 0 ? it.honest.scene.stranger : it.honest.scene.bob,
           it.honest.scene.ruling_statement(ruling));
  return it.watched.finds();
}

std::string reversed_without_cause(std::uint64_t seed) {
  Begun it(seed);
  const Slashed about = appealed(it, any_ground(seed));
  if (seed % 2 == 0) it.honest.rule(about, fault_of(any_ground(seed)));
  it.force(it.honest.scene.verifier,
           it.honest.scene.reversal(about.slash, seed % 4 < 2 ? "overturned" : "drawn"));
  return it.watched.finds();
}

std::string reversed_in_anothers_name(std::uint64_t seed) {
  Begun it(seed);
  const Slashed about = appealed(it, Ground::audit);
  say_ruling(it, it.honest.ruling(about, Outcome::match));
  const auto row = it.honest.scene.slash_row(about.slash);
  it.force(it.honest.scene.verifier,
           wire::reversal_statement({about.slash, row.provider, "overturned"}, row.appeal_draw));
  return it.watched.finds();
}

std::string expired_too_early(std::uint64_t seed) {
  Begun it(seed);
  const Slashed about = appealed(it, any_ground(seed));
  it.force(it.honest.scene.verifier, it.honest.scene.reversal(about.slash, "expired"));
  return it.watched.finds();
}

std::string appealed_by_another(std::uint64_t seed) {
  Begun it(seed);
  const Slashed about = it.honest.slash_cheat();
  it.force(it.honest.scene.stranger, it.honest.scene.appeal(about.slash));
  return it.watched.finds();
}

std::string found_wrong_again(std::uint64_t seed) {
  Begun it(seed);
  const Slashed about = appealed(it, Ground::audit);
  say_ruling(it, it.honest.ruling(about, Outcome::match));
  it.honest.reverse(about, "overturned");
  wire::Verdict verdict = it.honest.verdict(about.attestation, Outcome::mismatch);
  verdict.detail = "and yet";
  it.force(it.honest.scene.verifier, wire::verdict_statement(verdict));
  return it.watched.finds();
}

}  // namespace assay::test::malice
