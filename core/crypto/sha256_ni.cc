// Compiled for SHA and AVX2, so nothing with external linkage is instantiated here but the
// function of the header: the linker could hand their code to a machine that lacks them.
#include "core/crypto/sha256_ni.h"

#include <immintrin.h>

#include "core/crypto/sha256_constants.h"

namespace assay {
namespace {

using Reg = __m128i;

constexpr std::size_t kBlock = 64;
constexpr std::size_t kLanes =
    4;  // messages in turns: two rounds take 4 cycles, of which 2 are free

inline Reg load(const std::uint8_t* from) {
  return _mm_loadu_si128(reinterpret_cast<const Reg*>(from));
}

// Words are big-endian in the message.
inline Reg swap_bytes(Reg x) {
  return _mm_shuffle_epi8(x, _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
}

// The state of a message as the instructions want it: a, b, e, f and c, d, g, h.
struct Lane {
  Reg abef = _mm_set_epi32(0x6a09e667, static_cast<int>(0xbb67ae85), 0x510e527f,
                           static_cast<int>(0x9b05688c));
  Reg cdgh = _mm_set_epi32(0x3c6ef372, static_cast<int>(0xa54ff53a), 0x1f83d9ab, 0x5be0cd19);
};

// One block of each message; words[l] are its 16 words, which are used up.
template <std::size_t kCount>
__attribute__((always_inline)) inline void compress(Lane (&lanes)[kCount],
                                                    Reg (&words)[kCount][4]) {
  Lane now[kCount];
#pragma GCC unroll 4
  for (std::size_t l = 0; l < kCount; ++l) now[l] = lanes[l];
#pragma GCC unroll 16
  for (std::size_t q = 0; q < 16; ++q) {
    const Reg k = _mm_load_si128(reinterpret_cast<const Reg*>(kRoundConstants + 4 * q));
#pragma GCC unroll 4
    for (std::size_t l = 0; l < kCount; ++l) {
      Reg(&w)[4] = words[l];
      const Reg input = _mm_add_epi32(w[q % 4], k);
      now[l].cdgh = _mm_sha256rnds2_epu32(now[l].cdgh, now[l].abef, input);
      now[l].abef = _mm_sha256rnds2_epu32(now[l].abef, now[l].cdgh, _mm_shuffle_epi32(input, 0x0E));
      if (q >= 12) continue;
      const Reg older = _mm_sha256msg1_epu32(w[q % 4], w[(q + 1) % 4]);
      const Reg between = _mm_alignr_epi8(w[(q + 3) % 4], w[(q + 2) % 4], 4);
      w[q % 4] = _mm_sha256msg2_epu32(_mm_add_epi32(older, between), w[(q + 3) % 4]);
    }
  }
#pragma GCC unroll 4
  for (std::size_t l = 0; l < kCount; ++l) {
    lanes[l].abef = _mm_add_epi32(lanes[l].abef, now[l].abef);
    lanes[l].cdgh = _mm_add_epi32(lanes[l].cdgh, now[l].cdgh);
  }
}

void store_digest(const Lane& lane, std::uint8_t* out) {
  const Reg feba = _mm_shuffle_epi32(lane.abef, 0x1B);
  const Reg dchg = _mm_shuffle_epi32(lane.cdgh, 0xB1);
  Reg* const to = reinterpret_cast<Reg*>(out);
  _mm_storeu_si128(to, swap_bytes(_mm_blend_epi16(feba, dchg, 0xF0)));
  _mm_storeu_si128(to + 1, swap_bytes(_mm_alignr_epi8(dchg, feba, 8)));
}

// The prefix shifts every block by a byte: the first begins with it, and the last holds the one
// byte that is left, the padding and the length.
template <std::size_t kCount>
void hash(std::uint8_t prefix, const std::uint8_t* messages, std::size_t length,
          std::uint8_t* out) {
  Lane lanes[kCount];
  Reg words[kCount][4];
#pragma GCC unroll 4
  for (std::size_t l = 0; l < kCount; ++l) {
    const std::uint8_t* const from = messages + l * length;
    words[l][0] =
        swap_bytes(_mm_or_si128(_mm_slli_si128(load(from), 1), _mm_cvtsi32_si128(prefix)));
    for (std::size_t i = 1; i < 4; ++i) words[l][i] = swap_bytes(load(from + 16 * i - 1));
  }
  compress(lanes, words);
  for (std::size_t at = kBlock; at < length; at += kBlock) {
#pragma GCC unroll 4
    for (std::size_t l = 0; l < kCount; ++l) {
      const std::uint8_t* const from = messages + l * length + at - 1;
      _mm_prefetch(from + kCount * length, _MM_HINT_T0);  // the next messages; may lie outside
      for (std::size_t i = 0; i < 4; ++i) words[l][i] = swap_bytes(load(from + 16 * i));
    }
    compress(lanes, words);
  }
  const std::uint64_t bits = (length + 1) * 8;
#pragma GCC unroll 4
  for (std::size_t l = 0; l < kCount; ++l) {
    const int last = messages[(l + 1) * length - 1];
    words[l][0] = _mm_cvtsi32_si128(static_cast<int>(static_cast<unsigned>(last) << 24 | 0x800000));
    words[l][1] = words[l][2] = _mm_setzero_si128();
    words[l][3] = _mm_set_epi32(static_cast<int>(bits), static_cast<int>(bits >> 32), 0, 0);
  }
  compress(lanes, words);
#pragma GCC unroll 4
  for (std::size_t l = 0; l < kCount; ++l) store_digest(lanes[l], out + 32 * l);
}

}  // namespace

void sha256_ni(std::uint8_t prefix, const std::uint8_t* messages, std::size_t length,
               std::size_t count, std::uint8_t* out) {
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    hash<kLanes>(prefix, messages + i * length, length, out + 32 * i);
  }
  for (; i < count; ++i) hash<1>(prefix, messages + i * length, length, out + 32 * i);
}

}  // namespace assay
