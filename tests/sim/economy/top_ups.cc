#include "tests/sim/economy/top_ups.h"

#include "verifier/service/top_up.h"

namespace assay::sim {

bool is_top_up_due(std::uint64_t audits_ppm, std::uint64_t spent, std::uint64_t budget,
                   std::uint64_t price) {
  return verifier::is_top_up_due({.audits_ppm = audits_ppm,
                                  .wanted = verifier::TopUpOptions{}.audits_a_day,
                                  .spent = spent,
                                  .budget = budget,
                                  .price = price});
}

}  // namespace assay::sim
