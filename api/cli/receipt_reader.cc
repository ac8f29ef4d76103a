#include "api/cli/receipt_reader.h"

#include "core/base/file.h"
#include "core/base/time.h"
#include "core/wire/dsse.h"
#include "core/wire/tlog_proof.h"

namespace assay::cli {
namespace {

constexpr std::int64_t kAskAgainMs = 100;

const wire::LoggedEntry* find_entry(const wire::CaseFile& receipt, const std::string& name) {
  for (const wire::LoggedEntry& entry : receipt.entries) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

// The order's inputs: those in the receipt, and the rest from the verifier.
compute::InputSource inputs_of(api::Port& port, const wire::CaseFile& receipt) {
  return [&port, &receipt](const wire::Input& input) -> Result<Bytes> {
    for (const wire::NamedBytes& have : receipt.inputs) {
      if (have.name == input.name && sha256(have.data) == input.sha256) return have.data;
    }
    return port.get_blob(input.sha256);
  };
}

Result<bool> is_complete(const std::string& text) {
  const Result<wire::CaseFile> file = wire::parse_case_file(text);
  if (!file.ok()) return file.error();
  return has_entry(file.value(), "verdict") && has_entry(file.value(), "summary");
}

}  // namespace

bool has_entry(const wire::CaseFile& receipt, const std::string& name) {
  return find_entry(receipt, name) != nullptr;
}

Result<wire::LogLeaf> signed_entry(const wire::CaseFile& receipt, const std::string& name) {
  const wire::LoggedEntry* entry = find_entry(receipt, name);
  if (entry == nullptr) return fail(Code::no_evidence, "the receipt has no " + name);
  const Result<wire::TlogProof> proof = wire::parse_tlog_proof(entry->proof);
  if (!proof.ok()) return proof.error().in(name);
  if (!proof.value().extra) return fail(Code::malformed, name + ": the entry has no leaf");
  Result<wire::LogLeaf> leaf = wire::parse_leaf(*proof.value().extra);
  if (!leaf.ok()) return leaf.error().in(name);
  if (Status signed_by = wire::verify_leaf(leaf.value()); !signed_by.ok()) {
    return signed_by.error().in(name);
  }
  return leaf;
}

Result<JobResult> fetch_result(api::Port& port, const Digest& job, const wire::CaseFile& receipt) {
  const Result<wire::LogLeaf> order_leaf = signed_entry(receipt, "order");
  if (!order_leaf.ok()) return order_leaf.error();
  if (order_leaf.value().pae_digest != job) {
    return fail(Code::unbound, "the receipt is of another job than " + job.hex());
  }
  const Result<wire::Order> order = wire::parse_order(order_leaf.value().payload);
  if (!order.ok()) return order.error().in("order");
  const Result<wire::LogLeaf> leaf = signed_entry(receipt, "attestation");
  if (!leaf.ok()) return leaf.error();
  Result<wire::Attestation> attestation = wire::parse_attestation(leaf.value().payload);
  if (!attestation.ok()) return attestation.error().in("attestation");
  if (attestation.value().job != job) {
    return fail(Code::unbound, "the attestation in the receipt is of another job");
  }
  const Result<std::unique_ptr<compute::Program>> program =
      compute::load_program(order.value().spec, inputs_of(port, receipt));
  if (!program.ok()) return program.error().in("order");
  Result<Bytes> raw = port.result(job.hex());
  if (!raw.ok()) return raw.error();
  const Result<Digest> digest = compute::result_digest(*program.value(), raw.value());
  if (!digest.ok() || digest.value() != attestation.value().result) {
    return fail(Code::unbound,
                "the delivered result is not the attested one: do not use it; `assay audit` with "
                "the job's receipt shows what can be proven");
  }
  Result<compute::Artefact> artefact = program.value()->artefact(raw.value());
  if (!artefact.ok()) return artefact.error();
  return JobResult{std::move(attestation).value(), leaf.value().signer, std::move(raw).value(),
                   std::move(artefact).value()};
}

Result<std::string> fetch_receipt(api::Port& port, const std::string& job, std::int64_t wait_ms) {
  const SteadyMillis end = system_clock().steady_now() + wait_ms;
  for (;;) {
    Result<std::string> text = port.receipt(job);
    const bool is_late = system_clock().steady_now() >= end;
    if (!text.ok() && text.error().code == Code::inconclusive && !is_late) {
      system_clock().sleep(kAskAgainMs);  // witnesses have not seen all of it yet
      continue;
    }
    if (!text.ok()) return text;
    const Result<bool> complete = is_complete(text.value());
    if (!complete.ok()) return complete.error().in("receipt of " + job);
    if (complete.value() || is_late) return text;
    system_clock().sleep(kAskAgainMs);
  }
}

Status export_entry(const wire::LogLeaf& leaf, const std::string& folder) {
  if (Status made = make_folders(folder); !made.ok()) return made;
  // SubjectPublicKeyInfo of an Ed25519 key (RFC 8410).
  Result<Bytes> key = from_hex("302a300506032b6570032100");
  if (!key.ok()) return key.error();
  append(key.value(), leaf.signer.view());
  const std::string pem =
      "-----BEGIN PUBLIC KEY-----\n" + to_base64(key.value()) + "\n-----END PUBLIC KEY-----\n";
  const Bytes signed_bytes = wire::pae(wire::kPayloadType, as_bytes(leaf.payload));
  const std::pair<const char*, ByteView> files[] = {
      {"/pae.bin", signed_bytes}, {"/sig.bin", leaf.signature.view()}, {"/pub.pem", as_bytes(pem)}};
  for (const auto& [name, bytes] : files) {
    if (Status written = write_file_durably(folder + name, bytes); !written.ok()) return written;
  }
  return {};
}

}  // namespace assay::cli
