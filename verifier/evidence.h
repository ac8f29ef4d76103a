// Checking a fraud proof: the file that a slash rests on, re-run on any CPU. Pure but for time
// spent; any thread. Source: verification.md "Evidence".
#pragma once

#include "verifier/audit.h"

namespace assay::verifier {

struct EvidenceReport {
  std::vector<Check> checks;
  // mismatch      fraud shown: the scalar definition gives another result at the faulty step
  // equivocation  fraud shown: two different attestations of one job, both signed by the provider
  // nothing       the evidence holds together, but shows no fraud
  // inconclusive  our own failure to recompute
  // others        the evidence does not hold: the code of the first check that failed
  std::optional<Code> code;
  std::optional<Error> failure;  // the failed check, or what was shown
  std::optional<wire::Fault> shown;
  std::optional<std::uint32_t> faulty_step;  // wrong result only; 0 is the start state
  std::optional<std::uint64_t> faulty_row;
  AuditFacts facts;

  bool fraud_shown() const { return shown.has_value(); }
  int exit_code() const { return code ? static_cast<int>(*code) : 0; }
};

// Of the options, result, replay and max_age_ms are not used: fraud does not go stale.
EvidenceReport check_evidence(std::string_view text, const AuditOptions& options);

}  // namespace assay::verifier
