// A provider without an agent: it takes jobs, works on them and signs what its caller likes, in any
// order and as often. One thread.
#pragma once

#include <functional>

#include "api/port/port.h"
#include "prover/attest.h"

namespace assay::test {

class ByHand {
 public:
  ByHand(api::Port& port, SigningKey key) : port_(port), key_(std::move(key)) {}

  const SigningKey& key() const { return key_; }
  Result<api::Accepted> register_as(const std::string& name);

  // Orders it for this provider by the renter, and accepts it. The job.
  Result<Digest> take(wire::Order order, const SigningKey& renter);

  // What it claims of a job that was ordered so, at this place of its chain, with trace and result
  // PUT where they are.
  Result<wire::Attestation> work(const Digest& job, const wire::Order& order,
                                 const prover::ChainPlace& place);

  std::string seal(const wire::Attestation& claim) const;

 private:
  Result<api::Accepted> say(const wire::Statement& statement, const SigningKey& key);

  api::Port& port_;
  SigningKey key_;
};

// The digest that the next attestation of a chain names as the one before it.
Digest digest_of(const wire::Attestation& claim);

}  // namespace assay::test
