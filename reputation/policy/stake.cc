#include "reputation/policy/stake.h"

namespace assay::reputation {
namespace {

constexpr Q30 kLog2Five = 2'493'151'308;
// Beyond, 5^-ratio is below the last bit.
constexpr Wide kRatioMax = 14 * kOne;

}  // namespace

Q30 stake_factor(const Bonds& bonds) {
  if (bonds.required == 0) return kOne;
  const Wide ratio = divide(Wide{bonds.own} + bonds.delegated / 2, bonds.required);
  if (ratio >= kRatioMax) return kOne;
  return kOne - exp2_negative(static_cast<Q30>(multiply(ratio, kLog2Five)));
}

}  // namespace assay::reputation
