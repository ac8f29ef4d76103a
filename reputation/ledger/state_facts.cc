// What follows from a row alone, and the names of what rows say.

#include "core/base/bytes.h"
#include "core/crypto/sha256.h"
#include "reputation/ledger/states.h"

namespace assay::reputation {

Digest provider_id(const PublicKey& key) {
  return sha256(key.view());
}

AttestationState as_first_audited(AttestationState row) {
  if (!row.first) return row;
  const FirstAudit& it = *row.first;
  row.p_ppm = it.p_ppm;
  row.audit = it.audit;
  row.draw_index = it.draw_index;
  row.draw = it.draw;
  row.seed = it.seed;
  row.spotcheck_index = it.spotcheck_index;
  row.opening_blob = it.opening_blob;
  row.redraws = it.redraws;
  row.verdict_index = it.verdict_index;
  row.outcome = it.outcome;
  row.reason = wire::Reason::first;
  row.cause_index = 0;
  row.first.reset();
  return row;
}

SlashCase case_of(const SlashState& row) {
  return {.phase = row.phase,
          .withheld = row.fault == wire::Fault::withheld,
          .appealed = row.appeal_index != 0,
          .finality = row.finality,
          .decide_until = row.decide_until};
}

std::uint64_t renter_number(const PublicKey& renter) {
  return Reader(sha256(renter.view()).view()).u64_be();
}

const char* job_status_name(JobStatus status) {
  switch (status) {
    case JobStatus::open: return "open";
    case JobStatus::accepted: return "accepted";
    case JobStatus::attested: return "attested";
    case JobStatus::settled: return "settled";
    case JobStatus::failed: return "failed";
    case JobStatus::cancelled: return "cancelled";
  }
  return "open";
}

const char* event_kind_name(EventKind kind) {
  switch (kind) {
    case EventKind::pass: return "pass";
    case EventKind::soft: return "soft";
    case EventKind::proven: return "proven";
    case EventKind::equivocation: return "equivocation";
    case EventKind::report: return "report";
  }
  return "pass";
}

}  // namespace assay::reputation
