// Whether a provider is owed a job of the verifier's own: verifier/service/top_up.h. Pure.
#pragma once

#include <cstdint>

namespace assay::sim {

// audits_ppm: expected ones of the last 24 hours; spent, budget, price: in micros, of 24 hours.
bool is_top_up_due(std::uint64_t audits_ppm, std::uint64_t spent, std::uint64_t budget,
                   std::uint64_t price);

}  // namespace assay::sim
