#include "api/client/base_url.h"
#include "api/server/listen_address.h"
#include "tests/catch.h"

namespace assay {
namespace {

TEST_CASE("an address to listen on is a numeric host and a port") {
  struct Case {
    const char* text;
    const char* url;
    bool is_loopback;
  };
  const Case good[] = {
      {"127.0.0.1:8790", "http://127.0.0.1:8790", true},
      {"127.255.0.9:0", "http://127.255.0.9:0", true},
      {"localhost:65535", "http://127.0.0.1:65535", true},
      {"[::1]:80", "http://[::1]:80", true},
      {"0.0.0.0:80", "http://0.0.0.0:80", false},
      {"[::]:80", "http://[::]:80", false},
      {"128.0.0.1:80", "http://128.0.0.1:80", false},
      {"[::ffff:127.0.0.1]:80", "http://[::ffff:127.0.0.1]:80", false},
  };
  for (const Case& each : good) {
    INFO(each.text);
    const Result<api::ListenAddress> address = api::parse_listen_address(each.text);
    REQUIRE(address.ok());
    CHECK(address.value().url() == each.url);
    CHECK(address.value().is_loopback == each.is_loopback);
  }
  for (const char* bad : {"", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
                          "127.0.0.1:+1", "127.0.0.1:080", "example.org:80", "127.1:80", "::1:80",
                          "[::1]", "[]:80", "[::1:80", "127.0.0.1:80 ", "http://127.0.0.1:80"}) {
    INFO(bad);
    const Result<api::ListenAddress> address = api::parse_listen_address(bad);
    REQUIRE_FALSE(address.ok());
    CHECK(address.error().code == Code::usage);
  }
  using namespace std::string_view_literals;
  CHECK_FALSE(api::parse_listen_address("[::1\0x]:80"sv).ok());
}

TEST_CASE("a verifier's address is plain HTTP, with or without a prefix") {
  struct Case {
    const char* text;
    const char* host;
    int port;
    const char* prefix;
  };
  const Case good[] = {
      {"http://127.0.0.1:8790", "127.0.0.1", 8790, ""},
      {"http://127.0.0.1:8790/", "127.0.0.1", 8790, ""},
      {"http://edge.example/assay/", "edge.example", 80, "/assay"},
      {"http://[::1]:1/a/b", "::1", 1, "/a/b"},
      {"http://[::1]", "::1", 80, ""},
      {"http://localhost:65535", "localhost", 65535, ""},
  };
  for (const Case& each : good) {
    INFO(each.text);
    const Result<api::BaseUrl> url = api::parse_base_url(each.text);
    REQUIRE(url.ok());
    CHECK(url.value().host == each.host);
    CHECK(url.value().port == each.port);
    CHECK(url.value().prefix == each.prefix);
  }
  for (const char* bad : {"",
                          "127.0.0.1:8790",
                          "ftp://x",
                          "http://",
                          "http://:80",
                          "http://x:0",
                          "http://x:65536",
                          "http://x:",
                          "http://x:1x",
                          "http://user@x",
                          "http://x?y",
                          "http://x/?y",
                          "http://x/#y",
                          "http://x/a b",
                          "http://x/%41",
                          "http://[::1",
                          "http://[::1]x",
                          "http://[]",
                          "HTTP://x",
                          "http://x\r\n"}) {
    INFO(bad);
    const Result<api::BaseUrl> url = api::parse_base_url(bad);
    REQUIRE_FALSE(url.ok());
    CHECK(url.error().code == Code::usage);
  }
  const Result<api::BaseUrl> https = api::parse_base_url("https://verifier.example");
  REQUIRE_FALSE(https.ok());
  CHECK(https.error().what.find("edge") != std::string::npos);
}

}  // namespace
}  // namespace assay
