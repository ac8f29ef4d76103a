// The fields of a provider that a query may name: one row per provider and class. The table is the
// contract; GRAMMAR.md lists it for readers. Any thread.
#pragma once

#include "reputation/query/query.h"

namespace assay::reputation::query {

// The places of the fields in the table, and so in a row.
enum ProviderField : std::size_t {
  kId,
  kName,
  kRegion,
  kGpuName,
  kNumGpus,
  kGpuRam,
  kWorkload,
  kPrice,
  kScore,
  kIntegrity,
  kUptime,
  kPerformance,
  kUncertainty,
  kTier,
  kHardware,
  kAudits,
  kLastAuditHours,
  kAgeDays,
  kSlashes,
  kBonded,
  kOpenJobs,
  kVerified,
  kAvailable,
  kNewcomer,
  kProviderFields,  // how many
};

Fields provider_fields();

}  // namespace assay::reputation::query
