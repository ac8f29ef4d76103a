#include "verifier/service/audits.h"

#include <algorithm>

#include "core/crypto/ecvrf.h"
#include "core/wire/events.h"
#include "core/wire/poll.h"
#include "verifier/service/case_files.h"

namespace assay::verifier {

using reputation::AttestationState;
using reputation::AuditStatus;
using reputation::View;
using wire::Outcome;

namespace {

// The first leaf from which on the log is too young to be drawn over: a draw reaches to the last
// leaf that is at least `window_ms` older than the checkpoint's last one.
Result<std::uint64_t> draw_end(const View& view, const reputation::Head& head,
                               std::uint32_t window_ms) {
  if (window_ms == 0) return head.size;
  std::uint64_t low = head.drawn_to;
  std::uint64_t high = head.size;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    Result<wire::LogLeaf> leaf = view.log(head.size).leaf(middle);
    if (!leaf.ok()) return leaf.error();
    if (head.last_time - leaf.value().time >= window_ms) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// What a draw over [from, to) throws coins for: new attestations, and what is to be audited again.
struct Awaited {
  bool any = false;
  std::vector<std::uint64_t> again;  // attestations
};
Result<Awaited> awaited(const View& view, std::uint64_t from, std::uint64_t to) {
  Awaited out;
  const Status scanned =
      view.each_attestation(from, [&](std::uint64_t index, const AttestationState&) {
        out.any = index < to;
        return false;
      });
  if (!scanned.ok()) return scanned.error();
  const Status more = view.each_reaudit(
      from, [&](std::uint64_t cause, std::uint64_t attestation, const reputation::ReauditState&) {
        if (cause >= to) return false;
        out.again.push_back(attestation);
        return true;
      });
  if (!more.ok()) return more.error();
  out.any = out.any || !out.again.empty();
  return out;
}

Result<bool> has_appeal(const View& view, std::uint64_t from, std::uint64_t to) {
  bool found = false;
  const Status scanned = view.each_appeal(from, [&](std::uint64_t appeal, std::uint64_t) {
    found = appeal < to;
    return false;
  });
  if (!scanned.ok()) return scanned.error();
  return found;
}

// Is there anything about it left for us to do?
bool is_unfinished(const AttestationState& row) {
  if (row.audit == AuditStatus::due) return true;
  if (row.audit != AuditStatus::done) return false;
  const bool delivered_late =
      row.outcome == Outcome::unavailable && row.spotcheck_index > row.slash_index;
  return delivered_late || (row.outcome == Outcome::mismatch && row.slash_index == 0);
}

}  // namespace

Status Audits::load() {
  std::set<std::uint64_t> known;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [index, audit] : due_) known.insert(index);
  }
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
  if (!txn.ok()) return txn.error();
  std::vector<std::pair<std::uint64_t, AttestationState>> waiting;
  std::deque<std::uint64_t> matched;
  const Status scanned =
      View(*txn.value()).each_attestation(0, [&](std::uint64_t index, const AttestationState& row) {
        if (!known.contains(index) && is_unfinished(row)) waiting.emplace_back(index, row);
        if (row.audit == AuditStatus::done && row.outcome == Outcome::match) {
          matched.push_back(index);
          if (matched.size() > kMatchedKept) matched.pop_front();
        }
        return true;
      });
  if (!scanned.ok()) return scanned;
  txn.value().reset();
  {
    const std::scoped_lock lock(mutex_);
    matched_ = std::move(matched);
  }
  for (const auto& [index, row] : waiting) {
    if (row.audit == AuditStatus::due) {
      take_up(index);  // if it still is: the look may have taken a while
    } else if (row.outcome == Outcome::mismatch) {
      accuse_again(index, row.verdict_index);
    } else if (row.spotcheck_index != 0) {
      opened(index);
    }
  }
  return {};
}

void Audits::look_again() {
  if (!load().ok()) try_later();
}

void Audits::try_later() {
  const std::scoped_lock lock(mutex_);
  if (!look_again_) {
    look_again_ = context_.clock.steady_now() + context_.policy().ask_again_after_ms;
  }
}

void Audits::excuse() {
  const std::scoped_lock lock(mutex_);
  for (auto& [index, audit] : due_) audit.deadline.reset();
}

Result<bool> Audits::draw() {
  const std::scoped_lock one_at_a_time(draw_mutex_);
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
  if (!txn.ok()) return txn.error();
  const View view(*txn.value());
  Result<reputation::Head> head = view.head();
  if (!head.ok()) return head.error();
  Result<std::uint64_t> to = draw_end(view, head.value(), context_.policy().reveal_window_ms);
  if (!to.ok()) return to.error();
  Result<Awaited> waits = awaited(view, head.value().drawn_to, to.value());
  if (!waits.ok()) return waits.error();
  Result<bool> appealed = has_appeal(view, head.value().drawn_to, to.value());
  if (!appealed.ok()) return appealed.error();
  if (!waits.value().any && !appealed.value()) return false;

  wire::Draw draw;
  draw.k = head.value().draws;
  draw.from = head.value().drawn_to;
  draw.to = to.value();
  draw.size = head.value().size;
  draw.root = head.value().root;
  draw.proof = vrf_prove(context_.keys.vrf, wire::draw_alpha(context_.origin(), draw).view()).proof;
  txn.value().reset();
  Result<reputation::Appended> logged = log_own(context_, wire::draw_statement(draw));
  if (!logged.ok()) return logged.error();

  std::vector<std::uint64_t> due;
  Result<std::unique_ptr<reputation::ReadTxn>> after = context_.read();
  if (!after.ok()) return after.error();
  const Status scanned =
      View(*after.value())
          .each_attestation(draw.from, [&](std::uint64_t index, const AttestationState& row) {
            if (index >= draw.to) return false;
            if (row.audit == AuditStatus::due) due.push_back(index);
            return true;
          });
  if (!scanned.ok()) return scanned.error();
  for (const std::uint64_t index : waits.value().again) {
    Result<std::optional<AttestationState>> row = View(*after.value()).attestation(index);
    if (!row.ok()) return row.error();
    const bool is_listed = index >= draw.from && index < draw.to;
    if (row.value() && row.value()->audit == AuditStatus::due && !is_listed) due.push_back(index);
  }
  after.value().reset();
  for (const std::uint64_t index : due) track(index);
  return true;
}

Result<Audits::Audit> Audits::make_audit(std::uint64_t attestation) const {
  Result<OpenAudit> open = load_audit(context_, attestation);
  if (!open.ok()) return open.error();
  Audit audit;
  audit.provider = reputation::provider_id(open.value().state.provider);
  audit.challenge = challenge_of(open.value());
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
  if (!txn.ok()) return txn.error();
  Result<std::optional<reputation::ProviderState>> who =
      View(*txn.value()).provider(audit.provider);
  if (!who.ok()) return who.error();
  audit.newcomer = who.value() && who.value()->attested_jobs <= context_.policy().first_jobs;
  return audit;
}

void Audits::track(std::uint64_t attestation) {
  Result<Audit> audit = make_audit(attestation);
  // Inputs or trace that we lost: nobody is asked for what we could not judge.
  if (!audit.ok()) return try_later();
  const std::scoped_lock lock(mutex_);
  due_.try_emplace(attestation, std::move(audit).value());
}

std::vector<wire::Challenge> Audits::challenges_for(const Digest& provider) {
  const std::scoped_lock lock(mutex_);
  const SteadyMillis now = context_.clock.steady_now();
  std::vector<wire::Challenge> challenges;
  for (auto& [index, audit] : due_) {
    if (audit.provider != provider || audit.opening_logged || now < audit.not_before) continue;
    if (challenges.size() == wire::kChallengesMax) break;  // the rest waits for the next poll
    wire::Challenge challenge = audit.challenge;
    challenge.deadline = context_.clock.unix_now() + context_.policy().opening_deadline_ms;
    challenges.push_back(std::move(challenge));
  }
  return challenges;
}

void Audits::delivered(const std::vector<std::uint64_t>& attestations,
                       const std::string& heartbeat) {
  const std::scoped_lock lock(mutex_);
  for (const std::uint64_t index : attestations) {
    const auto found = due_.find(index);
    if (found == due_.end() || found->second.deadline || found->second.opening_logged) continue;
    Audit& audit = found->second;
    if (context_.clock.steady_now() < audit.not_before) continue;  // a reply of the last asking
    audit.deadline = context_.clock.steady_now() + context_.policy().opening_deadline_ms;
    audit.delivery_proof = heartbeat;
  }
}

void Audits::opened(std::uint64_t attestation) {
  {
    const std::scoped_lock lock(mutex_);
    const auto found = due_.find(attestation);
    if (found != due_.end()) {
      found->second.opening_logged = true;
      found->second.deadline.reset();
      if (!found->second.queued) queue(attestation, found->second, false);
      return;
    }
  }
  // Late delivery, after a slash for withholding: the audit is not due, but it is judged.
  Result<Audit> audit = make_audit(attestation);
  if (!audit.ok()) return try_later();
  const std::scoped_lock lock(mutex_);
  audit.value().opening_logged = true;
  Audit& kept = due_.insert_or_assign(attestation, std::move(audit).value()).first->second;
  queue(attestation, kept, false);
}

void Audits::take_up(std::uint64_t attestation) {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
  if (!txn.ok()) return try_later();
  Result<std::optional<AttestationState>> row = View(*txn.value()).attestation(attestation);
  txn.value().reset();
  if (!row.ok()) return try_later();
  if (!row.value() || row.value()->audit != AuditStatus::due) return;
  track(attestation);
  if (row.value()->spotcheck_index != 0) opened(attestation);
}

bool Audits::concerns(const Digest& provider) const {
  const std::scoped_lock lock(mutex_);
  return std::any_of(due_.begin(), due_.end(),
                     [&](const auto& entry) { return entry.second.provider == provider; });
}

void Audits::check_deadlines() {
  std::vector<std::pair<std::uint64_t, Audit>> over;
  std::vector<std::pair<std::uint64_t, Audit>> lapsed;
  bool look_again_now = false;
  {
    const std::scoped_lock lock(mutex_);
    const SteadyMillis now = context_.clock.steady_now();
    look_again_now = look_again_ && now >= *look_again_;
    if (look_again_now) look_again_.reset();
    for (auto& [index, audit] : due_) {
      if (audit.opening_logged && !audit.queued && now >= audit.not_before) {
        queue(index, audit, !audit.claims.empty());  // a replay that our own failure put off
      }
      if (!audit.deadline || audit.opening_logged || now < *audit.deadline) continue;
      audit.deadline.reset();
      audit.not_before = now + context_.policy().ask_again_after_ms;
      const bool asked_out = ++audit.asked >= context_.policy().openings_asked_max;
      (asked_out ? over : lapsed).emplace_back(index, audit);
    }
  }
  for (const auto& [index, audit] : lapsed) warn(index, audit);
  for (const auto& [index, audit] : over) withheld(index, audit);
  accuse_what_waited();
  if (look_again_now) look_again();
}

void Audits::put_off(std::uint64_t attestation) {
  const std::scoped_lock lock(mutex_);
  const auto found = due_.find(attestation);
  if (found == due_.end()) return;
  found->second.queued = false;
  found->second.not_before = context_.clock.steady_now() + context_.policy().ask_again_after_ms;
}

void Audits::forget(std::uint64_t attestation) {
  const std::scoped_lock lock(mutex_);
  due_.erase(attestation);
}

}  // namespace assay::verifier
