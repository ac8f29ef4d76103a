#include "api/server/query.h"

#include <algorithm>
#include <optional>

#include "core/wire/json.h"

namespace assay::api {
namespace {

bool is_plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
         c == '_' || c == '~' || c == '-';
}

Error bad(const std::string& what) {
  return fail(Code::malformed, "query: " + what);
}

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

Result<std::string> read_word(std::string_view name, std::string_view value) {
  if (value.size() <= kWordBytesMax && std::all_of(value.begin(), value.end(), is_plain)) {
    return std::string(value);
  }
  return bad(std::string(name) + " may have letters, digits and . _ ~ - only, at most " +
             std::to_string(kWordBytesMax));
}

Result<std::string> read_text(std::string_view name, std::string_view value) {
  std::string text;
  for (std::size_t i = 0; i < value.size(); ++i) {
    char c = value[i];
    if (c == '+') {
      return bad(std::string(name) + ": write a space as %20 and a plus as %2B");
    }
    if (c == '%') {
      const std::string_view digits = value.substr(i + 1, 2);
      const auto high = digits.size() == 2 ? hex_digit(digits[0]) : std::nullopt;
      const auto low = digits.size() == 2 ? hex_digit(digits[1]) : std::nullopt;
      if (!high || !low) return bad(std::string(name) + ": % is followed by two hex digits");
      c = static_cast<char>(*high * 16 + *low);
      i += 2;
    }
    if (c < ' ' || c > '~') return bad(std::string(name) + " may have printable ASCII only");
    text += c;
  }
  if (text.size() <= kTextBytesMax) return text;
  return bad(std::string(name) + " may have at most " + std::to_string(kTextBytesMax) +
             " characters");
}

std::string names_of(const std::vector<Parameter>& known) {
  std::string names;
  for (const Parameter& each : known) names += (names.empty() ? "" : ", ") + std::string(each.name);
  return names.empty() ? "this route takes no parameters"
                       : "the parameters of this route are: " + names;
}

}  // namespace

Result<Query> Query::parse(std::string_view text, const std::vector<Parameter>& known) {
  Query query;
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::size_t equals = pair.find('=');
    const std::string_view name = pair.substr(0, equals);
    const auto parameter = std::ranges::find(known, name, &Parameter::name);
    if (parameter == known.end()) return bad(names_of(known));
    if (equals == std::string_view::npos) return bad(std::string(name) + " has no value");
    const std::string_view spelled = pair.substr(equals + 1);
    const Result<std::string> value = parameter->form == Parameter::Form::text
                                          ? read_text(name, spelled)
                                          : read_word(name, spelled);
    if (!value.ok()) return value.error();
    if (!query.values_.emplace(name, value.value()).second) {
      return bad(std::string(name) + " comes twice");
    }
  }
  return query;
}

std::string Query::text(std::string_view name) const {
  const auto at = values_.find(name);
  return at == values_.end() ? "" : at->second;
}

Result<std::uint64_t> Query::number(std::string_view name, std::uint64_t otherwise,
                                    std::uint64_t min, std::uint64_t max) const {
  const auto at = values_.find(name);
  if (at == values_.end()) return otherwise;
  const Result<std::uint64_t> value = wire::parse_u64(at->second);
  if (!value.ok() || value.value() < min || value.value() > max) {
    return bad(std::string(name) + " must be a number from " + std::to_string(min) + " to " +
               std::to_string(max));
  }
  return value;
}

}  // namespace assay::api
