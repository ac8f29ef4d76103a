// Openings that never come, and those that come too late.

#include "core/wire/dsse.h"
#include "core/wire/poll.h"
#include "tests/monitor/honest_log.h"

namespace assay::test {

using wire::Outcome;

namespace {

template <class T>
T take(std::vector<T>& from, std::size_t at) {
  T out = from[at];
  from.erase(from.begin() + static_cast<std::ptrdiff_t>(at));
  return out;
}

}  // namespace

std::string HonestLog::heartbeat_of(const SigningKey& provider) const {
  wire::Heartbeat heartbeat;
  heartbeat.seq = 1;
  heartbeat.sent = scene.now;
  return wire::seal(provider, wire::statement_text(wire::heartbeat_statement(heartbeat)));
}

wire::Slash HonestLog::withheld_slash(std::uint64_t attestation) {
  wire::Slash slash = scene.slash(attestation, wire::Fault::withheld);
  slash.delivery_proof = heartbeat_of(provider_of(attestation));
  return slash;
}

void HonestLog::withhold(std::uint64_t attestation) {
  scene.log(scene.verifier, wire::verdict_statement(verdict(attestation, Outcome::unavailable)));
  std::erase(due, attestation);
  if (scene.attestation_row(attestation).slash_index != 0) return copy_leaves();
  const std::uint64_t slash =
      scene.log(scene.verifier, wire::slash_statement(withheld_slash(attestation)));
  copy_leaves();
  withheld_.push_back({attestation, slash});
}

// Openings that come after all: reversal and verdict together.
void HonestLog::deliver_late() {
  const Slashed late = take(withheld_, random.below(withheld_.size()));
  say(provider_of(late.attestation), wire::spotcheck_statement(spotcheck(late.attestation)));
  const Digest slash = wire::parse_leaf(log.leaves[late.slash]).value().pae_digest;
  say(scene.verifier,
      wire::reversal_statement({.slash_index = late.slash,
                                .provider = provider_of(late.attestation).public_key(),
                                .cause = "delivered"},
                               slash));
  judge(late.attestation, Outcome::match);
}

}  // namespace assay::test
