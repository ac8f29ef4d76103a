// The appeals of an honest log.
#include <algorithm>

#include "tests/monitor/honest_log.h"

namespace assay::test {

using reputation::SlashState;
using wire::Outcome;

namespace {

Slashed take(std::vector<Slashed>& from, std::size_t at) {
  const Slashed out = from[at];
  from.erase(from.begin() + static_cast<std::ptrdiff_t>(at));
  return out;
}

}  // namespace

wire::Ruling HonestLog::ruling(const Slashed& about, Outcome found) {
  wire::Ruling it = scene.ruling(about.slash, found);
  const SlashState row = scene.slash_row(about.slash);
  if (row.fault != wire::Fault::wrong_result || row.dispute_index != 0) return it;
  const auto txn = scene.store->read();
  const reputation::View view(*txn.value());
  const reputation::AttestationState attested = *view.attestation(about.attestation).value();
  const reputation::JobState job = *view.job(attested.job).value();
  const compute::Plan plan = plans_.of_job(view, job, log.leaves.size()).value();
  const wire::LogLeaf leaf = wire::parse_leaf(log.leaves[attested.verdict_index]).value();
  const verifier::Scope scope = verifier::appeal_scope(
      row.appeal_seed, this->scope(about.attestation), plan, job.assurance, scene.policy,
      wire::parse_verdict(leaf.payload).value().faulty_step.value_or(0));
  it.positions = scope.positions;
  it.rows = scope.rows;
  it.pairs = wire::digest_of_pairs(scope.pairs);
  return it;
}

void HonestLog::appeal(const Slashed& about) {
  say(provider_of(about.attestation), scene.appeal(about.slash));
  const auto same = [&](const Slashed& each) { return each.slash == about.slash; };
  std::erase_if(slashed, same);
  std::erase_if(withheld_, same);
  appealed.push_back(about);
}

void HonestLog::reverse(const Slashed& about, const char* cause) {
  say(scene.verifier, scene.reversal(about.slash, cause));
  std::erase_if(appealed, [&](const Slashed& each) { return each.slash == about.slash; });
  const reputation::AttestationState row = scene.attestation_row(about.attestation);
  if (row.audit != reputation::AuditStatus::due) return;
  std::vector<std::uint64_t>& waits = row.spotcheck_index != 0 ? opened : due;
  if (std::ranges::find(waits, about.attestation) == waits.end()) {
    waits.push_back(about.attestation);
  }
}

void HonestLog::rule(const Slashed& about, Outcome found) {
  const wire::Ruling said = ruling(about, found);
  say(scene.verifier, scene.ruling_statement(said));
  std::erase_if(appealed, [&](const Slashed& each) { return each.slash == about.slash; });
  if (said.outcome == wire::RulingOutcome::refuted) return;
  const bool granted = said.outcome == wire::RulingOutcome::granted;
  reverse(about, granted ? "overturned" : "drawn");
  if (granted) acquitted_.insert(about.attestation);
  // What was found right upon appeal is right.
  const bool audited = std::ranges::find(opened, about.attestation) != opened.end();
  if (granted && audited) judge(about.attestation, Outcome::match);
}

void HonestLog::go_on_with_appeals() {
  if (!slashed.empty() && chance(20)) appeal(take(slashed, random.below(slashed.size())));
  if (!withheld_.empty() && chance(5)) appeal(take(withheld_, random.below(withheld_.size())));
  const std::vector<Slashed> waiting = appealed;
  for (const Slashed& about : waiting) {
    const SlashState row = scene.slash_row(about.slash);
    const Outcome fault =
        row.fault == wire::Fault::withheld ? Outcome::unavailable : Outcome::mismatch;
    if (row.appeal_draw == Digest{} || !chance(40)) continue;
    if (chance(15)) {
      rule(about, Outcome::inconclusive);
    } else if (row.fault == wire::Fault::wrong_result && row.dispute_index == 0 && chance(30)) {
      rule(about, Outcome::match);  // the audit was wrong
    } else {
      rule(about, fault);
    }
  }
}

void HonestLog::end_appeals() {
  for (const Slashed& about : std::vector(appealed)) {
    if (scene.slash_row(about.slash).appeal_draw == Digest{}) {
      rule(about, Outcome::inconclusive);
    } else if (scene.slash_row(about.slash).fault == wire::Fault::withheld) {
      rule(about, Outcome::unavailable);
    } else {
      rule(about, Outcome::mismatch);
    }
  }
  // Audits that are open again.
  for (const std::uint64_t at : std::vector(opened)) judge(at, Outcome::match);
}

Slashed HonestLog::slash_cheat() {
  while (true) {
    const std::uint64_t at = attest(add_cheat());
    pass(2'000);
    add_cheat();  // a leaf, so that time has passed
    (void)draw();
    if (std::ranges::find(due, at) == due.end()) continue;
    open(at);
    judge(at, Outcome::mismatch);
    return slashed.back();
  }
}

Slashed HonestLog::slash_silent() {
  while (true) {
    const std::uint64_t at = attest(add_silent());
    pass(2'000);
    add_cheat();
    (void)draw();
    if (std::ranges::find(due, at) == due.end()) continue;
    withhold(at);
    return withheld_.back();
  }
}

Slashed HonestLog::slash_liar() {
  pass(2'000);
  add_cheat();
  while (draw()) {
  }
  OpenDispute& it = dispute(add_cheat(), true);
  play_out(it);
  end(it);
  disputes.pop_back();
  return slashed.back();
}

}  // namespace assay::test
