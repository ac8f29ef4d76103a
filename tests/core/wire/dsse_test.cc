#include "core/wire/dsse.h"

#include "tests/catch.h"
#include "tests/core/wire/wire_vectors.h"

using namespace assay;
using namespace assay::wire;

namespace {

constexpr std::string_view kSeed =
    "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7";

SigningKey signing_key() {
  return SigningKey::from_seed(from_hex(kSeed).value()).value();
}

Result<OpenedEnvelope> open_text(std::string_view text, const PublicKey& key) {
  const Result<Envelope> envelope = parse_envelope(text);
  if (!envelope.ok()) return envelope.error();
  return open_envelope(envelope.value(), key);
}

}  // namespace

TEST_CASE("DSSE: every scenario is answered as its vector says, with exactly what was signed") {
  for (const auto& vector :
       test::load_vectors("dsse", {"key", "envelope", "payload", "pae_sha256", "signature"}, 25)) {
    INFO(vector.name());
    const auto key = vector.fixed<PublicKey>("key");
    const Result<OpenedEnvelope> opened = open_text(vector.text("envelope"), key);
    CHECK(test::answer(opened) == vector.expect());
    if (!opened.ok()) continue;
    CHECK(opened.value().payload == vector.text("payload"));
    CHECK(opened.value().pae_digest == vector.fixed<Digest>("pae_sha256"));
    CHECK(opened.value().signature == vector.fixed<Signature>("signature"));
    CHECK(opened.value().signer == key);
    CHECK(statement_digest(opened.value().payload) == opened.value().pae_digest);
  }
}

TEST_CASE("DSSE: sealing gives the check vector to the byte, and a leaf's parts rebuild it") {
  for (const auto& vector :
       test::load_vectors("dsse", {"key", "envelope", "payload", "pae_sha256", "signature"}, 25)) {
    if (vector.name() != "check_vector") continue;
    const std::string& payload = vector.text("payload");
    CHECK(payload.size() == 225);
    CHECK(pae(kPayloadType, as_bytes(payload)).size() == 268);
    const SigningKey key = signing_key();
    CHECK(seal(key, payload) == vector.text("envelope"));
    const auto opened = open_text(vector.text("envelope"), key.public_key());
    REQUIRE(opened.ok());
    CHECK(envelope_text(opened.value().payload, opened.value().signer, opened.value().signature) ==
          vector.text("envelope"));
    return;
  }
  FAIL("no check vector");
}

TEST_CASE("DSSE: PAE is the specification's example") {
  CHECK(as_text(pae("http://example.com/HelloWorld", as_bytes("hello world"))) ==
        "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  CHECK(as_text(pae("", {})) == "DSSEv1 0  0 ");
}

TEST_CASE("DSSE: no flipped bit of an envelope changes what opens") {
  const SigningKey key = signing_key();
  const std::string payload = R"({"_type":"https://in-toto.io/Statement/v1"})";
  const std::string text = seal(key, payload);
  const auto original = open_text(text, key.public_key());
  REQUIRE(original.ok());
  std::size_t refused = 0;
  test::flip_each_bit(text, [&](const std::string& mutated, std::size_t) {
    const auto opened = open_text(mutated, key.public_key());
    if (!opened.ok()) {
      ++refused;  // the rest are flips within keyid, a hint
    } else if (opened.value().payload != payload ||
               opened.value().signature != original.value().signature) {
      FAIL(mutated);
    }
  });
  CHECK(refused > 8 * (text.size() - 64 - std::string_view("keyid").size()) - 64);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (parse_envelope(std::string_view(text).substr(0, i)).ok()) FAIL(i);
  }
}

TEST_CASE("DSSE: an envelope in its plain spelling is read as the same one in any other") {
  const std::string plain = seal(signing_key(), std::string(100, 'p'));
  const auto said = [](const Result<Envelope>& envelope) {
    if (!envelope.ok()) return std::string(code_name(envelope.error().code));
    std::string text = envelope.value().payload_type + " " + to_hex(envelope.value().payload);
    for (const EnvelopeSignature& one : envelope.value().signatures) {
      text += " " + one.keyid + " " + one.signature.hex();
    }
    return text;
  };
  CHECK(said(parse_envelope(plain)) == said(parse_envelope(" " + plain)));
  CHECK(said(parse_envelope(plain)) != "malformed");
  std::size_t read = 0;
  for (std::size_t bit = 0; bit < plain.size() * 8; ++bit) {
    std::string text = plain;
    text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << (bit % 8)));
    INFO(text);
    const std::string plainly = said(parse_envelope(text));
    REQUIRE(plainly == said(parse_envelope(" " + text)));
    if (plainly != "malformed") ++read;
  }
  CHECK(read > 100);  // another digit of base64 or hex
  for (std::size_t cut = 0; cut < plain.size(); ++cut) {
    const std::string text = plain.substr(0, cut);
    REQUIRE(said(parse_envelope(text)) == said(parse_envelope(" " + text)));
  }
}

TEST_CASE("DSSE: the largest payload is sealed, read and opened; one byte more is not read") {
  const SigningKey key = signing_key();
  const std::string largest(kPayloadBytesMax, 'x');
  const auto opened = open_text(seal(key, largest), key.public_key());
  REQUIRE(opened.ok());
  CHECK(opened.value().payload == largest);
  CHECK_FALSE(parse_envelope(envelope_text(largest + "x", key.public_key(), {})).ok());
}
