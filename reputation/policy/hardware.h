// The classes of cards that a reward depends on, and which of them a measured rate shows. Pure; any
// thread. Source: reputation policy v1, "Hardware tiers".
//
// Rates are multiply-adds a second: half of what the maker publishes for dense eight-bit tensor
// operations. A class is shown by a sixteenth of that: a benchmark makes its weights and carries
// its numbers over the memory as well, and a card that others share is still that card. Which
// card it was is never proven: a rate is statistical, and what reaches it counts as it.
#pragma once

#include <cstdint>
#include <string_view>

namespace assay::reputation {

inline constexpr std::uint64_t kClassShownPart = 16;

struct HardwareClass {
  std::string_view name;        // a device class: "h100-sxm"
  std::uint64_t dollars = 0;    // list price of the card
  std::uint64_t published = 0;  // multiply-adds a second
};

// Of this name; null when it is none of the table (a processor, or a card that is not listed).
const HardwareClass* hardware_class(std::string_view name);

// The class that so many multiply-adds a second show of a provider that claims `claimed`: that one,
// or where they are too few for it the dearest of the cheaper ones that they do show. Null: none.
// A card is never worth more than its claim.
const HardwareClass* shown_class(std::string_view claimed, std::uint64_t rate);

}  // namespace assay::reputation
