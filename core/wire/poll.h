// The agent's one call: a signed heartbeat in, work and challenges out.
// Values; any thread. Bytes: FORMAT.md "heartbeat", "Poll reply".
//
// Proof of delivery: a heartbeat signs the SHA-256 of the poll reply its agent was handed last, so
// an agent that polls again cannot say that it never saw a challenge.
#pragma once

#include "core/wire/challenge.h"

namespace assay::wire {

struct Heartbeat {
  Digest nonce;                // from the last poll reply; zeros in the first
  std::uint64_t seq = 0;       // of heartbeats: strictly increasing
  Digest handed;               // SHA-256 of the last poll reply's bytes; zeros in the first
  UnixMillis sent;             // the provider's clock
  std::uint32_t load_ppm = 0;  // 0..1,000,000
  std::uint64_t free_memory_bytes = 0;
  bool accepts_jobs = true;
};
// Subject: "handout", the digest of the last reply.
Statement heartbeat_statement(const Heartbeat& heartbeat);
Result<Heartbeat> parse_heartbeat(std::string_view payload);

// A job on offer: the signed order and its id. The agent checks both.
struct Offer {
  Digest job;
  std::string order;  // the renter's envelope, at most 256 KiB
};

// Something the provider must know: a verdict, a slash with its reason and deadline, a warning.
struct Notice {
  std::string kind;    // "verdict", "slash", "timeout", "warning"
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
};
// What a reply may hold; the rest waits for the next poll. With the largest orders there are and
// challenges as deep as a policy may make them (kDepthMax), all of it fits the two limits below.
inline constexpr std::size_t kOffersMax = 64;
inline constexpr std::size_t kChallengesMax = 256;
inline constexpr std::size_t kNoticesMax = 1024;
inline constexpr std::size_t kPollReplyValuesMax = std::size_t{1} << 20;  // JSON values
inline constexpr std::size_t kPollReplyBytesMax = std::size_t{16} << 20;

std::string poll_reply_text(const PollReply& reply);
//   malformed    not the schema, or beyond the limits above
Result<PollReply> parse_poll_reply(std::string_view text);

}  // namespace assay::wire
