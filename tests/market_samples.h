// Providers that nobody registered, for tests and benches of markets: every field takes many
// values, some of them none, and the same seed gives the same. One thread.
#pragma once

#include "core/base/random.h"
#include "verifier/service/market.h"

namespace assay::test {

inline constexpr UnixMillis kSampleTime{1'780'000'000'000};

// What one provider is. Ids are as if drawn; `number` names it.
verifier::MarketEntry sample_entry(Random& random, std::uint64_t number);

// So many of them, numbered from 0.
std::shared_ptr<const verifier::Market> sample_market(std::uint64_t seed, std::size_t providers);

// Anybody may have a job: free, of a tier that may have it, and slashed for nothing.
verifier::MarketEntry able_entry(std::uint64_t number);
std::shared_ptr<const verifier::Market> market_of(
    const std::vector<verifier::MarketEntry>& entries);

}  // namespace assay::test
