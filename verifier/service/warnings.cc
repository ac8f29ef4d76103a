// What comes before a penalty for withheld openings: a warning at each asking that lapses, and the
// circuit breaker, which puts penalties off that several providers would suffer alike.
#include "verifier/service/audits.h"

namespace assay::verifier {

using reputation::AttestationState;
using reputation::View;

namespace {

constexpr std::size_t kFailuresKept = 1'024;
constexpr std::size_t kJobDigits = 12;

// Who failed, on what: the devices and the kernel are those that it attested with.
Result<reputation::Failure> failure_of(const Context& context, const OpenAudit& open) {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context.read();
  if (!txn.ok()) return txn.error();
  const View view(*txn.value());
  Result<wire::LogLeaf> leaf = view.log(open.attestation_index + 1).leaf(open.attestation_index);
  if (!leaf.ok()) return leaf.error();
  Result<wire::Attestation> said = wire::parse_attestation(leaf.value().payload);
  if (!said.ok()) return said.error();
  reputation::Failure failure;
  failure.time = context.clock.unix_now();
  failure.provider = reputation::provider_id(open.state.provider);
  Result<reputation::StakeState> stake = view.stake(failure.provider);
  if (!stake.ok()) return stake.error();
  const std::uint64_t asked_for = context.policy().stake_required_micros;
  failure.bonded = asked_for > 0 && stake.value().bonded() >= asked_for;
  failure.parts = {"kernel " + said.value().backend, "verifier " + context.origin()};
  for (const wire::Device& device : said.value().devices) {
    failure.devices.push_back(device.uuid);
    if (!device.driver.empty() && device.driver != "none") {
      failure.parts.push_back("driver " + device.driver);
    }
  }
  return failure;
}

std::string again_text(std::int64_t ms) {
  return ms < 60'000 ? "in " + std::to_string(ms / 1000) + " s"
                     : "in " + std::to_string(ms / 60'000) + " min";
}

}  // namespace

void Audits::warn(std::uint64_t attestation, const Audit& audit) const {
  const std::uint32_t most = context_.policy().openings_asked_max;
  context_.notices.add(
      audit.provider,
      {"warning",
       "openings of job " + audit.challenge.job.hex().substr(0, kJobDigits) +
           " (attestation leaf " + std::to_string(attestation) +
           ") were asked for, and did not come in time: asking " + std::to_string(audit.asked) +
           " of " + std::to_string(most) + ". You are asked again " +
           again_text(context_.policy().ask_again_after_ms) +
           ". After the last the job is unpaid, " + "and slashed like a wrong result: severity " +
           std::to_string(context_.policy().severity_withheld_ppm) +
           " ppm and the stake locked to it. Until then nothing of this counts against you.",
       attestation});
}

bool Audits::breaker_holds(std::uint64_t attestation, const Audit& audit, const OpenAudit& open) {
  Result<reputation::Failure> failure = failure_of(context_, open);
  if (!failure.ok()) return false;
  std::optional<std::string> part;
  {
    const std::scoped_lock lock(mutex_);
    const UnixMillis now = failure.value().time;
    std::erase_if(failures_, [&](const reputation::Failure& each) {
      return now - each.time >= reputation::kBreakerWindowMs;
    });
    part = held_by_breaker(failure.value(), failures_, audit.held_since);
    if (failures_.size() < kFailuresKept) failures_.push_back(failure.value());
    const auto found = due_.find(attestation);
    if (!part || found == due_.end()) return false;
    if (!found->second.held_since) found->second.held_since = now;
    found->second.asked = context_.policy().openings_asked_max - 1;  // once more
  }
  context_.notices.add(
      audit.provider,
      {"warning",
       "openings of job " + open.state.job.hex().substr(0, kJobDigits) + " (attestation leaf " +
           std::to_string(attestation) + ") did not come, but others fail alike (" + *part +
           "): the penalty is put off for a day at most, and you are asked again " +
           again_text(context_.policy().ask_again_after_ms) + ".",
       attestation});
  return true;
}

}  // namespace assay::verifier
