// The query string of a request, read strictly: a parameter that a route does not know, one given
// twice, or a character that has no business there is an error, never ignored.
// Values; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace assay::api {

// A parameter that a route takes. Most are words, which need no decoding; a text may hold any
// printable ASCII, with %XX for what a URL has other uses for.
struct Parameter {
  enum class Form : std::uint8_t { word, text };
  constexpr Parameter(const char* of, Form in = Form::word) : name(of), form(in) {}  // NOLINT
  std::string_view name;
  Form form;
};
inline constexpr std::size_t kWordBytesMax = 128;
inline constexpr std::size_t kTextBytesMax = 1024;

class Query {
 public:
  // "a=1&b=x"; words of [A-Za-z0-9._~-].
  //   malformed    anything else, a name not in `known`, or one that comes twice; a "+" in a text,
  //                which some read as a space: it is written %2B, and a space %20
  static Result<Query> parse(std::string_view text, const std::vector<Parameter>& known);

  bool has(std::string_view name) const { return values_.find(name) != values_.end(); }
  std::string text(std::string_view name) const;  // decoded; empty when absent
  // A decimal number in the range; `otherwise` when absent.
  //   malformed    names the parameter and the range
  Result<std::uint64_t> number(std::string_view name, std::uint64_t otherwise, std::uint64_t min,
                               std::uint64_t max) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace assay::api
