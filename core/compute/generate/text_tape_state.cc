// The end of the tape of texts: the rows' tensors put together as the state has them.
#include <algorithm>

#include "core/compute/generate/text_tape_writer.h"

namespace assay::compute::generate {

// A tensor of the state: f(group, slot, column, operands) of rows that run, zeros of those that do
// not.
template <class T, class F>
TensorRef TextTapeWriter::put_rows(const char* name, std::uint32_t tensor,
                                   std::vector<TensorRef> reads, F f) {
  for (const Group& group : groups_) reads.push_back(group.token);
  const TensorShape& shape = tape_.state_shape[tensor];
  const std::uint64_t width = shape.elements() / rows_;
  std::vector<TensorRef> tokens;
  for (const Group& group : groups_) tokens.push_back(group.token);
  return tape_.add(name, shape, 1, std::move(reads),
                   each<T>([=, places = places_](std::uint64_t at, Operands& operands) {
                     const Place place = (*places)[at / width];
                     if (!place.known) return T{0};
                     if (operands.at<std::int32_t>(tokens[place.group], place.slot) < 0) {
                       return T{0};
                     }
                     return f(place.group, place.slot, at % width, operands);
                   }));
}

void TextTapeWriter::put_together() {
  const std::uint64_t size = c_.head_size, heads = c_.kv_heads;
  std::vector<std::vector<LayerCache>> caches;
  std::vector<TensorRef> tokens, choices, k_reads, v_reads;
  std::vector<std::vector<std::size_t>> chosen;
  for (const Group& group : groups_) {
    caches.push_back(group.layers);
    chosen.push_back(group.chosen);
    tokens.push_back(group.token);
    if (!group.chosen.empty()) choices.push_back(group.choice);
    for (const LayerCache& cache : group.layers) {
      k_reads.insert(k_reads.end(), {cache.k.q, cache.k.most});
      v_reads.insert(v_reads.end(), {cache.v.q, cache.v.most});
    }
  }
  std::vector<TensorRef> choice_of;
  for (const Group& group : groups_) choice_of.push_back(group.choice);
  const auto none_before = [places = places_](const auto& f) {
    return each<std::int32_t>([places, f](std::uint64_t row, Operands& operands) {
      return (*places)[row].known ? f((*places)[row], operands) : -1;
    });
  };
  tape_.state.push_back(tape_.add("tokens", tape_.state_shape[0], 1, tokens,
                                  none_before([tokens](const Place& place, Operands& operands) {
                                    return operands.at<std::int32_t>(tokens[place.group],
                                                                     place.slot);
                                  })));
  const Compute choice = none_before([choice_of, chosen](const Place& place, Operands& operands) {
    const auto& slots = chosen[place.group];
    const auto at = std::ranges::lower_bound(slots, place.slot);
    if (at == slots.end() || *at != place.slot) return -1;
    return operands.at<std::int32_t>(choice_of[place.group],
                                     static_cast<std::uint64_t>(at - slots.begin()));
  });
  tape_.state.push_back(tape_.add("choices", tape_.state_shape[1], 1, choices, choice));
  const auto row_at = [=](std::size_t slot, std::uint64_t head) {
    return slot * heads + head % heads;
  };
  tape_.state.push_back(put_rows<std::int16_t>(
      "keys", 2, k_reads, [=](std::size_t group, std::size_t slot, std::uint64_t at, Operands& in) {
        const Quantised& k = caches[group][at / size / heads].k;
        return in.at<std::int16_t>(k.q, row_at(slot, at / size) * size + at % size);
      }));
  tape_.state.push_back(
      put_rows<float>("scales of keys", 3, k_reads,
                      [=](std::size_t group, std::size_t slot, std::uint64_t at, Operands& in) {
                        return caches[group][at / heads].k.scale(in, row_at(slot, at));
                      }));
  tape_.state.push_back(put_rows<std::int8_t>(
      "values", 4, v_reads,
      [=](std::size_t group, std::size_t slot, std::uint64_t at, Operands& in) {
        const Quantised& v = caches[group][at / size / heads].v;
        return in.at<std::int8_t>(v.q, row_at(slot, at / size) * size + at % size);
      }));
  tape_.state.push_back(
      put_rows<float>("scales of values", 5, v_reads,
                      [=](std::size_t group, std::size_t slot, std::uint64_t at, Operands& in) {
                        return caches[group][at / heads].v.scale(in, row_at(slot, at));
                      }));
  tape_.output = {
      tape_.add("output", {DType::s32, {job_.plan.prompts.size(), chunk_}}, 1, choices, choice)};
}

}  // namespace assay::compute::generate
