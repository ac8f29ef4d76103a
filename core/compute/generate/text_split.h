// Cutting text into the pieces that byte pair encoding then works on, each by itself: the regular
// expressions of GPT-2, Llama 3 and Qwen2, written out by hand. Pure; any thread.
//
// Text is bytes. What is well-formed UTF-8 is read as code points; any other byte stands for itself
// and is neither letter, number nor space. The pieces are never empty and their concatenation is
// the text. Time is linear in the text.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace assay::compute::generate {

enum class SplitRule { gpt2, llama3, qwen2 };

// The pattern as it stands in GPT-2's source and in the tokenizer.json of the others.
std::string_view split_pattern(SplitRule rule);
// The rule with exactly this pattern.
//   malformed    no rule has; names the pattern
Result<SplitRule> split_rule(std::string_view pattern);

// Takes the first piece off `text`, which is not empty.
std::string_view take_piece(SplitRule rule, std::string_view& text);

}  // namespace assay::compute::generate
