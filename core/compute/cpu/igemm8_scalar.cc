#include "core/compute/cpu/igemm8.h"

namespace assay::compute::cpu {

void igemm8_scalar(const std::int8_t* a, const std::int8_t* b, std::size_t m_size,
                   std::size_t n_size, std::size_t k_size, std::int32_t* d, std::size_t stride) {
  for (std::size_t m = 0; m < m_size; ++m) {
    for (std::size_t n = 0; n < n_size; ++n) {
      std::int32_t sum = 0;
      for (std::size_t k = 0; k < k_size; ++k) {
        sum += static_cast<std::int32_t>(a[m * k_size + k]) * b[n * k_size + k];
      }
      d[m * stride + n] = sum;
    }
  }
}

}  // namespace assay::compute::cpu
