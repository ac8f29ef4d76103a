// SHA-256 (FIPS 180-4) and the two hashes of RFC 6962 over it, for the state tree on a device. The
// program hashes with OpenSSL; the tests hold this to it on the host. Pure; any thread.
#pragma once

#include <cstdint>

#include "core/compute/host_device.h"

namespace assay::compute::cuda {

inline constexpr unsigned kLeafBytes = 1024;

struct Sha256Words {
  std::uint32_t h[8];  // big-endian words as numbers
};

ASSAY_SHARED constexpr std::uint32_t rotated_right(std::uint32_t x, unsigned by) {
  return x >> by | x << (32 - by);
}
ASSAY_SHARED constexpr std::uint32_t byte_swapped(std::uint32_t x) {
  return x << 24 | (x & 0xFF00) << 8 | (x >> 8 & 0xFF00) | x >> 24;
}

ASSAY_SHARED constexpr Sha256Words sha256_start() {
  return {{0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB,
           0x5BE0CD19}};
}

// One block; w is used up.
ASSAY_SHARED constexpr void sha256_block(Sha256Words& state, std::uint32_t (&w)[16]) {
  constexpr std::uint32_t kRound[64] = {
      0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4,
      0xAB1C5ED5, 0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE,
      0x9BDC06A7, 0xC19BF174, 0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F,
      0x4A7484AA, 0x5CB0A9DC, 0x76F988DA, 0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7,
      0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967, 0x27B70A85, 0x2E1B2138, 0x4D2C6DFC,
      0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85, 0xA2BFE8A1, 0xA81A664B,
      0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070, 0x19A4C116,
      0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
      0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7,
      0xC67178F2};
  std::uint32_t a = state.h[0], b = state.h[1], c = state.h[2], d = state.h[3];
  std::uint32_t e = state.h[4], f = state.h[5], g = state.h[6], h = state.h[7];
#ifdef __CUDA_ARCH__
#pragma unroll
#endif
  for (unsigned i = 0; i < 64; ++i) {
    if (i >= 16) {
      const std::uint32_t x = w[(i + 1) % 16], y = w[(i + 14) % 16];
      w[i % 16] += w[(i + 9) % 16] + (rotated_right(x, 7) ^ rotated_right(x, 18) ^ x >> 3) +
                   (rotated_right(y, 17) ^ rotated_right(y, 19) ^ y >> 10);
    }
    const std::uint32_t t1 = h +
                             (rotated_right(e, 6) ^ rotated_right(e, 11) ^ rotated_right(e, 25)) +
                             ((e & f) ^ (~e & g)) + kRound[i] + w[i % 16];
    const std::uint32_t t2 = (rotated_right(a, 2) ^ rotated_right(a, 13) ^ rotated_right(a, 22)) +
                             ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  state.h[0] += a;
  state.h[1] += b;
  state.h[2] += c;
  state.h[3] += d;
  state.h[4] += e;
  state.h[5] += f;
  state.h[6] += g;
  state.h[7] += h;
}

// SHA-256(0x00 || a whole leaf). The leaf as 256 little-endian words: the prefix shifts everything
// by one byte, so that each word of the message takes a byte of the word before.
ASSAY_SHARED constexpr Sha256Words hash_whole_leaf(const std::uint32_t* leaf) {
  Sha256Words state = sha256_start();
  std::uint32_t before = 0;  // the prefix, then the last byte of each word
  std::uint32_t w[16] = {};
  for (unsigned block = 0; block < kLeafBytes / 64; ++block) {
    for (unsigned i = 0; i < 16; ++i) {
      const std::uint32_t word = byte_swapped(leaf[block * 16 + i]);
      w[i] = before << 24 | word >> 8;
      before = word & 0xFF;
    }
    sha256_block(state, w);
  }
  for (std::uint32_t& word : w) word = 0;
  w[0] = before << 24 | 0x00800000;
  w[15] = (kLeafBytes + 1) * 8;
  sha256_block(state, w);
  return state;
}

// SHA-256(0x00 || bytes) of any leaf, byte by byte: headers, and the short last chunk of a tensor.
ASSAY_SHARED constexpr Sha256Words hash_any_leaf(const std::uint8_t* bytes, std::uint32_t count) {
  Sha256Words state = sha256_start();
  const std::uint32_t length = count + 1;
  const std::uint32_t blocks = (length + 1 + 8 + 63) / 64;
  for (std::uint32_t block = 0; block < blocks; ++block) {
    std::uint32_t w[16] = {};
    for (std::uint32_t i = 0; i < 64; ++i) {
      const std::uint32_t at = block * 64 + i;
      const std::uint32_t byte = at == 0        ? 0
                                 : at < length  ? bytes[at - 1]
                                 : at == length ? 0x80
                                                : 0;
      w[i / 4] |= byte << (24 - i % 4 * 8);
    }
    if (block == blocks - 1) w[15] = length * 8;
    sha256_block(state, w);
  }
  return state;
}

// SHA-256(0x01 || left || right).
ASSAY_SHARED constexpr Sha256Words hash_node(const Sha256Words& left, const Sha256Words& right) {
  Sha256Words state = sha256_start();
  std::uint32_t w[16] = {};
  std::uint32_t before = 1;
  for (unsigned i = 0; i < 16; ++i) {
    const std::uint32_t word = i < 8 ? left.h[i] : right.h[i - 8];
    w[i] = before << 24 | word >> 8;
    before = word & 0xFF;
  }
  sha256_block(state, w);
  for (std::uint32_t& word : w) word = 0;
  w[0] = before << 24 | 0x00800000;
  w[15] = 65 * 8;
  sha256_block(state, w);
  return state;
}

ASSAY_SHARED constexpr void digest_bytes(const Sha256Words& words, std::uint8_t* to) {
  for (unsigned i = 0; i < 32; ++i) {
    to[i] = static_cast<std::uint8_t>(words.h[i / 4] >> (24 - i % 4 * 8));
  }
}

}  // namespace assay::compute::cuda
