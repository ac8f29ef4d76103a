#include "core/crypto/ed25519.h"

#include <sodium.h>

#include "core/base/check.h"
#include "core/crypto/point.h"
#include "core/crypto/sha256.h"

namespace assay {

static_assert(crypto_sign_SECRETKEYBYTES == 64 && crypto_sign_SEEDBYTES == 32);
static_assert(PublicKey::kSize == crypto_sign_PUBLICKEYBYTES);
static_assert(Signature::kSize == crypto_sign_BYTES);

Result<SigningKey> SigningKey::from_seed(ByteView seed) {
  if (seed.size() != crypto_sign_SEEDBYTES) {
    return fail(Code::malformed,
                "a seed of " + std::to_string(seed.size()) + " bytes where 32 are needed");
  }
  start_sodium();
  SigningKey key;
  const int made =
      crypto_sign_seed_keypair(key.public_key_.bytes.data(), key.secret_.data(), seed.data());
  ASSAY_CHECK(made == 0, "libsodium made no key pair");
  return key;
}

SigningKey SigningKey::generate(Random& random) {
  std::array<std::uint8_t, crypto_sign_SEEDBYTES> seed;
  random.fill(seed);
  Result<SigningKey> key = from_seed(seed);
  sodium_memzero(seed.data(), seed.size());
  return std::move(key).value();
}

SigningKey::SigningKey(SigningKey&& other) noexcept {
  *this = std::move(other);
}

SigningKey& SigningKey::operator=(SigningKey&& other) noexcept {
  if (this == &other) return *this;
  secret_ = other.secret_;
  public_key_ = other.public_key_;
  sodium_memzero(other.secret_.data(), other.secret_.size());
  other.public_key_ = {};
  return *this;
}

SigningKey::~SigningKey() {
  sodium_memzero(secret_.data(), secret_.size());
}

Signature SigningKey::sign(ByteView message) const {
  ASSAY_CHECK(public_key_ != PublicKey{}, "signing with a key that was moved away");
  Signature signature;
  const int made = crypto_sign_detached(signature.bytes.data(), nullptr, message.data(),
                                        message.size(), secret_.data());
  ASSAY_CHECK(made == 0, "libsodium did not sign");
  return signature;
}

bool verify(const PublicKey& key, ByteView message, const Signature& signature) {
  start_sodium();
  return crypto_sign_verify_detached(signature.bytes.data(), message.data(), message.size(),
                                     key.bytes.data()) == 0;
}

Status check_public_key(const PublicKey& key) {
  const Status checked = check_point(Point{key.bytes});
  if (!checked.ok()) return checked.error().in("public key " + key.hex());
  return {};
}

std::string key_id(const PublicKey& key) {
  return sha256(key.view()).hex();
}

}  // namespace assay
