// The binary log leaf: one signed statement as the log keeps it. Binary, so that one statement
// cannot be logged twice under other whitespace.
// Values and pure functions; any thread. Bytes: FORMAT.md "Log leaf". Vectors: vectors/leaf/.
#pragma once

#include <string>

#include "core/base/time.h"
#include "core/crypto/ed25519.h"
#include "core/crypto/sha256.h"

namespace assay::wire {

enum class LeafKind : std::uint8_t {
  statement = 1,  // in-toto JSON, inline; whatever the fold reads is this
  detached = 2,   // in-toto JSON, digest only
  evidence = 3,   // the digest of raw evidence
};

inline constexpr std::size_t kLeafHeadBytes = 142;
inline constexpr std::size_t kLeafPayloadMax = 65'393;
static_assert(kLeafHeadBytes + kLeafPayloadMax == 0xFFFF);  // an entry bundle counts in 16 bits

struct LogLeaf {
  LeafKind kind = LeafKind::statement;
  UnixMillis time;  // log time, 0..2^53; set by the sequencer, never decreasing
  PublicKey signer;
  Digest pae_digest;    // of the statement; of the bytes themselves for evidence
  Signature signature;  // by signer over that PAE (for evidence, over those bytes)
  std::string payload;  // empty unless kind is statement
  bool operator==(const LogLeaf&) const = default;
};

// The leaf must be one that parse_leaf() would accept.
Bytes encode_leaf(const LogLeaf& leaf);

// Strict: exactly one leaf and nothing after it. Does not check the signature.
//   malformed    another version or kind, a time out of range, a length that is not exact, or an
//                inline payload whose PAE digest is not the one stated
Result<LogLeaf> parse_leaf(ByteView bytes);

// Did `signer` sign the inline statement?
//   signature    no
//   no_evidence  not an inline statement: there is nothing here to check the signature over
Status verify_leaf(const LogLeaf& leaf);

// One statement by one signer is logged once: SHA-256(signer || pae_digest).
Digest dedup_key(const PublicKey& signer, const Digest& pae_digest);
Digest dedup_key(const LogLeaf& leaf);

}  // namespace assay::wire
