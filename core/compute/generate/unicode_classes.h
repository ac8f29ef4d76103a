// The classes of code points that the patterns of tokenizers speak of, frozen at Unicode 14.0: what
// was assigned later is neither letter nor number here. Pure; any thread.
#pragma once

#include <cstddef>

namespace assay::compute::generate {

bool is_letter(char32_t point);  // \p{L}
bool is_number(char32_t point);  // \p{N}
bool is_space(char32_t point);   // \s: the property White_Space

}  // namespace assay::compute::generate
