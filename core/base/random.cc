#include "core/base/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstddef>

#include "core/base/check.h"

namespace assay {
namespace {

class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    std::size_t done = 0;
    while (done < out.size()) {
      const ssize_t got = getrandom(out.data() + done, out.size() - done, 0);
      if (got < 0 && errno == EINTR) continue;
      ASSAY_CHECK(got > 0, "the kernel gave no randomness");
      done += static_cast<std::size_t>(got);
    }
  }
};

}  // namespace

std::uint64_t Random::u64() {
  std::uint8_t raw[8];
  fill(raw);
  std::uint64_t value = 0;
  for (const std::uint8_t byte : raw) value = value << 8 | byte;
  return value;
}

std::uint64_t Random::below(std::uint64_t bound) {
  ASSAY_CHECK(bound >= 1, "an empty range has no element");
  const std::uint64_t reject_from = UINT64_MAX - UINT64_MAX % bound;
  while (true) {
    const std::uint64_t value = u64();
    if (value < reject_from) return value % bound;
  }
}

Random& system_random() {
  static SystemRandom random;
  return random;
}

void SeededRandom::fill(std::span<std::uint8_t> out) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (i % 8 == 0) {
      state_ += 0x9e3779b97f4a7c15ULL;
      word = state_;
      word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9ULL;
      word = (word ^ (word >> 27)) * 0x94d049bb133111ebULL;
      word ^= word >> 31;
    }
    out[i] = static_cast<std::uint8_t>(word >> (8 * (i % 8)));
  }
}

}  // namespace assay
