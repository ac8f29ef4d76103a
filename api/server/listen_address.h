// "127.0.0.1:8790", "[::1]:0": where a server listens.
// Values and pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace assay::api {

struct ListenAddress {
  std::string host;        // a numeric IPv4 or IPv6 address, without brackets
  std::uint16_t port = 0;  // 0: any free one
  bool is_loopback = false;

  std::string url() const;  // "http://[::1]:8790"
};

// "localhost" is 127.0.0.1.
//   usage        not HOST:PORT, a host that is not a numeric address, or a port over 65535
Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace assay::api
