// A match that can be audited: who took part, what was drawn from the log's VRF, and how anybody
// finds the same providers again. The recipe is MATCHING.md. Pure functions; any thread.
// Vectors: vectors/match_draw/.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/crypto/ecvrf.h"
#include "reputation/policy/match_request.h"

namespace assay::reputation {

// All who were left after the filters, ascending by provider; no provider twice.
struct MatchPool {
  std::vector<Digest> providers;
  std::vector<Entrant> entrants;  // of the same places
  bool operator==(const MatchPool&) const = default;
};
inline constexpr std::size_t kPoolRowBytes = Digest::kSize + 4;

// Row by row: the provider's id, then u32 BE: the value in ppm, and for newcomers 2^31 more.
Bytes pool_bytes(const MatchPool& pool);
Digest pool_digest(const MatchPool& pool);  // SHA-256 of pool_bytes(), which it need not make
//   malformed    not whole rows, not ascending, or a value above 1,000,000
Result<MatchPool> parse_pool(ByteView bytes);

// What was drawn from.
struct MatchDraw {
  std::string origin;      // of the log
  std::uint64_t size = 0;  // the head that was published then
  Digest root;
  Digest request;  // SHA-256 of match_request_text()
  Digest pool;     // pool_digest()
  VrfProof proof;  // over match_alpha(), by the log's VRF key
};

// SHA-256("assay/match/v1\n" || origin || "\n" || size u64 BE || root || request || pool).
Digest match_alpha(const MatchDraw& draw);
// SHA-256("assay/match-seed/v1\n" || beta).
Digest match_seed(const VrfOutput& beta);

// Whom the seed draws, in order: draw_entrants() of share_tickets().
std::vector<Digest> drawn_providers(const MatchPool& pool, const MatchAsk& ask, const Digest& seed);

// The same for a stranger who has the answer alone: the providers that it must have named.
//   unbound      the draw is about another request or pool
//   malformed    the VRF key or proof is not one
//   proof        the proof is not of this draw by that key
Result<std::vector<Digest>> check_match(const MatchDraw& draw, const MatchPool& pool,
                                        const MatchAsk& ask, const PublicKey& vrf);

}  // namespace assay::reputation
