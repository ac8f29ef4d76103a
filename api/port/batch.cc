#include "api/port/batch.h"

namespace assay::api {
namespace {

constexpr std::string_view kMember = R"("envelopes")";

void skip_space(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n"), rest.size()));
}

bool take(std::string_view& rest, std::string_view what) {
  skip_space(rest);
  if (!rest.starts_with(what)) return false;
  rest.remove_prefix(what.size());
  return true;
}

// How long the object is that `text` begins with: up to the bracket that closes its first one.
// 0: it begins with none, or that one is not closed.
std::size_t object_bytes(std::string_view text) {
  if (!text.starts_with('{')) return 0;
  std::string closing;  // of the brackets that are open, the innermost last
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      closing.push_back(c == '{' ? '}' : ']');
    } else if (c == '}' || c == ']') {
      if (closing.back() != c) return 0;
      closing.pop_back();
      if (closing.empty()) return i + 1;
    }
  }
  return 0;
}

std::string_view take_object(std::string_view& rest) {
  skip_space(rest);
  const std::string_view object = rest.substr(0, object_bytes(rest));
  rest.remove_prefix(object.size());
  return object;
}

}  // namespace

Status check_batch(std::size_t envelopes) {
  if (envelopes >= 1 && envelopes <= kBatchMax) return {};
  return fail(Code::malformed, "a batch has 1 to " + std::to_string(kBatchMax) +
                                   " envelopes, not " + std::to_string(envelopes));
}

bool stands_alone(std::string_view text) {
  if (take_object(text).empty()) return false;
  skip_space(text);
  return text.empty();
}

std::string batch_text(std::span<const std::string> envelopes) {
  std::string text = "{" + std::string(kMember) + ":[";
  for (const std::string& envelope : envelopes) {
    if (!text.ends_with('[')) text += ',';
    text += envelope;
  }
  return text + "]}";
}

bool is_batch(std::string_view body) {
  return take(body, "{") && take(body, kMember);
}

Result<std::vector<std::string_view>> parse_batch(std::string_view body) {
  std::string_view rest = body;
  const auto wrong = [&](const char* what) {
    return fail(Code::malformed, "batch: byte " + std::to_string(body.size() - rest.size()) + ": " +
                                     what + R"(; it is {"envelopes":[ENVELOPE,…]})");
  };
  if (!take(rest, "{") || !take(rest, kMember) || !take(rest, ":") || !take(rest, "[")) {
    return wrong("no list of envelopes");
  }
  std::vector<std::string_view> envelopes;
  if (!take(rest, "]")) {
    do {
      const std::string_view envelope = take_object(rest);
      if (envelope.empty()) return wrong("not a whole JSON object");
      envelopes.push_back(envelope);
    } while (take(rest, ","));
    if (!take(rest, "]")) return wrong("no comma and no end of the list");
  }
  if (!take(rest, "}")) return wrong("a member besides the envelopes, or no end");
  skip_space(rest);
  if (!rest.empty()) return wrong("something after the end");
  if (const Status fits = check_batch(envelopes.size()); !fits.ok()) return fits.error();
  return envelopes;
}

}  // namespace assay::api
