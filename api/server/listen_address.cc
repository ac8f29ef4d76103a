#include "api/server/listen_address.h"

#include <arpa/inet.h>

#include "core/wire/json.h"
#include "core/wire/text.h"

namespace assay::api {
namespace {

constexpr std::uint8_t kLoopbackNet = 127;

bool read_host(const std::string& host, bool& is_loopback) {
  if (host.find('\0') != std::string::npos) return false;  // inet_pton() would read up to there
  in_addr v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    is_loopback = (ntohl(v4.s_addr) >> 24) == kLoopbackNet;
    return true;
  }
  in6_addr v6{};
  if (::inet_pton(AF_INET6, host.c_str(), &v6) != 1) return false;
  is_loopback = IN6_IS_ADDR_LOOPBACK(&v6);
  return true;
}

}  // namespace

std::string ListenAddress::url() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return "http://" + (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const auto bad = [&](const char* why) {
    return fail(Code::usage, "'" + wire::people_text(text, 80) + "' is not an address to " +
                                 "listen on, such as 127.0.0.1:8790: " + why);
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad("it has no port");
  const Result<std::uint64_t> port = wire::parse_u64(text.substr(colon + 1));
  if (!port.ok() || port.value() > UINT16_MAX) return bad("the port must be 0..65535");
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!bracketed && host.find(':') != std::string_view::npos) return bad("IPv6 needs brackets");
  if (host == "localhost") host = "127.0.0.1";
  ListenAddress out{std::string(host), static_cast<std::uint16_t>(port.value()), false};
  if (!read_host(out.host, out.is_loopback)) return bad("the host must be a numeric address");
  return out;
}

}  // namespace assay::api
