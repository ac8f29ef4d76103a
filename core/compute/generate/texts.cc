#include "core/compute/generate/texts.h"

#include <algorithm>

namespace assay::compute::generate {
namespace {

// How many tokens go through the layers together, and through the head: neither changes a bit.
constexpr std::size_t kRowsAtOnce = 256;
constexpr std::size_t kLogitRowsAtOnce = 32;

constexpr std::int32_t kOverflow = -2;

}  // namespace

bool TextPlan::stops(std::uint32_t token) const {
  return std::ranges::binary_search(stop_tokens, token);
}

Tokens::Tokens(const TextPlan& plan, std::uint64_t positions)
    : plan_(plan),
      size_(positions),
      token_(plan.prompts.size() * positions, -1),
      choice_(token_.size(), -1) {}

std::int32_t Tokens::due(std::size_t text, std::uint64_t p) const {
  const std::vector<std::uint32_t>& prompt = plan_.prompts[text];
  if (p < prompt.size()) return static_cast<std::int32_t>(prompt[p]);
  if (p >= plan_.positions(text) || token(text, p - 1) < 0) return -1;
  const std::int32_t before = choice(text, p - 1);
  return before >= 0 && plan_.stops(static_cast<std::uint32_t>(before)) ? -1 : before;
}

Texts::Texts(const TextPlan& plan, Decoder& decoder, const Sampler& sampler, std::uint32_t steps)
    : plan_(plan),
      decoder_(decoder),
      sampler_(sampler),
      tokens_(plan, std::uint64_t{steps} * plan.chunk) {
  for (std::size_t text = 0; text < plan.prompts.size(); ++text) {
    caches_.emplace_back(decoder.config(), std::uint64_t{steps} * plan.chunk);
  }
}

Status Texts::put(std::uint32_t step, const State& state) {
  const Result<TextState> read = read_text_state(decoder_.config(), plan_.rows(), state);
  if (!read.ok()) return read.error().in("state " + std::to_string(step));
  const TextState& in = read.value();
  const std::size_t layers = decoder_.config().layers, heads = decoder_.config().kv_heads;
  const std::size_t width = heads * decoder_.config().head_size;
  for (std::size_t row = 0; row < in.token.size(); ++row) {
    const std::size_t text = row / plan_.chunk;
    const std::uint64_t p = begin_of(step) + row % plan_.chunk;
    tokens_.token(text, p) = in.token[row];
    tokens_.choice(text, p) = in.choice[row];
    for (std::size_t layer = 0; layer < layers; ++layer) {
      const KeyValues::Part to = caches_[text].part(layer, p, 1);
      const std::size_t at = row * layers + layer;
      std::copy_n(in.k.begin() + static_cast<std::ptrdiff_t>(at * width), width, to.k.begin());
      std::copy_n(in.v.begin() + static_cast<std::ptrdiff_t>(at * width), width, to.v.begin());
      std::copy_n(in.k_scale.begin() + static_cast<std::ptrdiff_t>(at * heads), heads,
                  to.k_scale.begin());
      std::copy_n(in.v_scale.begin() + static_cast<std::ptrdiff_t>(at * heads), heads,
                  to.v_scale.begin());
    }
  }
  return {};
}

Result<State> Texts::get(std::uint32_t step) const {
  TextState out;
  for (std::size_t row = 0; row < plan_.rows(); ++row) {
    const std::size_t text = row / plan_.chunk;
    const std::uint64_t p = begin_of(step) + row % plan_.chunk;
    out.token.push_back(tokens_.token(text, p));
    out.choice.push_back(tokens_.choice(text, p));
    for (std::size_t layer = 0; layer < decoder_.config().layers; ++layer) {
      const rx1::KvCache from = caches_[text].view(layer, p, 1);
      out.k.insert(out.k.end(), from.k.begin(), from.k.end());
      out.v.insert(out.v.end(), from.v.begin(), from.v.end());
      out.k_scale.insert(out.k_scale.end(), from.k_scale.begin(), from.k_scale.end());
      out.v_scale.insert(out.v_scale.end(), from.v_scale.begin(), from.v_scale.end());
    }
  }
  return write_text_state(decoder_.config(), out);
}

Status Texts::run(std::uint32_t step, const Engine& engine) {
  const std::uint64_t begin = begin_of(step), end = begin + plan_.chunk;
  std::vector<Slot> prompts;
  for (std::size_t text = 0; text < plan_.prompts.size(); ++text) {
    const std::vector<std::uint32_t>& prompt = plan_.prompts[text];
    for (std::uint64_t p = begin; p < std::min<std::uint64_t>(end, prompt.size()); ++p) {
      prompts.push_back({text, p, prompt[p]});
    }
  }
  Status status = advance(prompts, engine);
  for (std::uint64_t p = begin; status.ok() && p < end; ++p) {
    std::vector<Slot> slots;
    for (std::size_t text = 0; text < plan_.prompts.size(); ++text) {
      if (p < plan_.prompts[text].size()) continue;
      const std::int32_t token = tokens_.due(text, p);
      if (token >= 0) slots.push_back({text, p, static_cast<std::uint32_t>(token)});
    }
    status = advance(slots, engine);
  }
  return status.ok() ? decoder_.finish() : status;
}

Status Texts::run_again(std::uint32_t step, const State& claimed, const Engine& engine) {
  const Result<TextState> read = read_text_state(decoder_.config(), plan_.rows(), claimed);
  if (!read.ok()) return read.error().in("state " + std::to_string(step));
  const std::uint64_t begin = begin_of(step), end = begin + plan_.chunk;
  std::vector<Slot> slots;
  for (std::size_t text = 0; text < plan_.prompts.size(); ++text) {
    for (std::uint64_t p = begin; p < std::min(end, plan_.positions(text)); ++p) {
      // Only what is due follows from the states before; further on, the claim is tried.
      const bool known = p == begin || p < plan_.prompts[text].size();
      const std::int32_t token =
          known ? tokens_.due(text, p) : read.value().token[text * plan_.chunk + p - begin];
      if (token < 0) break;
      slots.push_back({text, p, static_cast<std::uint32_t>(token)});
    }
  }
  Status status = advance(slots, engine);
  if (status.ok()) status = decoder_.finish();
  if (!status.ok()) return status;
  for (std::size_t text = 0; text < plan_.prompts.size(); ++text) {
    for (std::uint64_t p = begin; p < end; ++p) {
      const std::int32_t due = tokens_.due(text, p);
      if (due == tokens_.token(text, p)) continue;
      forget(text, p, end);
      tokens_.token(text, p) = due;
      break;
    }
  }
  return {};
}

void Texts::forget(std::size_t text, std::uint64_t begin, std::uint64_t end) {
  for (std::uint64_t p = begin; p < end; ++p) tokens_.token(text, p) = tokens_.choice(text, p) = -1;
  for (std::size_t layer = 0; layer < decoder_.config().layers; ++layer) {
    const KeyValues::Part part = caches_[text].part(layer, begin, end - begin);
    std::ranges::fill(part.k, std::int16_t{0});
    std::ranges::fill(part.v, std::int8_t{0});
    std::ranges::fill(part.k_scale, 0.0F);
    std::ranges::fill(part.v_scale, 0.0F);
  }
}

Status Texts::advance(std::span<const Slot> slots, const Engine& engine) {
  const Result<Outcome> outcome = pass(slots, CacheUse::fill, engine);
  if (!outcome.ok()) return outcome.error();
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const std::int32_t choice = outcome.value().choice[i];
    if (choice == kOverflow) {
      return fail(Code::malformed, "text " + std::to_string(slots[i].text) + ", position " +
                                       std::to_string(slots[i].position) +
                                       ": the model's logits overflow f32: no token follows");
    }
    tokens_.token(slots[i].text, slots[i].position) = static_cast<std::int32_t>(slots[i].token);
    tokens_.choice(slots[i].text, slots[i].position) = choice;
  }
  return {};
}

Result<Texts::Outcome> Texts::pass(std::span<const Slot> slots, CacheUse use,
                                   const Engine& engine) {
  Outcome out;
  while (!slots.empty()) {
    const std::span<const Slot> part = slots.first(std::min(kRowsAtOnce, slots.size()));
    slots = slots.subspan(part.size());
    std::vector<std::uint32_t> tokens;
    for (const Slot& slot : part) tokens.push_back(slot.token);
    std::vector<Run> runs;
    for (std::size_t i = 0; i < part.size();) {
      std::size_t count = 1;
      while (i + count < part.size() && part[i + count].text == part[i].text &&
             part[i + count].position == part[i].position + count) {
        ++count;
      }
      runs.push_back(
          {&caches_[part[i].text], part[i].position, std::span(tokens).subspan(i, count)});
      i += count;
    }
    const Result<std::vector<bool>> same = decoder_.forward(engine, runs, use);
    if (!same.ok()) return same.error();
    out.same.insert(out.same.end(), same.value().begin(), same.value().end());
    const Status chosen = choose(part, engine, out.choice);
    if (!chosen.ok()) return chosen.error();
  }
  return out;
}

Status Texts::choose(std::span<const Slot> slots, const Engine& engine,
                     std::vector<std::int32_t>& choice) const {
  const std::size_t vocabulary = decoder_.config().vocabulary;
  const std::size_t base = choice.size();
  choice.resize(base + slots.size(), -1);
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (slots[i].position + 1 >= plan_.prompts[slots[i].text].size()) rows.push_back(i);
  }
  for (std::size_t first = 0; first < rows.size(); first += kLogitRowsAtOnce) {
    const std::size_t count = std::min(kLogitRowsAtOnce, rows.size() - first);
    const Result<std::vector<float>> logits =
        decoder_.logits(engine, std::span(rows).subspan(first, count));
    if (!logits.ok()) return logits.error();
    engine.parallel_for(count, [&](std::uint64_t i) {
      const Slot& slot = slots[rows[first + i]];
      const Result<std::uint32_t> token =
          sampler_.choose(std::span(logits.value()).subspan(i * vocabulary, vocabulary),
                          static_cast<std::uint32_t>(slot.text),
                          static_cast<std::uint32_t>(slot.position), engine.level());
      choice[base + rows[first + i]] =
          token.ok() ? static_cast<std::int32_t>(token.value()) : kOverflow;
    });
  }
  return {};
}

Result<std::vector<bool>> Texts::check(std::uint32_t step, std::span<const std::uint64_t> rows,
                                       const TextState& claimed, const Engine& engine) {
  std::vector<std::uint64_t> order(rows.begin(), rows.end());
  std::ranges::sort(order);
  order.erase(std::ranges::unique(order).begin(), order.end());
  std::vector<bool> good(plan_.rows(), false);
  std::vector<Slot> slots;
  for (const std::uint64_t row : order) {
    const std::size_t text = row / plan_.chunk;
    const std::uint64_t p = begin_of(step) + row % plan_.chunk;
    const std::int32_t due = tokens_.due(text, p);
    if (due < 0) {
      good[row] = due == -1 && is_blank(claimed, row);
    } else if (claimed.token[row] == due) {
      slots.push_back({text, p, static_cast<std::uint32_t>(due)});
    }
  }
  const Result<Outcome> passed = pass(slots, CacheUse::compare, engine);
  if (!passed.ok()) return passed.error();
  const Outcome& outcome = passed.value();
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const std::uint64_t row = slots[i].text * plan_.chunk + (slots[i].position - begin_of(step));
    good[row] = outcome.same[i] && outcome.choice[i] == claimed.choice[row];
  }
  std::vector<bool> out;
  for (const std::uint64_t row : rows) out.push_back(good[row]);
  return out;
}

}  // namespace assay::compute::generate
