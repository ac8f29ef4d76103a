// sha256_many() by the SHA instructions of x86. Internal to core/crypto; pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>

namespace assay {

// out[32*i ..] = SHA-256(prefix || messages[i*length ..]) for i < count; length is a positive
// multiple of 64. Only for a machine with SHA and AVX2.
void sha256_ni(std::uint8_t prefix, const std::uint8_t* messages, std::size_t length,
               std::size_t count, std::uint8_t* out);

}  // namespace assay
