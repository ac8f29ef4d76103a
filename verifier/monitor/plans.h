// What of an attestation is to be checked, derived again from the log alone: the order's plan, and
// from it, the draw's seed and the policy, the positions. One thread.
#pragma once

#include <functional>
#include <map>

#include "core/compute/program.h"
#include "reputation/ledger/view.h"
#include "verifier/scope.h"

namespace assay::verifier::monitor {

// The plan of an order.
//   no_evidence  it takes inputs that are not at hand
//   malformed    nothing that this build can run
using PlanSource = std::function<Result<compute::Plan>(const wire::WorkloadSpec&)>;
// Most plans follow from the order's parameters alone; `inputs` may give the others. Empty: none.
PlanSource plans_from(compute::InputSource inputs);

class Plans {
 public:
  explicit Plans(PlanSource source) : source_(std::move(source)) {}

  // Of the job that an attestation is about. Errors as PlanSource; storage.
  Result<compute::Plan> of_job(const reputation::View& view, const reputation::JobState& job,
                               std::uint64_t log_size);
  // What was drawn of it. The attestation must have its seed.
  Result<Scope> scope_of(const reputation::View& view, const reputation::AttestationState& row,
                         const wire::Policy& policy, std::uint64_t log_size);

 private:
  PlanSource source_;
  std::map<Digest, Result<compute::Plan>> known_;  // by all of the order that a plan depends on
};

}  // namespace assay::verifier::monitor
