// The random numbers of one path of light, in the order the path asks for them. One thread.
//
// Path `sample` of pixel (x, y) in tile `step` draws the words of the Philox blocks n = 0, 1, 2, …
// one after the other; block n is element (y * width + x) << 16 | sample of tensor n at that step.
// A number in [0, 1) is a word's upper 24 bits times 2^-24. Points on discs and in balls come by
// rejection, so a path may draw more words than another: nothing else shares its blocks.
#pragma once

#include "core/compute/philox.h"
#include "core/compute/render/vec.h"

namespace assay::compute::render {

class PathRandom {
 public:
  ASSAY_SHARED PathRandom(PhiloxKey key, std::uint32_t step, std::uint64_t pixel,
                          std::uint32_t sample)
      : stream_{key, 0, step}, element_((pixel << 16) | sample) {}

  ASSAY_SHARED std::uint32_t word() {
    if (used_ == 4) {
      block_ = stream_.block(element_);
      ++stream_.tensor;
      used_ = 0;
    }
    return block_[used_++];
  }

  ASSAY_SHARED float unit() { return static_cast<float>(word() >> 8) * 0x1p-24F; }

  struct Disc {
    float x, y;
    float square;  // x^2 + y^2, in (0, 1)
  };
  ASSAY_SHARED Disc disc() {
    for (;;) {
      const float x = unit() * 2.0F - 1.0F;
      const float y = unit() * 2.0F - 1.0F;
      const float square = x * x + y * y;
      if (square > 0 && square < 1) return {x, y, square};
    }
  }

  ASSAY_SHARED Vec3 ball() {
    for (;;) {
      const float x = unit() * 2.0F - 1.0F;
      const float y = unit() * 2.0F - 1.0F;
      const float z = unit() * 2.0F - 1.0F;
      const Vec3 p{x, y, z};
      if (dot(p, p) < 1) return p;
    }
  }

 private:
  PhiloxStream stream_;
  std::uint64_t element_;
  PhiloxBlock block_{};
  unsigned used_ = 4;
};

}  // namespace assay::compute::render
