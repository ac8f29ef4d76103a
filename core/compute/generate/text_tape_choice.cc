#include "core/compute/generate/text_tape_choice.h"

#include <algorithm>
#include <memory>

#include "core/compute/rx1/elementwise.h"
#include "core/compute/rx1/row_math.h"

namespace assay::compute::generate {
namespace {

constexpr std::uint64_t kTokensAtOnce = 4096;
constexpr unsigned kDigitBits = 8, kTokenBits = 24, kRankBits = 56;
constexpr std::uint64_t kDigits = std::uint64_t{1} << kDigitBits;
constexpr std::uint64_t kLastToken = (std::uint64_t{1} << kTokenBits) - 1;
// Of a row of "best".
constexpr std::int32_t kOverflow = 0, kNone = 1, kBest = 2;

bool is_finite(float x) {
  return (rx1::bits(x) & rx1::kAbsMask) < rx1::kInfinityBits;
}

std::uint64_t rank_of(float logit, std::uint64_t token) {
  const auto key = static_cast<std::uint32_t>(rx1::order_key(logit)) ^ rx1::kSignBit;
  return std::uint64_t{key} << kTokenBits | (kLastToken - token);
}

// Some tokens of a row.
struct Segment {
  std::uint64_t row = 0, first = 0;
  std::span<const float> logits;

  std::uint64_t rank(std::size_t i) const { return rank_of(logits[i], first + i); }
};

// A rank that was found, digit by digit: element 3 * row.
std::uint64_t found(Operands& operands, const TensorRef& cut, std::uint64_t row) {
  return operands.at<std::uint64_t>(cut, 3 * row);
}

// How the tokens of a cut weigh.
struct Weights {
  bool by_mass = false;
  std::optional<TensorRef> among;  // the cut that was made before: only these weigh
  TensorRef largest;               // by mass
};

class ChoiceOperations {
 public:
  ChoiceOperations(Tape& tape, const Matrix& logits, const Sampler& sampler)
      : tape_(tape),
        logits_(logits),
        sampler_(sampler),
        segments_((logits.width + kTokensAtOnce - 1) / kTokensAtOnce) {}

  // The rank of the last token that stays; nothing where all do.
  std::optional<TensorRef> last_kept() {
    const Sampling& how = sampler_.sampling();
    std::optional<TensorRef> cut;
    if (how.temperature_ppm == 0) return cut;
    if (how.top_k > 0 && how.top_k < logits_.width) cut = add_cut({false, {}, {}});
    if (how.top_p_ppm < kMillion) cut = add_cut({true, cut, add_largest()});
    return cut;
  }
  TensorRef add_best(const std::optional<TensorRef>& last, std::vector<ChoicePlace> places);
  TensorRef add_choice(const TensorRef& best, const TensorRef& token,
                       std::vector<ChoicePlace> places);

 private:
  Segment segment(std::uint64_t number, Operands& operands) const {
    const std::uint64_t first = number % segments_ * kTokensAtOnce;
    const std::uint64_t count = std::min(kTokensAtOnce, logits_.width - first);
    const std::uint64_t row = number / segments_;
    return {row, first,
            operands.read<float>(logits_.ref, logits_.offset + row * logits_.width + first, count)};
  }
  // What token number i of a segment weighs in a cut.
  std::uint64_t weight(const Weights& weights, float logit, float largest) const {
    if (!weights.by_mass) return 1;
    const float inv = sampler_.inverse();
    const float below = rx1::sub(rx1::mul(logit, inv), rx1::mul(largest, inv));
    return below <= 0 ? rx1::probability_count(rx1::exp_f32(below)) : 0;
  }
  TensorRef add_largest();
  TensorRef add_cut(const Weights& weights);
  TensorRef add_masses(const Weights& weights, const std::optional<TensorRef>& so_far,
                       unsigned round);
  TensorRef add_sums(const TensorRef& masses);
  TensorRef add_digit(const Weights& weights, const TensorRef& sums,
                      const std::optional<TensorRef>& so_far);

  Tape& tape_;
  const Matrix logits_;
  const Sampler& sampler_;
  const std::uint64_t segments_;
};

TensorRef ChoiceOperations::add_largest() {
  const auto largest = [](std::span<const float> x) {
    return *std::ranges::max_element(x, {}, rx1::order_key);
  };
  const TensorRef parts =
      tape_.add("largest", {DType::f32, {logits_.rows * segments_}}, 1, {logits_.ref},
                each<float>([*this, largest](std::uint64_t at, Operands& operands) {
                  return largest(segment(at, operands).logits);
                }));
  return tape_.add(
      "largest", {DType::f32, {logits_.rows}}, 1, {parts},
      each<float>([parts, largest, n = segments_](std::uint64_t row, Operands& operands) {
        return largest(operands.read<float>(parts, row * n, n));
      }));
}

// What tokens weigh whose rank begins with the digits found so far, by their next one.
TensorRef ChoiceOperations::add_masses(const Weights& weights,
                                       const std::optional<TensorRef>& so_far, unsigned round) {
  std::vector<TensorRef> reads{logits_.ref};
  if (so_far) reads.push_back(*so_far);
  if (weights.among) reads.push_back(*weights.among);
  if (weights.by_mass) reads.push_back(weights.largest);
  const unsigned shift = kRankBits - kDigitBits * (round + 1);
  const auto masses = [*this, weights, so_far, shift](std::uint64_t number, Operands& operands,
                                                      std::span<std::uint64_t> out) {
    const Segment part = segment(number, operands);
    const std::uint64_t begins = so_far ? found(operands, *so_far, part.row) : 0;
    const std::uint64_t among = weights.among ? found(operands, *weights.among, part.row) : 0;
    const float largest = weights.by_mass ? operands.at<float>(weights.largest, part.row) : 0.0F;
    std::ranges::fill(out, 0);
    for (std::size_t i = 0; i < part.logits.size(); ++i) {
      const std::uint64_t rank = part.rank(i);
      if (rank < among || rank >> shift >> kDigitBits != begins) continue;
      out[(rank >> shift) % kDigits] += weight(weights, part.logits[i], largest);
    }
  };
  return tape_.add("masses", {DType::s64, {logits_.rows * segments_, kDigits}}, kDigits,
                   std::move(reads), by_rows<std::uint64_t>(kDigits, masses));
}

TensorRef ChoiceOperations::add_sums(const TensorRef& masses) {
  return tape_.add(
      "sum of masses", {DType::s64, {logits_.rows, kDigits}}, 1, {masses},
      each<std::uint64_t>([masses, n = segments_](std::uint64_t at, Operands& operands) {
        std::uint64_t sum = 0;
        for (std::uint64_t part = at / kDigits * n; part < (at / kDigits + 1) * n; ++part) {
          sum += operands.at<std::uint64_t>(masses, part * kDigits + at % kDigits);
        }
        return sum;
      }));
}

// The next digit of the last token before which less weighs than may.
TensorRef ChoiceOperations::add_digit(const Weights& weights, const TensorRef& sums,
                                      const std::optional<TensorRef>& so_far) {
  std::vector<TensorRef> reads{sums};
  if (so_far) reads.push_back(*so_far);
  const auto digit = [=, how = sampler_.sampling()](std::uint64_t row, Operands& operands,
                                                    std::span<std::uint64_t> out) {
    const auto masses = operands.read<std::uint64_t>(sums, row * kDigits, kDigits);
    std::uint64_t begins = 0, before = 0, limit = how.top_k;
    if (so_far) {
      const auto last = operands.read<std::uint64_t>(*so_far, 3 * row, 3);
      begins = last[0], before = last[1], limit = last[2];
    } else if (weights.by_mass) {
      std::uint64_t total = 0;
      for (const std::uint64_t mass : masses) total += mass;
      limit = (total * how.top_p_ppm + kMillion - 1) / kMillion;
    }
    std::uint64_t chosen = 0, chosen_before = before;
    for (std::uint64_t d = kDigits; d-- > 0;) {
      if (masses[d] == 0) continue;
      if (before < limit) chosen = d, chosen_before = before;
      before += masses[d];
    }
    out[0] = begins << kDigitBits | chosen;
    out[1] = chosen_before;
    out[2] = limit;
  };
  return tape_.add("last kept", {DType::s64, {logits_.rows, 3}}, 3, std::move(reads),
                   by_rows<std::uint64_t>(3, digit));
}

TensorRef ChoiceOperations::add_cut(const Weights& weights) {
  std::optional<TensorRef> so_far;
  for (unsigned round = 0; round < kRankBits / kDigitBits; ++round) {
    so_far = add_digit(weights, add_sums(add_masses(weights, so_far, round)), so_far);
  }
  return *so_far;
}

TensorRef ChoiceOperations::add_best(const std::optional<TensorRef>& last,
                                     std::vector<ChoicePlace> places) {
  std::vector<TensorRef> reads{logits_.ref};
  if (last) reads.push_back(*last);
  const auto best = [*this, last, places = std::move(places)](
                        std::uint64_t number, Operands& operands, std::span<std::int32_t> out) {
    const Segment part = segment(number, operands);
    const std::uint64_t from = last ? found(operands, *last, part.row) : 0;
    const bool greedy = sampler_.sampling().temperature_ppm == 0;
    const float inv = greedy ? 1.0F : sampler_.inverse();
    std::vector<std::uint32_t> tokens;
    out[0] = kOverflow, out[1] = out[2] = 0;
    for (std::size_t i = 0; i < part.logits.size(); ++i) {
      if (!is_finite(part.logits[i]) || !is_finite(rx1::mul(part.logits[i], inv))) return;
      if (part.rank(i) >= from) tokens.push_back(static_cast<std::uint32_t>(part.first + i));
    }
    out[0] = kNone;
    std::vector<float> score(tokens.size());
    const ChoicePlace& place = places[part.row];
    if (!greedy) sampler_.noise(tokens, place.sequence, place.position, score);
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const float logit = part.logits[tokens[i] - part.first];
      const std::int32_t key = rx1::order_key(greedy ? logit : rx1::fma(logit, inv, score[i]));
      if (out[0] == kBest && key <= out[1]) continue;
      out[0] = kBest, out[1] = key, out[2] = static_cast<std::int32_t>(tokens[i]);
    }
  };
  return tape_.add("best", {DType::s32, {logits_.rows * segments_, 3}}, 3, std::move(reads),
                   by_rows<std::int32_t>(3, best));
}

TensorRef ChoiceOperations::add_choice(const TensorRef& best, const TensorRef& token,
                                       std::vector<ChoicePlace> places) {
  return tape_.add("choice", {DType::s32, {logits_.rows}}, 1, {best, token},
                   each<std::int32_t>([best, token, places = std::move(places), n = segments_](
                                          std::uint64_t row, Operands& operands) {
                     if (operands.at<std::int32_t>(token, places[row].slot) < 0) return -1;
                     const auto parts = operands.read<std::int32_t>(best, 3 * row * n, 3 * n);
                     std::int32_t key = 0, choice = -1;
                     for (std::size_t i = 0; i < parts.size(); i += 3) {
                       if (parts[i] == kOverflow) return -1;
                       if (parts[i] != kBest || (choice >= 0 && parts[i + 1] <= key)) continue;
                       key = parts[i + 1], choice = parts[i + 2];
                     }
                     return choice;
                   }));
}

}  // namespace

TensorRef add_choices(Tape& tape, const Matrix& logits, const Sampler& sampler,
                      const TensorRef& token, std::vector<ChoicePlace> places) {
  ChoiceOperations operations(tape, logits, sampler);
  const std::optional<TensorRef> last = operations.last_kept();
  const TensorRef best = operations.add_best(last, places);
  return operations.add_choice(best, token, std::move(places));
}

}  // namespace assay::compute::generate
