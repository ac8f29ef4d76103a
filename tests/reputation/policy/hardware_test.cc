#include "reputation/policy/hardware.h"

#include "reputation/policy/tiers.h"
#include "tests/catch.h"

namespace assay::reputation {
namespace {

constexpr std::uint64_t kTera = 1'000'000'000'000;

std::string shown(std::string_view claimed, std::uint64_t rate) {
  const HardwareClass* it = shown_class(claimed, rate);
  return it == nullptr ? "none" : std::string(it->name);
}

}  // namespace

TEST_CASE("a card is what it measures, and never more than its claim") {
  const struct {
    const char* claimed;
    std::uint64_t rate;
    const char* is;
  } rows[] = {
      {"h100-sxm", 300 * kTera, "h100-sxm"},
      {"h100-sxm", 62 * kTera, "h100-sxm"},   // a sixteenth of 989
      {"h100-sxm", 61 * kTera, "h100-pcie"},  // the dearest cheaper one that it shows
      {"h100-sxm", 21 * kTera, "a100-80g"},
      {"h100-sxm", 10 * kTera, "l4"},
      {"h100-sxm", kTera, "none"},
      {"rtx-4090", 900 * kTera, "rtx-4090"},  // claimed too little: its own loss
      {"cpu", 900 * kTera, "none"},
      {"h300", 900 * kTera, "none"},
      {"", 0, "none"},
  };
  for (const auto& it : rows) {
    INFO(it.claimed << " at " << it.rate);
    CHECK(shown(it.claimed, it.rate) == it.is);
  }
}

TEST_CASE("what a card is worth follows from its price") {
  CHECK(hardware_tier(hardware_class("rtx-3060")->dollars) == Tier::entry);
  CHECK(hardware_tier(hardware_class("rtx-4090")->dollars) == Tier::low);
  CHECK(hardware_tier(hardware_class("l40s")->dollars) == Tier::medium);
  CHECK(hardware_tier(hardware_class("a100-80g")->dollars) == Tier::high);
  CHECK(hardware_tier(hardware_class("h200")->dollars) == Tier::ultra_high);
  CHECK(hardware_class("cpu") == nullptr);
}

TEST_CASE("a faster rate never shows a cheaper card") {
  for (const char* claimed : {"rtx-4090", "l40s", "h100-pcie", "h200"}) {
    std::uint64_t last = 0;
    for (std::uint64_t rate = 0; rate < 100 * kTera; rate += kTera / 4) {
      const HardwareClass* it = shown_class(claimed, rate);
      const std::uint64_t dollars = it == nullptr ? 0 : it->dollars;
      CHECK(dollars >= last);
      last = dollars;
    }
    CHECK(last == hardware_class(claimed)->dollars);
  }
}

}  // namespace assay::reputation
