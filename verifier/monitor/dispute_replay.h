// Replaying an ended dispute from the log and the bytes that its moves name: does its end follow?
// One thread.
#pragma once

#include <functional>

#include "core/compute/program.h"
#include "reputation/ledger/view.h"

namespace assay::verifier::monitor {

// What of a dispute is not in the log. Where both are empty, nothing is replayed.
struct DisputeSource {
  // The program of an order.
  //   no_evidence  it takes inputs that are not at hand
  //   malformed    nothing that this build can run
  std::function<Result<std::shared_ptr<const compute::Program>>(const wire::WorkloadSpec&)> program;
  // The blob of this digest, from anywhere.
  std::function<Result<Bytes>(const Digest&)> blob;
};
// `inputs` may be empty: jobs that take none.
DisputeSource disputes_from(compute::InputSource inputs,
                            std::function<Result<Bytes>(const Digest&)> blob);

// The dispute of leaf `index`, which has ended.
//   mismatch     its end is not what its moves come to, or a move was taken that is none: which
//   no_evidence  what it rests on is not at hand
//   storage      the log cannot be read
Status check_end(const reputation::View& view, std::uint64_t log_size, std::uint64_t index,
                 const reputation::DisputeState& dispute, const DisputeSource& source);

}  // namespace assay::verifier::monitor
