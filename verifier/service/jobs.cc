#include "verifier/service/jobs.h"

#include <algorithm>

#include "core/wire/events.h"
#include "core/wire/stake.h"

namespace assay::verifier {

using reputation::JobState;
using reputation::JobStatus;

namespace {

// A warning comes when so much of a job's time is left: a quarter.
constexpr std::int64_t kShareToWarn = 4;

}  // namespace

Status Jobs::load() {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
  if (!txn.ok()) return txn.error();
  const std::scoped_lock lock(mutex_);
  return reputation::View(*txn.value()).each_job([&](const Digest& id, const JobState& row) {
    take_in(id, row);
    return true;
  });
}

void Jobs::take_in(const Digest& id, const JobState& job) {
  if (job.status == JobStatus::open) open_[id].state = job;
  if (job.status != JobStatus::accepted) return;
  accepted_[id] = job;
  at_work_.emplace(reputation::provider_id(*job.provider), id);
}

void Jobs::drop(const Digest& id) {
  const auto accepted = accepted_.find(id);
  if (accepted != accepted_.end()) {
    at_work_.erase({reputation::provider_id(*accepted->second.provider), id});
    accepted_.erase(accepted);
  }
  open_.erase(id);
  warned_.erase(id);
}

void Jobs::refresh(const Digest& job) {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
  if (!txn.ok()) return;  // the store has failed; nothing is acknowledged any more
  Result<std::optional<JobState>> row = reputation::View(*txn.value()).job(job);
  if (!row.ok() || !row.value()) return;
  const std::scoped_lock lock(mutex_);
  drop(job);
  take_in(job, *row.value());
}

std::size_t Jobs::open_count() const {
  const std::scoped_lock lock(mutex_);
  return open_.size();
}

std::size_t Jobs::queue_length() const {
  const std::scoped_lock lock(mutex_);
  return open_.size() + accepted_.size();
}

Result<std::vector<wire::Offer>> Jobs::offers_for(const Digest& provider) const {
  std::vector<std::pair<Digest, JobState>> mine;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [id, job] : open_) {
      if (job.offered_to == provider) mine.emplace_back(id, job.state);
    }
  }
  std::vector<wire::Offer> offers;
  if (mine.empty()) return offers;
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
  if (!txn.ok()) return txn.error();
  const reputation::View view(*txn.value());
  Result<reputation::Head> head = view.head();
  if (!head.ok()) return head.error();
  for (const auto& [id, state] : mine) {
    Result<LoggedOrder> order = read_order(view, state, head.value().size);
    if (!order.ok()) return order.error();
    offers.push_back({id, std::move(order.value().envelope)});
  }
  return offers;
}

std::optional<Digest> Jobs::worker(const Digest& job) const {
  const std::scoped_lock lock(mutex_);
  const auto found = accepted_.find(job);
  if (found == accepted_.end() || !found->second.provider) return std::nullopt;
  return reputation::provider_id(*found->second.provider);
}

bool Jobs::is_busy(const Digest& provider) const {
  const std::scoped_lock lock(mutex_);
  const auto first = at_work_.lower_bound({provider, Digest{}});
  return first != at_work_.end() && first->first == provider;
}

std::set<Digest> Jobs::busy() const {
  const std::scoped_lock lock(mutex_);
  std::set<Digest> busy;
  for (const auto& [id, job] : accepted_) {
    if (job.provider) busy.insert(reputation::provider_id(*job.provider));
  }
  return busy;
}

std::optional<Waiting> Jobs::waiting(const Digest& job) const {
  const std::scoped_lock lock(mutex_);
  const auto found = open_.find(job);
  if (found == open_.end() || found->second.offered_to) return std::nullopt;
  return found->second.waiting;
}

// Those that may be given this job; what keeps the others from it is noted.
std::vector<const Candidate*> Jobs::able(OpenJob& job, const std::vector<Candidate>& candidates,
                                         const std::set<Digest>& taken) const {
  const JobState& state = job.state;
  const std::uint64_t price = std::min(state.price_micros, wire::kAmountMaxMicros);
  Waiting waiting;
  std::vector<const Candidate*> able;
  for (const Candidate& candidate : candidates) {
    if (taken.contains(candidate.id) || candidate.device_class != state.device_class) continue;
    ++waiting.free;
    const auto tier = candidate.tiers.find(state.class_name);
    const auto limit = reputation::exposure_limit(
        candidate.exposure, price,
        tier == candidate.tiers.end() ? reputation::Tier::entry : tier->second);
    if (state.wanted && reputation::provider_id(*state.wanted) != candidate.id) {
      ++waiting.unwanted;
    } else if (std::ranges::find(state.gave_up, candidate.id) != state.gave_up.end()) {
      ++waiting.gave_up;
    } else if (is_barred(candidate, state)) {
      ++waiting.barred;
    } else if (limit) {
      ++waiting.exposed[static_cast<std::size_t>(*limit)];
    } else {
      able.push_back(&candidate);
    }
  }
  job.waiting = waiting;
  return able;
}

// Does anything that its provider announced, or that was measured, keep it from this job?
bool Jobs::is_barred(const Candidate& candidate, const JobState& job) const {
  if (std::ranges::find(candidate.revoked, job.class_name) != candidate.revoked.end()) return true;
  const UnixMillis now = context_.clock.unix_now();
  const UnixMillis latest = now + context_.policy().accept_within_ms + job.deadline_ms;
  return reputation::overlapping(candidate.maintenance, now, latest) != nullptr;
}

void Jobs::match(const std::vector<Candidate>& candidates) {
  const std::scoped_lock lock(mutex_);
  const SteadyMillis now = context_.clock.steady_now();
  std::set<Digest> taken;
  for (auto& [id, job] : open_) {
    if (job.offered_to && now > job.offer_ends) job.offered_to.reset();
    if (job.offered_to) taken.insert(*job.offered_to);
  }
  for (auto& [id, job] : open_) {
    if (job.offered_to) continue;
    const std::vector<const Candidate*> able_ones = able(job, candidates, taken);
    std::uint64_t total = 0;
    for (const Candidate* candidate : able_ones) total += candidate->weight;
    if (total == 0) continue;
    std::uint64_t ticket = context_.random.below(total);
    for (const Candidate* candidate : able_ones) {
      if (ticket < candidate->weight) {
        job.offered_to = candidate->id;
        job.offer_ends = now + context_.policy().accept_within_ms;
        taken.insert(candidate->id);
        break;
      }
      ticket -= candidate->weight;
    }
  }
}

// Nobody can run a job whose inputs we have lost.
bool Jobs::has_inputs(const JobState& job) const {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
  if (!txn.ok()) return false;
  const reputation::View view(*txn.value());
  Result<reputation::Head> head = view.head();
  if (!head.ok()) return false;
  Result<LoggedOrder> order = read_order(view, job, head.value().size);
  if (!order.ok()) return false;
  const std::vector<wire::Input>& inputs = order.value().order.spec.inputs;
  return std::all_of(inputs.begin(), inputs.end(),
                     [&](const wire::Input& input) { return context_.blobs.has(input.sha256); });
}

void Jobs::expire(UnixMillis alive_since) {
  std::vector<std::pair<Digest, JobState>> late;
  std::vector<std::pair<Digest, JobState>> soon;
  const UnixMillis now = context_.clock.unix_now();
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [id, job] : accepted_) {
      const std::int64_t left_ms = job.deadline_ms - (now - job.accepted);
      if (left_ms < 0) {
        late.emplace_back(id, job);
      } else if (left_ms <= job.deadline_ms / kShareToWarn && warned_.insert(id).second) {
        soon.emplace_back(id, job);
      }
    }
  }
  for (const auto& [id, job] : soon) warn(id, job);
  for (const auto& [id, job] : late) {
    // Were we here the whole time? If not, the attestation may have been turned away by our own
    // absence, and the missing answer says nothing about the provider.
    const wire::Timeout timeout{
        .job = id,
        .provider = *job.provider,
        .acceptance_index = job.acceptance_index,
        .verifier_at_fault = alive_since > job.accepted || !has_inputs(job)};
    const Result<reputation::Appended> logged = log_own(context_, wire::timeout_statement(timeout));
    if (!logged.ok()) continue;
    refresh(id);
    tell_timeout(id, job, logged.value().index, timeout.verifier_at_fault);
  }
}

void Jobs::warn(const Digest& id, const JobState& job) const {
  context_.notices.add(
      reputation::provider_id(*job.provider),
      {"warning",
       "job " + id.hex() + " must be attested by " + to_rfc3339(job.accepted + job.deadline_ms) +
           ". After that it goes to somebody else, and counts as a soft failure: your next " +
           std::to_string(context_.policy().audit_after_soft_failure_jobs) +
           " jobs of its class are audited four times as often.",
       job.acceptance_index});
}

void Jobs::tell_timeout(const Digest& id, const JobState& job, std::uint64_t log_index,
                        bool verifier_at_fault) const {
  context_.notices.add(
      reputation::provider_id(*job.provider),
      {"timeout",
       "job " + id.hex() + " was not attested by " + to_rfc3339(job.accepted + job.deadline_ms) +
           " and goes to somebody else. " +
           (verifier_at_fault
                ? "This verifier was not there all the time: it counts for nothing."
                : "It counts as a soft failure: your next " +
                      std::to_string(context_.policy().audit_after_soft_failure_jobs) +
                      " jobs of its class are audited four times as often. Stake is not touched; "
                      "what it did to the score: assay score explain."),
       log_index});
}

}  // namespace assay::verifier
