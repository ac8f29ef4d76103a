// What the ledger holds for and against a provider.
#pragma once

#include <ostream>

#include "tests/sim/world.h"

namespace assay::test {

// Everything that is counted for or against a provider.
struct Standing {
  std::uint64_t passes = 0, soft = 0, proven = 0;
  std::uint64_t timeouts = 0, slashes = 0;
  std::uint64_t audited = 0, passed = 0;
  std::uint32_t integrity_ppm = 0;
  bool operator==(const Standing&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Standing& it);

reputation::ProviderState provider_row(World& world, const std::string& name);
Standing standing(World& world, const std::string& name);
bool is_registered(World& world, const std::string& name);

}  // namespace assay::test
