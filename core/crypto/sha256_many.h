// SHA-256 of many short messages at once: what a tree over a state consists of. Pure; any thread.
// With AVX-512 sixteen messages are hashed together, one in each lane, and thirty-two in two turns;
// where the processor has the SHA instructions, what is left over, or all, in turns of four, so
// that none waits for its own rounds; elsewhere, and for other lengths, OpenSSL hashes one by one.
#pragma once

#include <span>

#include "core/crypto/sha256.h"

namespace assay {

// out[i] = SHA-256(prefix || messages[i*length .. (i+1)*length)): `messages` has out.size()*length
// bytes and does not overlap `out`. Multiples of 64 are the fast lengths.
void sha256_many(std::uint8_t prefix, ByteView messages, std::size_t length, std::span<Digest> out);

}  // namespace assay
