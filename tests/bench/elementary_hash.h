// One number for what a function gives for many inputs, equal on every machine and in every order
// of evaluation: what vectors/rx1/ holds. Pure; any thread.
#pragma once

#include <cstdint>
#include <span>

namespace assay::bench {

// Input n of 2^32: a permutation of all bit patterns of which every stretch is spread evenly.
inline std::uint32_t elementary_input(std::uint32_t n) {
  return n * 0x9E3779B1;
}

// splitmix64's finaliser.
inline std::uint64_t mix64(std::uint64_t x) {
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9;
  x = (x ^ x >> 27) * 0x94D049BB133111EB;
  return x ^ x >> 31;
}

// The sum modulo 2^64 over n = first, first + 1, ... of mix64(input n * 2^32 + output bits).
template <class Bits>
std::uint64_t elementary_hash(std::uint32_t first, std::span<const Bits> outputs) {
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; i < outputs.size(); ++i) {
    sum += mix64(std::uint64_t{elementary_input(first + i)} << 32 | outputs[i]);
  }
  return sum;
}

}  // namespace assay::bench
