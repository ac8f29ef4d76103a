#include "tests/service/wronged.h"

#include "core/base/file.h"
#include "core/wire/appeal.h"
#include "core/wire/stake.h"
#include "prover/journal_json.h"
#include "verifier/service/audits.h"

namespace assay::test {

using verifier::ReplayAnswer;
using verifier::ReplayTask;
using wire::Outcome;

verifier::ReplayRunner lying_runner(int times, const wire::Policy& policy) {
  verifier::ReplayRunner real = verifier::local_runner(policy, {});
  const auto left = std::make_shared<int>(times);
  return [real, left](const ReplayTask& task, const compute::InputSource& inputs) {
    if ((*left)-- <= 0) return real(task, inputs);
    ReplayAnswer lie;
    lie.report.outcome = Outcome::mismatch;
    lie.report.faulty_step = task.scope.positions.front();
    lie.report.detail = "a lie";
    lie.runs = 3;
    lie.device = "cpu/avx2+cpu/scalar";
    return lie;
  };
}

SigningKey bond_key() {
  return SigningKey::from_seed(sha256(as_bytes("who tells of bonds")).view()).value();
}

wire::Policy policy_with_stake() {
  wire::Policy policy = wire::demo_policy();
  policy.stake_required_micros = 10'000'000;
  policy.operators = {bond_key().public_key()};
  return policy;
}

void bond(World& world, const std::string& name, std::uint64_t micros) {
  const Result<api::Accepted> told =
      world.say(bond_key(), wire::stake_statement({.provider = world.key_of(name),
                                                   .move = wire::StakeMove::bond,
                                                   .amount_micros = micros,
                                                   .reference = "the bond of " + name}));
  ASSAY_CHECK(told.ok(), told.ok() ? "" : told.error().what);
}

std::string slash_of(World& world, const std::string& name) {
  const bool slashed = world.run_until([&] { return world.slashes_of(name) > 0; });
  ASSAY_CHECK(slashed, "nobody was slashed");
  return world.provider(name).find("slashes")->items().back().find("id")->as_string();
}

wire::Json slash_document(World& world, const std::string& id) {
  Result<wire::Json> document = world.service->slash(id);
  ASSAY_CHECK(document.ok(), document.ok() ? "" : document.error().what);
  return std::move(document).value();
}

std::string slash_text(World& world, const std::string& id, const std::string& path) {
  const wire::Json document = slash_document(world, id);
  const std::size_t dot = path.find('.');
  const wire::Json* found = document.find(path.substr(0, dot));
  if (found != nullptr && dot != std::string::npos) found = found->find(path.substr(dot + 1));
  if (found == nullptr) return "";
  return found->is_string() ? found->as_string() : found->dump();
}

Result<api::Accepted> appeal(World& world, const std::string& name, const std::string& id) {
  wire::Appeal appeal;
  appeal.slash_index = wire::parse_u64(id).value();
  appeal.provider = world.key_of(name);
  appeal.deposit_micros = wire::parse_u64(slash_text(world, id, "appeal.deposit_micros")).value();
  world.random.fill(appeal.nonce.bytes);
  appeal.remark = "it was not me";
  const Digest about = Digest::parse_hex(slash_text(world, id, "statement")).value();
  return world.say(world.signing_key_of(name), wire::appeal_statement(appeal, about));
}

std::vector<prover::HeardNotice> heard(World& world, const std::string& name,
                                       const std::string& kind) {
  const Result<Bytes> file = read_file(world.folder_of(name) + "/notices.json", 1 << 20);
  if (!file.ok()) return {};
  std::vector<prover::HeardNotice> all = prover::parse_notices(as_text(file.value())).value();
  std::erase_if(all, [&](const prover::HeardNotice& each) { return each.notice.kind != kind; });
  return all;
}

}  // namespace assay::test
