#include "api/server/query.h"

#include <algorithm>

#include "core/wire/json.h"

namespace assay::api {
namespace {

constexpr std::size_t kValueBytesMax = 128;

bool is_plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
         c == '_' || c == '~' || c == '-';
}

Error bad(std::string_view what) {
  return fail(Code::malformed, "query: " + std::string(what));
}

}  // namespace

Result<Query> Query::parse(std::string_view text, const std::vector<std::string_view>& known) {
  Query query;
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::size_t equals = pair.find('=');
    const std::string_view name = pair.substr(0, equals);
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      std::string names;
      for (const std::string_view each : known) {
        names += (names.empty() ? "" : ", ") + std::string(each);
      }
      return bad(names.empty() ? "this route takes no parameters"
                               : "the parameters of this route are: " + names);
    }
    if (equals == std::string_view::npos) return bad(std::string(name) + " has no value");
    const std::string_view value = pair.substr(equals + 1);
    if (value.size() > kValueBytesMax || !std::all_of(value.begin(), value.end(), is_plain)) {
      return bad(std::string(name) + " may have letters, digits and . _ ~ - only, at most " +
                 std::to_string(kValueBytesMax));
    }
    if (!query.values_.emplace(name, value).second) return bad(std::string(name) + " comes twice");
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
