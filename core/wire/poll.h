// The agent's one call: a signed heartbeat in, work and challenges out.
// Values; any thread. Bytes: FORMAT.md "heartbeat", "Poll reply".
//
// Proof of delivery: a heartbeat signs the SHA-256 of the poll reply its agent was handed last, so
// an agent that polls again cannot say that it never saw a challenge.
#pragma once

#include "core/wire/challenge.h"
#include "core/wire/dispute.h"
#include "core/wire/measurement.h"

namespace assay::wire {

// What a job has yielded so far, for its renter to watch: the outputs of consecutive steps as they
// stand in the result. A preview and nothing else: it is never evidence, never logged, settles
// nothing, and is forgotten when the job is over. What counts is attested.
struct ShownOutputs {
  Digest job;
  std::uint32_t step = 1;      // of the first of them, 1..kTraceStepsMax
  std::vector<Bytes> outputs;  // none is empty
  bool operator==(const ShownOutputs&) const = default;
};
// What one heartbeat may show. The largest one still fits kHeartbeatBytesMax: a heartbeat may have
// to prove a delivery inside a slash, and what it shows must not get in the way of that.
inline constexpr std::size_t kShownJobsMax = 8;
inline constexpr std::size_t kShownOutputsMax = 256;           // of all jobs together
inline constexpr std::size_t kShownBytesMax = 6 * 1024;        // likewise
inline constexpr std::size_t kShownJobBytesMax = 1024 * 1024;  // of a job, in all heartbeats
inline constexpr std::size_t kHeartbeatBytesMax = 16 * 1024;   // of the envelope

struct Heartbeat {
  Digest nonce;                // from the last poll reply; zeros in the first
  std::uint64_t seq = 0;       // of heartbeats: strictly increasing
  Digest handed;               // SHA-256 of the last poll reply's bytes; zeros in the first
  UnixMillis sent;             // the provider's clock
  std::uint32_t load_ppm = 0;  // 0..1,000,000
  std::uint64_t free_memory_bytes = 0;
  bool accepts_jobs = true;
  std::vector<ShownOutputs> outputs;  // at most one for each job
  std::optional<BenchmarkAnswer> benchmark{};
};
// Subject: "handout", the digest of the last reply.
Statement heartbeat_statement(const Heartbeat& heartbeat);
Result<Heartbeat> parse_heartbeat(std::string_view payload);

// Is this the envelope of a heartbeat that the provider signed? With what it had been handed, such
// a one proves a delivery.
bool proves_delivery(const std::string& envelope, const PublicKey& provider);

// A job on offer: the signed order and its id. The agent checks both.
struct Offer {
  Digest job;
  std::string order;  // the renter's envelope, at most 256 KiB
};

// Something the provider must know: a verdict, a slash with its reason and deadline, a warning.
struct Notice {
  // "warning" of what will follow, "timeout", "slash", "appeal", "ruling", "reversal".
  std::string kind;
  std::string detail;  // for people; written as 512 bytes of ASCII at most
  std::uint64_t log_index = 0;
};

struct PollReply {
  Digest nonce;                    // for the next heartbeat
  std::uint32_t next_poll_ms = 0;  // the agent adds jitter
  UnixMillis now;                  // the verifier's clock
  std::uint64_t next_seq = 0;      // the attestation sequence number the log expects next
  Digest prev;                     // and the digest it expects as prev
  std::vector<Offer> offers;
  std::vector<Challenge> challenges;
  std::vector<Notice> notices;
  std::vector<DisputeTask> disputes;     // where it is the provider's turn
  std::optional<Benchmark> benchmark{};  // to be answered at once, and its time is taken
};
// What a reply may hold; the rest waits for the next poll. With the largest orders there are and
// challenges as deep as a policy may make them (kDepthMax), all of it fits the two limits below.
inline constexpr std::size_t kOffersMax = 64;
inline constexpr std::size_t kChallengesMax = 256;
inline constexpr std::size_t kNoticesMax = 1024;
inline constexpr std::size_t kDisputeTasksMax = 64;
inline constexpr std::size_t kPollReplyValuesMax = std::size_t{1} << 20;  // JSON values
inline constexpr std::size_t kPollReplyBytesMax = std::size_t{16} << 20;

std::string poll_reply_text(const PollReply& reply);
//   malformed    not the schema, or beyond the limits above
Result<PollReply> parse_poll_reply(std::string_view text);

}  // namespace assay::wire
