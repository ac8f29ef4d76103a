// What the parts of a tokenizer.json around its model ask for: normalizer, pre_tokenizer, decoder,
// post_processor. Pure; any thread.
#pragma once

#include <optional>
#include <string>

#include "core/compute/generate/tokenizer_parts.h"
#include "core/wire/json.h"

namespace assay::compute::generate {

struct Pipeline {
  std::optional<SplitRule> split;  // byte-level; SentencePiece has none
  SpaceBefore space_before = SpaceBefore::never;
  std::string begin_token;  // its content; empty for none
};

// Known are, by "type" and in a Sequence or alone:
//   byte-level     normalizer null or NFC; pre_tokenizer ByteLevel with its own pattern, or Split
//                  (Isolated) by a known pattern and then ByteLevel without; decoder ByteLevel
//   SentencePiece  normalizer Replace " " by U+2581, with or without Prepend of it before, and no
//                  pre_tokenizer; or no normalizer and pre_tokenizer Metaspace that does not split;
//                  decoder of Replace, ByteFallback, Fuse, Strip, Metaspace
//   either         post_processor of ByteLevel and TemplateProcessing that puts one token or none
//                  before the text
//   malformed    anything else: named
Result<Pipeline> parse_pipeline(const wire::Json& root);

// The member, or null where there is none.
const wire::Json& member(const wire::Json& object, std::string_view key);
// Whether it is null, false, 0, "" or not there: an option that asks for nothing.
bool is_off(const wire::Json& option);

}  // namespace assay::compute::generate
