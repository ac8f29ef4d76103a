// What a provider is in one class, as the cells of a query and as a candidate of a match. Pure;
// private to the market.
#pragma once

#include "verifier/service/market.h"

namespace assay::verifier {

// "h200/gemm@1" has the device class "h200" and the workload "gemm@1".
std::string_view device_class_of(std::string_view class_name);
std::string_view workload_of(std::string_view class_name);

// Is it a class of the devices that the provider says it has now? Only for those it is given jobs.
bool is_current_class(const MarketEntry& entry, std::size_t of_class);

// The provider's record, tier and trust in the class; without one those of a newcomer.
reputation::ClassScore standing_in(const MarketEntry& entry, std::optional<std::size_t> of_class);
bool is_newcomer(const reputation::ClassScore& standing);
// 20 audits or more, and none shows it wrong.
bool is_verified(const reputation::ClassScore& standing);
// Since something last counted in the class.
std::optional<std::uint64_t> hours_since_audit(const reputation::ClassScore& standing,
                                               UnixMillis at, const wire::Policy& policy);

// In the order of provider_fields().
reputation::query::Row cells_of(const MarketEntry& entry, std::optional<std::size_t> of_class,
                                UnixMillis at, const wire::Policy& policy);
// Its price is what it asks per hour.
reputation::Candidate candidate_of(const MarketEntry& entry, std::optional<std::size_t> of_class);

}  // namespace assay::verifier
