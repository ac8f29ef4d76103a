#include "reputation/policy/hardware.h"

#include <algorithm>
#include <array>

namespace assay::reputation {
namespace {

constexpr std::uint64_t kTera = 1'000'000'000'000;

// Ascending by price.
constexpr std::array<HardwareClass, 11> kClasses{{
    {"rtx-3060", 329, 51 * kTera},
    {"rtx-3090", 1'499, 142 * kTera},
    {"rtx-4090", 1'599, 330 * kTera},
    {"rtx-5090", 1'999, 419 * kTera},
    {"l4", 2'500, 121 * kTera},
    {"l40s", 7'500, 366 * kTera},
    {"a100-40g", 10'000, 312 * kTera},
    {"a100-80g", 15'000, 312 * kTera},
    {"h100-pcie", 25'000, 756 * kTera},
    {"h100-sxm", 30'000, 989 * kTera},
    {"h200", 32'000, 989 * kTera},
}};

bool shows(const HardwareClass& it, std::uint64_t rate) {
  return rate >= it.published / kClassShownPart;
}

}  // namespace

const HardwareClass* hardware_class(std::string_view name) {
  const auto found = std::ranges::find(kClasses, name, &HardwareClass::name);
  return found == kClasses.end() ? nullptr : &*found;
}

const HardwareClass* shown_class(std::string_view claimed, std::uint64_t rate) {
  const HardwareClass* most = hardware_class(claimed);
  if (most == nullptr) return nullptr;
  const HardwareClass* shown = nullptr;
  for (const HardwareClass& it : kClasses) {
    if (it.dollars <= most->dollars && shows(it, rate)) shown = &it;
  }
  return shown;
}

}  // namespace assay::reputation
