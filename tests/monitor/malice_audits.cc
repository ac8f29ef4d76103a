// What a verifier may do wrong, or not at all, in a log that is whole: draws and audits.
#include "tests/monitor/malice_table.h"

namespace assay::test::malice {

using wire::Outcome;

void filler(HonestLog& honest, const SigningKey& key) {
  wire::Registration again = honest.scene.registration(key);
  again.name = "p" + std::to_string(honest.log.leaves.size());  // what was said is not logged twice
  honest.say(key, wire::registration_statement(again));
}

namespace {

// The next draw, of one attestation at least.
wire::Draw ready_draw(HonestLog& honest) {
  honest.attest(honest.scene.bob);
  honest.pass(2'000);
  filler(honest, honest.scene.bob);
  const std::optional<wire::Draw> draw = honest.next_draw();
  ASSAY_CHECK(draw.has_value(), "an attestation waits to be drawn over");
  return *draw;
}

void prove(wire::Draw& draw, const SigningKey& key) {
  draw.proof = vrf_prove(key, wire::draw_alpha(kSceneOrigin, draw).view()).proof;
}

// An attestation of alice's whose coin said yes, or no.
std::uint64_t drawn(HonestLog& honest, bool audited) {
  while (true) {
    const std::uint64_t at = honest.attest(honest.scene.alice);
    honest.pass(2'000);
    filler(honest, honest.scene.bob);
    (void)honest.draw();
    const bool is_due = std::ranges::find(honest.due, at) != honest.due.end();
    if (is_due == audited) return at;
    if (!is_due) continue;
    honest.open(at);
    honest.judge(at, Outcome::match);
  }
}

}  // namespace

std::string drawn_by_another_key(std::uint64_t seed) {
  Begun it(seed);
  wire::Draw draw = ready_draw(it.honest);
  prove(draw, it.honest.scene.stranger);
  it.force(it.honest.scene.verifier, wire::draw_statement(draw));
  return it.watched.finds();
}

std::string drawn_over_another_root(std::uint64_t seed) {
  Begun it(seed);
  wire::Draw draw = ready_draw(it.honest);
  draw.root.bytes[it.honest.random.below(32)] ^= 1;
  prove(draw, it.honest.scene.vrf);
  it.force(it.honest.scene.verifier, wire::draw_statement(draw));
  return it.watched.finds();
}

std::string draw_with_a_gap(std::uint64_t seed) {
  Begun it(seed);
  wire::Draw draw = ready_draw(it.honest);
  draw.from += 1;
  it.force(it.honest.scene.verifier, wire::draw_statement(draw));
  return it.watched.finds();
}

std::string draw_again_of_the_same(std::uint64_t seed) {
  Begun it(seed);
  wire::Draw draw = ready_draw(it.honest);
  draw.k -= 1;
  draw.from = 0;
  prove(draw, it.honest.scene.vrf);
  it.force(it.honest.scene.verifier, wire::draw_statement(draw));
  return it.watched.finds();
}

std::string drawn_before_the_window(std::uint64_t seed) {
  Begun it(seed % 3 == 0 ? seed + 1 : seed);  // of a policy that has one
  it.honest.attest(it.honest.scene.bob);
  it.honest.say(it.honest.scene.verifier, wire::draw_statement(it.honest.scene.draw()));
  return it.finds();
}

// Of two heads the verifier takes the one whose positions it likes.
std::string drawn_over_an_old_head(std::uint64_t seed) {
  Begun it(seed);
  const wire::Draw draw = ready_draw(it.honest);
  filler(it.honest, it.honest.scene.alice);
  it.honest.pass(6'000);
  it.honest.say(it.honest.scene.verifier, wire::draw_statement(draw));
  return it.finds();
}

std::string never_drawn(std::uint64_t seed) {
  Begun it(seed);
  (void)ready_draw(it.honest);
  if (seed % 2 == 0) return it.finds(100'000);  // by the clock alone
  it.honest.pass(5'000);
  filler(it.honest, it.honest.scene.bob);
  return it.finds();
}

std::string never_asked(std::uint64_t seed) {
  Begun it(seed);
  (void)drawn(it.honest, true);
  for (int times = 0; times < 4; ++times) {
    filler(it.honest, it.honest.scene.alice);
    it.honest.pass(9'000);
  }
  filler(it.honest, it.honest.scene.alice);
  return it.finds();
}

std::string opened_and_never_judged(std::uint64_t seed) {
  Begun it(seed);
  it.honest.open(drawn(it.honest, true));
  if (seed % 2 == 0) return it.finds(2 * kLongMs);
  it.honest.pass(kLongMs);
  filler(it.honest, it.honest.scene.bob);
  return it.finds();
}

std::string judged_unopened(std::uint64_t seed) {
  Begun it(seed);
  const std::uint64_t at = drawn(it.honest, true);
  const Outcome outcome = seed % 2 == 0 ? Outcome::match : Outcome::mismatch;
  it.honest.say(it.honest.scene.verifier, wire::verdict_statement(it.honest.verdict(at, outcome)));
  return it.finds();
}

std::string judged_elsewhere(std::uint64_t seed) {
  Begun it(seed);
  const std::uint64_t at = drawn(it.honest, true);
  it.honest.open(at);
  wire::Verdict verdict = it.honest.verdict(at, Outcome::match);
  switch (seed % 3) {
    case 0: verdict.positions[0] = verdict.positions[0] % 8 + 1; break;
    case 1:
      verdict.rows.pop_back();
      verdict.row_outcomes.pop_back();
      break;
    default: verdict.pairs.digest.bytes[3] ^= 1; break;
  }
  it.honest.say(it.honest.scene.verifier, wire::verdict_statement(verdict));
  return it.finds();
}

std::string opened_elsewhere(std::uint64_t seed) {
  Begun it(seed);
  const std::uint64_t at = drawn(it.honest, true);
  wire::Spotcheck spotcheck = it.honest.spotcheck(at);
  if (seed % 2 == 0) {
    spotcheck.positions[0] = spotcheck.positions[0] % 8 + 1;
  } else {
    spotcheck.pairs.digest.bytes[3] ^= 1;
  }
  it.honest.say(it.honest.scene.alice, wire::spotcheck_statement(spotcheck));
  return it.finds();
}

std::string judged_though_passed_over(std::uint64_t seed) {
  Begun it(seed);
  const std::uint64_t at = drawn(it.honest, false);
  const wire::Verdict verdict = it.honest.verdict(at, Outcome::match);
  it.force(it.honest.scene.verifier, wire::verdict_statement(verdict));
  return it.watched.finds();
}

std::string judged_by_another(std::uint64_t seed) {
  Begun it(seed);
  const std::uint64_t at = drawn(it.honest, true);
  it.honest.open(at);
  const wire::Verdict verdict = it.honest.verdict(at, Outcome::match);
  it.force(it.honest.scene.stranger, wire::verdict_statement(verdict));
  return it.watched.finds();
}

std::string summed_up_too_well(std::uint64_t seed) {
  Begun it(seed);
  const std::uint64_t at = drawn(it.honest, true);
  it.honest.open(at);
  const wire::Verdict verdict = it.honest.verdict(at, Outcome::match);
  it.honest.say(it.honest.scene.verifier, wire::verdict_statement(verdict));
  wire::Verdict more = verdict;
  more.positions = {1, 2, 3};
  more.position_outcomes.assign(3, Outcome::match);
  it.honest.say(it.honest.scene.verifier, wire::summary_statement(it.honest.scene.summary(more)));
  return it.finds();
}

std::string cheat_not_slashed(std::uint64_t seed) {
  Begun it(seed);
  const std::uint64_t at = drawn(it.honest, true);
  it.honest.open(at);
  const wire::Verdict verdict = it.honest.verdict(at, Outcome::mismatch);
  it.honest.say(it.honest.scene.verifier, wire::verdict_statement(verdict));
  it.honest.pass(kLongMs);
  filler(it.honest, it.honest.scene.stranger);
  return it.finds();
}

std::string slashed_for_nothing(std::uint64_t seed) {
  Begun it(seed);
  const std::uint64_t at = drawn(it.honest, true);
  it.honest.open(at);
  it.honest.judge(at, Outcome::match);
  const wire::Slash slash = it.honest.scene.slash(at, wire::Fault::wrong_result);
  it.force(it.honest.scene.verifier, wire::slash_statement(slash));
  return it.watched.finds();
}

std::string slashed_too_hard(std::uint64_t seed) {
  Begun it(seed);
  const std::uint64_t at = drawn(it.honest, true);
  it.honest.open(at);
  const wire::Verdict verdict = it.honest.verdict(at, Outcome::mismatch);
  it.honest.say(it.honest.scene.verifier, wire::verdict_statement(verdict));
  wire::Slash slash = it.honest.scene.slash(at, wire::Fault::wrong_result);
  if (seed % 2 == 0) {
    slash.severity_ppm += 500'000;
  } else {
    slash.finality = it.honest.scene.now + 1'000;  // before anybody can appeal
  }
  it.honest.say(it.honest.scene.verifier, wire::slash_statement(slash));
  return it.finds();
}

std::string slashed_without_delivery(std::uint64_t seed) {
  Begun it(seed);
  const std::uint64_t at = drawn(it.honest, true);
  const wire::Verdict verdict = it.honest.verdict(at, Outcome::unavailable);
  it.honest.say(it.honest.scene.verifier, wire::verdict_statement(verdict));
  wire::Slash slash = it.honest.withheld_slash(at);
  if (seed % 2 == 0) {
    slash.delivery_proof = "the heartbeat that never was";
  } else {
    // Somebody else's.
    slash.delivery_proof = wire::seal(
        it.honest.scene.bob,
        wire::parse_envelope(slash.delivery_proof).ok()
            ? std::string(as_text(wire::parse_envelope(slash.delivery_proof).value().payload))
            : "");
  }
  it.honest.say(it.honest.scene.verifier, wire::slash_statement(slash));
  return it.finds();
}

std::string attested_other_steps(std::uint64_t seed) {
  Begun it(seed);
  LedgerScene& scene = it.honest.scene;
  wire::Order order = scene.order();
  order.spec.parameters =
      wire::Json::object({{"rows", 16}, {"cols", 64}, {"steps", 8}, {"weights", "philox"}});
  const Digest job = scene.say(scene.renter, wire::order_statement(order)).value().statement;
  scene.log(scene.alice, wire::acceptance_statement(scene.acceptance(job)));
  wire::Attestation attestation = scene.attestation(job, scene.alice);
  attestation.steps = static_cast<std::uint32_t>(1 + seed % 7);
  it.honest.say(scene.alice, wire::attestation_statement(attestation));
  return it.finds();
}

std::string ran_by_another_policy(std::uint64_t seed) {
  HonestLog honest(seed);
  honest.steps(3);
  Watched watched(honest, {.policy = sha256(as_bytes("the policy that was promised"))});
  return watched.finds();
}

}  // namespace assay::test::malice
