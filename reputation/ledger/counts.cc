#include <algorithm>

#include "reputation/ledger/apply.h"

namespace assay::reputation {
namespace {

constexpr std::uint32_t kSixteenths = 16;

Result<EpochCounts> counts_at(const ReadTxn& txn, ByteView key) {
  Result<std::optional<Bytes>> found = txn.get(tables::kEpochs, key);
  if (!found.ok()) return found.error();
  if (!found.value()) return EpochCounts{};
  return decode<EpochCounts>(*found.value());
}

Status put_counts(WriteTxn& txn, ByteView key, const EpochCounts& counts) {
  if (counts == EpochCounts{}) return txn.erase(tables::kEpochs, key);
  return txn.put(tables::kEpochs, key, encode(counts));
}

}  // namespace

Status put_job(WriteTxn& txn, const Digest& id, const JobState& row) {
  return txn.put(tables::kJobs, id.view(), encode(row));
}

Status put_provider(WriteTxn& txn, const Digest& id, const ProviderState& row) {
  return txn.put(tables::kProviders, id.view(), encode(row));
}

Status put_class(WriteTxn& txn, const Digest& provider, const ClassState& row) {
  return txn.put(tables::kClasses, class_key(provider, row.name), encode(row));
}

Status put_attestation(WriteTxn& txn, std::uint64_t index, const AttestationState& row) {
  return txn.put(tables::kAttestations, index_key(index), encode(row));
}

Status put_dispute(WriteTxn& txn, std::uint64_t index, const DisputeState& row) {
  return txn.put(tables::kDisputes, index_key(index), encode(row));
}

Status put_slash(WriteTxn& txn, std::uint64_t index, const SlashState& row) {
  return txn.put(tables::kSlashes, index_key(index), encode(row));
}

Status count_event(WriteTxn& txn, const Digest& provider, ClassState& row, const Event& event,
                   UnixMillis time, const wire::Policy& policy) {
  const std::uint64_t epoch = epoch_of(time, policy);
  if (Status closed = close_epochs(txn, provider, row, epoch, policy); !closed.ok()) return closed;
  const Bytes key = epoch_key(provider, row.name, epoch);
  Result<EpochCounts> counts = counts_at(txn, key);
  if (!counts.ok()) return counts.error();
  EpochCounts& now = counts.value();
  row.carry += event.pass_sixteenths;
  now.passes += row.carry / kSixteenths;
  row.carry %= kSixteenths;
  now.soft += event.soft;
  if (Status put = put_counts(txn, key, now); !put.ok()) return put;
  return put_class(txn, provider, row);
}

Status count_fault(WriteTxn& txn, const Digest& provider, const SlashState& slash, int sign,
                   const wire::Policy& policy) {
  const std::uint32_t equivocations = slash.fault == wire::Fault::equivocation ? 1 : 0;
  const Bytes key = epoch_key(provider, "", slash.epoch);
  Result<EpochCounts> counts = counts_at(txn, key);
  if (!counts.ok()) return counts.error();
  EpochCounts& row = counts.value();
  if (sign > 0) {
    row.proven += 1;
    row.severity_ppm += slash.severity_ppm;
    row.equivocations += equivocations;
  } else {
    row.proven -= std::min(row.proven, 1U);
    row.severity_ppm -= std::min<std::uint64_t>(row.severity_ppm, slash.severity_ppm);
    row.equivocations -= std::min(row.equivocations, equivocations);
  }
  if (Status put = put_counts(txn, key, row); !put.ok()) return put;

  // A reversal reaches back into closed epochs: the classes are folded again from their counts, and
  // the score is exactly what it would have been.
  Result<std::vector<ClassState>> classes = View(txn).classes_of(provider);
  if (!classes.ok()) return classes.error();
  for (ClassState& state : classes.value()) {
    if (state.closed_below <= slash.epoch) continue;
    const std::uint64_t below = state.closed_below;
    state.closed = {};
    state.closed_below = 0;
    state.last_hour.reset();
    if (Status closed = close_epochs(txn, provider, state, below, policy); !closed.ok()) {
      return closed;
    }
    if (Status put = put_class(txn, provider, state); !put.ok()) return put;
  }
  return {};
}

}  // namespace assay::reputation
