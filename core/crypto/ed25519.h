// Ed25519 (RFC 8032). Whether a signature is valid is decided by libsodium's
// crypto_sign_verify_detached in verify(), and nowhere else in Assay.
// Values and pure functions; any thread.
#pragma once

#include "core/base/bytes.h"
#include "core/base/random.h"

namespace assay {

struct PublicKeyTag;
struct SignatureTag;
using PublicKey = FixedBytes<32, PublicKeyTag>;
using Signature = FixedBytes<64, SignatureTag>;

// A 32-byte seed and its key pair. Wiped when it goes. Movable, not copyable: copy on purpose
// through seed().
class SigningKey {
 public:
  // malformed    seed is not 32 bytes
  static Result<SigningKey> from_seed(ByteView seed);
  static SigningKey generate(Random& random);

  SigningKey(SigningKey&& other) noexcept;
  SigningKey& operator=(SigningKey&& other) noexcept;
  SigningKey(const SigningKey&) = delete;
  SigningKey& operator=(const SigningKey&) = delete;
  ~SigningKey();

  Signature sign(ByteView message) const;
  const PublicKey& public_key() const { return public_key_; }
  ByteView seed() const { return {secret_.data(), 32}; }

 private:
  SigningKey() = default;

  std::array<std::uint8_t, 64> secret_{};  // seed || public key, as libsodium keeps it
  PublicKey public_key_;
};

// The one judge of signatures.
bool verify(const PublicKey& key, ByteView message, const Signature& signature);

// What a key must be before it may register: canonical (y < p), a point of the curve, in the
// prime-order subgroup, and not one of the small-order points (explicit list).
//   malformed    says which of these it is not
Status check_public_key(const PublicKey& key);

// keyid of DSSE: hex SHA-256 of the 32 raw bytes.
std::string key_id(const PublicKey& key);

}  // namespace assay
