// A decoder as plain f32 with OpenBLAS runs it, which a build may lack: sgemm and sgemv for all
// products, ordinary C++ for the rest, one thread. What `generate` is held to. Not thread-safe.
#pragma once

#include <functional>
#include <span>

#include "core/compute/generate/model.h"

namespace assay::bench {

struct PlainText {
  std::string name{};  // with its version: "f32, OpenBLAS 0.3.21"
  // The logits after the last of these tokens, at positions first, first + 1, …; all before them
  // have gone through. Empty: not in this build.
  std::function<std::vector<float>(std::size_t first, std::span<const std::uint32_t> tokens)>
      logits{};
};

// Of the model's own weights, widened, for up to `positions` positions. Borrows norms and biases.
PlainText plain_text(const compute::generate::ModelView& model, std::size_t positions);

}  // namespace assay::bench
