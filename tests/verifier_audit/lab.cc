#include "tests/verifier_audit/lab.h"

namespace assay::test {
namespace {

void fetch(Lab& lab, const Digest& job) {
  lab.job = job;
  Result<std::string> receipt = lab.world.service->receipt(job.hex());
  ASSAY_CHECK(receipt.ok(), receipt.ok() ? "" : receipt.error().what);
  lab.receipt = std::move(receipt).value();
  lab.trust = wire::parse_trust(lab.world.service->trust().value()).value();
  lab.result = lab.world.service->result(job.hex()).value();
}

void finish(Lab& lab, const wire::Order& order) {
  ASSAY_CHECK(
      lab.world.run_until([&] { return lab.world.provider("alice").find("id") != nullptr; }),
      "the provider never registered");
  const Result<Digest> job = lab.world.order(order, "alice");
  ASSAY_CHECK(job.ok(), job.ok() ? "" : job.error().what);
  ASSAY_CHECK(lab.world.run_until([&] { return lab.world.is_over(job.value()); }),
              "the job never ended");
  lab.world.run_for(1'000);
  fetch(lab, job.value());
}

}  // namespace

Lab& gemm_lab() {
  static const std::unique_ptr<Lab> lab = run_job();
  return *lab;
}

Lab& render_lab() {
  static const std::unique_ptr<Lab> lab = [] {
    auto made = std::make_unique<Lab>();
    made->world.add_provider("alice");
    finish(*made, made->world.render_order(320, 256, 1));
    return made;
  }();
  return *lab;
}

std::unique_ptr<Lab> run_job(std::optional<prover::Misbehave> cheat, wire::Policy policy) {
  auto lab = std::make_unique<Lab>(
      WorldOptions{.seed = 1, .policy = std::move(policy), .replay = {}, .start_service = true});
  lab->world.add_provider("alice", cheat);
  finish(*lab, lab->world.gemm_order());
  return lab;
}

SigningKey sim_key(const std::string& name) {
  return SigningKey::from_seed(sha256(as_bytes("tests/sim " + name)).view()).value();
}

verifier::AuditOptions options_for(const Lab& lab) {
  static const compute::Engine engine(compute::best_cpu_level(), 1);
  static SeededRandom random(7);
  return {.trust = lab.trust,
          .engine = engine,
          .random = random,
          .inputs = {},
          .result = {},
          .replay = 0,
          .sources = {},
          .known_head = {},
          .max_age_ms = {},
          .now = {},
          .caps = {}};
}

std::string failed_check(const std::vector<verifier::Check>& checks) {
  for (const verifier::Check& check : checks) {
    if (check.status == verifier::CheckStatus::failed) return check.layer + ": " + check.name;
  }
  return "";
}

const verifier::Check* find_check(const std::vector<verifier::Check>& checks,
                                  const std::string& name) {
  for (const verifier::Check& check : checks) {
    if (check.name == name) return &check;
  }
  return nullptr;
}

}  // namespace assay::test
