// The rules of apply(), one function a kind, and what they share. Private to reputation/ledger.
#pragma once

#include "core/crypto/ecvrf.h"
#include "core/wire/attestation.h"
#include "core/wire/events.h"
#include "core/wire/provider.h"
#include "core/wire/worker.h"
#include "reputation/ledger/apply.h"

namespace assay::reputation::rules {

// What every rule is given.
struct Scene {
  WriteTxn& txn;
  const Roles& roles;
  Head& head;
  const Entry& entry;
  const LoggedPolicy& in_force;
  const wire::Policy& policy;  // in_force's
  PoliciesInForce& policies;

  const PublicKey& signer() const { return entry.submission.opened.signer; }
  std::string_view payload() const { return entry.submission.opened.payload; }
  // parse(payload), or parse(the statement) where somebody has parsed it already.
  template <class Parse>
  auto read(Parse parse) const {
    const std::shared_ptr<const wire::Statement>& said = entry.submission.said;
    return said == nullptr ? parse(payload()) : parse(*said);
  }
};

Status registration(Scene& scene);
Status uptime(Scene& scene);

Status order(Scene& scene);
Status cancel(Scene& scene);
Status reveal(Scene& scene);
Status acceptance(Scene& scene);
Status attestation(Scene& scene);
Status timeout(Scene& scene);

Status draw(Scene& scene);
Status spotcheck(Scene& scene);
Status verdict(Scene& scene);
Status summary(Scene& scene);
Status dispute(Scene& scene);
Status dispute_move(Scene& scene);
Status dispute_end(Scene& scene);

Status stake(Scene& scene);
Status worker(Scene& scene);
Status paid_challenge(Scene& scene);

Status measurement(Scene& scene);
Status maintenance(Scene& scene);
// Is the provider free to take this job: not in jail, the class not revoked, no maintenance before
// the job's deadline?
//   permission   no: says which, and what to do
Status may_take_jobs(const Scene& scene, const Digest& id, const ProviderState& provider,
                     const JobState& job);

Status snapshot(Scene& scene);
Status slash(Scene& scene);
Status reversal(Scene& scene);
Status appeal(Scene& scene);
Status ruling(Scene& scene);

// Closes the days of a provider up to now. It writes: only after everything was checked, and before
// anything of the provider, its uptime or its stake changes. The caller writes the provider.
Status close_days_of(Scene& scene, const Digest& id, ProviderState& row);
// need_provider() and that.
Result<ProviderState> changing_provider(Scene& scene, const PublicKey& key);
// The job's price is income of its provider, today.
Status earn(Scene& scene, const JobState& job);

// It was earned at that time, and is not any more.
Status unearn(Scene& scene, const JobState& job, UnixMillis earned);
// The tier of a provider in a class, all days that are over counted.
Result<Tier> tier_now(const Scene& scene, const Digest& id, const std::string& class_name);
// How likely an audit meets the cheapest forgery that is known. The log knows no programs and so no
// plans: this is what the least of the depths in use is made for.
inline constexpr std::uint32_t kDetectionPpm = 950'000;

// The verifier, or an operator that the policy names; `what` says what only they may tell of.
Status must_be_operator(const Scene& scene, const char* what);

// Audits made again (rules_reaudits.cc). When a provider unbonds: what the coin had passed over is
// owed the rate of somebody without a reputation to lose. `reachable` is what a slash could take.
Status owe_retro_audits(Scene& scene, const Digest& id, StakeState& stake, std::uint64_t reachable);
// Draws whatever waits for a cause in the draw's range.
Status throw_coins_again(Scene& scene, const wire::Draw& draw, const VrfOutput& beta);
// Whatever changes an attestation's audit or slash calls this with what holds_unbonding() said
// before: what unbonds stays for as long as an audit that it asked for is open. Writes the stake.
Status hold_unbonding(Scene& scene, const AttestationState& row, bool held);
// The audit that somebody paid for came to something, or is open again. Writes the challenge.
Status tell_challenge(Scene& scene, const AttestationState& row);
Status untell_challenge(Scene& scene, const AttestationState& row);
// A first audit that is to be made again takes its place back once the later one is over.
Status restore_first(Scene& scene, AttestationState& row, JobState& job);

// Verdicts and who they rest on (rules_workers.cc): may these be named; and counts them.
Status may_be_named(const Scene& scene, const wire::Verdict& verdict);
Status note_workers(Scene& scene, const wire::Verdict& verdict);

// What a job does to its provider's stake. Each writes the stake's row and changes the job's or the
// slash's in memory; the caller writes those.
Status lock_stake(Scene& scene, JobState& job);     // at acceptance: k prices, or what is free
Status release_stake(Scene& scene, JobState& job);  // it ended, or is open again
Status lock_again(Scene& scene, JobState& job, std::uint64_t locked);  // what it had, if it is free
Status take_stake(Scene& scene, JobState& job, SlashState& slash);
// An appeal's deposit. `conflict` when it is not covered.
Status lock_deposit(Scene& scene, const SlashState& slash);
Status release_deposit(Scene& scene, const SlashState& slash, bool lost);

// What the job is run by: the policy that was in force when it was ordered.
Result<const wire::Policy*> policy_of(const Scene& scene, const JobState& job);

// A row that must be there: `not_found` names what is missing.
Result<JobState> need_job(const ReadTxn& txn, const Digest& id);
Result<ProviderState> need_provider(const ReadTxn& txn, const PublicKey& key);
Result<DisputeState> need_dispute(const ReadTxn& txn, std::uint64_t index);
// A slash that follows from a dispute confirms what its challenger reported, where that is a
// provider; `index` is the slash's leaf. Taken back with it.
Status count_report(Scene& scene, std::uint64_t dispute_index, std::uint64_t index);
Status uncount_report(Scene& scene, std::uint64_t dispute_index, std::uint64_t index,
                      UnixMillis logged);
// Did the provider lose a dispute about it, and no appeal against that?
Result<bool> lost_in_dispute(const ReadTxn& txn, const AttestationState& row);
Result<SlashState> need_slash(const ReadTxn& txn, std::uint64_t index);
// The subject of an appeal, a ruling or a reversal is the slash's statement.
Status is_about(const Scene& scene, const SlashState& slash);
// The last slash over it that an appeal reversed.
Result<std::optional<SlashState>> cleared_slash(const ReadTxn& txn, const AttestationState& row);
Result<AttestationState> need_attestation(const ReadTxn& txn, std::uint64_t index);
// The row, or a new one with this name.
Result<ClassState> class_row(const ReadTxn& txn, const Digest& provider, const std::string& name);

}  // namespace assay::reputation::rules
