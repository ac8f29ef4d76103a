// C2SP tlog-checkpoint: the signed head of a log.
// Values and pure functions; any thread. Vectors: vectors/checkpoint/, vectors/tlog/.
//
//   log.example/vcr-test
//   300
//   YIKAzr3eSMKJmenLg58DmAo+Yui5VQqih1jpEnnr1lc=
#pragma once

#include "core/crypto/sha256.h"
#include "core/wire/note.h"

namespace assay::wire {

struct Checkpoint {
  std::string origin;      // the log's identity and the name of its key
  std::uint64_t size = 0;  // number of leaves
  Digest root;             // RFC 6962
  std::string extension;   // opaque lines, each with its newline; we write none
  bool operator==(const Checkpoint&) const = default;
};

// The note text.
std::string checkpoint_text(const Checkpoint& checkpoint);

// Strict: one text per checkpoint.
//   malformed    not origin, canonical decimal size and canonical base64 root, each on its line; an
//                empty tree with another root than SHA-256(""); an empty extension line
Result<Checkpoint> parse_checkpoint(std::string_view text);

// The signed note of a checkpoint, by the log's key under the name of its origin. Signing is
// deterministic. Never sign two checkpoints that disagree: the caller's duty.
Note sign_checkpoint(const Checkpoint& checkpoint, const SigningKey& log_key);

}  // namespace assay::wire
