// sha256_many() sixteen messages at a time, one in each 32-bit lane of AVX-512 registers, and two
// sixteens in turns where there are as many. Internal to core/crypto; pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>

namespace assay {

inline constexpr std::size_t kAvx512Lanes = 16;

// out[32*i ..] = SHA-256(prefix || messages[i*length ..]) for i < count; length is a positive
// multiple of 64, count a multiple of kAvx512Lanes. Only for a machine with AVX-512 F and BW.
void sha256_avx512(std::uint8_t prefix, const std::uint8_t* messages, std::size_t length,
                   std::size_t count, std::uint8_t* out);

}  // namespace assay
