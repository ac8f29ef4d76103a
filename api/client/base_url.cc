#include "api/client/base_url.h"

#include <algorithm>

#include "core/wire/json.h"
#include "core/wire/text.h"

namespace assay::api {
namespace {

bool is_host_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
         c == '-' || c == '_';
}
bool is_prefix_char(char c) {
  return is_host_char(c) || c == '/' || c == '~';
}
bool is_v6_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' ||
         c == '.';
}

}  // namespace

Result<BaseUrl> parse_base_url(std::string_view text) {
  const auto bad = [&](const std::string& why) {
    return fail(Code::usage,
                "'" + wire::people_text(text, 120) +
                    "' is not a verifier's address, such as http://127.0.0.1:8790: " + why);
  };
  if (text.starts_with("https://")) {
    return bad(
        "this client speaks plain HTTP; run it behind an edge on this machine that speaks "
        "TLS to the verifier, and give the edge's http:// address");
  }
  constexpr std::string_view kScheme = "http://";
  if (!text.starts_with(kScheme)) return bad("it must begin with http://");
  std::string_view rest = text.substr(kScheme.size());
  BaseUrl url;
  const std::size_t slash = rest.find('/');
  if (slash != std::string_view::npos) {
    std::string_view prefix = rest.substr(slash);
    while (prefix.ends_with('/')) prefix.remove_suffix(1);
    url.prefix = prefix;
    rest = rest.substr(0, slash);
  }
  if (!std::all_of(url.prefix.begin(), url.prefix.end(), is_prefix_char)) {
    return bad("letters, digits and - _ . ~ / only after the host");
  }
  const bool is_v6 = rest.starts_with('[');
  const std::size_t host_end = is_v6 ? rest.find(']') : rest.find(':');
  if (is_v6 && host_end == std::string_view::npos) return bad("a ']' is missing");
  url.host = is_v6 ? rest.substr(1, host_end - 1) : rest.substr(0, host_end);
  if (url.host.empty() ||
      !std::all_of(url.host.begin(), url.host.end(), is_v6 ? is_v6_char : is_host_char)) {
    return bad("that is not a host");
  }
  rest.remove_prefix(host_end == std::string_view::npos ? rest.size() : host_end + (is_v6 ? 1 : 0));
  if (rest.empty()) return url;
  const Result<std::uint64_t> port = wire::parse_u64(rest.substr(1));
  if (rest[0] != ':' || !port.ok() || port.value() == 0 || port.value() > UINT16_MAX) {
    return bad("the port must be 1..65535");
  }
  url.port = static_cast<std::uint16_t>(port.value());
  return url;
}

std::string url_text(const BaseUrl& url) {
  const bool is_v6 = url.host.find(':') != std::string::npos;
  const std::string host = is_v6 ? "[" + url.host + "]" : url.host;
  return "http://" + host + (url.port == 80 ? "" : ":" + std::to_string(url.port)) + url.prefix;
}

}  // namespace assay::api
