#include "core/crypto/ed25519.h"

#include <type_traits>

#include "core/crypto/sha256.h"
#include "tests/catch.h"
#include "tests/vectors.h"

using namespace assay;
using test::Vector;

namespace {

std::vector<Vector> vectors() {
  return test::load_vectors("ed25519", {"seed", "public_key", "message", "signature"}, 32);
}

// The two layers in the order in which a stranger's key meets them.
std::string registered_then_verified(const PublicKey& key, ByteView message,
                                     const Signature& signature) {
  const Status checked = check_public_key(key);
  if (!checked.ok()) return test::answer(checked);
  return verify(key, message, signature) ? "ok" : "signature";
}

SigningKey key_number(std::uint64_t seed) {
  SeededRandom random(seed);
  return SigningKey::generate(random);
}

template <class Fixed>
Fixed flipped(Fixed value, std::size_t bit) {
  value.bytes[bit / 8] = static_cast<std::uint8_t>(value.bytes[bit / 8] ^ (1U << (bit % 8)));
  return value;
}

}  // namespace

TEST_CASE("Every Ed25519 vector gets its answer from its layer") {
  for (const Vector& vector : vectors()) {
    INFO(vector.name());
    CHECK(registered_then_verified(vector.fixed<PublicKey>("public_key"), vector.bytes("message"),
                                   vector.fixed<Signature>("signature")) == vector.expect());
  }
}

TEST_CASE("Signing is that of RFC 8032, byte for byte") {
  std::size_t signed_count = 0;
  for (const Vector& vector : vectors()) {
    if (!vector.has("seed")) continue;
    INFO(vector.name());
    const Result<SigningKey> key = SigningKey::from_seed(vector.bytes("seed"));
    REQUIRE(key.ok());
    CHECK(key.value().public_key() == vector.fixed<PublicKey>("public_key"));
    CHECK(key.value().sign(vector.bytes("message")) == vector.fixed<Signature>("signature"));
    CHECK(to_bytes(key.value().seed()) == vector.bytes("seed"));
    ++signed_count;
  }
  CHECK(signed_count == 5);
}

TEST_CASE("No small-order key verifies R = 1, S = 0 for any of 64 messages") {
  Signature neutral;
  neutral.bytes[0] = 1;
  std::size_t keys = 0;
  for (const Vector& vector : vectors()) {
    if (!vector.name().starts_with("key_small_order_")) continue;
    INFO(vector.name());
    const PublicKey key = vector.fixed<PublicKey>("public_key");
    CHECK(test::answer(check_public_key(key)) == "malformed");
    for (std::uint8_t number = 0; number < 64; ++number) {
      const Digest message = sha256({ByteView{&number, 1}});
      CHECK_FALSE(verify(key, message.view(), neutral));
      CHECK_FALSE(verify(key, message.view(), vector.fixed<Signature>("signature")));
    }
    ++keys;
  }
  CHECK(keys == 14);
}

TEST_CASE("The reasons for refusing a key are told apart") {
  const std::pair<const char*, const char*> reasons[] = {
      {"key_small_order_00", "small order"},         {"key_not_canonical", "not canonical"},
      {"key_not_on_curve", "not a point"},           {"key_mixed_order_2", "prime-order subgroup"},
      {"key_mixed_order_8", "prime-order subgroup"},
  };
  for (const auto& [name, reason] : reasons) {
    for (const Vector& vector : vectors()) {
      if (vector.name() != name) continue;
      INFO(name);
      const Status status = check_public_key(vector.fixed<PublicKey>("public_key"));
      REQUIRE_FALSE(status.ok());
      CHECK(status.error().what.find(reason) != std::string::npos);
    }
  }
}

TEST_CASE("A signature with any one bit of key, message or signature flipped is refused") {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const SigningKey key = key_number(seed);
    const Digest message = sha256(key.public_key().view());
    const Signature signature = key.sign(message.view());
    REQUIRE(verify(key.public_key(), message.view(), signature));
    std::size_t accepted = 0;
    for (std::size_t bit = 0; bit < 512; ++bit) {
      accepted += verify(key.public_key(), message.view(), flipped(signature, bit));
    }
    for (std::size_t bit = 0; bit < 256; ++bit) {
      accepted += verify(key.public_key(), flipped(message, bit).view(), signature);
      accepted += verify(flipped(key.public_key(), bit), message.view(), signature);
    }
    CHECK(accepted == 0);
  }
}

TEST_CASE("A message cut or extended by one byte is refused") {
  const SigningKey key = key_number(7);
  const Bytes message(100, 0x5a);
  const Signature signature = key.sign(message);
  CHECK(verify(key.public_key(), message, signature));
  CHECK_FALSE(verify(key.public_key(), ByteView(message).first(99), signature));
  CHECK_FALSE(verify(key.public_key(), Bytes(101, 0x5a), signature));
  CHECK_FALSE(verify(key.public_key(), {}, signature));
}

TEST_CASE("Every generated key may register, and no two are equal") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const SigningKey key = key_number(seed);
    CHECK(check_public_key(key.public_key()).ok());
    CHECK(key.public_key() != key_number(seed + 1).public_key());
  }
  CHECK(SigningKey::generate(system_random()).public_key() !=
        SigningKey::generate(system_random()).public_key());
}

TEST_CASE("A moved key signs as before and leaves nothing behind") {
  SigningKey first = key_number(1);
  const PublicKey public_key = first.public_key();
  const Bytes seed = to_bytes(first.seed());
  SigningKey second = std::move(first);
  CHECK(second.public_key() == public_key);
  CHECK(to_bytes(second.seed()) == seed);
  CHECK(to_bytes(first.seed()) == Bytes(32, 0));  // NOLINT: the point of the test
  CHECK(first.public_key() == PublicKey{});
  SigningKey third = key_number(2);
  third = std::move(second);
  CHECK(third.public_key() == public_key);
  CHECK(to_bytes(second.seed()) == Bytes(32, 0));
  SigningKey& same = third;
  third = std::move(same);
  CHECK(to_bytes(third.seed()) == seed);
  CHECK(verify(public_key, as_bytes("m"), third.sign(as_bytes("m"))));
  static_assert(!std::is_copy_constructible_v<SigningKey>);
  static_assert(!std::is_copy_assignable_v<SigningKey>);
}

TEST_CASE("A seed has 32 bytes") {
  for (const std::size_t size : {0U, 31U, 33U, 64U}) {
    CHECK(test::answer(SigningKey::from_seed(Bytes(size, 1))) == "malformed");
  }
  CHECK(SigningKey::from_seed(Bytes(32, 1)).ok());
}

TEST_CASE("A keyid is the hex SHA-256 of the raw key") {
  const SigningKey key = key_number(3);
  CHECK(key_id(key.public_key()) == sha256(key.public_key().view()).hex());
}
