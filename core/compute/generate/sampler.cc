#include "core/compute/generate/sampler.h"

#include <algorithm>
#include <numeric>

#include "core/compute/rx1/elementwise.h"
#include "core/compute/rx1/row_math.h"

namespace assay::compute::generate {
namespace {

bool finite(std::span<const float> x) {
  return std::ranges::all_of(
      x, [](float value) { return (rx1::bits(value) & rx1::kAbsMask) < rx1::kInfinityBits; });
}

std::uint32_t first_of_order(std::span<const float> x) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < x.size(); ++i) {
    if (rx1::order_key(x[i]) > rx1::order_key(x[best])) best = i;
  }
  return static_cast<std::uint32_t>(best);
}

// The order of tokens as integers: the first token's is the largest.
std::uint64_t rank_of(float logit, std::size_t token) {
  const auto key = static_cast<std::uint32_t>(rx1::order_key(logit)) ^ rx1::kSignBit;
  return std::uint64_t{key} << 32 | (UINT32_MAX - static_cast<std::uint32_t>(token));
}

std::uint32_t token_of(std::uint64_t rank) {
  return UINT32_MAX - static_cast<std::uint32_t>(rank);
}

Error overflow(const char* what) {
  return fail(Code::malformed, std::string(what) + " is NaN or infinite: the model's numbers " +
                                   "overflow f32, and no token follows from them");
}

}  // namespace

float Sampler::inverse() const {
  return rx1::div(rx1::from_s32(kMillion),
                  rx1::from_s32(static_cast<std::int32_t>(sampling_.temperature_ppm)));
}

std::optional<std::vector<std::uint32_t>> Sampler::kept(std::span<const float> logits,
                                                        std::span<const float> z) const {
  const bool by_count = sampling_.top_k > 0 && sampling_.top_k < logits.size();
  const bool by_mass = sampling_.top_p_ppm < kMillion;
  if (!by_count && !by_mass) return std::nullopt;
  std::vector<std::uint64_t> ranks(logits.size());
  for (std::size_t v = 0; v < logits.size(); ++v) ranks[v] = rank_of(logits[v], v);
  if (by_count) {
    const auto end = ranks.begin() + static_cast<std::ptrdiff_t>(sampling_.top_k);
    std::nth_element(ranks.begin(), end - 1, ranks.end(), std::greater<>());
    ranks.erase(end, ranks.end());
  }
  std::uint64_t total = 0;
  const float most = z[token_of(*std::ranges::max_element(ranks))];
  const auto count = [&](std::uint64_t rank) -> std::uint64_t {
    return rx1::probability_count(rx1::exp_f32(rx1::sub(z[token_of(rank)], most)));
  };
  for (const std::uint64_t rank : ranks) total += count(rank);
  // From a heap, because few tokens of many stay.
  std::ranges::make_heap(ranks);
  std::vector<std::uint32_t> out;
  std::uint64_t before = 0;
  while (!ranks.empty() && (!by_mass || before * kMillion < total * sampling_.top_p_ppm)) {
    std::ranges::pop_heap(ranks);
    out.push_back(token_of(ranks.back()));
    before += count(ranks.back());
    ranks.pop_back();
  }
  return out;
}

void Sampler::noise(std::span<const std::uint32_t> tokens, std::uint32_t sequence,
                    std::uint32_t position, std::span<float> g, CpuLevel level) const {
  const PhiloxStream stream{key_, sequence, position};
  std::uint64_t element = UINT64_MAX;
  PhiloxBlock block{};
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i] / 4 != element) block = stream.block(element = tokens[i] / 4);
    const std::uint32_t odd = 2 * (block[tokens[i] % 4] >> 9) + 1;
    g[i] = rx1::mul(rx1::from_s32(static_cast<std::int32_t>(odd)), 0x1p-24F);
  }
  for (int twice = 0; twice < 2; ++twice) {
    rx1::apply(rx1::Elementary::log, g, g, level);
    for (float& value : g) value = rx1::negate(value);
  }
}

Result<std::uint32_t> Sampler::choose(std::span<const float> logits, std::uint32_t sequence,
                                      std::uint32_t position, CpuLevel level) const {
  ASSAY_CHECK(!logits.empty(), "a choice among no tokens");
  if (!finite(logits)) return overflow("a logit");
  if (sampling_.temperature_ppm == 0) return first_of_order(logits);
  const float inv = inverse();
  std::vector<float> z(logits.size());
  for (std::size_t v = 0; v < z.size(); ++v) z[v] = rx1::mul(logits[v], inv);
  if (!finite(z)) return overflow("a logit divided by the temperature");
  std::optional<std::vector<std::uint32_t>> stay = kept(logits, z);
  std::vector<std::uint32_t> tokens;
  if (stay.has_value()) {
    tokens = std::move(*stay);
    std::ranges::sort(tokens);
  } else {
    tokens.resize(z.size());
    std::iota(tokens.begin(), tokens.end(), 0U);
  }
  std::vector<float> score(tokens.size());
  noise(tokens, sequence, position, score, level);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    score[i] = rx1::fma(logits[tokens[i]], inv, score[i]);
  }
  return tokens[first_of_order(score)];
}

}  // namespace assay::compute::generate
