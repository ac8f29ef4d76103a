#include "core/compute/generate/text_tape.h"

#include <algorithm>
#include <memory>

#include "core/compute/rx1/layer_ops.h"
#include "core/compute/rx1/rope.h"
#include "core/compute/rx1/row_math.h"

namespace assay::compute::generate {
namespace {

constexpr std::uint64_t kBlock = rx1::kAttentionBlock;
constexpr std::uint64_t kStats = 3;  // after a block's sums: max, count, scale

// A position of a text that may run: where it is in the step, and where among its group.
struct Slot {
  std::size_t text = 0;
  std::uint64_t j = 0;  // position begin + j
};

struct LayerCache {
  Quantised k, v;  // rows slot * K + head
};

struct Group {
  std::vector<Slot> slots;
  bool prompts = false;
  TensorRef token, choice;
  std::vector<std::size_t> chosen;  // slots with a choice, ascending: rows of `choice`
  std::vector<LayerCache> layers;
};

struct Place {
  bool known = false;
  std::size_t group = 0, slot = 0;
};

struct History {
  TensorRef k, k_scale, v, v_scale;
};

class Writer {
 public:
  Writer(const TextTapeJob& job, std::uint32_t step)
      : job_(job), c_(job.model.config), step_(step), chunk_(job.plan.chunk) {
    begin_ = std::uint64_t{step - 1} * chunk_;
    rows_ = job.plan.rows();
    tape_.state_shape = text_state_shape(c_, rows_);
    for (std::uint32_t i = 1; i < step; ++i) tape_.states[i] = tape_.state_shape;
    make_groups();
    make_tables();
  }

  Tape run() {
    if (begin_ > 0) {
      for (std::size_t layer = 0; layer < c_.layers; ++layer) history_.push_back(lay_out(layer));
    }
    for (std::size_t i = 0; i < groups_.size(); ++i) run_group(i);
    put_together();
    return std::move(tape_);
  }

 private:
  void make_groups();
  void add_group(std::vector<Slot> slots, bool prompts);
  void make_tables();
  History lay_out(std::size_t layer);
  template <class T>
  TensorRef lay_out_heads(std::size_t layer, std::uint32_t tensor, DType dtype,
                          std::uint64_t width);
  void run_group(std::size_t number);
  TensorRef tokens_of(const Group& group);
  Matrix embed(const Group& group);
  Matrix layer(std::size_t number, std::size_t layer, const Matrix& x);
  Matrix attend(std::size_t number, std::size_t layer, const Quantised& q);
  TensorRef attend_block(std::size_t number, std::size_t layer, const Quantised& q,
                         std::uint64_t block);
  Matrix rotate(const Group& group, const Matrix& x, std::uint64_t heads);
  Matrix norm(const Matrix& x, std::span<const float> gain);
  Matrix linear(const Quantised& a, const Linear& layer);
  Quantised act(const Matrix& x) {
    return quantise(tape_, x, job_.precision == Precision::w8a8 ? DType::s8 : DType::s16);
  }
  void choose(Group& group, const Matrix& x);
  void put_together();
  template <class T, class F>
  TensorRef put_rows(const char* name, std::uint32_t tensor, std::vector<TensorRef> reads, F f);

  const TextTapeJob job_;
  const ModelConfig& c_;
  std::uint32_t step_;
  std::uint64_t chunk_, begin_ = 0, rows_ = 0;
  Tape tape_;
  std::vector<Group> groups_;
  std::vector<Place> places_;  // by row of the state
  std::vector<History> history_;
  std::shared_ptr<const std::vector<float>> cosine_, sine_;  // (chunk, S / 2)
};

void Writer::add_group(std::vector<Slot> slots, bool prompts) {
  if (slots.empty()) return;
  Group group;
  group.prompts = prompts;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    places_[slots[i].text * chunk_ + slots[i].j] = {true, groups_.size(), i};
    if (begin_ + slots[i].j + 1 >= job_.plan.prompts[slots[i].text].size()) {
      group.chosen.push_back(i);
    }
  }
  group.slots = std::move(slots);
  groups_.push_back(std::move(group));
}

void Writer::make_groups() {
  places_.resize(rows_);
  const auto& prompts = job_.plan.prompts;
  std::vector<Slot> given;
  for (std::size_t text = 0; text < prompts.size(); ++text) {
    for (std::uint64_t j = 0; j < chunk_ && begin_ + j < prompts[text].size(); ++j) {
      given.push_back({text, j});
    }
  }
  add_group(std::move(given), true);
  for (std::uint64_t j = 0; j < chunk_; ++j) {
    std::vector<Slot> slots;
    for (std::size_t text = 0; text < prompts.size(); ++text) {
      const std::uint64_t p = begin_ + j;
      if (p >= prompts[text].size() && p < job_.plan.positions(text)) slots.push_back({text, j});
    }
    add_group(std::move(slots), false);
  }
}

void Writer::make_tables() {
  const std::size_t half = job_.model.rope_frequency.size();
  auto cosine = std::make_shared<std::vector<float>>(chunk_ * half);
  auto sine = std::make_shared<std::vector<float>>(chunk_ * half);
  rx1::rope_table(Engine(CpuLevel::scalar), job_.model.rope_frequency, begin_, *cosine, *sine);
  cosine_ = std::move(cosine);
  sine_ = std::move(sine);
}

// [texts * K, begin, width] of one layer's part of a tensor of the states before.
template <class T>
TensorRef Writer::lay_out_heads(std::size_t layer, std::uint32_t tensor, DType dtype,
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

History Writer::lay_out(std::size_t layer) {
  return {lay_out_heads<std::int16_t>(layer, 2, DType::s16, c_.head_size),
          lay_out_heads<float>(layer, 3, DType::f32, 1),
          lay_out_heads<std::int8_t>(layer, 4, DType::s8, c_.head_size),
          lay_out_heads<float>(layer, 5, DType::f32, 1)};
}

// The token and the choice at a position, wherever they are.
struct Before {
  TensorRef token, choice;
  std::uint64_t token_at = 0, choice_at = 0;
};

TensorRef Writer::tokens_of(const Group& group) {
  const std::uint64_t count = group.slots.size();
  if (group.prompts) {
    std::vector<std::int32_t> tokens;
    for (const Slot& slot : group.slots) {
      tokens.push_back(static_cast<std::int32_t>(job_.plan.prompts[slot.text][begin_ + slot.j]));
    }
    return tape_.add(
        "token", {DType::s32, {count}}, 1, {},
        each<std::int32_t>([tokens](std::uint64_t at, Operands&) { return tokens[at]; }));
  }
  std::vector<Before> before;
  std::vector<TensorRef> reads;
  for (const Slot& slot : group.slots) {
    Before one;
    if (slot.j == 0) {
      const std::uint64_t row = slot.text * chunk_ + chunk_ - 1;
      one = {{TensorRef::Of::state, step_ - 1, 0}, {TensorRef::Of::state, step_ - 1, 1}, row, row};
    } else {
      const Place place = places_[slot.text * chunk_ + slot.j - 1];
      const Group& last = groups_[place.group];
      const auto chosen = std::ranges::lower_bound(last.chosen, place.slot);
      one = {last.token, last.choice, place.slot,
             static_cast<std::uint64_t>(chosen - last.chosen.begin())};
    }
    reads.insert(reads.end(), {one.token, one.choice});
    before.push_back(one);
  }
  return tape_.add(
      "token", {DType::s32, {count}}, 1, std::move(reads),
      each<std::int32_t>([before, &plan = job_.plan](std::uint64_t at, Operands& operands) {
        const Before& one = before[at];
        if (operands.at<std::int32_t>(one.token, one.token_at) < 0) return -1;
        const auto chosen = operands.at<std::int32_t>(one.choice, one.choice_at);
        const bool ends = chosen >= 0 && plan.stops(static_cast<std::uint32_t>(chosen));
        return ends ? -1 : chosen;
      }));
}

Matrix Writer::embed(const Group& group) {
  return add_each(
      tape_, "embed", group.slots.size(), c_.hidden, {group.token},
      [token = group.token, &model = job_.model](std::uint64_t at, Operands& operands) {
        const std::uint64_t width = model.config.hidden;
        const auto row = static_cast<std::uint32_t>(operands.at<std::int32_t>(token, at / width));
        if (row >= model.config.vocabulary) return 0.0F;  // none, too
        const std::int8_t q = model.embedding.q[std::uint64_t{row} * width + at % width];
        return rx1::canonical(rx1::mul(rx1::from_s32(q), model.embedding.scale[row]));
      });
}

Matrix Writer::norm(const Matrix& x, std::span<const float> gain) {
  return add_rows(tape_, "rms norm", x.rows, x.width, {x.ref},
                  [x, gain, epsilon = c_.norm_epsilon](std::uint64_t row, Operands& operands,
                                                       std::span<float> out) {
                    rx1::rms_norm(Engine(CpuLevel::scalar), x.row(operands, row), gain, epsilon,
                                  out);
                  });
}

Matrix Writer::linear(const Quantised& a, const Linear& layer) {
  const std::uint64_t out = layer.weight.rows();
  const bool limbs = job_.precision == Precision::a16w8;
  return add_each(
      tape_, "linear", a.rows, out, {a.q, a.most},
      [=, weight = layer.weight, bias = layer.bias](std::uint64_t at, Operands& operands) {
        const std::uint64_t m = at / out, n = at % out;
        const std::int8_t* w = weight.q.data() + n * a.width;
        std::uint32_t high = 0, low = 0;
        if (limbs) {
          const std::int16_t* x = operands.read<std::int16_t>(a.q, m * a.width, a.width).data();
          for (std::uint64_t k = 0; k < a.width; ++k) {
            const std::int32_t upper = (x[k] + 64) >> 7;
            high += static_cast<std::uint32_t>(upper * w[k]);
            low += static_cast<std::uint32_t>((x[k] - upper * 128) * w[k]);
          }
        } else {
          const std::int8_t* x = operands.read<std::int8_t>(a.q, m * a.width, a.width).data();
          for (std::uint64_t k = 0; k < a.width; ++k) {
            low += static_cast<std::uint32_t>(x[k] * w[k]);
          }
        }
        const auto number = [](std::uint32_t sum) { return static_cast<std::int32_t>(sum); };
        const float acc = limbs ? rx1::mul(rx1::from_limb_sums(number(high), number(low)), 1.0F)
                                : rx1::from_s32(number(low));
        const float sa = a.scale(operands, m), sb = weight.scale[n];
        return bias.empty() ? rx1::dequantized(acc, sa, sb)
                            : rx1::dequantized(acc, sa, sb, bias[n]);
      });
}

Matrix Writer::rotate(const Group& group, const Matrix& x, std::uint64_t heads) {
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

// One head's keys and values at positions [first, end) of a text, dense.
struct Window {
  std::vector<std::int16_t> k;
  std::vector<std::int8_t> v;
  std::vector<float> k_scale, v_scale;
};

TensorRef Writer::attend_block(std::size_t number, std::size_t layer, const Quantised& q,
                               std::uint64_t block) {
  const Group& group = groups_[number];
  const std::uint64_t size = c_.head_size, heads = c_.heads, kv = c_.kv_heads, begin = begin_;
  const std::uint64_t first = block * kBlock, chunk = chunk_;
  std::vector<TensorRef> reads{q.q, q.most};
  // Those of this step that are there by now, by text and position.
  std::vector<LayerCache> own(number + 1);
  for (std::size_t i = 0; i <= number; ++i) {
    own[i] = groups_[i].layers[layer];
    if (begin + chunk <= first) continue;
    reads.insert(reads.end(), {own[i].k.q, own[i].k.most, own[i].v.q, own[i].v.most});
  }
  const History past = history_.empty() ? History{} : history_[layer];
  if (first < begin) {
    reads.insert(reads.end(), {past.k, past.k_scale, past.v, past.v_scale});
  }
  const float scale = rx1::div(1.0F, rx1::sqrt(rx1::from_s32(static_cast<std::int32_t>(size))));
  const auto window = [=, places = places_](std::size_t text, std::uint64_t head, std::uint64_t end,
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
      const Place place = places[text * chunk + (p - begin)];
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

Matrix Writer::attend(std::size_t number, std::size_t layer, const Quantised& q) {
  const Group& group = groups_[number];
  const std::uint64_t size = c_.head_size, heads = c_.heads, width = size + kStats;
  std::uint64_t last = 0;
  for (const Slot& slot : group.slots) last = std::max(last, begin_ + slot.j);
  std::vector<TensorRef> blocks;
  for (std::uint64_t block = 0; block <= last / kBlock; ++block) {
    blocks.push_back(attend_block(number, layer, q, block));
  }
  Matrix out = add_rows(
      tape_, "attention", group.slots.size() * heads, size, blocks,
      [=, slots = group.slots, begin = begin_](std::uint64_t row, Operands& operands,
                                               std::span<float> to) {
        std::vector<rx1::AttentionPart> parts;
        const std::uint64_t own = (begin + slots[row / heads].j) / kBlock;
        for (std::uint64_t block = 0; block <= own; ++block) {
          const auto from = operands.read<std::int32_t>(blocks[block], row * width, width);
          const auto bits = [&](std::uint64_t i) {
            return static_cast<std::uint32_t>(from[size + i]);
          };
          parts.push_back({{from.begin(), from.begin() + static_cast<std::ptrdiff_t>(size)},
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

Matrix Writer::layer(std::size_t number, std::size_t layer, const Matrix& x) {
  const LayerView& w = job_.model.layers[layer];
  Group& group = groups_[number];
  const auto by_head = [&](Matrix m, std::uint64_t heads, DType to) {
    m.rows *= heads;
    m.width = c_.head_size;
    return quantise(tape_, m, to);
  };
  const Quantised n = act(norm(x, w.attention_norm));
  const Quantised q = by_head(rotate(group, linear(n, w.q), c_.heads), c_.heads, DType::s16);
  const Quantised k = by_head(rotate(group, linear(n, w.k), c_.kv_heads), c_.kv_heads, DType::s16);
  const Quantised v = by_head(linear(n, w.v), c_.kv_heads, DType::s8);
  group.layers.push_back({k, v});
  const Matrix h = sum_of(tape_, linear(act(attend(number, layer, q)), w.o), x);
  const Quantised m = act(norm(h, w.mlp_norm));
  const Matrix gate = linear(m, w.gate), up = linear(m, w.up);
  const Matrix y = add_each(tape_, "swiglu", gate.rows, gate.width, {gate.ref, up.ref},
                            [gate, up](std::uint64_t at, Operands& operands) {
                              return rx1::gated(gate.at(operands, at), up.at(operands, at));
                            });
  return sum_of(tape_, linear(act(y), w.down), h);
}

// The choices of those slots that have one.
void Writer::choose(Group& group, const Matrix& x) {
  if (group.chosen.empty()) return;
  const std::uint64_t width = x.width;
  const Matrix picked =
      add_each(tape_, "rows with a choice", group.chosen.size(), width, {x.ref},
               [x, width, chosen = group.chosen](std::uint64_t at, Operands& operands) {
                 return x.at(operands, chosen[at / width] * width + at % width);
               });
  const Matrix logits =
      linear(act(norm(picked, job_.model.final_norm)), Linear{job_.model.head, {}});
  group.choice =
      tape_.add("choice", {DType::s32, {group.chosen.size()}}, 1, {logits.ref, group.token},
                each<std::int32_t>([logits, token = group.token, slots = group.slots,
                                    chosen = group.chosen, begin = begin_,
                                    &sampler = job_.sampler](std::uint64_t at, Operands& operands) {
                  const std::size_t slot = chosen[at];
                  if (operands.at<std::int32_t>(token, slot) < 0) return -1;
                  const Result<std::uint32_t> choice = sampler.choose(
                      logits.row(operands, at), static_cast<std::uint32_t>(slots[slot].text),
                      static_cast<std::uint32_t>(begin + slots[slot].j));
                  return choice.ok() ? static_cast<std::int32_t>(choice.value()) : -1;
                }));
}

void Writer::run_group(std::size_t number) {
  groups_[number].token = tokens_of(groups_[number]);
  Matrix x = embed(groups_[number]);
  for (std::size_t i = 0; i < c_.layers; ++i) x = layer(number, i, x);
  choose(groups_[number], x);
}

// A tensor of the state: f(group, slot, column, operands) of rows that run, zeros of those that do
// not.
template <class T, class F>
TensorRef Writer::put_rows(const char* name, std::uint32_t tensor, std::vector<TensorRef> reads,
                           F f) {
  for (const Group& group : groups_) reads.push_back(group.token);
  const TensorShape& shape = tape_.state_shape[tensor];
  const std::uint64_t width = shape.elements() / rows_;
  std::vector<TensorRef> tokens;
  for (const Group& group : groups_) tokens.push_back(group.token);
  return tape_.add(name, shape, 1, std::move(reads),
                   each<T>([=, places = places_](std::uint64_t at, Operands& operands) {
                     const Place place = places[at / width];
                     if (!place.known) return T{0};
                     if (operands.at<std::int32_t>(tokens[place.group], place.slot) < 0) {
                       return T{0};
                     }
                     return f(place.group, place.slot, at % width, operands);
                   }));
}

void Writer::put_together() {
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
      return places[row].known ? f(places[row], operands) : -1;
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

}  // namespace

Tape text_tape(const TextTapeJob& job, std::uint32_t step) {
  return Writer(job, step).run();
}

}  // namespace assay::compute::generate
