// SHA-256 (FIPS 180-4) by OpenSSL's EVP. Values and pure functions; a Sha256 belongs to one thread.
#pragma once

#include <initializer_list>
#include <memory>

#include "core/base/bytes.h"

namespace assay {

struct DigestTag;
using Digest = FixedBytes<32, DigestTag>;

// The digest of the pieces, one after the other.
Digest sha256(ByteView bytes);
Digest sha256(std::initializer_list<ByteView> pieces);

// The same for bytes that arrive in parts.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(ByteView bytes);
  Digest finish();  // once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace assay
