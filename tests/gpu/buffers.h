// Device memory for the GPU check: inputs, and poisoned outputs with sentinels.
#pragma once

#include <cstring>

#include "tests/gpu/check.h"
#include "tests/gpu/dice.h"

namespace assay::gpu {

using Values = std::vector<std::int8_t>;

inline constexpr std::uint64_t kMargin = 64;  // sentinel bytes after every output
inline constexpr std::uint8_t kPoison = 0x5A;

// Poisoned device memory with a margin that nobody may write.
class Output {
 public:
  Output(const Device& device, std::uint64_t bytes)
      : device_(device),
        bytes_(bytes),
        buffer_(require(device.allocate(bytes + kMargin), "output memory")) {
    require(device.call(&ModuleTable::fill, buffer_.at(), kPoison, bytes + kMargin), "poison");
  }
  DevicePtr at() const { return buffer_.at(); }

  // The contents as T; `intact` becomes false when the margin was written.
  template <class T>
  std::vector<T> read(bool& intact) const {
    std::vector<std::uint8_t> all(bytes_ + kMargin);
    require(
        device_.call(&ModuleTable::download, all.data(), buffer_.at(), std::uint64_t{all.size()}),
        "reading a result");
    for (std::size_t i = bytes_; i < all.size(); ++i) intact = intact && all[i] == kPoison;
    std::vector<T> out(bytes_ / sizeof(T));
    std::memcpy(out.data(), all.data(), bytes_);
    return out;
  }

 private:
  const Device& device_;
  std::uint64_t bytes_;
  Buffer buffer_;
};

template <class T>
Buffer input(const Device& device, const std::vector<T>& values) {
  return require(device.allocate_copy(values.data(), values.size() * sizeof(T)), "input memory");
}

}  // namespace assay::gpu
