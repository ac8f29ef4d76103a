#include "verifier/service/ledger_changes.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/wire/stake.h"

namespace assay::verifier {

using reputation::JobState;
using reputation::JobStatus;
using reputation::ReadTxn;
using reputation::View;
namespace tables = reputation::tables;

namespace {

// Keys of all but the jobs begin with the provider's id.
constexpr std::array kFollowed{tables::kProviders, tables::kClasses, tables::kCounted,
                               tables::kRounds,    tables::kJobs,    tables::kStakes,
                               tables::kDays};
constexpr std::size_t kKeysMax = 1'000'000;

bool is_unsettled(const JobState& job) {
  return job.provider && (job.status == JobStatus::accepted || job.status == JobStatus::attested);
}

}  // namespace

LedgerChanges::LedgerChanges(reputation::Store& store) : store_(store) {
  store_.watch(kFollowed, kKeysMax);
}

void LedgerChanges::count(const Digest& id, const JobState& job) {
  const Job unsettled{reputation::provider_id(*job.provider),
                      std::min(job.price_micros, wire::kAmountMaxMicros)};
  jobs_[id] = unsettled;
  reputation::Exposure& open = open_[unsettled.provider];
  ++open.open_jobs;
  open.unsettled += unsettled.price_micros;
  providers_.insert(unsettled.provider);
}

void LedgerChanges::discount(const Digest& id) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return;
  const Job& job = found->second;
  const auto open = open_.find(job.provider);
  ASSAY_CHECK(open != open_.end(), "a job that is counted has a provider");
  open->second.unsettled -= job.price_micros;
  if (--open->second.open_jobs == 0) open_.erase(open);
  providers_.insert(job.provider);
  jobs_.erase(found);
}

// Takes in what was committed since the last time. After an error all is read anew.
Result<std::unique_ptr<ReadTxn>> LedgerChanges::catch_up() {
  Result<reputation::Store::Watched> seen = store_.read_watched();
  if (!seen.ok()) return seen.error();
  const View view(*seen.value().txn);
  if (std::exchange(reread_, true) || seen.value().everything) {
    everything_ = true;
    jobs_.clear();
    open_.clear();
    const Status scanned = view.each_job([&](const Digest& id, const JobState& job) {
      if (is_unsettled(job)) count(id, job);
      return true;
    });
    if (!scanned.ok()) return scanned.error();
    reread_ = false;
    return std::move(seen.value().txn);
  }
  for (const reputation::WatchedKey& written : seen.value().keys) {
    if (written.table != tables::kJobs) {
      providers_.insert(written.key);
      continue;
    }
    Result<std::optional<JobState>> job = view.job(written.key);
    if (!job.ok()) return job.error();
    discount(written.key);
    if (job.value() && is_unsettled(*job.value())) count(written.key, *job.value());
  }
  reread_ = false;
  return std::move(seen.value().txn);
}

Result<LedgerChanges::Changes> LedgerChanges::take() {
  const std::scoped_lock lock(mutex_);
  Result<std::unique_ptr<ReadTxn>> txn = catch_up();
  if (!txn.ok()) return txn.error();
  Changes out{std::move(txn).value(), everything_, std::move(providers_), open_};
  everything_ = false;
  providers_.clear();
  return out;
}

Result<LedgerChanges::OpenJobs> LedgerChanges::open_jobs() {
  const std::scoped_lock lock(mutex_);
  Result<std::unique_ptr<ReadTxn>> txn = catch_up();
  if (!txn.ok()) return txn.error();
  return open_;
}

}  // namespace assay::verifier
