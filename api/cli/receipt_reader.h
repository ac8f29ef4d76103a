// A receipt on the renter's side: its signed entries, the result they speak of, and an envelope
// that anybody can check with OpenSSL alone. Judging a receipt as a whole is `assay audit`'s work.
#pragma once

#include <memory>

#include "api/port/port.h"
#include "core/compute/program.h"
#include "core/wire/attestation.h"
#include "core/wire/leaf.h"
#include "core/wire/receipt.h"

namespace assay::cli {

// The statement of this name ("order", "attestation", …), as its signer signed it.
//   no_evidence  there is no such entry
//   signature    it is not signed by whom it says
//   malformed    not a log entry
Result<wire::LogLeaf> signed_entry(const wire::CaseFile& receipt, const std::string& name);
bool has_entry(const wire::CaseFile& receipt, const std::string& name);

struct JobResult {
  wire::Attestation attestation;
  PublicKey provider;
  Bytes raw;                   // the canonical bytes
  compute::Artefact artefact;  // the same as a file for people
};

// Gets a job's result and checks it: it is what the provider attested for this very order.
//   unbound      receipt, order and result do not belong together: says which
//   errors of the port, of the receipt and of the order
Result<JobResult> fetch_result(api::Port& port, const Digest& job, const wire::CaseFile& receipt);

// The receipt of a job; waits up to `wait_ms` for the audit's verdict to be under a signed
// checkpoint, since a receipt without it proves little.
Result<std::string> fetch_receipt(api::Port& port, const std::string& job, std::int64_t wait_ms);

// Writes pae.bin, sig.bin and pub.pem of an entry into a folder, for
//   openssl pkeyutl -verify -pubin -inkey pub.pem -rawin -in pae.bin -sigfile sig.bin
Status export_entry(const wire::LogLeaf& leaf, const std::string& folder);

}  // namespace assay::cli
