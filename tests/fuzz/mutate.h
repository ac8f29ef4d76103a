// Changes to an input such as strangers and accidents make. Pure: the same generator state gives
// the same bytes on every machine.
#pragma once

#include <random>
#include <span>

#include "core/base/bytes.h"

namespace assay::fuzz {

// One to four changes: bits and bytes flipped, cut, doubled, moved in from another input; numbers
// replaced by extreme ones, as text and as binary integers; members of JSON doubled; nesting.
Bytes mutate(ByteView input, std::span<const Bytes> others, std::mt19937_64& random);

}  // namespace assay::fuzz
