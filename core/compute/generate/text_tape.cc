#include "core/compute/generate/text_tape.h"

#include <algorithm>

#include "core/compute/generate/text_tape_choice.h"
#include "core/compute/generate/text_tape_writer.h"
#include "core/compute/rx1/layer_ops.h"
#include "core/compute/rx1/rope.h"
#include "core/compute/rx1/row_math.h"

namespace assay::compute::generate {

void TextTapeWriter::add_group(std::vector<Slot> slots, bool prompts) {
  if (slots.empty()) return;
  Group group;
  group.prompts = prompts;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    (*places_)[slots[i].text * chunk_ + slots[i].j] = {true, groups_.size(), i};
    if (begin_ + slots[i].j + 1 >= job_.plan.prompts[slots[i].text].size()) {
      group.chosen.push_back(i);
    }
  }
  group.slots = std::move(slots);
  groups_.push_back(std::move(group));
}

void TextTapeWriter::make_groups() {
  places_->resize(rows_);
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

void TextTapeWriter::make_tables() {
  const std::size_t half = job_.model.rope_frequency.size();
  auto cosine = std::make_shared<std::vector<float>>(chunk_ * half);
  auto sine = std::make_shared<std::vector<float>>(chunk_ * half);
  rx1::rope_table(Engine(CpuLevel::scalar), job_.model.rope_frequency, begin_, *cosine, *sine);
  cosine_ = std::move(cosine);
  sine_ = std::move(sine);
}

namespace {

// The token and the choice at a position, wherever they are.
struct Before {
  TensorRef token, choice;
  std::uint64_t token_at = 0, choice_at = 0;
};

}  // namespace

TensorRef TextTapeWriter::tokens_of(const Group& group) {
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
      const Place place = (*places_)[slot.text * chunk_ + slot.j - 1];
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

Matrix TextTapeWriter::embed(const Group& group) {
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

Matrix TextTapeWriter::norm(const Matrix& x, std::span<const float> gain) {
  return add_rows(tape_, "rms norm", x.rows, x.width, {x.ref},
                  [x, gain, epsilon = c_.norm_epsilon](std::uint64_t row, Operands& operands,
                                                       std::span<float> out) {
                    rx1::rms_norm(Engine(CpuLevel::scalar), x.row(operands, row), gain, epsilon,
                                  out);
                  });
}

Matrix TextTapeWriter::linear(const Quantised& a, const Linear& layer) {
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

Matrix TextTapeWriter::layer(std::size_t number, std::size_t layer, const Matrix& x) {
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
void TextTapeWriter::choose(Group& group, const Matrix& x) {
  if (group.chosen.empty()) return;
  const std::uint64_t width = x.width;
  const Matrix picked =
      add_each(tape_, "rows with a choice", group.chosen.size(), width, {x.ref},
               [x, width, chosen = group.chosen](std::uint64_t at, Operands& operands) {
                 return x.at(operands, chosen[at / width] * width + at % width);
               });
  const Matrix logits =
      linear(act(norm(picked, job_.model.final_norm)), Linear{job_.model.head, {}});
  std::vector<ChoicePlace> places;
  for (const std::size_t slot : group.chosen) {
    const Slot& at = group.slots[slot];
    places.push_back(
        {slot, static_cast<std::uint32_t>(at.text), static_cast<std::uint32_t>(begin_ + at.j)});
  }
  group.choice = add_choices(tape_, logits, job_.sampler, group.token, std::move(places));
}

void TextTapeWriter::run_group(std::size_t number) {
  groups_[number].token = tokens_of(groups_[number]);
  Matrix x = embed(groups_[number]);
  for (std::size_t i = 0; i < c_.layers; ++i) x = layer(number, i, x);
  choose(groups_[number], x);
}

Tape text_tape(const TextTapeJob& job, std::uint32_t step) {
  return TextTapeWriter(job, step).run();
}

}  // namespace assay::compute::generate
