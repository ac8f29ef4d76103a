// What a running job of texts has yielded, as something that may go to a terminal. A stranger sends
// it and nobody has checked it: whatever could steer a terminal is shown as U+FFFD.
// Values; one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/compute/generate/tokenizer.h"

namespace assay::cli {

// Takes what can be shown off the front of `bytes`: well-formed UTF-8 without control characters
// (newline and tab aside) or those that turn the direction of writing; one U+FFFD for each
// character or byte that is none of that. The beginning of a character whose end may yet come
// stays, unless this is the `end`.
std::string take_printable(std::string& bytes, bool end);

class PreviewText {
 public:
  // So many texts, 1 or more, are made side by side. Without a tokenizer tokens are shown as
  // numbers.
  PreviewText(std::optional<compute::generate::Tokenizer> tokenizer, std::uint32_t texts);

  std::uint32_t texts() const { return static_cast<std::uint32_t>(held_.size()); }

  // What the output of the next step, s32 [texts, chunk], adds. Of one text as it is; of several,
  // each piece goes on a line of its own after "[3] ", the number of its text.
  //   malformed    not of such a shape
  Result<std::string> take(ByteView output);
  // What was held back, as it is. What comes next begins the texts anew.
  std::string finish();

 private:
  std::string spell(std::span<const std::uint32_t> tokens) const;
  std::string line_of(std::size_t text, bool end);

  std::optional<compute::generate::Tokenizer> tokenizer_;
  std::vector<std::string> held_;  // by text: the beginning of a character
};

}  // namespace assay::cli
