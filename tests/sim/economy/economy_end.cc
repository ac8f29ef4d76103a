// What an economy came to.
#include <algorithm>

#include "tests/sim/economy/economy.h"

namespace assay::sim {

void Economy::finish() {
  count_outcomes();
  check_scores();
  std::vector<bool> owner_counted(owners_);
  for (ProviderNo i = 0; i < actors_.size(); ++i) {
    Actor& actor = actors_[i];
    Tally& tally = actor.tally;
    const reputation::StakeState stake = book_.stake_of(i);
    count_after(actor);
    // What is still locked to a job that nobody can end any more is as good as lost.
    tally.profit_micros -= static_cast<std::int64_t>(stake.slashed_micros);
    tally.slashed_micros = stake.slashed_micros;
    if (tally.cheated > 0) tally.net_micros -= static_cast<std::int64_t>(stake.slashed_micros);
    if (actor.caught) {
      ++tally.keys_caught;
      tally.trust_caught_ppm = std::max(reputation::ppm_from_q30(actor.scores[0].trust),
                                        reputation::ppm_from_q30(actor.scores[1].trust));
    }
    if (actor.quit) tally.profit_micros -= static_cast<std::int64_t>(stake.locked_micros);
    tally.tombstones = is_tombstoned(actor) ? 1 : 0;
    if (!actor.replaced) {
      tally.owners = 1;
      tally.trust_end_ppm = reputation::ppm_from_q30(actor.scores[0].trust);
      if (actor.scores[0].audited == 0) {
        tally.trust_end_ppm = reputation::ppm_from_q30(actor.scores[1].trust);
      }
    }
    result_.totals.slashes += tally.slashes;
    result_.totals.false_slashes += tally.false_slashes;
    add(result_.kinds[actor.kind_no], tally);
  }
  result_.auditor = auditor_.stats();
  result_.state = state_digest();
}

// Two ways to go on after a slash, to be compared: with the key, or without.
void Economy::count_after(Actor& actor) const {
  Tally& tally = actor.tally;
  if (actor.kind->plan.after == After::reform && actor.caught) {
    tally.after_micros = tally.profit_micros - actor.caught_with;
    tally.after_days = static_cast<std::uint64_t>(day_ - actor.caught_on);
  } else if (actor.kind->plan.after == After::reborn && actor.honest && !actor.replaced) {
    tally.after_micros = tally.profit_micros;
    tally.after_days = static_cast<std::uint64_t>(day_ - actor.joins);
  }
}

void Economy::count_outcomes() {
  for (const Job& job : jobs_) {
    if (!job.wrong) continue;
    Actor& actor = actors_[job.provider];
    const auto cost = static_cast<std::int64_t>(plan_of(actor).cost);
    const auto price = static_cast<std::int64_t>(job.terms.price);
    if (job.settled && !job.slashed) ++actor.tally.delivered;
    // Paid: the work was saved. Not paid: the margin of honest work was missed.
    actor.tally.net_micros += job.settled ? cost : cost - price;
    if (job.settled && job.slashed) actor.tally.net_micros -= held_back(job);
  }
}

// Every score is explained to the last micro-point, and a fold from nothing gives every class.
void Economy::check_scores() {
  for (ProviderNo i = 0; i < actors_.size(); ++i) {
    for (ClassNo workload = 0; workload < kWorkloads.size(); ++workload) {
      const Bytes bytes = book_.class_bytes(i, workload);
      if (bytes.empty()) continue;
      ++(book_.explains(i, workload) ? result_.totals.explained : result_.totals.unexplained);
      if (more_ == nullptr) continue;
      const bool same = encode(more_->refolded(i, workload)) == bytes;
      ++(same ? result_.totals.refolded : result_.totals.not_refolded);
    }
  }
}

Digest Economy::state_digest() {
  Sha256 hash;
  Bytes numbers;
  for (ProviderNo i = 0; i < actors_.size(); ++i) {
    for (ClassNo workload = 0; workload < kWorkloads.size(); ++workload) {
      hash.update(book_.class_bytes(i, workload));
    }
    hash.update(encode(book_.stake_of(i)));
    const Tally& tally = actors_[i].tally;
    for (const std::uint64_t number :
         {tally.jobs, tally.cheated, tally.caught, tally.delivered, tally.slashes,
          static_cast<std::uint64_t>(tally.profit_micros),
          static_cast<std::uint64_t>(tally.gain_micros)}) {
      put_u64_be(numbers, number);
    }
  }
  hash.update(numbers);
  return hash.finish();
}

}  // namespace assay::sim
