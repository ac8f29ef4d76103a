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
constexpr std::size_t kGroupsMax = 2;  // of lanes, in turns: one waits for its own rounds

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

// Sixteen rounds with the constants k; the first sixteen take the words as they are.
template <bool kFirst, std::size_t kGroups>
__attribute__((always_inline)) inline void rounds(const std::uint32_t* k, Reg (&state)[kGroups][8],
                                                  Reg (&words)[kGroups][kWords]) {
#pragma GCC unroll 16
  for (std::size_t t = 0; t < kWords; ++t) {
#pragma GCC unroll 2
    for (std::size_t group = 0; group < kGroups; ++group) {
      Reg(&s)[8] = state[group];
      Reg(&ws)[kWords] = words[group];
      Reg& w = ws[t];
      if constexpr (!kFirst) {
        w = add(add(w, small_sigma<7, 18, 3>(ws[(t + 1) % kWords])),
                add(ws[(t + 9) % kWords], small_sigma<17, 19, 10>(ws[(t + 14) % kWords])));
      }
      // The roles a..h move down one register a round.
      const Reg a = s[(16 - t) % 8], b = s[(17 - t) % 8], c = s[(18 - t) % 8];
      const Reg e = s[(20 - t) % 8], f = s[(21 - t) % 8], g = s[(22 - t) % 8];
      Reg& d = s[(19 - t) % 8];
      Reg& h = s[(23 - t) % 8];
      // What is known early is added first, so that the next round waits least.
      const Reg early = add(add(h, add(w, all(k[t]))), choose(e, f, g));
      const Reg added = add(early, big_sigma<6, 11, 25>(e));
      d = add(d, added);
      h = add(added, add(majority(a, b, c), big_sigma<2, 13, 22>(a)));
    }
  }
}

// One block of each message; words[g][t][lane] are the 16 words of group g, which are used up.
// Sixteen rounds of code, once: for all 64, and again for the last block, it would not fit the
// processor's cache of decoded instructions, which costs an eighth of the speed.
template <std::size_t kGroups>
__attribute__((noinline)) void compress(Reg (&state)[kGroups][8], Reg (&words)[kGroups][kWords]) {
  Reg s[kGroups][8];
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kGroups * 8; ++i) s[i / 8][i % 8] = state[i / 8][i % 8];
  rounds<true>(kRoundConstants, s, words);
#pragma GCC unroll 1
  for (std::size_t t = kWords; t < 64; t += kWords) rounds<false>(kRoundConstants + t, s, words);
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kGroups * 8; ++i) {
    state[i / 8][i % 8] = add(state[i / 8][i % 8], s[i / 8][i % 8]);
  }
}

// words[lane] become the words of the block that begins at `at` of each message, prefix included.
inline void load_words(std::uint8_t prefix, const std::uint8_t* messages, std::size_t length,
                       std::size_t at, std::size_t ahead, Reg (&words)[kWords]) {
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const std::uint8_t* const from = messages + lane * length + at - 1;
    _mm_prefetch(from + ahead, _MM_HINT_T1);  // the next messages; may lie outside
    // What a mask leaves out is not read.
    Reg bytes = at > 0 ? _mm512_loadu_si512(from) : _mm512_maskz_loadu_epi8(~1ULL, from);
    if (at == 0) bytes = _mm512_mask_set1_epi8(bytes, 1, static_cast<char>(prefix));
    words[lane] = swap_bytes(bytes);
  }
  transpose16(words);
}

// The last block: the one byte that is left, the padding and the length.
inline void last_words(const std::uint8_t* messages, std::size_t length, Reg (&words)[kWords]) {
  std::uint32_t last[kLanes];
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    last[lane] = std::uint32_t{messages[(lane + 1) * length - 1]} << 24 | 0x800000;
  }
  const std::uint64_t bits = (length + 1) * 8;
  words[0] = _mm512_loadu_si512(last);
  for (std::size_t i = 1; i < kWords - 2; ++i) words[i] = _mm512_setzero_si512();
  words[kWords - 2] = all(static_cast<std::uint32_t>(bits >> 32));
  words[kWords - 1] = all(static_cast<std::uint32_t>(bits));
}

inline void store_digests(const Reg (&state)[8], std::uint8_t* out) {
  Reg digests[16];
  for (std::size_t i = 0; i < 16; ++i) digests[i] = i < 8 ? state[i] : _mm512_setzero_si512();
  transpose16(digests);
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 32 * lane),
                        _mm512_castsi512_si256(swap_bytes(digests[lane])));
  }
}

// kGroups * kLanes messages. The prefix shifts every block by a byte.
template <std::size_t kGroups>
void hash(std::uint8_t prefix, const std::uint8_t* messages, std::size_t length,
          std::uint8_t* out) {
  Reg state[kGroups][8];
  for (std::size_t i = 0; i < kGroups * 8; ++i) state[i / 8][i % 8] = all(kStart[i % 8]);
  Reg words[kGroups][kWords];
  const std::size_t group_bytes = kLanes * length;
  for (std::size_t at = 0; at < length; at += kBlock) {
    for (std::size_t g = 0; g < kGroups; ++g) {
      load_words(prefix, messages + g * group_bytes, length, at, kGroups * group_bytes, words[g]);
    }
    compress(state, words);
  }
  for (std::size_t g = 0; g < kGroups; ++g) {
    last_words(messages + g * group_bytes, length, words[g]);
  }
  compress(state, words);
  for (std::size_t g = 0; g < kGroups; ++g) store_digests(state[g], out + 32 * g * kLanes);
}

}  // namespace

void sha256_avx512(std::uint8_t prefix, const std::uint8_t* messages, std::size_t length,
                   std::size_t count, std::uint8_t* out) {
  constexpr std::size_t kAtOnce = kGroupsMax * kLanes;
  std::size_t i = 0;
  for (; i + kAtOnce <= count; i += kAtOnce) {
    hash<kGroupsMax>(prefix, messages + i * length, length, out + 32 * i);
  }
  for (; i < count; i += kLanes) hash<1>(prefix, messages + i * length, length, out + 32 * i);
}

}  // namespace assay
