#include "core/wire/webhook.h"

#include <cstdlib>

#include "core/wire/json.h"

namespace assay::wire {
namespace {

constexpr std::string_view kIdPrefix = "msg_", kScheme = "v1a,", kKeyPrefix = "whpk_";
constexpr std::size_t kIdDigits = 32;
constexpr std::size_t kSignatureBytesMax = 2'048;
constexpr std::int64_t kMillis = 1'000;

std::string signed_text(std::string_view id, std::string_view timestamp, std::string_view body) {
  std::string text(id);
  text += '.';
  text += timestamp;
  text += '.';
  text += body;
  return text;
}

Result<Signature> read_signature(std::string_view word) {
  const Result<Bytes> bytes = from_base64_canonical(word);
  if (!bytes.ok()) return bytes.error();
  return Signature::from_view(bytes.value());
}

}  // namespace

std::string webhook_id(std::string_view origin, std::string_view type, std::uint64_t index) {
  std::string text = "assay/webhook/v1\n";
  text += origin;
  text += '\n';
  text += type;
  text += '\n';
  text += u64_text(index);
  return std::string(kIdPrefix) + sha256(as_bytes(text)).hex().substr(0, kIdDigits);
}

WebhookHeaders sign_webhook(const SigningKey& key, std::string id, UnixMillis at,
                            std::string_view body) {
  WebhookHeaders headers{std::move(id), std::to_string(at.ms / kMillis), {}};
  const Signature signature = key.sign(as_bytes(signed_text(headers.id, headers.timestamp, body)));
  headers.signature = std::string(kScheme) + to_base64(signature.view());
  return headers;
}

Status check_webhook(const PublicKey& key, const WebhookHeaders& headers, std::string_view body,
                     UnixMillis now) {
  if (headers.id.empty() || headers.id.size() > 64 || headers.id.find('.') != std::string::npos) {
    return fail(Code::malformed, "webhook-id: 1..64 characters without a dot");
  }
  const Result<std::uint64_t> seconds = parse_u64(headers.timestamp);
  if (!seconds.ok() || seconds.value() > std::uint64_t{1} << 40) {
    return fail(Code::malformed, "webhook-timestamp: seconds since 1970");
  }
  const std::int64_t age_ms = now.ms - static_cast<std::int64_t>(seconds.value()) * kMillis;
  if (std::abs(age_ms) > kWebhookToleranceMs + kMillis) {
    return fail(Code::stale, "webhook-timestamp: attempted " + std::to_string(age_ms / kMillis) +
                                 " s ago: an old message played again, or a wrong clock");
  }
  if (headers.signature.size() > kSignatureBytesMax) {
    return fail(Code::malformed, "webhook-signature: too long");
  }
  const std::string text = signed_text(headers.id, headers.timestamp, body);
  std::string_view rest = headers.signature;
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    if (!word.starts_with(kScheme)) continue;  // another scheme, for other receivers
    const Result<Signature> signature = read_signature(word.substr(kScheme.size()));
    if (!signature.ok()) return fail(Code::malformed, "webhook-signature: not base64 of 64 bytes");
    if (verify(key, as_bytes(text), signature.value())) return {};
  }
  return fail(Code::signature, "webhook-signature: none of them is by this key");
}

std::string webhook_key_text(const PublicKey& key) {
  return std::string(kKeyPrefix) + to_base64(key.view());
}

Result<PublicKey> parse_webhook_key(std::string_view text) {
  const auto bad = [] {
    return fail(Code::malformed, "a webhook's public key is \"whpk_\" and base64 of 32 bytes");
  };
  if (!text.starts_with(kKeyPrefix)) return bad();
  const Result<Bytes> bytes = from_base64_canonical(text.substr(kKeyPrefix.size()));
  if (!bytes.ok()) return bad();
  Result<PublicKey> key = PublicKey::from_view(bytes.value());
  if (!key.ok()) return bad();
  return key;
}

}  // namespace assay::wire
