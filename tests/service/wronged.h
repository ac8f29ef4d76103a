// Providers that are slashed, with and without cause, and what they say to it. One thread.
#pragma once

#include "tests/service/standing.h"

namespace assay::test {

// A runner that finds whatever it is given wrong, in its first opened step; the real one after so
// many times.
verifier::ReplayRunner lying_runner(int times, const wire::Policy& policy);

// The demo's policy, stake asked for: 10 dollars, told of by whoever has bond_key().
wire::Policy policy_with_stake();
SigningKey bond_key();
void bond(World& world, const std::string& name, std::uint64_t micros);

// Waits until the provider is slashed once more than `before`; the slash's id.
std::string slash_of(World& world, const std::string& name);
wire::Json slash_document(World& world, const std::string& id);
// "status", "effect.deposit", "appeal.possible", …
std::string slash_text(World& world, const std::string& id, const std::string& path);

// The appeal of this provider, signed, as `assay slash appeal` would send it.
Result<api::Accepted> appeal(World& world, const std::string& name, const std::string& id);

// What the provider's agent has heard, out of its journal.
std::vector<prover::HeardNotice> heard(World& world, const std::string& name,
                                       const std::string& kind);

}  // namespace assay::test
