#include "verifier/service/appeals.h"

#include <algorithm>

#include "core/wire/events.h"
#include "verifier/service/slash_notices.h"

namespace assay::verifier {

using reputation::SlashPhase;
using reputation::SlashState;
using reputation::View;
using wire::RulingOutcome;

namespace {

constexpr std::int64_t kShareToGiveUp = 8;  // of an appeal's time is left when it is undecided
constexpr std::int64_t kRetryMaxMs = 60'000;

Result<SlashState> slash_row(const Context& context, std::uint64_t index) {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context.read();
  if (!txn.ok()) return txn.error();
  Result<std::optional<SlashState>> row = View(*txn.value()).slash(index);
  if (!row.ok()) return row.error();
  if (!row.value()) return fail(Code::storage, "an appeal without its slash");
  return std::move(*row.value());
}

// Has a ruling been logged that owes a reversal?
const char* owed_cause(const SlashState& row) {
  if (row.reversal_index != 0) return nullptr;
  if (row.phase == SlashPhase::overturned) return "overturned";
  return row.phase == SlashPhase::drawn ? "drawn" : nullptr;
}

}  // namespace

Status Appeals::load() {
  std::vector<std::uint64_t> open;
  {
    Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
    if (!txn.ok()) return txn.error();
    const Status scanned =
        View(*txn.value()).each_slash(0, [&](std::uint64_t index, const SlashState& row) {
          if (row.phase == SlashPhase::appealed || owed_cause(row) != nullptr) {
            open.push_back(index);
          }
          return true;
        });
    if (!scanned.ok()) return scanned;
  }
  for (const std::uint64_t index : open) {
    if (Status taken = take_up(index); !taken.ok()) return taken;
  }
  return {};
}

Status Appeals::take_up(std::uint64_t slash_index) {
  Result<SlashState> row = slash_row(context_, slash_index);
  if (!row.ok()) return row.error();
  const SlashState& slash = row.value();
  const auto window = static_cast<std::int64_t>(reputation::appeal_window_ms(context_.policy()));
  Waiting waiting;
  waiting.provider = reputation::provider_id(slash.provider);
  waiting.decide_until = slash.decide_until;
  waiting.give_up = slash.decide_until + -(window / kShareToGiveUp);
  if (slash.fault == wire::Fault::withheld) {
    waiting.decide_from = std::min(slash.finality + 1, waiting.give_up);
  }
  const std::scoped_lock lock(mutex_);
  waiting_.try_emplace(slash_index, waiting);
  return {};
}

void Appeals::logged(std::uint64_t slash_index) {
  if (take_up(slash_index).ok()) return;
  const std::scoped_lock lock(mutex_);
  look_again_ = true;
}

bool Appeals::concerns(const Digest& provider) const {
  const std::scoped_lock lock(mutex_);
  return std::ranges::any_of(waiting_,
                             [&](const auto& entry) { return entry.second.provider == provider; });
}

void Appeals::tick() {
  std::vector<std::pair<std::uint64_t, Waiting>> ready;
  bool look_again = false;
  {
    const std::scoped_lock lock(mutex_);
    look_again = std::exchange(look_again_, false);
    const SteadyMillis now = context_.clock.steady_now();
    for (const auto& [index, waiting] : waiting_) {
      if (!waiting.queued && now >= waiting.not_before) ready.emplace_back(index, waiting);
    }
  }
  if (look_again && !load().ok()) {
    const std::scoped_lock lock(mutex_);
    look_again_ = true;
  }
  for (const auto& [index, waiting] : ready) look_at(index, waiting);
}

void Appeals::look_at(std::uint64_t slash_index, const Waiting& waiting) {
  Result<SlashState> row = slash_row(context_, slash_index);
  if (!row.ok()) return put_off(slash_index);
  const SlashState& slash = row.value();
  if (const char* cause = owed_cause(slash)) {
    (void)log_end(slash_index, slash, {reversal(slash_index, slash, cause)});
    return;
  }
  // Delivered meanwhile, or ruled upon.
  if (slash.phase != SlashPhase::appealed) return forget(slash_index);
  const UnixMillis now = context_.clock.unix_now();
  if (now > waiting.decide_until) {
    (void)log_end(slash_index, slash, {reversal(slash_index, slash, "expired")});
  } else if (now < waiting.decide_from) {
    return;
  } else if (slash.appeal_draw != Digest{}) {
    queue(slash_index);
  } else if (now >= waiting.give_up) {
    AppealDecision none;
    none.detail = "our own failure: the appeal was not drawn over in time";
    rule(slash_index, slash, none);
  }
}

bool Appeals::run_replay() {
  std::uint64_t index = 0;
  Waiting waiting;
  {
    const std::scoped_lock lock(mutex_);
    if (to_decide_.empty()) return false;
    index = to_decide_.front();
    to_decide_.pop_front();
    const auto found = waiting_.find(index);
    if (found == waiting_.end()) return true;
    waiting = found->second;
  }
  Result<SlashState> row = slash_row(context_, index);
  if (!row.ok() || row.value().phase != SlashPhase::appealed) {
    put_off(index);
    return true;
  }
  const AppealDecision decision = replay_appeal(context_, index, row.value());
  const bool decided = ruling_of(decision.replays) != RulingOutcome::undecided;
  if (decided || context_.clock.unix_now() >= waiting.give_up) {
    rule(index, row.value(), decision);
  } else {
    put_off(index);
  }
  return true;
}

reputation::Submission Appeals::reversal(std::uint64_t slash_index, const SlashState& slash,
                                         const char* cause) const {
  return sign_own(context_,
                  wire::reversal_statement(
                      {.slash_index = slash_index, .provider = slash.provider, .cause = cause},
                      slash.statement));
}

// What belongs together is logged together: a ruling, the reversal that it owes, and what the audit
// comes to where the replays were those of a whole audit.
void Appeals::rule(std::uint64_t slash_index, const SlashState& slash,
                   const AppealDecision& decision) {
  wire::Ruling ruling;
  ruling.slash_index = slash_index;
  ruling.appeal_index = slash.appeal_index;
  ruling.provider = slash.provider;
  ruling.outcome = ruling_of(decision.replays);
  ruling.draw = slash.appeal_draw;
  ruling.positions = decision.scope.positions;
  ruling.rows = decision.scope.rows;
  ruling.pairs = wire::digest_of_pairs(decision.scope.pairs);
  ruling.replays = decision.replays;
  ruling.detail = decision.detail;
  std::vector<reputation::Submission> batch;
  batch.push_back(sign_own(context_, wire::ruling_statement(ruling, slash.statement)));
  if (ruling.outcome != RulingOutcome::refuted) {
    const bool granted = ruling.outcome == RulingOutcome::granted;
    batch.push_back(reversal(slash_index, slash, granted ? "overturned" : "drawn"));
    if (granted && decision.whole_match) {
      for (reputation::Submission& more :
           audits_.found_right(slash.attestation_index, decision.ops, ruling.replays.size())) {
        batch.push_back(std::move(more));
      }
    }
  }
  (void)log_end(slash_index, slash, std::move(batch));
}

// Logs what ends an appeal. Whether it did: else it is tried again.
bool Appeals::log_end(std::uint64_t slash_index, const SlashState& slash,
                      std::vector<reputation::Submission> batch) {
  const std::vector<Result<reputation::Appended>> logged =
      context_.writer.submit_all(std::move(batch));
  if (!logged.front().ok()) {
    put_off(slash_index);
    return false;
  }
  forget(slash_index);
  audits_.take_up(slash.attestation_index);  // it may be open again
  tell_outcome(context_, slash_index);
  return true;
}

void Appeals::queue(std::uint64_t slash_index) {
  const std::scoped_lock lock(mutex_);
  const auto found = waiting_.find(slash_index);
  if (found == waiting_.end() || found->second.queued) return;
  found->second.queued = true;
  to_decide_.push_back(slash_index);
}

void Appeals::put_off(std::uint64_t slash_index) {
  const std::scoped_lock lock(mutex_);
  const auto found = waiting_.find(slash_index);
  if (found == waiting_.end()) return;
  found->second.queued = false;
  found->second.not_before =
      context_.clock.steady_now() +
      std::min<std::int64_t>(context_.policy().ask_again_after_ms, kRetryMaxMs);
}

void Appeals::forget(std::uint64_t slash_index) {
  const std::scoped_lock lock(mutex_);
  waiting_.erase(slash_index);
}

}  // namespace assay::verifier
