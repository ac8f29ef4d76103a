#include "reputation/policy/match_draw.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace assay::reputation {
namespace {

constexpr std::string_view kAlphaMagic = "assay/match/v1\n";
constexpr std::string_view kSeedMagic = "assay/match-seed/v1\n";
constexpr std::uint32_t kNewcomerBit = std::uint32_t{1} << 31;
constexpr std::uint32_t kMillion = 1'000'000;

// Writes the row of a place in the pool; where it ends.
std::uint8_t* put_row(const MatchPool& pool, std::size_t place, std::uint8_t* at) {
  const Entrant& entrant = pool.entrants[place];
  const std::uint32_t word = entrant.value_ppm | (entrant.newcomer ? kNewcomerBit : 0);
  const std::array<std::uint8_t, 4> big_endian{
      static_cast<std::uint8_t>(word >> 24), static_cast<std::uint8_t>(word >> 16),
      static_cast<std::uint8_t>(word >> 8), static_cast<std::uint8_t>(word)};
  std::memcpy(at, pool.providers[place].bytes.data(), Digest::kSize);
  std::memcpy(at + Digest::kSize, big_endian.data(), big_endian.size());
  return at + kPoolRowBytes;
}

}  // namespace

Bytes pool_bytes(const MatchPool& pool) {
  Bytes bytes(pool.providers.size() * kPoolRowBytes);
  std::uint8_t* at = bytes.data();
  for (std::size_t i = 0; i < pool.providers.size(); ++i) at = put_row(pool, i, at);
  return bytes;
}

Digest pool_digest(const MatchPool& pool) {
  Sha256 hash;
  std::array<std::uint8_t, 128 * kPoolRowBytes> rows;  // whole blocks of SHA-256
  std::uint8_t* at = rows.data();
  for (std::size_t i = 0; i < pool.providers.size(); ++i) {
    at = put_row(pool, i, at);
    if (at != rows.data() + rows.size()) continue;
    hash.update(rows);
    at = rows.data();
  }
  hash.update(ByteView(rows).first(static_cast<std::size_t>(at - rows.data())));
  return hash.finish();
}

Result<MatchPool> parse_pool(ByteView bytes) {
  if (bytes.size() % kPoolRowBytes != 0) {
    return fail(Code::malformed, "pool: its rows have " + std::to_string(kPoolRowBytes) + " bytes");
  }
  MatchPool pool;
  Reader in(bytes);
  while (!in.at_end()) {
    const Result<Digest> provider = Digest::from_view(in.take(Digest::kSize));
    const std::uint32_t word = in.u32_be();
    const Entrant entrant{word & ~kNewcomerBit, (word & kNewcomerBit) != 0};
    if (!pool.providers.empty() && provider.value() <= pool.providers.back()) {
      return fail(Code::malformed, "pool: its providers do not ascend");
    }
    if (entrant.value_ppm > kMillion) {
      return fail(Code::malformed, "pool: a value above 1,000,000 ppm");
    }
    pool.providers.push_back(provider.value());
    pool.entrants.push_back(entrant);
  }
  return pool;
}

Digest match_alpha(const MatchDraw& draw) {
  Bytes size;
  put_u64_be(size, draw.size);
  return sha256({as_bytes(kAlphaMagic), as_bytes(draw.origin), as_bytes("\n"), size,
                 draw.root.view(), draw.request.view(), draw.pool.view()});
}

Digest match_seed(const VrfOutput& beta) {
  return sha256({as_bytes(kSeedMagic), beta.view()});
}

std::vector<Digest> drawn_providers(const MatchPool& pool, const MatchAsk& ask,
                                    const Digest& seed) {
  std::vector<Digest> drawn;
  if (pool.entrants.empty()) return drawn;
  const std::vector<std::uint64_t> tickets = share_tickets(pool.entrants, ask.weights);
  for (const std::size_t place : draw_entrants(pool.entrants, tickets, seed, ask.count)) {
    drawn.push_back(pool.providers[place]);
  }
  return drawn;
}

Result<std::vector<Digest>> check_match(const MatchDraw& draw, const MatchPool& pool,
                                        const MatchAsk& ask, const PublicKey& vrf) {
  if (sha256(as_bytes(match_request_text(ask))) != draw.request) {
    return fail(Code::unbound, "match: the draw was made for another request");
  }
  if (pool_digest(pool) != draw.pool) {
    return fail(Code::unbound, "match: the draw was made among others than those shown");
  }
  const Result<VrfOutput> beta = vrf_verify(vrf, match_alpha(draw).view(), draw.proof);
  if (!beta.ok()) return beta.error().in("match: the draw");
  return drawn_providers(pool, ask, match_seed(beta.value()));
}

}  // namespace assay::reputation
