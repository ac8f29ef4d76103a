// The texts of a job while they are computed or checked: tokens, choices, keys and values by
// position, and what moves them on. One thread.
//
// Position p of a text with P prompt tokens runs if p < P, or if p < P + max_tokens - 1 and
// position p-1 runs and its choice ends nothing. Its token is the prompt's, or the choice at p-1.
// It has a choice from P-1 on: the sampler's, from the logits of its row.
#pragma once

#include "core/compute/generate/decoder.h"
#include "core/compute/generate/sampler.h"
#include "core/compute/generate/text_state.h"

namespace assay::compute::generate {

// What of an order decides the shape of its texts.
struct TextPlan {
  std::vector<std::vector<std::uint32_t>> prompts;  // one token at least
  std::uint32_t max_tokens = 1;
  std::uint32_t chunk = 32;                // C
  std::vector<std::uint32_t> stop_tokens;  // ascending; none where nothing ends a text early

  std::uint64_t rows() const { return prompts.size() * chunk; }
  // Positions that may run.
  std::uint64_t positions(std::size_t text) const { return prompts[text].size() + max_tokens - 1; }
  bool stops(std::uint32_t token) const;
};

// Tokens and choices by text and position, -1 for none.
class Tokens {
 public:
  Tokens(const TextPlan& plan, std::uint64_t positions);

  std::int32_t& token(std::size_t text, std::uint64_t p) { return token_[text * size_ + p]; }
  std::int32_t& choice(std::size_t text, std::uint64_t p) { return choice_[text * size_ + p]; }
  std::int32_t token(std::size_t text, std::uint64_t p) const { return token_[text * size_ + p]; }
  std::int32_t choice(std::size_t text, std::uint64_t p) const { return choice_[text * size_ + p]; }

  // The token that position p must have, by the order and by position p-1; -1 if p must not run.
  std::int32_t due(std::size_t text, std::uint64_t p) const;

 private:
  const TextPlan& plan_;
  std::uint64_t size_;
  std::vector<std::int32_t> token_, choice_;
};

class Texts {
 public:
  // For positions of steps 1..steps. Borrows all three.
  Texts(const TextPlan& plan, Decoder& decoder, const Sampler& sampler, std::uint32_t steps);

  // Puts a committed state in its place.
  //   malformed    as read_text_state()
  Status put(std::uint32_t step, const State& state);
  //   malformed    as write_text_state()
  Result<State> get(std::uint32_t step) const;

  // Step `step`, those before being in place: the prompts' part of it at once, then token by token,
  // all texts together.
  //   malformed    the model's numbers overflow
  //   inconclusive the decoder failed; so of all below
  Status run(std::uint32_t step, const Engine& engine);
  // The same in one pass, with the tokens that a state claims as far as they can be right. Where
  // they are not, a row of the outcome has the token that is due, and those after it are blank.
  Status run_again(std::uint32_t step, const State& claimed, const Engine& engine);

  // Whether rows of `step` (any order) are what they must be, given every position before theirs as
  // it was put in place. `claimed` is the step's own state, put in place too.
  Result<std::vector<bool>> check(std::uint32_t step, std::span<const std::uint64_t> rows,
                                  const TextState& claimed, const Engine& engine);

  const Tokens& tokens() const { return tokens_; }

 private:
  struct Slot {  // one token to go through
    std::size_t text;
    std::uint64_t position;
    std::uint32_t token;
  };
  // What became of slots: whether the cache had their keys and values (compare), and choices.
  struct Outcome {
    std::vector<bool> same;
    std::vector<std::int32_t> choice;  // -1 for none, and -2 where the logits overflow
  };

  std::uint64_t begin_of(std::uint32_t step) const { return std::uint64_t{step - 1} * plan_.chunk; }
  Result<Outcome> pass(std::span<const Slot> slots, CacheUse use, const Engine& engine);
  Status choose(std::span<const Slot> slots, const Engine& engine,
                std::vector<std::int32_t>& choice) const;
  Status advance(std::span<const Slot> slots, const Engine& engine);
  void forget(std::size_t text, std::uint64_t begin, std::uint64_t end);

  const TextPlan& plan_;
  Decoder& decoder_;
  const Sampler& sampler_;
  Tokens tokens_;
  std::vector<KeyValues> caches_;  // by text
};

}  // namespace assay::compute::generate
