// What a job that has ended comes to, for whoever holds the money.
#include "core/wire/dsse.h"
#include "core/wire/stake.h"
#include "reputation/policy/tiers.h"
#include "verifier/service/documents.h"
#include "verifier/service/snapshot.h"

namespace assay::verifier {

using reputation::JobState;
using reputation::JobStatus;

namespace {

// When the job's fate was sealed: by its verdict, or by the coin that passed it over.
Result<UnixMillis> ended_at(const Snapshot& at, const reputation::AttestationState& row) {
  const std::uint64_t index = row.verdict_index != 0 ? row.verdict_index : row.draw_index;
  Result<wire::LogLeaf> leaf = at.view().log(at.head.size).leaf(index);
  if (!leaf.ok()) return leaf.error();
  return leaf.value().time;
}

wire::Settlement settlement_of(const JobState& job, UnixMillis ended, UnixMillis now,
                               const wire::Policy& policy) {
  wire::Settlement out;
  out.provider = *job.provider;
  out.price_micros = job.price_micros;
  out.released = {ended.ms + static_cast<std::int64_t>(policy.finality_ms)};
  if (job.status != JobStatus::settled) return out;  // shown wrong, or withheld: nothing is owed
  const std::uint32_t held_ppm = now < out.released ? job.holdback_ppm : 0;
  out.holdback_micros =
      job.price_micros / 1'000'000 * held_ppm + job.price_micros % 1'000'000 * held_ppm / 1'000'000;
  out.payable_micros = job.price_micros - out.holdback_micros;
  return out;
}

}  // namespace

Result<std::string> settlement_envelope(const Context& context, const std::string& id) {
  Result<Snapshot> at = snapshot(context);
  if (!at.ok()) return at.error();
  Result<Digest> job_id = parse_id(id, "job");
  if (!job_id.ok()) return job_id.error();
  Result<std::optional<JobState>> job = at.value().view().job(job_id.value());
  if (!job.ok()) return job.error();
  if (!job.value()) return fail(Code::not_found, "no job " + id + " is known here");
  const JobStatus status = job.value()->status;
  if (status != JobStatus::settled && status != JobStatus::failed) {
    return fail(Code::conflict, std::string("the job is ") + reputation::job_status_name(status) +
                                    ": it is settled when it was audited, or passed over");
  }
  Result<std::optional<reputation::AttestationState>> row =
      at.value().view().attestation(*job.value()->attestation_index);
  if (!row.ok()) return row.error();
  if (!row.value()) return fail(Code::storage, "a job that ended without its attestation");
  if (status == JobStatus::settled) {
    row.value() = reputation::as_first_audited(std::move(*row.value()));
  }
  Result<UnixMillis> ended = ended_at(at.value(), *row.value());
  if (!ended.ok()) return ended.error();
  const auto policy = context.policy_of(*job.value());
  if (!policy.ok()) return policy.error();
  wire::Settlement out =
      settlement_of(*job.value(), ended.value(), at.value().now, policy.value()->policy);
  out.job = job_id.value();
  out.origin = context.origin();
  out.tree_size = at.value().head.size;
  out.root = at.value().head.root;
  out.verdict_index = row.value()->verdict_index;
  return wire::seal(context.keys.verifier, wire::statement_text(wire::settlement_statement(out)));
}

}  // namespace assay::verifier
