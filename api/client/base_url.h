// "http://127.0.0.1:8790", "http://[::1]:8790/prefix": where a verifier is reached.
// Values and pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace assay::api {

struct BaseUrl {
  std::string host;  // without brackets
  std::uint16_t port = 80;
  std::string prefix;  // "" or "/…" without a slash at its end
};

//   usage        https (not here: names the edge), another scheme, user names, a query, or no URL
Result<BaseUrl> parse_base_url(std::string_view text);
// Without a slash at its end.
std::string url_text(const BaseUrl& url);

}  // namespace assay::api
