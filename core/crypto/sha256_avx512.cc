// Compiled for AVX-512, so nothing with external linkage is instantiated here but the function of
// the header: the linker could hand their code to a machine that lacks it.
#include "core/crypto/sha256_avx512.h"

#include <immintrin.h>

#include "core/base/transpose_avx512.h"
#include "core/crypto/sha256_constants.h"

namespace assay {
namespace {

using Reg = __m512i;

constexpr std::size_t kBlock = 64;
constexpr std::size_t kWords = 16;
constexpr std::size_t kLanes = kAvx512Lanes;

// FIPS 180-4, section 5.3.3.
constexpr std::uint32_t kStart[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                     0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

inline Reg all(std::uint32_t x) {
  return _mm512_set1_epi32(static_cast<int>(x));
}
inline Reg add(Reg a, Reg b) {
  return _mm512_add_epi32(a, b);
}
inline Reg exclusive_or(Reg a, Reg b, Reg c) {
  return _mm512_ternarylogic_epi32(a, b, c, 0x96);
}
inline Reg choose(Reg e, Reg f, Reg g) {
  return _mm512_ternarylogic_epi32(e, f, g, 0xCA);
}
inline Reg majority(Reg a, Reg b, Reg c) {
  return _mm512_ternarylogic_epi32(a, b, c, 0xE8);
}
template <int a, int b, int c>
inline Reg big_sigma(Reg x) {
  return exclusive_or(_mm512_ror_epi32(x, a), _mm512_ror_epi32(x, b), _mm512_ror_epi32(x, c));
}
template <int a, int b, int shift>
inline Reg small_sigma(Reg x) {
  return exclusive_or(_mm512_ror_epi32(x, a), _mm512_ror_epi32(x, b), _mm512_srli_epi32(x, shift));
}

// Words are big-endian in the message.
inline Reg swap_bytes(Reg x) {
  return _mm512_shuffle_epi8(
      x, _mm512_broadcast_i32x4(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203)));
}

// One block of each message; words[t][lane] are its 16 words, which are used up.
__attribute__((always_inline)) inline void compress(Reg (&state)[8], Reg (&words)[kWords]) {
  Reg s[8];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < 8; ++i) s[i] = state[i];
#pragma GCC unroll 64
  for (std::size_t t = 0; t < 64; ++t) {
    Reg& w = words[t % kWords];
    if (t >= kWords) {
      w = add(add(w, small_sigma<7, 18, 3>(words[(t + 1) % kWords])),
              add(words[(t + 9) % kWords], small_sigma<17, 19, 10>(words[(t + 14) % kWords])));
    }
    // The roles a..h move down one register a round.
    const Reg a = s[(64 - t) % 8], b = s[(65 - t) % 8], c = s[(66 - t) % 8];
    const Reg e = s[(68 - t) % 8], f = s[(69 - t) % 8], g = s[(70 - t) % 8];
    Reg& d = s[(67 - t) % 8];
    Reg& h = s[(71 - t) % 8];
    // In the order that makes the next round wait least: what is known early is added first.
    const Reg early = add(h, add(w, all(kRoundConstants[t])));
    const Reg chosen = choose(e, f, g), turned = big_sigma<6, 11, 25>(e);
    h = add(add(add(early, chosen), add(majority(a, b, c), big_sigma<2, 13, 22>(a))), turned);
    d = add(add(add(d, early), chosen), turned);
  }
#pragma GCC unroll 8
  for (std::size_t i = 0; i < 8; ++i) state[i] = add(state[i], s[i]);
}

// The prefix shifts every block by a byte: the first begins with it, and the last holds the one
// byte that is left, the padding and the length.
void hash(std::uint8_t prefix, const std::uint8_t* messages, std::size_t length,
          std::uint8_t* out) {
  Reg state[8];
  for (std::size_t i = 0; i < 8; ++i) state[i] = all(kStart[i]);
  Reg words[kWords];
  for (std::size_t at = 0; at < length; at += kBlock) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::uint8_t* const from = messages + lane * length + at - 1;
      _mm_prefetch(from + kLanes * length, _MM_HINT_T0);  // the next messages; may lie outside
      // What a mask leaves out is not read.
      Reg bytes = at > 0 ? _mm512_loadu_si512(from) : _mm512_maskz_loadu_epi8(~1ULL, from);
      if (at == 0) bytes = _mm512_mask_set1_epi8(bytes, 1, static_cast<char>(prefix));
      words[lane] = swap_bytes(bytes);
    }
    transpose16(words);
    compress(state, words);
  }
  std::uint32_t last[kLanes];
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    last[lane] = std::uint32_t{messages[(lane + 1) * length - 1]} << 24 | 0x800000;
  }
  const std::uint64_t bits = (length + 1) * 8;
  words[0] = _mm512_loadu_si512(last);
  for (std::size_t i = 1; i < kWords - 2; ++i) words[i] = _mm512_setzero_si512();
  words[kWords - 2] = all(static_cast<std::uint32_t>(bits >> 32));
  words[kWords - 1] = all(static_cast<std::uint32_t>(bits));
  compress(state, words);

  Reg digests[16];
  for (std::size_t i = 0; i < 16; ++i) digests[i] = i < 8 ? state[i] : _mm512_setzero_si512();
  transpose16(digests);
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 32 * lane),
                        _mm512_castsi512_si256(swap_bytes(digests[lane])));
  }
}

}  // namespace

void sha256_avx512(std::uint8_t prefix, const std::uint8_t* messages, std::size_t length,
                   std::size_t count, std::uint8_t* out) {
  for (std::size_t i = 0; i < count; i += kLanes) {
    hash(prefix, messages + i * length, length, out + 32 * i);
  }
}

}  // namespace assay
