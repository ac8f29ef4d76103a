#include "verifier/monitor/plans.h"

namespace assay::verifier::monitor {
namespace {

constexpr std::size_t kPlansMax = 1024;

// Everything in a job but its nonce, which changes no plan.
Digest key_of(const wire::WorkloadSpec& spec) {
  wire::Json json = wire::Json::object({{"workload", spec.workload}, {"version", spec.version}});
  json.set("parameters", spec.parameters);
  wire::Json inputs = wire::Json::array();
  for (const wire::Input& input : spec.inputs) {
    inputs.push(wire::Json::object({{"name", input.name},
                                    {"sha256", input.sha256.hex()},
                                    {"size_bytes", wire::u64_text(input.size_bytes)}}));
  }
  json.set("inputs", std::move(inputs));
  return sha256(as_bytes(json.dump()));
}

}  // namespace

PlanSource plans_from(compute::InputSource inputs) {
  if (!inputs) {
    inputs = [](const wire::Input& input) -> Result<Bytes> {
      return fail(Code::no_evidence, "input '" + input.name + "' is not at hand");
    };
  }
  return [inputs = std::move(inputs)](const wire::WorkloadSpec& spec) -> Result<compute::Plan> {
    Result<std::unique_ptr<compute::Program>> program = compute::load_program(spec, inputs);
    if (!program.ok()) return program.error();
    return program.value()->plan();
  };
}

Result<compute::Plan> Plans::of_job(const reputation::View& view, const reputation::JobState& job,
                                    std::uint64_t log_size) {
  Result<wire::LogLeaf> leaf = view.log(log_size).leaf(job.order_index);
  if (!leaf.ok()) return fail(Code::storage, leaf.error().what);
  Result<wire::Order> order = wire::parse_order(leaf.value().payload);
  if (!order.ok()) return order.error();
  const wire::WorkloadSpec& spec = order.value().spec;
  const Digest key = key_of(spec);
  const auto known = known_.find(key);
  if (known != known_.end()) return known->second;
  Result<compute::Plan> plan = source_(spec);
  if (known_.size() >= kPlansMax) known_.clear();
  // What could not be fetched now may be had later.
  if (plan.ok() || plan.error().code == Code::malformed) known_.emplace(key, plan);
  return plan;
}

Result<Scope> Plans::scope_of(const reputation::View& view, const reputation::AttestationState& row,
                              const wire::Policy& policy, std::uint64_t log_size) {
  Result<std::optional<reputation::JobState>> job = view.job(row.job);
  if (!job.ok()) return job.error();
  if (!job.value()) return fail(Code::storage, "an attestation without its job");
  Result<compute::Plan> plan = of_job(view, *job.value(), log_size);
  if (!plan.ok()) return plan.error();
  return derive_scope(row.seed, plan.value(), job.value()->assurance, policy);
}

}  // namespace assay::verifier::monitor
