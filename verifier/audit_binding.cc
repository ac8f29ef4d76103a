// Binding: every statement is about this job, this provider and these rules.
#include <algorithm>

#include "verifier/audit_case.h"
#include "verifier/replay.h"

namespace assay::verifier::audit {

using wire::Kind;

namespace {

constexpr std::int64_t kMillisPerSecond = 1'000;

bool check_present(const Case& file, CheckList& list) {
  std::string missing;
  for (const Kind kind : {Kind::policy, Kind::order, Kind::acceptance, Kind::attestation}) {
    if (file.find(kind) == nullptr) missing += " " + std::string(wire::entry_name(kind));
  }
  return list.check(layer::kBinding, "entries", missing.empty(), Code::no_evidence,
                    "the file lacks:" + missing);
}

// Entries stand in the order they were logged, and each stage of a job follows the one before.
Status check_order_of(const Case& file) {
  for (std::size_t i = 1; i < file.entries.size(); ++i) {
    const ProvenEntry& before = file.entries[i - 1];
    const ProvenEntry& after = file.entries[i];
    if (before.index >= after.index || before.leaf.time > after.leaf.time) {
      return fail(Code::unbound, std::string(wire::entry_name(after.kind)) + " does not follow " +
                                     std::string(wire::entry_name(before.kind)) + " in the log");
    }
  }
  const ProvenEntry* before = nullptr;
  for (const Kind kind : {Kind::policy, Kind::order, Kind::acceptance, Kind::attestation,
                          Kind::draw, Kind::verdict, Kind::summary}) {
    const ProvenEntry* entry = file.find(kind);
    if (entry == nullptr) continue;
    if (before != nullptr && before->index >= entry->index) {
      return fail(Code::unbound, std::string(wire::entry_name(kind)) + " was logged before " +
                                     std::string(wire::entry_name(before->kind)));
    }
    before = entry;
  }
  return {};
}

bool bind_policy(const Case& file, const wire::Trust& trust, BoundJob& job, CheckList& list) {
  const ProvenEntry& entry = *file.find(Kind::policy);
  job.policy_digest = wire::policy_digest(file.file.policy);
  if (!list.check(layer::kBinding, "policy: one you trust", trust.trusts_policy(job.policy_digest),
                  Code::unbound,
                  "the file was made under policy " + job.policy_digest.hex() +
                      ", which your policy file does not name")) {
    return false;
  }
  if (!check_verifier_signed(entry, trust, list)) return false;
  const auto change = read_entry<wire::PolicyChange>(entry, wire::parse_policy_change, list);
  if (!change) return false;
  if (!list.check(layer::kBinding, "policy: as it was logged", change->document == file.file.policy,
                  Code::unbound, "the policy in the file is not the one that its leaf has")) {
    return false;
  }
  Result<wire::Policy> policy = wire::parse_policy(file.file.policy);
  if (!policy.ok()) {
    list.fail(layer::kBinding, "policy: document", policy.error());
    return false;
  }
  job.policy = std::move(policy).value();
  job.policy_from = change->activation_epoch;
  return true;
}

bool bind_order(const Case& file, BoundJob& job, CheckList& list) {
  const ProvenEntry& entry = *file.find(Kind::order);
  auto order = read_entry<wire::Order>(entry, wire::parse_order, list);
  if (!order) return false;
  job.order = std::move(*order);
  job.job = entry.leaf.pae_digest;
  const std::uint64_t epoch =
      static_cast<std::uint64_t>(entry.leaf.time.ms / kMillisPerSecond) / job.policy.epoch_seconds;
  if (!list.check(layer::kBinding, "order: logged under that policy", job.policy_from <= epoch,
                  Code::unbound,
                  "the order is of epoch " + std::to_string(epoch) + ", the policy in force from " +
                      std::to_string(job.policy_from) + " on")) {
    return false;
  }
  return list.check(layer::kSignature, "order: by its renter",
                    entry.leaf.signer == job.order.renter, Code::signature,
                    "it is signed by another key than the renter it names");
}

bool bind_acceptance(const Case& file, BoundJob& job, CheckList& list) {
  const ProvenEntry& entry = *file.find(Kind::acceptance);
  const auto acceptance = read_entry<wire::Acceptance>(entry, wire::parse_acceptance, list);
  if (!acceptance) return false;
  job.provider = entry.leaf.signer;
  if (!list.check(layer::kBinding, "acceptance: of this order", acceptance->job == job.job,
                  Code::unbound, "it accepts job " + acceptance->job.hex())) {
    return false;
  }
  return list.check(layer::kBinding, "acceptance: by the provider the order names",
                    !job.order.provider || *job.order.provider == job.provider, Code::unbound,
                    "the order is for another provider");
}

bool bind_attestation(const Case& file, BoundJob& job, CheckList& list) {
  const ProvenEntry& entry = *file.find(Kind::attestation);
  auto attestation = read_entry<wire::Attestation>(entry, wire::parse_attestation, list);
  if (!attestation) return false;
  job.attestation = std::move(*attestation);
  job.attestation_digest = entry.leaf.pae_digest;
  job.attestation_index = entry.index;
  job.attestation_leaf = entry.leaf_hash;
  if (!list.check(layer::kBinding, "attestation: of this job", job.attestation.job == job.job,
                  Code::unbound, "it is about job " + job.attestation.job.hex())) {
    return false;
  }
  if (!list.check(layer::kBinding, "attestation: by the provider that accepted",
                  entry.leaf.signer == job.provider, Code::unbound,
                  "it is signed by " + key_id(entry.leaf.signer))) {
    return false;
  }
  const std::int64_t taken_ms = entry.leaf.time - file.find(Kind::acceptance)->leaf.time;
  return list.check(layer::kBinding, "attestation: within the deadline",
                    taken_ms <= job.order.deadline_ms, Code::unbound,
                    "it was logged " + std::to_string(taken_ms) +
                        " ms after the acceptance, the "
                        "order allows " +
                        std::to_string(job.order.deadline_ms));
}

// The file's own inputs first, then the caller's. A folder of inputs has no parts of a model: who
// gave no model is told of that.
compute::InputSource inputs_of(const Case& file, const compute::InputSource& others) {
  const auto files = [&file, &others](const wire::Input& input) -> Result<Bytes> {
    for (const wire::NamedBytes& held : file.file.inputs) {
      if (held.name == input.name) return held.data;
    }
    Result<Bytes> found =
        fail(Code::no_evidence, "it is not in the file; give a folder that has it (SHA-256 " +
                                    input.sha256.hex() + ")");
    if (others) found = others(input);
    if (found.ok() || others.models() || !input.name.starts_with("model/")) return found;
    return fail(Code::no_evidence,
                "a text's model is not in its file; give --model DIR, a Hugging Face folder or a "
                "pack (SHA-256 of this part " +
                    input.sha256.hex() + ")");
  };
  return {files, others.models()};
}

Status check_only_inputs_of_order(const Case& file, const wire::Order& order) {
  for (const wire::NamedBytes& held : file.file.inputs) {
    const bool named =
        std::any_of(order.spec.inputs.begin(), order.spec.inputs.end(),
                    [&](const wire::Input& input) { return input.name == held.name; });
    if (!named) return fail(Code::unbound, "the order has no input \"" + held.name + "\"");
  }
  return {};
}

}  // namespace

std::optional<BoundJob> bind_job(const Case& file, const wire::Trust& trust, CheckList& list) {
  BoundJob job;
  if (!check_present(file, list) || !bind_policy(file, trust, job, list) ||
      !bind_order(file, job, list) || !bind_acceptance(file, job, list) ||
      !bind_attestation(file, job, list)) {
    return {};
  }
  if (!list.check(layer::kBinding, "log order", check_order_of(file))) return {};
  return job;
}

std::optional<BoundTrace> bind_trace(const Case& file, const BoundJob& job,
                                     const AuditOptions& options, CheckList& list) {
  if (!list.check(layer::kBinding, "inputs: of the order",
                  check_only_inputs_of_order(file, job.order))) {
    return {};
  }
  Result<std::unique_ptr<compute::Program>> program =
      compute::load_program(job.order.spec, inputs_of(file, options.inputs), options.caps);
  if (!program.ok()) {
    list.fail(layer::kBinding, "order: validates", program.error());
    return {};
  }
  BoundTrace out{std::move(program).value(), {}};
  const compute::Plan& plan = out.program->plan();
  list.pass(layer::kBinding, "order: validates",
            job.order.spec.workload + "@" + std::to_string(job.order.spec.version) + ", " +
                std::to_string(plan.steps) + " steps");
  if (!list.check(layer::kBinding, "trace: present", !file.file.trace.empty(), Code::no_evidence,
                  "the file has no trace") ||
      !list.check(layer::kBinding, "trace: the attested file",
                  sha256(file.file.trace) == job.attestation.trace_blob, Code::unbound,
                  "it does not hash to what the attestation names")) {
    return {};
  }
  Result<wire::Trace> trace = wire::parse_trace_file(file.file.trace, plan.steps);
  if (!trace.ok()) {
    list.fail(layer::kBinding, "trace: form", trace.error());
    return {};
  }
  out.trace = std::move(trace).value();
  if (!list.check(layer::kBinding, "trace: root and result follow",
                  check_trace(plan, job.attestation, job.provider, out.trace))) {
    return {};
  }
  if (!options.result) {
    list.skip(layer::kBinding, "result: the bytes you hold", "no result file was given");
  } else if (!list.check(layer::kBinding, "result: the bytes you hold",
                         check_result(*out.program, job.attestation.result, *options.result))) {
    return {};
  }
  return out;
}

void tell_job(const Case& file, const BoundJob& job, AuditFacts& facts) {
  facts.origin = file.head.checkpoint.origin;
  facts.tree_size = file.head.checkpoint.size;
  facts.job = job.job.hex();
  facts.provider = key_id(job.provider);
  facts.workload = job.order.spec.workload + "@" + std::to_string(job.order.spec.version);
}

}  // namespace assay::verifier::audit
