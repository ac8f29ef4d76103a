// Standard Webhooks 1.0.0 (standardwebhooks.com), scheme v1a: what a subscriber gets is signed with
// Ed25519 over "<id>.<timestamp>.<body>". The id is that of the event, the same on every attempt,
// so that whoever has seen it knows it again; the timestamp is that of the attempt.
// Values and pure functions; any thread. Vectors: vectors/webhook/.
#pragma once

#include <string>
#include <string_view>

#include "core/base/time.h"
#include "core/crypto/ed25519.h"
#include "core/crypto/sha256.h"

namespace assay::wire {

// The three headers of one attempt, by their names without "webhook-".
struct WebhookHeaders {
  std::string id;         // "msg_" and 32 hex digits
  std::string timestamp;  // seconds since 1970, decimal
  std::string signature;  // "v1a,<base64>", several separated by spaces while keys change
  bool operator==(const WebhookHeaders&) const = default;
};

// Of what leaf `index` of a log says: "msg_" and the first 32 hex digits of
// SHA-256("assay/webhook/v1\n" || origin || "\n" || type || "\n" || index in decimal).
std::string webhook_id(std::string_view origin, std::string_view type, std::uint64_t index);

WebhookHeaders sign_webhook(const SigningKey& key, std::string id, UnixMillis at,
                            std::string_view body);

inline constexpr std::int64_t kWebhookToleranceMs = 300'000;  // either way

// What a receiver does first, with the body as it came.
//   malformed    a header that is not of its form
//   stale        attempted more than the tolerance before or after `now`: an old one played again
//   signature    none of its v1a signatures is the key's
// Whether the id was seen before is the receiver's to know.
Status check_webhook(const PublicKey& key, const WebhookHeaders& headers, std::string_view body,
                     UnixMillis now);

// "whpk_<base64>", as receivers' libraries take it.
std::string webhook_key_text(const PublicKey& key);
//   malformed    not that
Result<PublicKey> parse_webhook_key(std::string_view text);

}  // namespace assay::wire
