// NumPy's .npy files (numpy.lib.format, versions 1.0 to 3.0). Pure; any thread.
#pragma once

#include "core/compute/files/number_array.h"

namespace assay::compute {

// Reads one array of |i1, <u2, <f2 or <f4 in C order. Strict, so that one file has one meaning: the
// header holds descr, fortran_order and shape once each and nothing else, and the data ends the
// file.
//   malformed    says what is wrong, and what is supported
Result<NumberArray> parse_npy(ByteView file);

// A version 1.0 file of f32, its data aligned to 64 bytes as NumPy writes it.
Bytes write_npy(std::span<const std::uint64_t> dims, std::span<const float> values);

}  // namespace assay::compute
