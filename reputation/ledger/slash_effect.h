// What one slash does to its provider's trust, as things stand now. Reads one transaction; any
// thread that may. Errors: `storage` as the store's.
#pragma once

#include "reputation/ledger/view.h"

namespace assay::reputation {

struct SlashEffectNow {
  std::uint32_t trust_ppm = 0;    // in the slash's class
  std::uint32_t without_ppm = 0;  // the same history without the slash, its stake given back
};
Result<SlashEffectNow> effect_now(const View& view, std::uint64_t index, const SlashState& slash,
                                  UnixMillis now, const wire::Policy& policy);

}  // namespace assay::reputation
