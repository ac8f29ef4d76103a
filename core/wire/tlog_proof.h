// c2sp.org/tlog-proof@v1: that an entry is in a log, as one text.
// Values and pure functions; any thread. Vectors: vectors/tlog/, vectors/proof/.
//
//   c2sp.org/tlog-proof@v1
//   extra <base64>                 optional; in Assay it is the log leaf
//   index 73
//   <base64 of one hash>           from the leaf's sibling up
//
//   <the checkpoint's signed note>
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/crypto/sha256.h"

namespace assay::wire {

struct TlogProof {
  std::optional<Bytes> extra;  // not authenticated by itself; never empty
  std::uint64_t index = 0;
  std::vector<Digest> path;  // its exact length is verify_inclusion()'s to check
  std::string checkpoint;    // a signed note, verbatim
  bool operator==(const TlogProof&) const = default;
};

inline constexpr std::size_t kProofPathMax = 64;
inline constexpr std::size_t kProofExtraMax = 0xFFFF;  // a log leaf

std::string tlog_proof_text(const TlogProof& proof);

// Splits a proof; checks neither path nor signatures: see check_checkpoint() in trust.h and
// verify_inclusion() in core/merkle. One text per proof.
//   malformed    a line that is not exactly as specified, a path over kProofPathMax, an extra that
//                is empty or over kProofExtraMax, or a checkpoint that is not a signed note
Result<TlogProof> parse_tlog_proof(std::string_view text);

}  // namespace assay::wire
