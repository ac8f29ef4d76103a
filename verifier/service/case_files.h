// Case files out of the ledger: receipts for renters, fraud proofs for everybody. Thread-safe.
#pragma once

#include "core/wire/receipt.h"
#include "verifier/service/intake.h"

namespace assay::verifier {

struct PlanSize {
  std::uint32_t steps = 0;
  std::uint64_t rows = 0;
};
Result<PlanSize> plan_size(const Context& context, const OpenAudit& audit);

// The PAE digest of the statement in leaf `index`.
Result<Digest> leaf_statement(const Context& context, std::uint64_t index);

// The leaves behind a verdict on this attestation: order, acceptance, attestation, draw, spot-check
// and verdict, as far as they exist, ascending.
std::vector<std::uint64_t> evidence_indices(const Context& context,
                                            std::uint64_t attestation_index);

// All files are made at the published checkpoint (publisher.h):
//   inconclusive it does not cover everything that is to be in the file yet: try again soon

// Everything needed to recheck the verdict with nothing else at hand.
//   not_found    no verdict on that attestation
Result<wire::CaseFile> evidence_file(const Context& context, std::uint64_t attestation_index);

// The receipt of a job as it stands.
//   not_found    no such job, or nothing attested yet: says how far it is
Result<wire::CaseFile> receipt_file(const Reading& context, const Digest& job);

// The proof file of two attestations for one job: `second` is the one the log refused.
Result<wire::CaseFile> equivocation_file(const Context& context, std::uint64_t attestation_index,
                                         const std::string& second_envelope);

// The proof file of a dispute that ended in a conviction: its transcript, and the bytes that the
// moves name.
Result<wire::CaseFile> dispute_file(const Context& context, std::uint64_t attestation_index,
                                    std::uint64_t dispute_index,
                                    const std::vector<std::uint64_t>& move_indices,
                                    std::uint64_t end_index, const std::vector<Digest>& blobs);

}  // namespace assay::verifier
