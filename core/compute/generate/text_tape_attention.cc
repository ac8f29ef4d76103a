// Attention in the tape of texts: keys and values laid out, turned by position, and read in blocks.
#include <algorithm>
#include <numeric>

#include "core/compute/generate/text_tape_writer.h"
#include "core/compute/rx1/attention.h"
#include "core/compute/rx1/row_math.h"

namespace assay::compute::generate {
namespace {

constexpr std::uint64_t kBlock = rx1::kAttentionBlock;
constexpr std::uint64_t kStats = 3;      // after a block's sums: max, count, scale
constexpr std::uint64_t kTogether = 64;  // numbers of a head that blocks are joined for at once

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

namespace {

// One head's keys and values at positions [first, end) of a text, dense.
struct Window {
  std::vector<std::int16_t> k;
  std::vector<std::int8_t> v;
  std::vector<float> k_scale, v_scale;
};

}  // namespace

TensorRef TextTapeWriter::attend_block(std::size_t number, std::size_t layer, const Quantised& q,
                                       std::uint64_t block) {
  const Group& group = groups_[number];
  const std::uint64_t size = c_.head_size, heads = c_.heads, kv = c_.kv_heads, begin = begin_;
  const std::uint64_t first = block * kBlock, chunk = chunk_;
  std::vector<TensorRef> reads{q.q, q.most};
  // Those of this step that are there by now, by text and position; a block before it has none.
  std::vector<LayerCache> own(first + kBlock > begin ? number + 1 : 0);
  for (std::size_t i = 0; i < own.size(); ++i) {
    own[i] = groups_[i].layers[layer];
    reads.insert(reads.end(), {own[i].k.q, own[i].k.most, own[i].v.q, own[i].v.most});
  }
  const History past = history_.empty() ? History{} : history_[layer];
  if (first < begin) {
    reads.insert(reads.end(), {past.k, past.k_scale, past.v, past.v_scale});
  }
  const float scale = rx1::div(1.0F, rx1::sqrt(rx1::from_s32(static_cast<std::int32_t>(size))));
  const auto window = [=, own = std::move(own), places = places_](
                          std::size_t text, std::uint64_t head, std::uint64_t end,
                          Operands& operands) {
    Window out;
    const std::uint64_t before = std::min(end, begin);
    if (first < before) {
      const std::uint64_t at = (text * kv + head) * begin + first, count = before - first;
      const auto add = [](auto& to, auto from) { to.assign(from.begin(), from.end()); };
      add(out.k, operands.read<std::int16_t>(past.k, at * size, count * size));
      add(out.k_scale, operands.read<float>(past.k_scale, at, count));
      add(out.v, operands.read<std::int8_t>(past.v, at * size, count * size));
      add(out.v_scale, operands.read<float>(past.v_scale, at, count));
    }
    for (std::uint64_t p = std::max(first, begin); p < end; ++p) {
      const Place place = (*places)[text * chunk + (p - begin)];
      const LayerCache& cache = own[place.group];
      const std::uint64_t row = place.slot * kv + head;
      const auto k = operands.read<std::int16_t>(cache.k.q, row * size, size);
      const auto v = operands.read<std::int8_t>(cache.v.q, row * size, size);
      out.k.insert(out.k.end(), k.begin(), k.end());
      out.v.insert(out.v.end(), v.begin(), v.end());
      out.k_scale.push_back(cache.k.scale(operands, row));
      out.v_scale.push_back(cache.v.scale(operands, row));
    }
    return out;
  };
  const std::uint64_t width = size + kStats;
  return tape_.add(
      "attention block", {DType::s32, {group.slots.size() * heads, width}}, width, std::move(reads),
      by_rows<std::int32_t>(width, [=, slots = group.slots](std::uint64_t row, Operands& operands,
                                                            std::span<std::int32_t> out) {
        const Slot& slot = slots[row / heads];
        const std::uint64_t end = std::min(begin + slot.j + 1, first + kBlock);
        std::ranges::fill(out, 0);
        if (end <= first) return;
        const Window at = window(slot.text, row % heads / (heads / kv), end, operands);
        const rx1::AttentionPart part = rx1::attention_part(
            operands.read<std::int16_t>(q.q, row * size, size),
            rx1::mul(q.scale(operands, row), scale), {at.k, at.k_scale, at.v, at.v_scale});
        std::ranges::copy(part.acc, out.begin());
        out[size] = static_cast<std::int32_t>(rx1::bits(part.max));
        out[size + 1] = static_cast<std::int32_t>(part.count);
        out[size + 2] = static_cast<std::int32_t>(rx1::bits(part.w_scale));
      }));
}

Matrix TextTapeWriter::attend(std::size_t number, std::size_t layer, const Quantised& q) {
  const Group& group = groups_[number];
  const std::uint64_t size = c_.head_size, heads = c_.heads, width = size + kStats;
  std::uint64_t last = 0;
  for (const Slot& slot : group.slots) last = std::max(last, begin_ + slot.j);
  std::vector<TensorRef> blocks;
  for (std::uint64_t block = 0; block <= last / kBlock; ++block) {
    blocks.push_back(attend_block(number, layer, q, block));
  }
  // A long text has many blocks, and a number of the head follows from its own sums alone.
  const std::uint64_t unit = std::gcd(size, kTogether);
  Matrix out = add_rows(
      tape_, "attention", group.slots.size() * heads * (size / unit), unit, blocks,
      [=, slots = group.slots, begin = begin_](std::uint64_t at, Operands& operands,
                                               std::span<float> to) {
        const std::uint64_t row = at * unit / size, first = at * unit % size;
        std::vector<rx1::AttentionPart> parts;
        const std::uint64_t own = (begin + slots[row / heads].j) / kBlock;
        for (std::uint64_t block = 0; block <= own; ++block) {
          const auto acc = operands.read<std::int32_t>(blocks[block], row * width + first, unit);
          const auto stats = operands.read<std::int32_t>(blocks[block], row * width + size, kStats);
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
