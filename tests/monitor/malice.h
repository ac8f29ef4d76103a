// Ways in which a verifier, or whoever serves its log, can be dishonest. Seeded. One thread.
#pragma once

#include <string>
#include <vector>

#include "tests/monitor/watched.h"

namespace assay::test {

struct Malice {
  const char* name;
  // Lets an honest log begin, watched; then does it. What the monitor said of it is returned:
  // the name of the finding, "none", or "error: …".
  std::string (*run)(std::uint64_t seed);
  // What it may be found as.
  std::vector<std::string> found_as;
};

const std::vector<Malice>& malices();

}  // namespace assay::test
