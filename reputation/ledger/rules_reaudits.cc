// Rules for audits of what is settled: those that somebody pays for, and those that unbonding asks
// for. Both wait for the draw that covers their cause, under whose proof coin and positions are
// drawn anew.
#include <algorithm>
#include <map>

#include "core/wire/paid_challenge.h"
#include "core/wire/stake.h"
#include "reputation/ledger/rules.h"
#include "reputation/policy/audit_rate.h"

namespace assay::reputation::rules {
namespace {

// So many times one attestation can be challenged: whoever has more than that against it may take
// it to a dispute, in which the challenger does the work.
constexpr std::uint32_t kChallengesMax = 8;
constexpr std::uint32_t kCertain = 1'000'000;

struct Waiting {
  std::uint64_t cause = 0;
  std::uint64_t attestation = 0;
  ReauditState what;
};

bool is_kept(const Scene& scene, const AttestationState& row) {
  return scene.entry.time - row.logged <= static_cast<std::int64_t>(scene.policy.retention_ms);
}

// The first leaf that is no older than providers must keep their states.
Result<std::uint64_t> first_kept_leaf(const Scene& scene) {
  const LogView log(scene.txn, scene.entry.index);
  std::uint64_t low = 0;
  std::uint64_t high = scene.entry.index;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    Result<wire::LogLeaf> leaf = log.leaf(middle);
    if (!leaf.ok()) return leaf.error();
    if (scene.entry.time - leaf.value().time >
        static_cast<std::int64_t>(scene.policy.retention_ms)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

Status may_be_challenged(const Scene& scene, const AttestationState& row) {
  if (!row.stands()) {
    return fail(Code::conflict, row.slash_index != 0
                                    ? "that attestation is slashed already"
                                    : "that attestation is being audited, or waits for its draw");
  }
  if (row.waiting_index != 0) {
    return fail(Code::conflict, "that attestation is to be audited again already: leaf " +
                                    std::to_string(row.waiting_index));
  }
  if (row.challenges >= kChallengesMax) {
    return fail(Code::conflict, "that attestation was challenged " +
                                    std::to_string(row.challenges) +
                                    " times: open a dispute about it instead");
  }
  if (is_kept(scene, row)) return {};
  return fail(Code::conflict, "that attestation is older than providers must keep its states");
}

Status wait_for_draw(Scene& scene, std::uint64_t attestation, const ReauditState& what) {
  return scene.txn.put(tables::kReaudits, reaudit_key(scene.entry.index, attestation),
                       encode(what));
}

Result<ChallengeState> need_challenge(const ReadTxn& txn, std::uint64_t index) {
  Result<std::optional<ChallengeState>> row = View(txn).challenge(index);
  if (!row.ok()) return row.error();
  if (!row.value()) return fail(Code::storage, "a challenge without its row");
  return *row.value();
}

Status drop_challenge(Scene& scene, std::uint64_t cause) {
  Result<ChallengeState> challenge = need_challenge(scene.txn, cause);
  if (!challenge.ok()) return challenge.error();
  challenge.value().dropped = true;
  return put_challenge(scene.txn, cause, challenge.value());
}

// The audit takes the place of the one before, of which the first is kept.
Status begin(Scene& scene, const Waiting& waiting, AttestationState& row, const Digest& seed) {
  if (!row.first) {
    row.first = FirstAudit{.p_ppm = row.p_ppm,
                           .audit = row.audit,
                           .draw_index = row.draw_index,
                           .draw = row.draw,
                           .seed = row.seed,
                           .spotcheck_index = row.spotcheck_index,
                           .opening_blob = row.opening_blob,
                           .redraws = row.redraws,
                           .verdict_index = row.verdict_index,
                           .outcome = row.outcome};
  }
  row.reason = waiting.what.reason;
  row.cause_index = waiting.cause;
  row.p_ppm = waiting.what.p_ppm;
  row.audit = AuditStatus::due;
  row.draw_index = scene.entry.index;
  row.draw = scene.entry.submission.opened.pae_digest;
  row.seed = seed;
  row.spotcheck_index = 0;
  row.opening_blob = {};
  row.redraws = 0;
  row.verdict_index = 0;
  row.outcome = wire::Outcome::inconclusive;
  Result<JobState> job = need_job(scene.txn, row.job);
  if (!job.ok()) return job.error();
  if (Status locked = lock_stake(scene, job.value()); !locked.ok()) return locked;
  return put_job(scene.txn, row.job, job.value());
}

Status throw_coin(Scene& scene, const wire::Draw& draw, const VrfOutput& beta,
                  const Waiting& waiting) {
  const Bytes key = reaudit_key(waiting.cause, waiting.attestation);
  if (Status erased = scene.txn.erase(tables::kReaudits, key); !erased.ok()) return erased;
  Result<AttestationState> found = need_attestation(scene.txn, waiting.attestation);
  if (!found.ok()) return found.error();
  AttestationState& row = found.value();
  row.waiting_index = 0;
  const bool retro = waiting.what.reason == wire::Reason::retro;
  // What its first draw, or a dispute, has settled since needs no audit for this reason any more.
  const bool wanted =
      retro ? row.audit == AuditStatus::passed_over && row.slash_index == 0 : row.stands();
  bool audited = false;
  if (wanted) {
    Result<JobState> job = need_job(scene.txn, row.job);
    if (!job.ok()) return job.error();
    const bool secret_counts = job.value().secret && job.value().secret_index < draw.size;
    const Digest seed = wire::draw_seed(beta, waiting.attestation, row.leaf, waiting.what.reason,
                                        secret_counts ? *job.value().secret : Digest{});
    audited = wire::coin_says_audit(wire::DrawStream(seed).word(), waiting.what.p_ppm);
    if (audited) {
      if (Status begun = begin(scene, waiting, row, seed); !begun.ok()) return begun;
    }
  }
  if (retro) {  // it was held for this coin
    if (Status kept = hold_unbonding(scene, row, true); !kept.ok()) return kept;
  }
  if (!retro && !audited) {
    if (Status dropped = drop_challenge(scene, waiting.cause); !dropped.ok()) return dropped;
  }
  return put_attestation(scene.txn, waiting.attestation, row);
}

}  // namespace

Status paid_challenge(Scene& scene) {
  Result<wire::PaidChallenge> said = wire::parse_paid_challenge(scene.payload());
  if (!said.ok()) return said.error();
  const wire::PaidChallenge& it = said.value();
  if (it.challenger != scene.signer()) {
    return fail(Code::permission, "a challenge is signed by the challenger that it names");
  }
  if (Status sound = check_public_key(it.challenger); !sound.ok()) return sound;
  Result<AttestationState> found = need_attestation(scene.txn, it.attestation_index);
  if (!found.ok()) return found.error();
  AttestationState& row = found.value();
  if (it.attestation != row.statement || it.job != row.job) {
    return fail(Code::conflict, "that leaf is another attestation, or of another job");
  }
  if (it.challenger == row.provider) {
    return fail(Code::permission, "a provider cannot challenge its own attestation");
  }
  if (Status may = may_be_challenged(scene, row); !may.ok()) return may;
  Result<JobState> job = need_job(scene.txn, row.job);
  if (!job.ok()) return job.error();
  if (it.deposit_micros < job.value().price_micros) {
    return fail(Code::conflict, "the deposit must be at least the job's price, " +
                                    std::to_string(job.value().price_micros) + " micros");
  }
  ChallengeState challenge;
  challenge.attestation_index = it.attestation_index;
  challenge.challenger = it.challenger;
  challenge.deposit_micros = it.deposit_micros;
  challenge.logged = scene.entry.time;
  row.waiting_index = scene.entry.index;
  ++row.challenges;
  if (Status put = put_attestation(scene.txn, it.attestation_index, row); !put.ok()) return put;
  if (Status put = put_challenge(scene.txn, scene.entry.index, challenge); !put.ok()) return put;
  return wait_for_draw(scene, it.attestation_index,
                       {.reason = wire::Reason::paid, .p_ppm = kCertain});
}

Status owe_retro_audits(Scene& scene, const Digest& id, StakeState& stake,
                        std::uint64_t reachable) {
  Result<std::uint64_t> from = first_kept_leaf(scene);
  if (!from.ok()) return from.error();
  std::vector<std::pair<std::uint64_t, AttestationState>> owed;
  const Status scanned = View(scene.txn).each_attestation(
      from.value(), [&](std::uint64_t index, const AttestationState& row) {
        const bool open =
            row.audit == AuditStatus::undrawn || row.audit == AuditStatus::passed_over;
        const bool once = row.waiting_index == 0 && row.retro_index == 0 && row.slash_index == 0;
        if (open && once && provider_id(row.provider) == id) owed.emplace_back(index, row);
        return true;
      });
  if (!scanned.ok()) return scanned;
  std::map<std::string, Tier> tiers;
  for (auto& [index, row] : owed) {
    if (!tiers.contains(row.class_name)) {
      Result<Tier> tier = tier_now(scene, id, row.class_name);
      if (!tier.ok()) return tier.error();
      tiers[row.class_name] = tier.value();
    }
    Result<JobState> job = need_job(scene.txn, row.job);
    if (!job.ok()) return job.error();
    Stakes stakes;
    stakes.price = std::min(job.value().price_micros, wire::kAmountMaxMicros);
    stakes.locked = std::min(reachable, job.value().stake_factor * stakes.price);
    stakes.detection_ppm = kDetectionPpm;
    const std::uint32_t p_ppm =
        retro_coin_ppm(retro_rate_ppm(stakes, tiers[row.class_name]), row.p_ppm);
    if (p_ppm == 0) continue;
    row.waiting_index = scene.entry.index;
    row.retro_index = scene.entry.index;
    ++stake.retro_open;
    if (Status put = put_attestation(scene.txn, index, row); !put.ok()) return put;
    const ReauditState what{.reason = wire::Reason::retro, .p_ppm = p_ppm};
    if (Status put = wait_for_draw(scene, index, what); !put.ok()) return put;
  }
  return {};
}

Status throw_coins_again(Scene& scene, const wire::Draw& draw, const VrfOutput& beta) {
  std::vector<Waiting> waiting;
  const Status scanned = View(scene.txn).each_reaudit(
      draw.from, [&](std::uint64_t cause, std::uint64_t attestation, const ReauditState& what) {
        if (cause >= draw.to) return false;
        waiting.push_back({cause, attestation, what});
        return true;
      });
  if (!scanned.ok()) return scanned;
  for (const Waiting& each : waiting) {
    if (Status thrown = throw_coin(scene, draw, beta, each); !thrown.ok()) return thrown;
  }
  return {};
}

Status hold_unbonding(Scene& scene, const AttestationState& row, bool held) {
  if (row.holds_unbonding() == held) return {};
  const Digest id = provider_id(row.provider);
  Result<StakeState> stake = View(scene.txn).stake(id);
  if (!stake.ok()) return stake.error();
  std::uint64_t& open = stake.value().retro_open;
  open = held ? open - std::min<std::uint64_t>(open, 1) : open + 1;
  return put_stake(scene.txn, id, stake.value());
}

Status tell_challenge(Scene& scene, const AttestationState& row) {
  if (row.reason != wire::Reason::paid) return {};
  Result<ChallengeState> challenge = need_challenge(scene.txn, row.cause_index);
  if (!challenge.ok()) return challenge.error();
  challenge.value().verdict_index = row.verdict_index;
  challenge.value().outcome = row.outcome;
  return put_challenge(scene.txn, row.cause_index, challenge.value());
}

Status untell_challenge(Scene& scene, const AttestationState& row) {
  if (row.reason != wire::Reason::paid) return {};
  Result<ChallengeState> challenge = need_challenge(scene.txn, row.cause_index);
  if (!challenge.ok()) return challenge.error();
  challenge.value().verdict_index = 0;
  challenge.value().outcome = wire::Outcome::inconclusive;
  return put_challenge(scene.txn, row.cause_index, challenge.value());
}

Status restore_first(Scene& scene, AttestationState& row, JobState& job) {
  if (!row.first || row.first->audit != AuditStatus::due || !row.stands()) return {};
  row = as_first_audited(std::move(row));
  job.status = JobStatus::attested;
  return lock_stake(scene, job);
}

}  // namespace assay::reputation::rules
