// An array between pages that nobody may touch: it ends where the forbidden page begins, so that
// reading or writing one element too many stops the test. Poisoned unless copied.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "core/compute/cuda/module_abi.h"
#include "tests/catch.h"

namespace assay::test {

template <class T>
class Fenced {
 public:
  explicit Fenced(std::size_t count) : count_(count) {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t body = (count * sizeof(T) + page - 1) / page * page;
    mapped_ = body + 2 * page;
    base_ = ::mmap(nullptr, mapped_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(base_ != MAP_FAILED);
    auto* first = static_cast<std::uint8_t*>(base_) + page;
    REQUIRE((body == 0 || ::mprotect(first, body, PROT_READ | PROT_WRITE) == 0));
    data_ = reinterpret_cast<T*>(first + body - count * sizeof(T));
    if (count > 0) std::memset(data_, 0xA5, count * sizeof(T));
  }
  explicit Fenced(const std::vector<T>& values) : Fenced(values.size()) {
    if (!values.empty()) std::memcpy(data_, values.data(), values.size() * sizeof(T));
  }
  Fenced(const Fenced&) = delete;
  Fenced& operator=(const Fenced&) = delete;
  ~Fenced() { ::munmap(base_, mapped_); }

  T* data() const { return data_; }
  compute::cuda::DevicePtr at() const { return reinterpret_cast<compute::cuda::DevicePtr>(data_); }
  // Bits, so that NaN equals itself.
  bool holds(const std::vector<T>& want) const {
    return want.size() == count_ &&
           (count_ == 0 || std::memcmp(data_, want.data(), count_ * sizeof(T)) == 0);
  }

 private:
  std::size_t count_, mapped_ = 0;
  void* base_ = nullptr;
  T* data_ = nullptr;
};

}  // namespace assay::test
