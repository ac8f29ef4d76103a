// What a worker is handed: one replay, and until when it is his. It says what is to be recomputed
// and nothing of whose it is. Values; any thread. Bytes: FORMAT.md "Lease". Vectors:
// vectors/lease/.
#pragma once

#include "core/wire/challenge.h"
#include "core/wire/order.h"

namespace assay::wire {

// One claim to be replayed. Trace and opening are blobs of the verifier.
struct LeasedTask {
  WorkloadSpec spec;
  std::uint32_t steps = 0;  // N, 1..4096
  Digest trace;             // of a trace file
  Digest opening;           // of an opening file
  std::uint64_t opening_bytes = 0;
  std::vector<std::uint32_t> positions;  // as in a challenge, not all three empty
  std::vector<std::uint64_t> rows;
  std::vector<std::uint64_t> pairs;
  Digest seed;  // for the columns of pairs
  std::uint32_t micro_columns = 0;
};
// SHA-256("assay/replay-task/v1\n" || its text), by which a result names it.
Digest task_digest(const LeasedTask& task);

struct Lease {
  Digest id;
  UnixMillis ends;  // unless a heartbeat is sent before
  LeasedTask task;
};
// The answer to a call for work: a lease, or how long to wait before the next call.
struct LeaseReply {
  std::optional<Lease> lease;
  std::uint32_t wait_ms = 0;
};

inline constexpr std::size_t kLeaseReplyBytesMax = std::size_t{4} << 20;

std::string lease_reply_text(const LeaseReply& reply);
//   malformed    not the schema, or larger than kLeaseReplyBytesMax
Result<LeaseReply> parse_lease_reply(std::string_view text);

}  // namespace assay::wire
