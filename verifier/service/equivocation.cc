// Accusations of providers who signed two attestations for one job.
#include "core/wire/events.h"
#include "verifier/service/case_files.h"
#include "verifier/service/service.h"

namespace assay::verifier {
namespace {

constexpr std::size_t kAccusedMax = 256;

}  // namespace

// Two different signed attestations for one job: the two messages are the whole proof.
void Service::accuse_equivocation(const std::string& envelope) {
  Result<Received> second = receive(context_, wire::Kind::attestation, envelope);
  if (!second.ok()) return;
  Result<wire::Attestation> said = wire::parse_attestation(second.value().opened.payload);
  if (!said.ok()) return;
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
  if (!txn.ok()) return;
  const reputation::View view(*txn.value());
  const Digest id = reputation::provider_id(second.value().opened.signer);
  Result<std::optional<std::uint64_t>> first = view.claim(said.value().job, id);
  if (!first.ok() || !first.value()) return;
  Result<std::optional<reputation::AttestationState>> row = view.attestation(*first.value());
  if (!row.ok() || !row.value() || row.value()->slash_index != 0) return;
  Result<std::optional<reputation::JobState>> job = view.job(said.value().job);
  if (!job.ok() || !job.value()) return;
  const auto policy = context_.policy_of(*job.value());
  if (!policy.ok()) return;
  txn.value().reset();
  const std::uint64_t published = publisher_.size();
  Result<wire::CaseFile> file = equivocation_file(context_, *first.value(), envelope);
  if (!file.ok() && file.error().code == Code::inconclusive) {
    const std::scoped_lock lock(accused_mutex_);
    if (accused_.size() < kAccusedMax) accused_.emplace_back(envelope, published);
  }
  if (!file.ok()) return;
  const std::string text = wire::case_file_text(file.value());
  wire::Slash slash;
  slash.provider = second.value().opened.signer;
  slash.class_name = row.value()->class_name;
  slash.fault = wire::Fault::equivocation;
  slash.job = said.value().job;
  slash.attestation = row.value()->statement;
  slash.attestation_index = *first.value();
  slash.evidence_indices = {*first.value()};
  slash.evidence_blob = sha256(as_bytes(text));
  slash.severity_ppm = policy.value()->policy.severity_equivocation_ppm;
  slash.finality =
      ports_.clock.unix_now() + static_cast<std::int64_t>(reputation::finality_after_ms(
                                    slash.severity_ppm, policy.value()->policy));
  slash.detail =
      "two different signed attestations for one job; the evidence holds both. Appeal in form, "
      "before finality: assay slash appeal, with the leaf of this record.";
  if (!ports_.blobs.put(slash.evidence_blob, as_bytes(text)).ok()) return;
  (void)log_own(context_, wire::slash_statement(slash));
}

// Evidence is made of what is published, and that may have had to wait for witnesses.
void Service::accuse_what_waited() {
  std::vector<std::pair<std::string, std::uint64_t>> waiting;
  {
    const std::scoped_lock lock(accused_mutex_);
    if (accused_.empty()) return;
    const std::uint64_t published = publisher_.size();
    std::erase_if(accused_, [&](auto& one) {
      const bool has_moved = one.second < published;
      if (has_moved) waiting.push_back(std::move(one));
      return has_moved;
    });
  }
  for (const auto& [envelope, published] : waiting) accuse_equivocation(envelope);
}

}  // namespace assay::verifier
