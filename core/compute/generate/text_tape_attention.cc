// Attention in the tape of texts: keys and values laid out, turned by position, and read in blocks.
#include <algorithm>
#include <numeric>

#include "core/compute/generate/text_tape_writer.h"
#include "core/compute/rx1/attention.h"
#include "core/compute/rx1/row_math.h"

namespace assay::compute::generate {
namespace {

constexpr std::uint64_t kBlock = rx1::kAttentionBlock;
constexpr std::uint64_t kStats = 3;      // after a block's weights and sums: max, count, scale
constexpr std::uint64_t kTogether = 64;  // numbers of a head that blocks are joined for at once
// Scores of one operation, which computes as many blocks as these are, or one: a long text would
// have too many operations, a long prompt too large ones.
constexpr std::uint64_t kScoresAtOnce = std::uint64_t{1} << 22;

}  // namespace

// [texts * K, begin, width] of one layer's part of a tensor of the states before.
template <class T>
TensorRef TextTapeWriter::lay_out_heads(std::size_t layer, std::uint32_t tensor, DType dtype,
                                        std::uint64_t width) {
  std::vector<TensorRef> reads;
  for (std::uint32_t i = 1; i < step_; ++i) reads.push_back({TensorRef::Of::state, i, tensor});
  const std::uint64_t heads = c_.kv_heads, per_row = c_.layers * heads * width;
  return tape_.add(
      "history", {dtype, {job_.plan.prompts.size() * heads, begin_, width}}, 1, std::move(reads),
      each<T>([=, begin = begin_, chunk = chunk_](std::uint64_t at, Operands& operands) {
        const std::uint64_t position = at / width % begin, head = at / width / begin;
        const TensorRef state{TensorRef::Of::state,
                              static_cast<std::uint32_t>(position / chunk) + 1, tensor};
        const std::uint64_t row = head / heads * chunk + position % chunk;
        return operands.at<T>(state,
                              row * per_row + (layer * heads + head % heads) * width + at % width);
      }));
}

History TextTapeWriter::lay_out(std::size_t layer) {
  return {lay_out_heads<std::int16_t>(layer, 2, DType::s16, c_.head_size),
          lay_out_heads<float>(layer, 3, DType::f32, 1),
          lay_out_heads<std::int8_t>(layer, 4, DType::s8, c_.head_size),
          lay_out_heads<float>(layer, 5, DType::f32, 1)};
}

Matrix TextTapeWriter::rotate(const Group& group, const Matrix& x, std::uint64_t heads) {
  const std::uint64_t size = c_.head_size, half = job_.model.rope_frequency.size();
  std::vector<std::uint64_t> j;
  for (const Slot& slot : group.slots) j.push_back(slot.j);
  return add_each(tape_, "rope", x.rows, heads * size, {x.ref},
                  [=, cosine = cosine_, sine = sine_](std::uint64_t at, Operands& operands) {
                    const std::uint64_t within = at % size;
                    if (within >= 2 * half) return x.at(operands, at);
                    const std::uint64_t i = within % half, first = at - within + i;
                    const std::uint64_t place = j[at / (heads * size)] * half + i;
                    const rx1::Rotated turned =
                        rx1::rotated(x.at(operands, first), x.at(operands, first + half),
                                     (*cosine)[place], (*sine)[place]);
                    return within < half ? turned.x : turned.y;
                  });
}

// Where one layer's keys and values of a text lie, by position: head by head in the history, or in
// a group of this step.
struct TextTapeWriter::Cache {
  History past;
  std::vector<LayerCache> own;  // by group; of a block before this step none
  std::shared_ptr<const std::vector<Place>> places;
  std::uint64_t begin = 0, chunk = 0, kv = 0, size = 0;

  std::uint64_t past_row(const Slot& slot, std::uint64_t head, std::uint64_t p) const {
    return (slot.text * kv + head) * begin + p;
  }
  std::pair<const LayerCache&, std::uint64_t> own_row(const Slot& slot, std::uint64_t head,
                                                      std::uint64_t p) const {
    const Place place = (*places)[slot.text * chunk + (p - begin)];
    return {own[place.group], place.slot * kv + head};
  }

  float score(const Slot& slot, std::uint64_t head, std::uint64_t p,
              std::span<const std::int16_t> q, float a, Operands& operands) const {
    if (p < begin) {
      const std::uint64_t row = past_row(slot, head, p);
      return rx1::attention_score(q, a, operands.read<std::int16_t>(past.k, row * size, size),
                                  operands.at<float>(past.k_scale, row));
    }
    const auto [cache, row] = own_row(slot, head, p);
    return rx1::attention_score(q, a, operands.read<std::int16_t>(cache.k.q, row * size, size),
                                cache.k.scale(operands, row));
  }
  // Of positions [first, end).
  std::vector<float> v_scales(const Slot& slot, std::uint64_t head, std::uint64_t first,
                              std::uint64_t end, Operands& operands) const {
    std::vector<float> out;
    if (const std::uint64_t before = std::min(end, begin); first < before) {
      const auto old =
          operands.read<float>(past.v_scale, past_row(slot, head, first), before - first);
      out.assign(old.begin(), old.end());
    }
    for (std::uint64_t p = std::max(first, begin); p < end; ++p) {
      const auto [cache, row] = own_row(slot, head, p);
      out.push_back(cache.v.scale(operands, row));
    }
    return out;
  }
  std::vector<std::int8_t> values(const Slot& slot, std::uint64_t head, std::uint64_t first,
                                  std::uint64_t end, Operands& operands) const {
    std::vector<std::int8_t> out;
    if (const std::uint64_t before = std::min(end, begin); first < before) {
      const auto old = operands.read<std::int8_t>(past.v, past_row(slot, head, first) * size,
                                                  (before - first) * size);
      out.assign(old.begin(), old.end());
    }
    for (std::uint64_t p = std::max(first, begin); p < end; ++p) {
      const auto [cache, row] = own_row(slot, head, p);
      const auto v = operands.read<std::int8_t>(cache.v.q, row * size, size);
      out.insert(out.end(), v.begin(), v.end());
    }
    return out;
  }

  void weigh(const Slot& slot, std::uint64_t head, std::uint64_t first,
             std::span<const float> scores, Operands& operands, std::span<std::int32_t> out) const {
    const rx1::AttentionWeights part = rx1::attention_weights(
        scores, v_scales(slot, head, first, first + scores.size(), operands));
    std::ranges::copy(part.weight, out.begin());
    out[kBlock] = static_cast<std::int32_t>(rx1::bits(part.max));
    out[kBlock + 1] = static_cast<std::int32_t>(part.count);
    out[kBlock + 2] = static_cast<std::int32_t>(rx1::bits(part.w_scale));
  }
  void sum(const Slot& slot, std::uint64_t head, std::uint64_t first,
           std::span<const std::int32_t> weights, Operands& operands,
           std::span<std::int32_t> out) const {
    std::vector<std::int16_t> weight;
    for (const std::int32_t w : weights) {
      // Of a committed tensor anything may be true: what is no weight counts by its low bits.
      weight.push_back(static_cast<std::int16_t>(w & 0x7FFF));
    }
    const auto v = values(slot, head, first, first + weights.size(), operands);
    std::ranges::copy(rx1::attention_sums(weight, v, size), out.begin());
  }
};

TensorRef TextTapeWriter::attend_blocks(std::size_t number, std::size_t layer, const Quantised& q,
                                        std::uint64_t block, std::uint64_t count) {
  const Group& group = groups_[number];
  const std::uint64_t size = c_.head_size, heads = c_.heads, shared = heads / c_.kv_heads;
  const std::uint64_t first = block * kBlock, wide = count * kBlock;
  Cache there{{}, {}, places_, begin_, chunk_, c_.kv_heads, size};
  std::vector<TensorRef> keys{q.q, q.most}, scales, values;
  // Those of this step that are there by now, by text and position; blocks before it have none.
  if (first + wide > begin_) there.own.resize(number + 1);
  for (std::size_t i = 0; i < there.own.size(); ++i) {
    const LayerCache& own = there.own[i] = groups_[i].layers[layer];
    keys.insert(keys.end(), {own.k.q, own.k.most});
    scales.push_back(own.v.most);
    values.push_back(own.v.q);
  }
  if (first < begin_) {
    there.past = history_[layer];
    keys.insert(keys.end(), {there.past.k, there.past.k_scale});
    scales.push_back(there.past.v_scale);
    values.push_back(there.past.v);
  }
  const auto cache = std::make_shared<const Cache>(std::move(there));  // of three operations
  const std::uint64_t rows = group.slots.size() * heads, width = kBlock + kStats;
  const auto end_of = [begin = begin_](const Slot& slot) { return begin + slot.j + 1; };
  const float scale = rx1::div(1.0F, rx1::sqrt(rx1::from_s32(static_cast<std::int32_t>(size))));
  const Matrix scores =
      add_each(tape_, "attention score", rows, wide, std::move(keys),
               [=, slots = group.slots](std::uint64_t at, Operands& operands) {
                 const std::uint64_t row = at / wide, p = first + at % wide;
                 const Slot& slot = slots[row / heads];
                 if (p >= end_of(slot)) return 0.0F;
                 return cache->score(slot, row % heads / shared, p,
                                     operands.read<std::int16_t>(q.q, row * size, size),
                                     rx1::mul(q.scale(operands, row), scale), operands);
               });
  // f(slot, head, its first position, how many it sees, operands, out) of each block of each row;
  // a block that a row sees nothing of is zeros.
  const auto by_block = [=, slots = group.slots](std::uint64_t unit, auto f) {
    return by_rows<std::int32_t>(
        unit, [=](std::uint64_t at, Operands& operands, std::span<std::int32_t> out) {
          const std::uint64_t row = at / count, p = first + at % count * kBlock;
          const std::uint64_t end = std::min(end_of(slots[row / heads]), p + kBlock);
          std::ranges::fill(out, 0);
          if (end > p) f(slots[row / heads], row % heads / shared, p, end - p, at, operands, out);
        });
  };
  scales.push_back(scores.ref);
  const TensorRef weights = tape_.add(
      "attention weights", {DType::s32, {rows, count * width}}, width, std::move(scales),
      by_block(width, [=](const Slot& slot, std::uint64_t head, std::uint64_t p, std::uint64_t seen,
                          std::uint64_t at, Operands& operands, std::span<std::int32_t> out) {
        cache->weigh(slot, head, p, operands.read<float>(scores.ref, at * kBlock, seen), operands,
                     out);
      }));
  values.push_back(weights);
  const TensorRef sums =
      tape_.add("attention sums", {DType::s32, {rows, count * (size + kStats)}}, size + kStats,
                std::move(values),
                by_block(size + kStats, [=](const Slot& slot, std::uint64_t head, std::uint64_t p,
                                            std::uint64_t many, std::uint64_t at,
                                            Operands& operands, std::span<std::int32_t> out) {
                  const auto weighed = operands.read<std::int32_t>(weights, at * width, width);
                  cache->sum(slot, head, p, weighed.first(many), operands, out);
                  std::ranges::copy(weighed.last(kStats), out.last(kStats).begin());
                }));
  return sums;
}

Matrix TextTapeWriter::attend(std::size_t number, std::size_t layer, const Quantised& q) {
  const Group& group = groups_[number];
  const std::uint64_t size = c_.head_size, heads = c_.heads, width = size + kStats;
  std::uint64_t last = 0;
  for (const Slot& slot : group.slots) last = std::max(last, begin_ + slot.j);
  const std::uint64_t rows = group.slots.size() * heads, all = last / kBlock + 1;
  const std::uint64_t together = std::clamp(kScoresAtOnce / (rows * kBlock), std::uint64_t{1}, all);
  std::vector<TensorRef> blocks;
  for (std::uint64_t block = 0; block < all; block += together) {
    blocks.push_back(attend_blocks(number, layer, q, block, std::min(together, all - block)));
  }
  // A long text has many blocks, and a number of the head follows from its own sums alone.
  const std::uint64_t unit = std::gcd(size, kTogether);
  Matrix out = add_rows(
      tape_, "attention", rows * (size / unit), unit, blocks,
      [=, slots = group.slots, begin = begin_](std::uint64_t at, Operands& operands,
                                               std::span<float> to) {
        const std::uint64_t row = at * unit / size, first = at * unit % size;
        std::vector<rx1::AttentionPart> parts;
        const std::uint64_t own = (begin + slots[row / heads].j) / kBlock;
        for (std::uint64_t block = 0; block <= own; ++block) {
          const TensorRef& of = blocks[block / together];
          const std::uint64_t begun = block / together * together;
          const std::uint64_t place = row * std::min(together, all - begun) + block - begun;
          const auto acc = operands.read<std::int32_t>(of, place * width + first, unit);
          const auto stats = operands.read<std::int32_t>(of, place * width + size, kStats);
          const auto bits = [&](std::uint64_t i) { return static_cast<std::uint32_t>(stats[i]); };
          parts.push_back({{acc.begin(), acc.end()},
                           rx1::from_bits(bits(0)),
                           bits(1),
                           rx1::from_bits(bits(2))});
        }
        std::ranges::copy(rx1::combine_parts(parts), to.begin());
      });
  out.rows = group.slots.size();
  out.width = heads * size;
  return out;
}

}  // namespace assay::compute::generate
