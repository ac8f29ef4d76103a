// ASSAY_CHECK stops the program when our own code is wrong. It is on in every build.
// Never apply it to bytes that came from somebody else: those get a Result.
#pragma once

#include <string_view>

namespace assay {

[[noreturn]] void check_failed(std::string_view condition, std::string_view why,
                               std::string_view file, int line);

}  // namespace assay

#define ASSAY_CHECK(condition, why)                                 \
  do {                                                              \
    if (!(condition)) {                                             \
      ::assay::check_failed(#condition, (why), __FILE__, __LINE__); \
    }                                                               \
  } while (false)
