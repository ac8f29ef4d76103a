// Honest audits by the million, with everything of ours that can go wrong: devices that fail,
// replays that time out, workers that lie below the collusion bound, and their verdicts voided when
// they are caught. Nobody may be slashed, and every score must be the one of a history in which the
// voided verdicts never were, to the byte.
#pragma once

#include <functional>

#include "tests/sim/economy/tally.h"

namespace assay::sim {

struct AuditsOptions {
  std::uint64_t audits = 10'000'000;
  std::uint64_t seed = 1;
  unsigned threads = 1;
  bool confirms = true;  // Rules::confirms
  std::function<void(const std::string&)> say = [](const std::string&) {};
};

struct AuditsResult {
  std::uint64_t providers = 0;
  std::uint64_t verdicts = 0;  // told, voided ones among them
  std::uint64_t false_slashes = 0;
  std::uint64_t scores = 0;   // compared
  std::uint64_t inexact = 0;  // of those: another than without the voided verdicts
  AuditorStats auditor;
  Digest state;
};

AuditsResult run_audits(const AuditsOptions& options);

}  // namespace assay::sim
