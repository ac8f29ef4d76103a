// What is lent to workers, and what they have shown: in a store of its own beside the ledger's, for
// nothing of it follows from the log, and nothing in the log from it but what verdicts and worker
// statements say. One thread at a time.
// Errors of all of it: storage.
#pragma once

#include <optional>
#include <vector>

#include "core/base/time.h"
#include "core/crypto/ed25519.h"
#include "core/crypto/sha256.h"
#include "reputation/ledger/store.h"

namespace assay::verifier {

enum class LeaseOf : std::uint8_t { replay, good_canary, bad_canary };

struct LeaseRow {
  Digest id;
  PublicKey worker;
  LeaseOf of = LeaseOf::replay;
  std::uint64_t attestation = 0;
  Digest task;
  std::uint32_t positions = 0;  // how many outcomes a result must have
  std::uint32_t rows = 0;
  std::uint32_t pairs = 0;
  UnixMillis granted;
  UnixMillis ends;
};

// What one worker has shown. A size of the log is that at which it passed its last canary of a
// kind: what rests on it below was vouched for. 0: it has passed none.
struct WorkerRecord {
  std::uint64_t good_at = 0;
  std::uint64_t bad_at = 0;
  std::uint64_t leases = 0;
  std::uint64_t answered = 0;
  std::uint64_t expired = 0;
  std::uint64_t canaries_passed = 0;
  std::uint64_t canaries_missed = 0;
  // A suspension that is to be logged: 0 none, else 1 + its SuspendedFor; and from where on what
  // it said is void.
  std::uint64_t to_suspend = 0;
  std::uint64_t void_from = 0;
};

class LeaseTable {
 public:
  explicit LeaseTable(reputation::Store& store) : store_(store) {}
  static std::vector<std::string> names();  // of the store's tables

  Result<std::vector<LeaseRow>> leases() const;
  Status put(const LeaseRow& row);
  Status erase(const Digest& id);

  // Leases of one audit that came to nothing; 0 where there were none.
  Result<std::uint32_t> attempts(std::uint64_t attestation) const;
  Status set_attempts(std::uint64_t attestation, std::uint32_t attempts);  // 0: forgets them

  Result<WorkerRecord> record(const PublicKey& worker) const;
  Result<std::vector<PublicKey>> workers() const;  // that have a record
  Status put(const PublicKey& worker, const WorkerRecord& record);

  // Signed results, by the digests that verdicts name.
  Status keep_result(const Digest& statement, UnixMillis now, const std::string& envelope);
  Result<std::optional<std::string>> result(const Digest& statement) const;
  Status drop_results_before(UnixMillis time);

 private:
  Status write(reputation::TableId table, ByteView key, const std::string* value);

  reputation::Store& store_;
};

}  // namespace assay::verifier
