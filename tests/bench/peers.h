// Products by other people's libraries, which a build may lack: oneDNN and OpenBLAS. Both work on
// one thread here. Not thread-safe.
#pragma once

#include <functional>

#include "tests/bench/products.h"

namespace assay::bench {

// A·B^T of one product, again and again. Borrows the product.
struct Peer {
  std::string name{};                                 // with its version: "oneDNN 2.6.3"
  std::function<void()> work{};                       // empty: not in this build
  std::function<std::vector<std::int32_t>()> sums{};  // what the last work() gave
  bool packed_before = false;                         // one operand is laid out already
};

// s8 times s8 to s32, from row-major operands as ours.
//   internal     the library refused: says why
Result<Peer> onednn(const Product& product);
// The same with B laid out as the library likes it, before the clock starts. Ours has A then.
Result<Peer> onednn_packed(const Product& product);
// sgemm of the same numbers as f32. Its sums are exact while k * 127 * 127 <= 2^24.
inline constexpr std::size_t kExactFloatDot = 1040;
Result<Peer> openblas(const Product& product);

}  // namespace assay::bench
