#include "core/compute/generate/tokenizer_pipeline.h"

#include <algorithm>
#include <initializer_list>
#include <vector>

#include "core/wire/text.h"

namespace assay::compute::generate {
namespace {

using wire::Json;

constexpr std::string_view kSpaceMark = "\xE2\x96\x81";  // U+2581
constexpr std::size_t kStagesMax = 16;

struct Stage {
  std::string type;
  const Json* json = nullptr;
};

Error unsupported(std::string_view where, const std::string& what) {
  return fail(Code::malformed, std::string(where) + ": " + what + " is not supported");
}

bool is_text(const Json& json, std::string_view text) {
  return json.is_string() && json.as_string() == text;
}

bool is_true(const Json& json) {
  return json.is_bool() && json.as_bool();
}

// The stages of root[where]: none, one, or those of a Sequence, whose list is called `list`.
Result<std::vector<Stage>> stages_of(const Json& root, std::string_view where,
                                     std::string_view list,
                                     const std::vector<std::string_view>& known) {
  const Json& top = member(root, where);
  std::vector<Stage> out;
  if (top.is_null()) return out;
  std::vector<const Json*> each = {&top};
  if (is_text(member(top, "type"), "Sequence")) {
    each.clear();
    const Json& items = member(top, list);
    if (!items.is_array() || items.items().size() > kStagesMax) {
      return fail(Code::malformed, std::string(where) + ": " + std::string(list) +
                                       " is not a list of at most " + std::to_string(kStagesMax));
    }
    for (const Json& item : items.items()) each.push_back(&item);
  }
  for (const Json* item : each) {
    const Json& type = member(*item, "type");
    if (!type.is_string()) return fail(Code::malformed, std::string(where) + ": no type");
    if (std::ranges::find(known, type.as_string()) == known.end()) {
      return unsupported(where, wire::quoted(type.as_string()));
    }
    out.push_back({type.as_string(), item});
  }
  return out;
}

bool types_are(const std::vector<Stage>& stages, std::initializer_list<std::string_view> types) {
  return std::ranges::equal(stages, types, {}, &Stage::type);
}

Status check_decoder(const Json& root, bool byte_level) {
  using Types = std::vector<std::string_view>;
  const Types known = byte_level ? Types{"ByteLevel"}
                                 : Types{"Replace", "ByteFallback", "Fuse", "Strip", "Metaspace"};
  const Result<std::vector<Stage>> stages = stages_of(root, "decoder", "decoders", known);
  return stages.ok() ? Status{} : stages.error();
}

Result<SplitRule> parse_byte_level(const std::vector<Stage>& cut,
                                   const std::vector<Stage>& normal) {
  if (!normal.empty() && !types_are(normal, {"NFC"})) {
    return unsupported("normalizer", "anything but NFC before ByteLevel");
  }
  const Json& byte_level = *cut.back().json;
  if (!is_off(member(byte_level, "add_prefix_space"))) {
    return unsupported("pre_tokenizer", "add_prefix_space of ByteLevel");
  }
  const Json& use_regex = member(byte_level, "use_regex");  // true where it is not said
  const bool own = use_regex.is_null() || is_true(use_regex);
  if (types_are(cut, {"ByteLevel"}) && own) return SplitRule::gpt2;
  if (!types_are(cut, {"Split", "ByteLevel"}) || own) {
    return unsupported("pre_tokenizer", "anything but one pattern and ByteLevel");
  }
  const Json& split = *cut.front().json;
  if (!is_text(member(split, "behavior"), "Isolated") || !is_off(member(split, "invert"))) {
    return unsupported("pre_tokenizer", "a Split that is not Isolated, or inverted,");
  }
  const Json& pattern = member(member(split, "pattern"), "Regex");
  if (!pattern.is_string()) return unsupported("pre_tokenizer", "a Split without a Regex");
  Result<SplitRule> rule = split_rule(pattern.as_string());
  return rule.ok() ? rule : rule.error().in("pre_tokenizer");
}

Result<SpaceBefore> parse_metaspace(const Json& json) {
  if (!is_text(member(json, "replacement"), kSpaceMark)) {
    return unsupported("pre_tokenizer", "a Metaspace other than U+2581");
  }
  const Json& split = member(json, "split");
  if (!split.is_bool() || split.as_bool()) {
    return unsupported("pre_tokenizer", "a Metaspace that splits");
  }
  const Json& scheme = member(json, "prepend_scheme");
  if (is_text(scheme, "first")) return SpaceBefore::first;
  if (is_text(scheme, "always")) return SpaceBefore::each;
  if (is_text(scheme, "never")) return SpaceBefore::never;
  if (!scheme.is_null()) {
    return unsupported("pre_tokenizer", "a prepend_scheme other than first, always, never");
  }
  return is_true(member(json, "add_prefix_space")) ? SpaceBefore::each : SpaceBefore::never;
}

Result<SpaceBefore> parse_sentence_piece(const std::vector<Stage>& cut,
                                         const std::vector<Stage>& normal) {
  if (types_are(cut, {"Metaspace"}) && normal.empty()) return parse_metaspace(*cut[0].json);
  const bool prepend = types_are(normal, {"Prepend", "Replace"});
  if (!cut.empty() || (!prepend && !types_are(normal, {"Replace"}))) {
    return unsupported("pre_tokenizer",
                       "anything but ByteLevel, Metaspace, or none after Prepend and Replace");
  }
  const Json& replace = *normal.back().json;
  if (!is_text(member(member(replace, "pattern"), "String"), " ") ||
      !is_text(member(replace, "content"), kSpaceMark) ||
      (prepend && !is_text(member(*normal[0].json, "prepend"), kSpaceMark))) {
    return unsupported("normalizer", "anything but U+2581 for a space");
  }
  return prepend ? SpaceBefore::each : SpaceBefore::never;
}

// What a TemplateProcessing puts before the text.
Result<std::string> parse_template(const Json& json) {
  const Json& single = member(json, "single");
  std::vector<std::string> before;
  bool text = false;
  if (!single.is_array()) return fail(Code::malformed, "post_processor: single is no list");
  for (const Json& item : single.items()) {
    const Json& id = member(member(item, "SpecialToken"), "id");
    if (id.is_string() && !text) {
      before.push_back(id.as_string());
    } else if (member(item, "Sequence").is_object() && !text) {
      text = true;
    } else {
      return unsupported("post_processor", "a template with more after its text");
    }
  }
  if (!text || before.size() > 1) {
    return unsupported("post_processor", "a template other than one token, then the text,");
  }
  return before.empty() ? std::string() : before[0];
}

}  // namespace

const Json& member(const Json& object, std::string_view key) {
  static const Json kNull;
  const Json* found = object.find(key);
  return found == nullptr ? kNull : *found;
}

bool is_off(const Json& option) {
  return option.is_null() || (option.is_bool() && !option.as_bool()) ||
         (option.is_string() && option.as_string().empty()) ||
         (option.is_number() && option.as_double() == 0);
}

Result<Pipeline> parse_pipeline(const Json& root) {
  const Result<std::vector<Stage>> normal =
      stages_of(root, "normalizer", "normalizers", {"NFC", "Prepend", "Replace"});
  if (!normal.ok()) return normal.error();
  const Result<std::vector<Stage>> cut =
      stages_of(root, "pre_tokenizer", "pretokenizers", {"Split", "ByteLevel", "Metaspace"});
  if (!cut.ok()) return cut.error();
  const Result<std::vector<Stage>> post =
      stages_of(root, "post_processor", "processors", {"ByteLevel", "TemplateProcessing"});
  if (!post.ok()) return post.error();

  Pipeline out;
  const bool byte_level = !cut.value().empty() && cut.value().back().type == "ByteLevel";
  if (byte_level) {
    const Result<SplitRule> rule = parse_byte_level(cut.value(), normal.value());
    if (!rule.ok()) return rule.error();
    out.split = rule.value();
  } else {
    const Result<SpaceBefore> before = parse_sentence_piece(cut.value(), normal.value());
    if (!before.ok()) return before.error();
    out.space_before = before.value();
  }
  const Status decoder = check_decoder(root, byte_level);
  if (!decoder.ok()) return decoder.error();
  for (const Stage& stage : post.value()) {
    if (stage.type != "TemplateProcessing") continue;
    if (!out.begin_token.empty()) return unsupported("post_processor", "a second template");
    const Result<std::string> begin = parse_template(*stage.json);
    if (!begin.ok()) return begin.error();
    out.begin_token = begin.value();
  }
  return out;
}

}  // namespace assay::compute::generate
