#include "api/client/webhook_client.h"

#include <arpa/inet.h>
#include <httplib.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstring>

#include "core/wire/json.h"
#include "core/wire/text.h"

namespace assay::api {
namespace {

constexpr std::size_t kAnswerBytesMax = std::size_t{64} << 10;
constexpr std::size_t kUrlBytesMax = 2'048;

struct Block4 {
  std::uint32_t prefix;
  unsigned bits;
};
// IANA's special-purpose registry (RFC 6890 and later), what of it is not globally reachable.
constexpr std::array<Block4, 15> kNotPublic4 = {{{0x00000000, 8},    // this network
                                                 {0x0A000000, 8},    // private
                                                 {0x64400000, 10},   // shared
                                                 {0x7F000000, 8},    // loopback
                                                 {0xA9FE0000, 16},   // link-local, metadata
                                                 {0xAC100000, 12},   // private
                                                 {0xC0000000, 24},   // protocol assignments
                                                 {0xC0000200, 24},   // documentation
                                                 {0xC0586300, 24},   // 6to4 relays
                                                 {0xC0A80000, 16},   // private
                                                 {0xC6120000, 15},   // benchmarking
                                                 {0xC6336400, 24},   // documentation
                                                 {0xCB007100, 24},   // documentation
                                                 {0xE0000000, 4},    // multicast
                                                 {0xF0000000, 4}}};  // reserved, broadcast

bool is_public_v4(std::uint32_t address) {
  return std::ranges::none_of(kNotPublic4, [&](const Block4& block) {
    return (address ^ block.prefix) >> (32 - block.bits) == 0;
  });
}

std::uint32_t u32_at(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
         std::uint32_t{bytes[2]} << 8 | bytes[3];
}

bool is_public_v6(const std::array<std::uint8_t, 16>& a) {
  if ((a[0] & 0xE0) != 0x20) {  // 2000::/3 is what is assigned
    static constexpr std::array<std::uint8_t, 12> kNat64 = {0x00, 0x64, 0xFF, 0x9B};
    const bool nat64 = std::equal(kNat64.begin(), kNat64.end(), a.begin());
    return nat64 && is_public_v4(u32_at(&a[12]));
  }
  if (a[0] == 0x20 && a[1] == 0x02) return is_public_v4(u32_at(&a[2]));  // 6to4
  if (a[0] == 0x20 && a[1] == 0x01 && a[2] < 2) return false;            // 2001::/23: Teredo, …
  if (a[0] == 0x20 && a[1] == 0x01 && a[2] == 0x0D && a[3] == 0xB8) return false;  // documentation
  return !(a[0] == 0x3F && a[1] == 0xFF);                                          // 3fff::/20 too
}

Result<std::vector<std::string>> system_resolve(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int bad = ::getaddrinfo(host.c_str(), nullptr, &hints, &found); bad != 0) {
    return fail(Code::network, "cannot be resolved (" + std::string(::gai_strerror(bad)) + ")");
  }
  std::vector<std::string> addresses;
  for (const addrinfo* it = found; it != nullptr; it = it->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (::getnameinfo(it->ai_addr, it->ai_addrlen, text.data(), text.size(), nullptr, 0,
                      NI_NUMERICHOST) == 0) {
      addresses.emplace_back(text.data());
    }
  }
  ::freeaddrinfo(found);
  return addresses;
}

// Host, port and path of what follows the scheme.
Result<WebhookUrl> split(std::string_view rest, WebhookUrl url) {
  const std::size_t path = rest.find_first_of("/?");
  if (path != std::string_view::npos) {
    url.path = rest.substr(path);
    if (url.path[0] == '?') url.path.insert(0, 1, '/');
    rest = rest.substr(0, path);
  }
  const bool v6 = rest.starts_with('[');
  const std::size_t end = v6 ? rest.find(']') : rest.find(':');
  if (v6 && end == std::string_view::npos) return fail(Code::usage, "a ']' is missing");
  url.host = v6 ? rest.substr(1, end - 1) : rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + (v6 ? 1 : 0));
  if (url.host.empty()) return fail(Code::usage, "the host is missing");
  if (rest.empty()) return url;
  const Result<std::uint64_t> port = wire::parse_u64(rest.substr(1));
  if (rest[0] != ':' || !port.ok() || port.value() == 0 || port.value() > UINT16_MAX) {
    return fail(Code::usage, "the port must be 1..65535");
  }
  url.port = static_cast<std::uint16_t>(port.value());
  return url;
}

// One connection, one request. The host stays in the Host header and in the certificate's check.
template <class Http>
Result<int> send(Http& http, const WebhookUrl& url, const std::string& address,
                 std::int64_t timeout_ms, const httplib::Headers& headers,
                 const std::string& body) {
  http.set_hostname_addr_map({{url.host, address}});
  http.set_follow_location(false);
  http.set_decompress(false);
  http.set_connection_timeout(std::chrono::milliseconds(timeout_ms));
  http.set_read_timeout(std::chrono::milliseconds(timeout_ms));
  http.set_write_timeout(std::chrono::milliseconds(timeout_ms));
  httplib::Request request;
  request.method = "POST";
  request.path = url.path;
  request.headers = headers;
  request.body = body;
  std::size_t read = 0;
  request.content_receiver = [&](const char*, std::size_t count, std::uint64_t, std::uint64_t) {
    return (read += count) <= kAnswerBytesMax;
  };
  httplib::Response response;
  httplib::Error error = httplib::Error::Success;
  if (!http.send(request, response, error)) {
    return fail(Code::network, "no answer (" + httplib::to_string(error) + ")");
  }
  return response.status;
}

}  // namespace

bool is_public_address(const std::string& address) {
  in_addr v4{};
  if (::inet_pton(AF_INET, address.c_str(), &v4) == 1) return is_public_v4(ntohl(v4.s_addr));
  in6_addr v6{};
  const std::string bare = address.substr(0, address.find('%'));
  if (::inet_pton(AF_INET6, bare.c_str(), &v6) != 1) return false;
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &v6, bytes.size());
  return is_public_v6(bytes);
}

Result<WebhookUrl> parse_webhook_url(const std::string& text) {
  const auto bad = [&](const std::string& why) {
    return fail(Code::usage, wire::quoted(text) +
                                 " is not a webhook's address, such as "
                                 "https://hooks.example/assay: " +
                                 why);
  };
  if (text.size() > kUrlBytesMax) return bad("it is too long");
  const bool plain = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F; });
  if (!plain || text.find_first_of("@#\\\"<>") != std::string::npos) {
    return bad("printable ASCII, without a user's name or a fragment");
  }
  const bool tls = text.starts_with("https://");
  if (!tls && !text.starts_with("http://")) return bad("it must begin with https:// or http://");
  const std::uint16_t port = tls ? 443 : 80;
  Result<WebhookUrl> url = split(std::string_view(text).substr(tls ? 8 : 7), {tls, {}, port, "/"});
  if (!url.ok()) return bad(url.error().what);
  return url;
}

Result<std::unique_ptr<WebhookClient>> WebhookClient::make(const std::string& url,
                                                           WebhookClientOptions options) {
  Result<WebhookUrl> parsed = parse_webhook_url(url);
  if (!parsed.ok()) return parsed.error();
  if (!options.resolve) options.resolve = system_resolve;
  // The library writes to sockets that the other side may have closed.
  std::signal(SIGPIPE, SIG_IGN);
  return std::unique_ptr<WebhookClient>(
      new WebhookClient(std::move(parsed).value(), std::move(options)));
}

WebhookClient::~WebhookClient() = default;

Result<std::string> WebhookClient::address() const {
  const Result<std::vector<std::string>> addresses = options_.resolve(url_.host);
  if (!addresses.ok()) return addresses.error().in(url_.host);
  if (addresses.value().empty()) return fail(Code::network, url_.host + " has no address");
  if (options_.allow_private) return addresses.value().front();
  for (const std::string& address : addresses.value()) {
    if (is_public_address(address)) continue;
    return fail(Code::permission,
                url_.host + " is " + wire::people_text(address, 64) +
                    ", which is not a public address: nothing is sent there. If it is yours, "
                    "say --webhook-private");
  }
  return addresses.value().front();
}

Result<int> WebhookClient::post(const wire::WebhookHeaders& headers, const std::string& body) try {
  const Result<std::string> to = address();
  if (!to.ok()) return to.error();
  const httplib::Headers all = {
      {"User-Agent", "assay/" ASSAY_VERSION},   {"Accept-Encoding", "identity"},
      {"Content-Type", "application/json"},     {"webhook-id", headers.id},
      {"webhook-timestamp", headers.timestamp}, {"webhook-signature", headers.signature}};
  if (!url_.tls) {
    httplib::ClientImpl http(url_.host, url_.port);
    return send(http, url_, to.value(), options_.timeout_ms, all, body);
  }
  httplib::SSLClient http(url_.host, url_.port);
  if (!options_.ca_file.empty()) http.set_ca_cert_path(options_.ca_file.c_str());
  http.enable_server_certificate_verification(true);
  return send(http, url_, to.value(), options_.timeout_ms, all, body);
} catch (const std::exception& error) {
  return fail(Code::network, std::string("the HTTP library failed: ") + error.what());
}

}  // namespace assay::api
