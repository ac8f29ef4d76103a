// Which token comes next, from a row of logits: the largest, or one drawn with the job's seed. All
// of it in RX-1, so the choice is a function of logits and seed. Pure; any thread.
//
// Tokens have an order: token v is before token w if its logit is larger by order_key, or equal and
// v < w. With temperature 0 the choice is the first.
//
// Else, with inv = div(f32(1,000,000), f32(temperature_ppm)) and z_v = mul(logit_v, inv):
//
//   1. top_k = k > 0 keeps the first k tokens of the order; 0 keeps all.
//   2. top_p_ppm < 1,000,000: with m = z of the first token,
//        count_v = rne(mul(exp(sub(z_v, m)), 2^22))            an integer, 2^22 for the first
//        total   = sum of count_v over the kept tokens          exact, in any order
//      a token stays if 1,000,000 * (sum of count_w over the tokens w before it) < top_p_ppm *
//      total
//   3. Of those that stay the choice is the token with the largest score (by order_key; of equal
//      ones the lowest token):
//        score_v = fma(logit_v, inv, g_v)
//        g_v     = -log(-log(u_v))
//        u_v     = mul(f32(2 * (n >> 9) + 1), 2^-24)
//      where n is word v mod 4 of Philox block {element v / 4, tensor `sequence`, step `position`}
//      with the key philox_key(job_seed(nonce)): philox.h. u_v is exact and lies inside (0, 1).
//
// That is the Gumbel-max trick (Maddison, Tarlow, Minka 2014, "A* sampling"): the choice has
// probability softmax(z) over the tokens that stay, and noise need not be drawn for the others.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/base/result.h"
#include "core/compute/philox.h"

namespace assay::compute::generate {

inline constexpr std::uint32_t kMillion = 1'000'000;
inline constexpr std::uint32_t kTemperaturePpmMax = 16 * kMillion;  // f32 holds it exactly
inline constexpr std::uint32_t kTemperaturePpmMin = 1000;           // or 0

struct Sampling {
  std::uint32_t temperature_ppm = 0;   // 0, or kTemperaturePpmMin..kTemperaturePpmMax
  std::uint32_t top_k = 0;             // 0: all
  std::uint32_t top_p_ppm = kMillion;  // 1..1,000,000
  bool operator==(const Sampling&) const = default;
};

class Sampler {
 public:
  Sampler(const Sampling& sampling, PhiloxKey key) : sampling_(sampling), key_(key) {}

  const Sampling& sampling() const { return sampling_; }
  float inverse() const;  // inv above; the temperature is not 0

  // The token that follows position `position` of text `sequence`; at least one logit. `level`
  // changes the speed alone.
  //   malformed    a logit, or one divided by the temperature, is NaN or infinite: the model's
  //                numbers overflow, and no text follows from them
  Result<std::uint32_t> choose(std::span<const float> logits, std::uint32_t sequence,
                               std::uint32_t position, CpuLevel level = CpuLevel::scalar) const;

  // What steps 1 and 2 keep, in order; nothing where every token stays. `z` as above, finite.
  std::optional<std::vector<std::uint32_t>> kept(std::span<const float> logits,
                                                 std::span<const float> z) const;

  // g_v of each token of `tokens`.
  void noise(std::span<const std::uint32_t> tokens, std::uint32_t sequence, std::uint32_t position,
             std::span<float> g, CpuLevel level = CpuLevel::scalar) const;

 private:
  Sampling sampling_;
  PhiloxKey key_;
};

}  // namespace assay::compute::generate
