// Reading what is said of workers, and which audits are to be made again.
#include <algorithm>

#include "reputation/ledger/rows.h"

namespace assay::reputation {

Bytes reaudit_key(std::uint64_t cause, std::uint64_t attestation) {
  Bytes key = index_key(cause);
  put_u64_be(key, attestation);
  return key;
}

Bytes worker_verdict_key(const PublicKey& worker, std::uint64_t verdict) {
  Bytes key = to_bytes(provider_id(worker).view());
  put_u64_be(key, verdict);
  return key;
}

Result<std::optional<ChallengeState>> View::challenge(std::uint64_t index) const {
  return get_row<ChallengeState>(txn_, tables::kChallenges, index_key(index));
}

Result<std::optional<WorkerState>> View::worker(const PublicKey& key) const {
  return get_row<WorkerState>(txn_, tables::kWorkers, provider_id(key).view());
}

Status View::each_worker(const std::function<bool(const WorkerState&)>& visit) const {
  return each_row<WorkerState>(txn_, tables::kWorkers, {},
                               [&](ByteView, const WorkerState& row) { return visit(row); });
}

Status View::each_reaudit(
    std::uint64_t from,
    const std::function<bool(std::uint64_t, std::uint64_t, const ReauditState&)>& visit) const {
  return each_row<ReauditState>(txn_, tables::kReaudits, index_key(from),
                                [&](ByteView key, const ReauditState& row) {
                                  Reader in(key);
                                  const std::uint64_t cause = in.u64_be();
                                  const std::uint64_t attestation = in.u64_be();
                                  return visit(cause, attestation, row);
                                });
}

Status View::each_match_of(const PublicKey& worker, std::uint64_t from,
                           const std::function<bool(std::uint64_t, std::uint64_t)>& visit) const {
  const Digest id = provider_id(worker);
  const Bytes first = worker_verdict_key(worker, from);
  return txn_.scan(tables::kWorkerVerdicts, first, [&](ByteView key, ByteView value) {
    if (key.size() != first.size() || !std::equal(id.bytes.begin(), id.bytes.end(), key.begin())) {
      return false;
    }
    return visit(Reader(key.subspan(Digest::kSize)).u64_be(), Reader(value).u64_be());
  });
}

}  // namespace assay::reputation
