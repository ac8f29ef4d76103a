// HMAC-SHA-256 (RFC 2104): what only a holder of the key can have written. Pure functions; any
// thread. Vectors: RFC 4231, in tests/core/crypto/hmac_test.cc.
#pragma once

#include "core/crypto/sha256.h"

namespace assay {

// Of the pieces, one after the other: whoever joins texts of different lengths separates them.
Digest hmac_sha256(ByteView key, std::initializer_list<ByteView> pieces);

// Equal in length and bytes? The time depends on the length alone, so that nobody can find a code
// byte by byte.
bool equal_in_constant_time(ByteView a, ByteView b);

}  // namespace assay
