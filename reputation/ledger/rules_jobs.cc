// Rules for the life of a job up to its attestation.
#include <algorithm>

#include "core/wire/stake.h"
#include "reputation/ledger/rules.h"
#include "reputation/policy/audit_rate.h"
#include "reputation/policy/tiers.h"

namespace assay::reputation::rules {
namespace {

constexpr std::uint64_t kWeekDays = 7;
constexpr std::uint64_t kMonthDays = 30;

std::string class_name_of(const wire::Order& order) {
  return order.device_class + "/" + order.spec.workload + "@" + std::to_string(order.spec.version);
}

// A provider's income over so many of the days that are over.
Result<std::uint64_t> income_of(const Scene& scene, const Digest& id, std::uint64_t days) {
  const std::uint64_t today = day_of(scene.entry.time);
  std::uint64_t sum = 0;
  for (std::uint64_t day = today - std::min(today, days); day < today; ++day) {
    Result<std::optional<Bytes>> row = scene.txn.get(tables::kDays, day_key(id, day));
    if (!row.ok()) return row.error();
    if (!row.value()) continue;
    Result<DayState> state = decode<DayState>(*row.value());
    if (!state.ok()) return state.error();
    sum += state.value().income_micros;
  }
  return sum;
}

// The probability that this attestation is audited with: fixed here, by the log so far, before
// anybody can know the draw; the audited party supplies none of it. Where no stake is asked for
// there is nothing to lose but the tier, and its floor decides.
Result<std::uint32_t> audit_probability(const Scene& scene, const Digest& id, const ClassState& row,
                                        const JobState& job) {
  Result<Tier> tier = tier_now(scene, id, row.name);
  if (!tier.ok()) return tier.error();
  const Result<const wire::Policy*> policy = policy_of(scene, job);
  if (!policy.ok()) return policy.error();
  Stakes stakes;
  if (policy.value()->stake_required_micros > 0) {
    Result<std::uint64_t> week = income_of(scene, id, kWeekDays);
    if (!week.ok()) return week.error();
    Result<std::uint64_t> month = income_of(scene, id, kMonthDays);
    if (!month.ok()) return month.error();
    stakes.price = std::min(job.price_micros, wire::kAmountMaxMicros);
    stakes.locked = job.locked_micros;
    stakes.rent = conservative_rent(week.value(), month.value(), tier.value());
    stakes.detection_ppm = kDetectionPpm;
  }
  return audit_rate_ppm(
      {.attested = row.attested, .careful_jobs = row.careful_jobs, .tier = tier.value()}, stakes,
      *policy.value());
}

Status renter_only(const Scene& scene, const JobState& job) {
  if (scene.signer() == job.renter) return {};
  return fail(Code::permission, "only the renter who ordered the job may say that");
}

bool too_late(const Scene& scene, const JobState& job) {
  return scene.entry.time - job.accepted > job.deadline_ms;
}

// Is `signer` the provider that is at work on this job?
Status at_work(const Scene& scene, const JobState& job) {
  if (job.status != JobStatus::accepted) {
    return fail(Code::conflict, std::string("the job is ") + job_status_name(job.status) +
                                    ", not accepted by anybody");
  }
  if (job.provider != scene.signer()) {
    return fail(Code::permission, "another provider is at work on this job");
  }
  return {};
}

Result<bool> is_tombstoned(const Scene& scene, const Digest& id) {
  Result<std::vector<ClassState>> classes = View(scene.txn).classes_of(id);
  if (!classes.ok()) return classes.error();
  const std::uint64_t epoch = epoch_of(scene.entry.time, scene.policy);
  for (const ClassState& row : classes.value()) {
    Result<Record> record = View(scene.txn).record_at(id, row, epoch, scene.policy);
    if (!record.ok()) return record.error();
    if (record.value().tombstoned) return true;
  }
  return false;
}

}  // namespace

Result<Tier> tier_now(const Scene& scene, const Digest& id, const std::string& class_name) {
  Result<ClassState> row = class_row(scene.txn, id, class_name);
  if (!row.ok()) return row.error();
  const std::uint64_t epoch = epoch_of(scene.entry.time, scene.policy);
  if (Status closed = close_epochs(scene.txn, id, row.value(), epoch, scene.policy); !closed.ok()) {
    return closed.error();
  }
  return row.value().tier.tier;
}

Status order(Scene& scene) {
  Result<wire::Order> said = scene.read([](const auto& it) { return wire::parse_order(it); });
  if (!said.ok()) return said.error();
  const wire::Order& it = said.value();
  if (it.renter != scene.signer()) {
    return fail(Code::permission, "an order is signed by the renter that it names");
  }
  if (Status sound = check_public_key(it.renter); !sound.ok()) return sound;
  if (it.deadline_ms <= 0 ||
      static_cast<std::uint64_t>(it.deadline_ms) > scene.policy.job_deadline_max_ms) {
    return fail(Code::malformed, "deadline_ms: must be 1.." +
                                     std::to_string(scene.policy.job_deadline_max_ms) +
                                     " under this policy");
  }
  if (it.provider) {
    if (Result<ProviderState> wanted = need_provider(scene.txn, *it.provider); !wanted.ok()) {
      return wanted.error();
    }
  }
  JobState job;
  job.order_index = scene.entry.index;
  job.policy_index = scene.in_force.index;
  job.ordered = scene.entry.time;
  job.renter = it.renter;
  job.class_name = class_name_of(it);
  job.device_class = it.device_class;
  job.assurance = it.assurance;
  job.price_micros = it.price_micros;
  job.deadline_ms = it.deadline_ms;
  job.wanted = it.provider;
  job.secret_commitment = it.renter_secret_commitment;
  ++scene.head.jobs;
  return put_job(scene.txn, scene.entry.submission.opened.pae_digest, job);
}

Status cancel(Scene& scene) {
  Result<wire::Cancel> said = wire::parse_cancel(scene.payload());
  if (!said.ok()) return said.error();
  Result<JobState> job = need_job(scene.txn, said.value().job);
  if (!job.ok()) return job.error();
  if (Status renter = renter_only(scene, job.value()); !renter.ok()) return renter;
  if (job.value().status != JobStatus::open && job.value().status != JobStatus::accepted) {
    return fail(Code::conflict, std::string("the job is ") + job_status_name(job.value().status) +
                                    ": only a job without an attestation can be cancelled");
  }
  job.value().status = JobStatus::cancelled;
  if (Status released = release_stake(scene, job.value()); !released.ok()) return released;
  return put_job(scene.txn, said.value().job, job.value());
}

Status reveal(Scene& scene) {
  Result<wire::Reveal> said = wire::parse_reveal(scene.payload());
  if (!said.ok()) return said.error();
  Result<JobState> job = need_job(scene.txn, said.value().job);
  if (!job.ok()) return job.error();
  if (Status renter = renter_only(scene, job.value()); !renter.ok()) return renter;
  if (job.value().secret) return fail(Code::conflict, "the secret was revealed before");
  if (sha256(said.value().secret.view()) != job.value().secret_commitment) {
    return fail(Code::conflict, "that is not the secret that the order committed to");
  }
  job.value().secret = said.value().secret;
  job.value().secret_index = scene.entry.index;
  return put_job(scene.txn, said.value().job, job.value());
}

Status acceptance(Scene& scene) {
  Result<wire::Acceptance> said =
      scene.read([](const auto& it) { return wire::parse_acceptance(it); });
  if (!said.ok()) return said.error();
  Result<JobState> found = need_job(scene.txn, said.value().job);
  if (!found.ok()) return found.error();
  Result<ProviderState> provider = need_provider(scene.txn, scene.signer());
  if (!provider.ok()) return provider.error();
  JobState& job = found.value();
  const Digest id = provider_id(scene.signer());
  if (job.status != JobStatus::open) {
    return fail(Code::conflict, std::string("the job is ") + job_status_name(job.status));
  }
  if (job.wanted && *job.wanted != scene.signer()) {
    return fail(Code::permission, "the renter asked for another provider");
  }
  if (job.device_class != provider.value().device_class) {
    return fail(Code::permission, "the job is for device class " + job.device_class + ", not " +
                                      provider.value().device_class);
  }
  if (std::find(job.gave_up.begin(), job.gave_up.end(), id) != job.gave_up.end()) {
    return fail(Code::conflict, "this provider let the job's deadline pass before");
  }
  Result<bool> tombstoned = is_tombstoned(scene, id);
  if (!tombstoned.ok()) return tombstoned.error();
  if (tombstoned.value()) {
    return fail(Code::permission, "this key is tombstoned by proven fraud and takes no more jobs");
  }
  if (Status may = may_take_jobs(scene, id, provider.value(), job); !may.ok()) return may;
  job.status = JobStatus::accepted;
  job.provider = scene.signer();
  job.acceptance_index = scene.entry.index;
  job.accepted = scene.entry.time;
  if (Status closed = close_days_of(scene, id, provider.value()); !closed.ok()) return closed;
  Result<Tier> tier = tier_now(scene, id, job.class_name);
  if (!tier.ok()) return tier.error();
  job.stake_factor = tier_rule(tier.value()).stake_factor;
  job.holdback_ppm = tier_rule(tier.value()).holdback_ppm;
  if (Status locked = lock_stake(scene, job); !locked.ok()) return locked;
  ++provider.value().accepted_jobs;
  provider.value().busy_until =
      std::max(provider.value().busy_until, job.accepted + job.deadline_ms);
  if (Status put = put_provider(scene.txn, id, provider.value()); !put.ok()) return put;
  return put_job(scene.txn, said.value().job, job);
}

Status attestation(Scene& scene) {
  Result<wire::Attestation> said =
      scene.read([](const auto& it) { return wire::parse_attestation(it); });
  if (!said.ok()) return said.error();
  const wire::Attestation& it = said.value();
  Result<JobState> found = need_job(scene.txn, it.job);
  if (!found.ok()) return found.error();
  JobState& job = found.value();
  const Digest id = provider_id(scene.signer());
  Result<std::optional<std::uint64_t>> claim = View(scene.txn).claim(it.job, id);
  if (!claim.ok()) return claim.error();
  if (claim.value()) {
    return fail(Code::equivocation, "a different attestation for this job is leaf " +
                                        std::to_string(*claim.value()) +
                                        ": two of them are proof of equivocation");
  }
  if (Status working = at_work(scene, job); !working.ok()) return working;
  if (too_late(scene, job)) return fail(Code::conflict, "the job's deadline has passed");
  Result<ProviderState> provider = need_provider(scene.txn, scene.signer());
  if (!provider.ok()) return provider.error();
  ProviderState& who = provider.value();
  if (it.seq != who.next_seq) {
    return fail(Code::conflict, "seq is " + std::to_string(it.seq) + " where " +
                                    std::to_string(who.next_seq) + " follows");
  }
  if (it.prev != who.prev) {
    return fail(Code::conflict, "prev is not the digest of this provider's last attestation");
  }
  Result<ClassState> row = class_row(scene.txn, id, job.class_name);
  if (!row.ok()) return row.error();

  AttestationState claimed;
  claimed.statement = scene.entry.submission.opened.pae_digest;
  claimed.leaf = scene.entry.leaf;
  claimed.job = it.job;
  claimed.provider = scene.signer();
  claimed.class_name = job.class_name;
  claimed.result = it.result;
  claimed.result_blob = it.result_blob;
  claimed.trace_blob = it.trace_blob;
  claimed.root = it.root;
  claimed.steps = it.steps;
  claimed.seq = it.seq;
  claimed.logged = scene.entry.time;
  if (Status closed = close_days_of(scene, id, who); !closed.ok()) return closed;
  Result<std::uint32_t> p_ppm = audit_probability(scene, id, row.value(), job);
  if (!p_ppm.ok()) return p_ppm.error();
  claimed.p_ppm = p_ppm.value();

  ++row.value().attested;
  if (row.value().careful_jobs > 0) --row.value().careful_jobs;
  who.next_seq += 1;
  who.prev = claimed.statement;
  ++who.attested_jobs;
  job.status = JobStatus::attested;
  job.attestation_index = scene.entry.index;
  ++scene.head.attestations;
  Bytes at;
  put_u64_be(at, scene.entry.index);
  if (Status put = scene.txn.put(tables::kClaims, claim_key(it.job, id), at); !put.ok()) return put;
  if (Status put = put_class(scene.txn, id, row.value()); !put.ok()) return put;
  if (Status put = put_provider(scene.txn, id, who); !put.ok()) return put;
  if (Status put = put_job(scene.txn, it.job, job); !put.ok()) return put;
  return put_attestation(scene.txn, scene.entry.index, claimed);
}

Status timeout(Scene& scene) {
  Result<wire::Timeout> said = wire::parse_timeout(scene.payload());
  if (!said.ok()) return said.error();
  const wire::Timeout& it = said.value();
  Result<JobState> found = need_job(scene.txn, it.job);
  if (!found.ok()) return found.error();
  JobState& job = found.value();
  if (job.status != JobStatus::accepted || job.provider != it.provider ||
      job.acceptance_index != it.acceptance_index) {
    return fail(Code::conflict, "nobody is at work on that acceptance");
  }
  if (!too_late(scene, job)) return fail(Code::conflict, "the job's deadline has not passed yet");
  Result<ProviderState> provider = changing_provider(scene, it.provider);
  if (!provider.ok()) return provider.error();
  const Digest id = provider_id(it.provider);
  Result<ClassState> row = class_row(scene.txn, id, job.class_name);
  if (!row.ok()) return row.error();

  if (Status released = release_stake(scene, job); !released.ok()) return released;
  job.status = JobStatus::open;
  job.provider.reset();
  job.gave_up.push_back(id);
  if (!it.verifier_at_fault) {
    ++provider.value().timeouts;
    row.value().careful_jobs = scene.policy.audit_after_soft_failure_jobs;
    if (Status counted = count_event(scene.txn, id, row.value(), {.kind = EventKind::soft},
                                     scene.entry.index, scene.entry.time, scene.policy);
        !counted.ok()) {
      return counted;
    }
  }
  if (Status put = put_provider(scene.txn, id, provider.value()); !put.ok()) return put;
  return put_job(scene.txn, it.job, job);
}

}  // namespace assay::reputation::rules
