// Randomness as an argument: the system's for keys and nonces, a seeded one for simulations.
#pragma once

#include <cstdint>
#include <span>

namespace assay {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;

  std::uint64_t u64();
  // Uniform in [0, bound), without modulo bias. bound >= 1.
  std::uint64_t below(std::uint64_t bound);
};

// getrandom(2); stops the program if the kernel has no entropy to give. Any thread.
Random& system_random();

// Reproducible (SplitMix64). For tests and simulations only: never for a key. One thread.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::uint8_t> out) override;

 private:
  std::uint64_t state_;
};

}  // namespace assay
