// The draw: one VRF proof over a range of the log, from which every coin and position follows.
// A value; any thread. Bytes: FORMAT.md "draw". Vectors: vectors/draw/.
#pragma once

#include "core/crypto/ecvrf.h"
#include "core/wire/statement.h"

namespace assay::wire {

struct Draw {
  std::uint64_t k = 0;     // 0, 1, 2, …
  std::uint64_t from = 0;  // covers the leaves [from, to); from(k) = to(k-1), from(0) = 0
  std::uint64_t to = 0;    // > from
  std::uint64_t size = 0;  // the checkpoint it was drawn at; size >= to
  Digest root;
  Bytes beacon;    // empty, or round u64 BE || signature[48] of drand quicknet
  VrfProof proof;  // over draw_alpha()
};

// Subject: "checkpoint", its root.
Statement draw_statement(const Draw& draw);
Result<Draw> parse_draw(std::string_view payload);

// SHA-256("assay/draw/v1\n" || origin || "\n" || size u64 BE || root || k u64 BE || beacon).
Digest draw_alpha(std::string_view origin, const Draw& draw);

// Why an attestation is being audited; part of the seed.
enum class Reason : std::uint8_t { first = 0, retro = 1, appeal = 2, paid = 3 };
std::string_view reason_name(Reason reason);  // "first", …
std::optional<Reason> parse_reason(std::string_view name);

// SHA-256("assay/seed/v1\n" || beta[64] || leaf_index u64 BE || leaf_hash || reason u8 ||
// renter_secret[32] or zeros).
Digest draw_seed(const VrfOutput& beta, std::uint64_t leaf_index, const Digest& leaf_hash,
                 Reason reason, const Digest& renter_secret);

// The stream of one seed: SHA-256(seed || counter u64 BE), counter 0, 1, …, read as u64 BE words.
class DrawStream {
 public:
  explicit DrawStream(const Digest& seed) : seed_(seed) {}
  std::uint64_t word();
  // Uniform in [0, n): a word mod n, rejected above the largest multiple of n. n >= 1.
  std::uint64_t below(std::uint64_t n);
  // `count` different numbers of [0, n), in the order drawn; repeats are skipped. count <= n.
  std::vector<std::uint64_t> distinct(std::uint64_t count, std::uint64_t n);

 private:
  Digest seed_;
  std::uint64_t counter_ = 0;
  Digest block_;
  unsigned used_ = 4;  // words of block_ already given out
};

// word < floor(p_ppm * 2^64 / 10^6); always at 10^6.
bool coin_says_audit(std::uint64_t word, std::uint32_t p_ppm);

}  // namespace assay::wire
