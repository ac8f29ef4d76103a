// Rotary position embedding (Su et al. 2021, "RoFormer"), as Llama and Qwen checkpoints on Hugging
// Face have it: element i of the first half of a head turns with element i of the second half.
//
// The frequencies are numbers of the model and are committed with it; the tables follow from them.
// Both are made once, on the host, by IEEE double operations and the portable sine and cosine.
// A size or range that does not fit is a bug of the caller and stops the program.
#pragma once

#include <cstdint>
#include <span>

#include "core/compute/engine.h"

namespace assay::compute::rx1 {

// frequency[i] = root^i, where root is the largest double in (0, 1] with root^n * base <= 1
// (n = frequency.size()); both powers by repeated multiplication from the left. To 2^-44, it is
// base^(-i/n). 1 <= base <= 2^64. Models that scale their frequencies change them here.
// Pure; any thread.
void rope_frequencies(double base, std::span<double> frequency);

// Row r of the tables is position first + r; both are (rows, frequencies):
//   turns = frequency[i] * position * (1 / 2 pi), less the nearest integer (ties to even)
//   cosine = cos_f32(f32(turns * 2 pi)), sine = sin_f32(f32(turns * 2 pi))
// in double up to the f32, every operation rounded. A row depends on its position alone.
// frequency in [0, 1], positions below 2^31.
void rope_table(const Engine& engine, std::span<const double> frequency, std::uint64_t first,
                std::span<float> cosine, std::span<float> sine);

// In place, for each token r, each of its heads and i < h:
//   x' = fma(x[i], cosine[i], -mul(x[i + h], sine[i]))
//   y' = fma(x[i + h], cosine[i], mul(x[i], sine[i]))
// x (rows, heads, head_size); row r of the tables (rows, h) is that of token r's position. 2h <=
// head_size, and what is beyond 2h stays.
void rotate(const Engine& engine, std::span<float> x, std::size_t heads, std::size_t head_size,
            std::span<const float> cosine, std::span<const float> sine);

}  // namespace assay::compute::rx1
