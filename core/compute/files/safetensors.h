// safetensors files (a u64 length, a JSON header, the data). Pure; any thread.
// Source: the format's own README, with each ambiguity it warns of refused.
#pragma once

#include "core/compute/files/number_array.h"

namespace assay::compute {

// Reads all tensors, in the order of the header. Strict, so that one file has one meaning: the
// header is one JSON object that begins with '{' and is padded with spaces only; no duplicate keys;
// each tensor has exactly dtype (I8, F16, BF16, F32), shape and data_offsets; and the tensors cover
// the data exactly, without gaps or overlaps. "__metadata__" is allowed and not looked at.
//   malformed    says what is wrong, and what is supported
Result<std::vector<NamedArray>> parse_safetensors(ByteView file);

}  // namespace assay::compute
