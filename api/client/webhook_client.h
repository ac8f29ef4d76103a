// Posts webhooks to one subscriber, over HTTP or HTTPS, and never where only this machine's network
// can go (server-side request forgery): the host is resolved anew for each message, every address
// that it has must be public, and the connection is made to the address that was looked at.
// Redirects are not followed. One thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/wire/webhook.h"

namespace assay::api {

// Is the address, in its usual spelling, one of the public Internet? Not: unspecified, loopback,
// private (RFC 1918, RFC 4193), shared (RFC 6598), link-local, multicast, reserved, documentation,
// and IPv6 forms that carry such an IPv4 address (mapped, NAT64, 6to4). Text that is no address is
// not public.
bool is_public_address(const std::string& address);

// "https://hooks.example:8443/assay": where webhooks go.
struct WebhookUrl {
  bool tls = false;
  std::string host;
  std::uint16_t port = 0;
  std::string path;  // with the query, "/" at least
};
//   usage        no such URL, or one with a user's name
Result<WebhookUrl> parse_webhook_url(const std::string& text);

// The addresses of a host; by default the system's resolver.
using Resolve = std::function<Result<std::vector<std::string>>(const std::string& host)>;

struct WebhookClientOptions {
  bool allow_private = false;  // a subscriber on the operator's own network, by the operator's word
  std::string ca_file;         // empty: the system's
  std::int64_t timeout_ms = 5'000;
  Resolve resolve;
};

class WebhookClient {
 public:
  //   usage        not a URL
  static Result<std::unique_ptr<WebhookClient>> make(const std::string& url,
                                                     WebhookClientOptions options);
  ~WebhookClient();

  // One attempt: the status of the answer, of which no more than 64 KiB are read.
  //   permission   one of the host's addresses is not public
  //   network      it cannot be resolved or reached, its certificate does not hold, or no answer
  Result<int> post(const wire::WebhookHeaders& headers, const std::string& body);

 private:
  WebhookClient(WebhookUrl url, WebhookClientOptions options)
      : url_(std::move(url)), options_(std::move(options)) {}

  Result<std::string> address() const;

  const WebhookUrl url_;
  const WebhookClientOptions options_;
};

}  // namespace assay::api
