#include "reputation/ledger/epochs.h"

#include "reputation/policy/pass_weight.h"

namespace assay::reputation {

void EpochEvents::add(const EventState& event) {
  switch (event.kind) {
    case EventKind::pass:
      passes += 1;
      sixteenths[event.renter] += event.sixteenths;
      seconds += event.seconds;
      return;
    case EventKind::soft: others.soft += 1; return;
    case EventKind::report: reports += 1; return;
    case EventKind::proven:
    case EventKind::equivocation: break;
  }
  others.proven += 1;
  others.severity_ppm += event.severity_ppm;
  others.equivocations += event.kind == EventKind::equivocation ? 1 : 0;
}

EpochCounts EpochEvents::counts(PassMass& mass) const {
  std::vector<RenterPasses> renters;
  std::uint64_t weight = 0;
  for (const auto& [renter, of_renter] : sixteenths) {
    if (renter == 0) {
      weight += of_renter;
    } else {
      renters.push_back({mass.of_renters[renter], of_renter});
    }
  }
  mass.total += weight;
  const std::vector<std::uint64_t> counted = capped_weights(renters, mass.total);
  std::size_t at = 0;
  for (const auto& [renter, of_renter] : sixteenths) {
    if (renter == 0) continue;
    mass.of_renters[renter] += counted[at];
    mass.total += counted[at];
    weight += counted[at++];
  }
  const std::uint64_t whole = mass.carry + weight;
  EpochCounts all = others;
  all.passes = static_cast<std::uint32_t>(whole / kPassUnit);
  mass.carry = static_cast<std::uint32_t>(whole % kPassUnit);
  return all;
}

}  // namespace assay::reputation
