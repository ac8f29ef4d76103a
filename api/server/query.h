// The query string of a request, read strictly: a parameter that a route does not know, one given
// twice, or a character that would need decoding is an error, never ignored.
// Values; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace assay::api {

class Query {
 public:
  // "a=1&b=x"; values of [A-Za-z0-9._~-], at most 128 characters.
  //   malformed    anything else, a name not in `known`, or one that comes twice
  static Result<Query> parse(std::string_view text, const std::vector<std::string_view>& known);

  std::string text(std::string_view name) const;  // empty when absent
  // A decimal number in the range; `otherwise` when absent.
  //   malformed    names the parameter and the range
  Result<std::uint64_t> number(std::string_view name, std::uint64_t otherwise, std::uint64_t min,
                               std::uint64_t max) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace assay::api
