#include "core/wire/webhook.h"

#include "tests/catch.h"
#include "tests/vectors.h"

using namespace assay;
using namespace assay::wire;

namespace {

std::vector<test::Vector> vectors() {
  return test::load_vectors("webhook",
                            {"key", "id", "timestamp", "signature", "body", "now", "seed",
                             "key_text", "origin", "type", "index"},
                            17);
}

WebhookHeaders headers_of(const test::Vector& vector) {
  return {vector.text("id"), vector.text("timestamp"), vector.text("signature")};
}

UnixMillis seconds(std::uint64_t count) {
  return {static_cast<std::int64_t>(count) * 1'000};
}

}  // namespace

TEST_CASE("webhooks: every scenario is answered as its vector says") {
  for (const test::Vector& vector : vectors()) {
    INFO(vector.name());
    const Status checked = check_webhook(vector.fixed<PublicKey>("key"), headers_of(vector),
                                         vector.text("body"), seconds(vector.number("now")));
    CHECK((checked.ok() ? "ok" : code_name(checked.error().code)) == vector.expect());
  }
}

TEST_CASE("webhooks: what we send is what the vector has, to the byte") {
  for (const test::Vector& vector : vectors()) {
    if (!vector.has("seed")) continue;
    const SigningKey key = SigningKey::from_seed(vector.bytes("seed")).value();
    const std::string id =
        webhook_id(vector.text("origin"), vector.text("type"), vector.number("index"));
    const UnixMillis at = seconds(vector.number("timestamp")) + 999;  // of a second, not told
    CHECK(sign_webhook(key, id, at, vector.text("body")) == headers_of(vector));
    CHECK(webhook_key_text(key.public_key()) == vector.text("key_text"));
    CHECK(parse_webhook_key(vector.text("key_text")).value() == key.public_key());
    return;
  }
  FAIL("no vector with a seed");
}

TEST_CASE("webhooks: a key's text is one spelling") {
  for (const char* text : {"", "whpk_", "whsk_AAAA", "whpk_AAAA", "whpk_!"}) {
    INFO(text);
    CHECK(test::answer(parse_webhook_key(text)) == "malformed");
  }
}
