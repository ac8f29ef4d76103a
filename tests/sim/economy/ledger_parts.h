// What the files of LedgerBook share.
#pragma once

#include <string>

#include "core/base/check.h"
#include "core/crypto/ed25519.h"
#include "core/crypto/sha256.h"

namespace assay::sim {

inline constexpr const char* kOrigin = "sim.example/assay";

inline SigningKey seeded(const std::string& text) {
  return SigningKey::from_seed(sha256(as_bytes("economy " + text)).view()).value();
}

inline Digest digest_of(const std::string& text) {
  return sha256(as_bytes(text));
}

// What a store that nothing is wrong with cannot fail at, nor a ledger at what it was told rightly.
template <class T>
T must(Result<T> result) {
  ASSAY_CHECK(result.ok(), result.ok() ? "" : result.error().what);
  return std::move(result).value();
}

}  // namespace assay::sim
