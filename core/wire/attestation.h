// One provider's signed claim: "I ran this job, and these are its step digests."
// A value; any thread. Bytes: FORMAT.md "attestation". Vectors: vectors/attestation/.
#pragma once

#include "core/wire/provider.h"
#include "core/wire/trace.h"

namespace assay::wire {

struct Attestation {
  Digest job;               // SHA-256 of the order's PAE
  Digest result;            // the subject: a fixed function of the trace (core/compute/program.h)
  Digest root;              // RFC 6962 root over the N+1 step leaves (trace.h)
  std::uint32_t steps = 0;  // N, 1..kTraceStepsMax; must equal the plan's
  std::uint64_t seq = 0;    // 1, 2, 3, … per provider, no gaps
  Digest prev;              // PAE digest of this provider's attestation seq-1; zeros for the first
  UnixMillis started;       // the provider's clock: a claim, never evidence
  UnixMillis finished;
  std::vector<Device> devices;
  std::string backend;  // "cpu/avx512", "cuda/sm_90"
  Digest result_blob;   // SHA-256 of the delivered bytes
  Digest trace_blob;    // SHA-256 of the trace file (trace.h)
};

// Subject: "result", the result digest.
Statement attestation_statement(const Attestation& attestation);
Result<Attestation> parse_attestation(std::string_view payload);
Result<Attestation> parse_attestation(const Statement& statement);

}  // namespace assay::wire
