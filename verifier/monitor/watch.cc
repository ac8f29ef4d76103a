#include "verifier/monitor/watch.h"

#include <algorithm>

#include "core/wire/paid_challenge.h"
#include "core/wire/stake.h"
#include "core/wire/worker.h"
#include "verifier/monitor/watch_seen.h"

namespace assay::verifier::monitor {

using wire::Kind;

Watch::Watch(reputation::Roles roles, std::vector<Digest> policies, PlanSource plans,
             DisputeSource disputes)
    : roles_(std::move(roles)),
      trusted_policies_(std::move(policies)),
      plans_(std::move(plans)),
      dispute_source_(std::move(disputes)) {}

void Watch::tell(FindingKind kind, const Seen& seen, std::string text) {
  findings_.push_back({kind, seen.index, seen.statement(),
                       "leaf " + std::to_string(seen.index) + ": " + std::move(text)});
}

std::int64_t Watch::asking_ms() const {
  return std::int64_t{policy_->opening_deadline_ms} + policy_->ask_again_after_ms +
         policy_->draw_deadline_ms;
}
std::int64_t Watch::verdict_ms() const {
  return asking_ms() * policy_->openings_asked_max +
         static_cast<std::int64_t>(policy_->job_deadline_max_ms);
}

void Watch::note_alive(const PublicKey& provider, std::int64_t time_ms) {
  for (auto& [index, dispute] : disputes_) {
    if (dispute.provider == provider) note_asked(dispute, time_ms);
  }
  const auto found = due_of_.find(provider);
  if (found == due_of_.end()) return;
  for (const std::uint64_t index : found->second) {
    Due& due = due_.at(index);
    if (due.opened_ms >= 0 || time_ms < due.next_ask_ms) continue;
    ++due.asked;
    due.next_ask_ms = time_ms + asking_ms();
  }
}

Status Watch::see(const reputation::View& view, const reputation::Head& head, std::uint64_t index,
                  const reputation::LoggedLeaf& leaf) {
  const Seen seen{view, head, index, leaf};
  last_time_ = leaf.time;
  ++totals_.statements[leaf.submission.kind];
  enter(leaf.time);
  if (head.snapshot_missed == index && index > 0) {
    tell(FindingKind::missing_snapshot, seen,
         "the first of a new period; the snapshot of the last one had to come before it");
  }
  if (leaf.submission.kind == Kind::policy) return policy(seen);
  for (auto at = undrawn_.rbegin(); at != undrawn_.rend() && at->ready_ms < 0; ++at) {
    if (leaf.time.ms - at->logged_ms < policy_->reveal_window_ms) continue;
    at->ready_ms = leaf.time.ms;
  }
  note_alive(leaf.submission.opened.signer, leaf.time.ms);
  switch (leaf.submission.kind) {
    case Kind::attestation: return attestation(seen);
    case Kind::draw: return draw(seen);
    case Kind::spotcheck: return spotcheck(seen);
    case Kind::verdict: return verdict(seen);
    case Kind::summary: return summary(seen);
    case Kind::slash: return slash(seen);
    case Kind::reversal: return reversal(seen);
    case Kind::appeal: return appeal(seen);
    case Kind::ruling: return ruling(seen);
    case Kind::uptime: return uptime(seen);
    case Kind::paid_challenge: return paid_challenge(seen);
    case Kind::stake: return stake(seen);
    case Kind::worker: return worker(seen);
    case Kind::dispute: return dispute_moved(seen, seen.index);
    case Kind::dispute_move: return dispute_move(seen);
    case Kind::dispute_end: return dispute_end(seen);
    default: return {};
  }
}

void Watch::tell_missing(FindingKind kind, std::uint64_t attestation, std::string text) {
  findings_.push_back(
      {kind,
       attestation,
       {},
       "the attestation of leaf " + std::to_string(attestation) + " " + std::move(text)});
}

void Watch::check_draws(std::int64_t now_ms) {
  for (Undrawn& waiting : undrawn_) {
    if (waiting.ready_ms < 0) break;
    const std::int64_t late_ms = now_ms - waiting.ready_ms - policy_->draw_deadline_ms;
    if (late_ms <= 0) break;  // and so are those after it
    if (waiting.told) continue;
    waiting.told = true;
    const bool again = waiting.about != waiting.index;
    tell_missing(FindingKind::missing_draw, waiting.about,
                 "was not drawn over" +
                     (again ? " again, as leaf " + std::to_string(waiting.index) + " asks for"
                            : std::string()) +
                     ", " + seconds(late_ms) + " after the policy's deadline");
  }
}

void Watch::check_due(std::uint64_t attestation, Due& due, std::int64_t now_ms) {
  if (due.told) return;
  const bool opened_late = due.opened_ms >= 0 && now_ms - due.opened_ms > verdict_ms();
  const bool asked_out = due.opened_ms < 0 && due.asked > policy_->openings_asked_max;
  if (!opened_late && !asked_out) return;
  due.told = true;
  tell_missing(FindingKind::missing_verdict, attestation,
               opened_late
                   ? "was opened, and had no verdict " + seconds(now_ms - due.opened_ms) + " later"
                   : "had to be audited; its provider was there to be asked " +
                         std::to_string(due.asked) +
                         " times, and there was neither an opening nor a verdict");
}

void Watch::check_deadlines(UnixMillis now) {
  if (policy_ == nullptr) return;
  check_draws(now.ms);
  for (auto& [index, due] : due_) check_due(index, due, now.ms);
  for (auto& [index, dispute] : disputes_) check_dispute(index, dispute, now.ms);
  for (auto& [index, appeal] : appeals_) check_appeal(index, appeal, now.ms);
  for (auto& [index, guilty] : guilty_) {
    if (guilty.told || now.ms - guilty.since_ms <= verdict_ms()) continue;
    guilty.told = true;
    tell_missing(FindingKind::missing_slash, index,
                 "was found wrong or withheld " + seconds(now.ms - guilty.since_ms) +
                     " ago, and nobody was slashed for it");
  }
}

bool Watch::is_overdue() const {
  const auto told = [](const auto& row) { return row.second.told; };
  return std::ranges::any_of(undrawn_, [](const Undrawn& row) { return row.told; }) ||
         std::ranges::any_of(due_, told) || std::ranges::any_of(guilty_, told) ||
         std::ranges::any_of(disputes_, told) || std::ranges::any_of(appeals_, told);
}

Status Watch::add_policy(std::uint64_t index, std::uint64_t from_epoch, std::string text) {
  Result<wire::Policy> parsed = wire::parse_policy(text);
  if (!parsed.ok()) return parsed.error();
  const Digest digest = wire::policy_digest(text);
  policies_.push_back({index, from_epoch, digest, std::move(text), std::move(parsed).value()});
  return {};
}

void Watch::enter(UnixMillis time) {
  if (policies_.empty()) return;
  const std::uint64_t epoch = reputation::epoch_of(time, policies_.front().policy);
  const auto next =
      std::ranges::upper_bound(policies_, epoch, {}, &reputation::LoggedPolicy::from_epoch);
  policy_ = &std::prev(next)->policy;  // the first one is in force from epoch 0 on
}

Result<const reputation::LoggedPolicy*> Watch::policy_of(const reputation::JobState& job) const {
  const auto found =
      std::ranges::lower_bound(policies_, job.policy_index, {}, &reputation::LoggedPolicy::index);
  if (found == policies_.end() || found->index != job.policy_index) {
    return fail(Code::storage, "a job's policy was not seen");
  }
  return &*found;
}

Status Watch::policy(const Seen& seen) {
  Result<wire::PolicyChange> change = wire::parse_policy_change(seen.payload());
  if (!change.ok()) return change.error();
  const Status added =
      add_policy(seen.index, change.value().activation_epoch, change.value().document);
  if (!added.ok()) return added;
  enter(seen.leaf.time);
  const Digest& digest = policies_.back().digest;
  if (!trusted_policies_.empty() && !std::ranges::count(trusted_policies_, digest)) {
    tell(FindingKind::other_policy, seen,
         "the log runs by policy " + digest.hex() + " from epoch " +
             std::to_string(policies_.back().from_epoch) +
             " on, which the trust file does not name");
  }
  return {};
}

void Watch::await_draw(const Seen& seen, std::uint64_t attestation) {
  const std::int64_t now_ms = seen.time_ms();
  const std::int64_t ready_ms = policy_->reveal_window_ms == 0 ? now_ms : -1;
  undrawn_.push_back({seen.index, now_ms, ready_ms, false, attestation});
}

void Watch::due_from(std::uint64_t attestation, const PublicKey& provider, std::int64_t opened_ms,
                     std::int64_t now_ms) {
  due_[attestation] = {provider, opened_ms, 0, now_ms, false};
  due_of_[provider].insert(attestation);
}

Status Watch::paid_challenge(const Seen& seen) {
  Result<wire::PaidChallenge> said = wire::parse_paid_challenge(seen.payload());
  if (!said.ok()) return said.error();
  await_draw(seen, said.value().attestation_index);
  return {};
}

// Which attestations an unbonding has drawn again follows from the fold at its leaf.
Status Watch::stake(const Seen& seen) {
  return seen.view.each_reaudit(seen.index,
                                [&](std::uint64_t cause, std::uint64_t attestation, const auto&) {
                                  if (cause == seen.index) await_draw(seen, attestation);
                                  return cause == seen.index;
                                });
}

// What is void is due again.
Status Watch::worker(const Seen& seen) {
  Result<wire::Worker> said = wire::parse_worker(seen.payload());
  if (!said.ok()) return said.error();
  if (said.value().void_from == 0) return {};
  std::vector<std::uint64_t> about;
  const Status scanned = seen.view.each_match_of(said.value().worker, said.value().void_from,
                                                 [&](std::uint64_t, std::uint64_t attestation) {
                                                   about.push_back(attestation);
                                                   return true;
                                                 });
  if (!scanned.ok()) return scanned;
  for (const std::uint64_t attestation : about) {
    Result<reputation::AttestationState> row = seen.attestation(attestation);
    if (!row.ok()) return row.error();
    const bool again = row.value().audit == reputation::AuditStatus::due &&
                       row.value().verdict_index == 0 && !due_.contains(attestation);
    if (again) due_from(attestation, row.value().provider, seen.time_ms(), seen.time_ms());
  }
  return {};
}

Status Watch::attestation(const Seen& seen) {
  await_draw(seen, seen.index);
  Result<reputation::AttestationState> row = seen.attestation(seen.index);
  if (!row.ok()) return row.error();
  Result<reputation::JobState> job = seen.job(row.value().job);
  if (!job.ok()) return job.error();
  Result<compute::Plan> plan = plans_.of_job(seen.view, job.value(), seen.head.size);
  if (!plan.ok()) return plan.error().code == Code::storage ? Status(plan.error()) : Status();
  if (plan.value().steps != row.value().steps) {
    tell(FindingKind::wrong_steps, seen,
         "it attests to " + std::to_string(row.value().steps) + " steps, its order has " +
             std::to_string(plan.value().steps));
  }
  return {};
}

// The rules have checked the proof, the root, and that draws leave no gap.
Status Watch::draw(const Seen& seen) {
  Result<wire::Draw> said = wire::parse_draw(seen.payload());
  if (!said.ok()) return said.error();
  const wire::Draw& it = said.value();
  const auto time_of = [&](std::uint64_t index) -> Result<std::int64_t> {
    Result<wire::LogLeaf> leaf = seen.view.log(seen.head.size).leaf(index);
    if (!leaf.ok()) return fail(Code::storage, leaf.error().what);
    return leaf.value().time.ms;
  };
  Result<std::int64_t> youngest = time_of(it.to - 1);
  Result<std::int64_t> newest = time_of(it.size - 1);
  Result<std::int64_t> next = time_of(it.size);  // the draw itself, or what came before it
  if (!youngest.ok()) return youngest.error();
  if (!newest.ok()) return newest.error();
  if (!next.ok()) return next.error();
  if (newest.value() - youngest.value() < policy_->reveal_window_ms) {
    tell(FindingKind::wrong_draw, seen,
         "it was made before the reveal window of leaf " + std::to_string(it.to - 1) + " was over");
  }
  if (seen.time_ms() - next.value() > policy_->draw_deadline_ms) {
    tell(FindingKind::wrong_draw, seen,
         "it draws over the log as it was " + seconds(seen.time_ms() - next.value()) +
             " before: of several heads one may be chosen");
  }
  check_draws(seen.time_ms());
  while (!undrawn_.empty() && undrawn_.front().index < it.to) {
    const Undrawn drawn = undrawn_.front();
    undrawn_.pop_front();
    Result<reputation::AttestationState> found = seen.attestation(drawn.about);
    if (!found.ok()) return found.error();
    const reputation::AttestationState& row = found.value();
    const bool first = drawn.about == drawn.index;
    const auto first_audit = reputation::as_first_audited(row).audit;
    if (first && first_audit == reputation::AuditStatus::passed_over) ++totals_.passed_over;
    if (row.audit != reputation::AuditStatus::due || row.draw_index != seen.index) continue;
    due_from(drawn.about, row.provider, -1, seen.time_ms());
  }
  return {};
}

Status Watch::uptime(const Seen& seen) {
  Result<wire::Uptime> said = wire::parse_uptime(seen.payload());
  if (!said.ok()) return said.error();
  // An answer somewhere in the window: it was there no later than the window's end.
  const std::int64_t window_ms = std::int64_t{said.value().window_seconds} * 1000;
  const std::int64_t begun_ms = static_cast<std::int64_t>(said.value().window) * window_ms;
  for (const wire::UptimeRow& row : said.value().rows) {
    if (said.value().verifier_alive && row.answered > 0) note_alive(row.provider, begun_ms);
  }
  return {};
}

}  // namespace assay::verifier::monitor
