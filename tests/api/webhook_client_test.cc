// Where webhooks may go, and what they look like on the wire.
#include "api/client/webhook_client.h"

#include <mutex>

#include "api/server/http_server.h"
#include "tests/api/fake_port.h"
#include "tests/catch.h"

using namespace assay;

namespace {

struct Received {
  std::mutex mutex;
  std::vector<api::Request> requests;
  api::Response answer{200, "text/plain", {}, "ok"};

  api::Site site() {
    return {[this](const api::Request& request) {
              const std::scoped_lock lock(mutex);
              requests.push_back(request);
              return answer;
            },
            [](const api::Request&) { return std::size_t{1} << 20; }};
  }
};

api::WebhookClientOptions at(std::vector<std::string> addresses, bool allow_private = false) {
  api::WebhookClientOptions options;
  options.allow_private = allow_private;
  options.timeout_ms = 2'000;
  options.resolve = [addresses](const std::string&) {
    return Result<std::vector<std::string>>(addresses);
  };
  return options;
}

const wire::WebhookHeaders kHeaders{"msg_1", "1795363204", "v1a,AAAA"};

}  // namespace

TEST_CASE("only addresses of the public Internet are public") {
  for (const char* text :
       {"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255",
        "172.32.0.0", "192.0.1.1", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
        "223.255.255.255", "2606:4700::1111", "2a00::1", "64:ff9b::1.1.1.1", "2002:0101:0101::1",
        "2001:200::1"}) {
    INFO(text);
    CHECK(api::is_public_address(text));
  }
  for (const char* text : {"0.0.0.0",
                           "0.1.2.3",
                           "10.0.0.1",
                           "10.255.255.255",
                           "100.64.0.0",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.255.255.255",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.0.0.8",
                           "192.0.2.1",
                           "192.168.0.1",
                           "198.18.0.1",
                           "198.19.255.255",
                           "198.51.100.1",
                           "203.0.113.1",
                           "224.0.0.1",
                           "239.1.1.1",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::ffff:127.0.0.1",
                           "::ffff:1.1.1.1",
                           "::127.0.0.1",
                           "fe80::1",
                           "fe80::1%eth0",
                           "fc00::1",
                           "fd12::1",
                           "ff02::1",
                           "2001:db8::1",
                           "2001::1",
                           "64:ff9b::10.0.0.1",
                           "2002:0a00:0001::1",
                           "2002:7f00:0001::1",
                           "",
                           "localhost",
                           "1.1.1",
                           "0x7f.1",
                           "2130706433",
                           "1.1.1.1 "}) {
    INFO(text);
    CHECK_FALSE(api::is_public_address(text));
  }
}

TEST_CASE("a webhook's address is taken apart, or refused with the reason") {
  const struct {
    const char* text;
    bool tls;
    const char* host;
    std::uint16_t port;
    const char* path;
  } good[] = {{"https://hooks.example/assay", true, "hooks.example", 443, "/assay"},
              {"http://hooks.example", false, "hooks.example", 80, "/"},
              {"http://hooks.example:8080/a?b=c", false, "hooks.example", 8080, "/a?b=c"},
              {"https://hooks.example?b", true, "hooks.example", 443, "/?b"},
              {"https://[2606:4700::1]:444/x", true, "2606:4700::1", 444, "/x"}};
  for (const auto& row : good) {
    INFO(row.text);
    const auto url = api::parse_webhook_url(row.text);
    REQUIRE(url.ok());
    CHECK(url.value().tls == row.tls);
    CHECK(url.value().host == row.host);
    CHECK(url.value().port == row.port);
    CHECK(url.value().path == row.path);
  }
  for (const char* text :
       {"", "hooks.example", "ftp://hooks.example", "file:///etc/passwd", "https://", "https:///x",
        "https://user@hooks.example", "https://hooks.example#x", "https://hooks.example:0",
        "https://hooks.example:65536", "https://hooks.example:x", "https://[::1", "https://a b",
        "https://a\r\nHost: b", "https://a\\@b"}) {
    INFO(text);
    const auto url = api::parse_webhook_url(text);
    REQUIRE_FALSE(url.ok());
    CHECK(url.error().code == Code::usage);
    CHECK(url.error().what.find("https://hooks.example/assay") != std::string::npos);
  }
  CHECK_FALSE(api::parse_webhook_url("https://a/" + std::string(4'000, 'x')).ok());
}

TEST_CASE("a message arrives as it was signed, at the address that was looked at") {
  Received receiver;
  const auto server = api::HttpServer::start(test::any_loopback_port(), receiver.site());
  REQUIRE(server.ok());
  const std::string port = std::to_string(server.value()->address().port);
  const auto client = api::WebhookClient::make("http://hooks.example:" + port + "/in?for=us",
                                               at({"127.0.0.1"}, true));
  REQUIRE(client.ok());
  const std::string body = R"({"type":"slash.pending"})";
  const Result<int> answer = client.value()->post(kHeaders, body);
  REQUIRE(answer.ok());
  CHECK(answer.value() == 200);
  REQUIRE(receiver.requests.size() == 1);
  const api::Request& request = receiver.requests.front();
  CHECK(request.method == "POST");
  CHECK(request.path == "/in");
  CHECK(request.query == "for=us");
  CHECK(request.body == body);

  receiver.answer = {503, "text/plain", {}, "later"};
  CHECK(client.value()->post(kHeaders, body).value() == 503);
  receiver.answer = {302, "text/plain", {{"Location", "http://127.0.0.1:" + port + "/x"}}, ""};
  CHECK(client.value()->post(kHeaders, body).value() == 302);  // and nobody goes there
  CHECK(receiver.requests.size() == 3);
  receiver.answer = {200, "text/plain", {}, std::string(100'000, 'x')};
  CHECK_FALSE(client.value()->post(kHeaders, body).ok());
}

TEST_CASE("nothing is sent to an address that is not public, whatever the name says") {
  Received receiver;
  const auto server = api::HttpServer::start(test::any_loopback_port(), receiver.site());
  REQUIRE(server.ok());
  const std::string port = std::to_string(server.value()->address().port);
  const std::vector<std::string> answers[] = {
      {"127.0.0.1"}, {"1.1.1.1", "127.0.0.1"}, {"::1"}, {"169.254.169.254"}, {"::ffff:127.0.0.1"}};
  for (const auto& addresses : answers) {
    INFO(addresses.back());
    const auto client =
        api::WebhookClient::make("http://hooks.example:" + port + "/", at(addresses));
    const Result<int> answer = client.value()->post(kHeaders, "{}");
    REQUIRE_FALSE(answer.ok());
    CHECK(answer.error().code == Code::permission);
    CHECK(answer.error().what.find("--webhook-private") != std::string::npos);
  }
  // By its number, through the system's resolver.
  const auto client = api::WebhookClient::make("http://127.0.0.1:" + port + "/", {});
  CHECK(client.value()->post(kHeaders, "{}").error().code == Code::permission);
  CHECK(receiver.requests.empty());

  const auto nowhere = api::WebhookClient::make("http://hooks.example/", at({}));
  CHECK(nowhere.value()->post(kHeaders, "{}").error().code == Code::network);
}
