// What a provider checks before it takes a job. The offer comes from a verifier that may lie.
// Pure; any thread.
#pragma once

#include "core/wire/order.h"
#include "core/wire/poll.h"

namespace assay::prover {

// Opens an order as its renter signed it.
//   malformed    not an envelope, not an order, or a field outside its range
//   signature    the renter it names did not sign it
Result<wire::Order> open_order(std::string_view envelope, Digest& job);

// An offer that this provider may take.
//   malformed, signature   as open_order()
//   unbound      the offer's job is not the digest of its order; or the order names another
//                provider or another device class
Result<wire::Order> check_offer(const wire::Offer& offer, const PublicKey& provider,
                                std::string_view device_class);

}  // namespace assay::prover
