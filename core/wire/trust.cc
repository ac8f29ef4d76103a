#include "core/wire/trust.h"

#include <algorithm>
#include <set>

namespace assay::wire {

std::string trust_text(const Trust& trust) {
  std::string out;
  const auto url = [](const std::string& text) { return text.empty() ? "" : " " + text; };
  for (const TrustedLog& log : trust.logs) {
    out += "log " + vkey_text(log.key) + url(log.url) + "\n";
  }
  for (const TrustedWitness& witness : trust.witnesses) {
    out += "witness " + witness.name + " " + vkey_text(witness.key) + url(witness.url) + "\n";
  }
  for (const WitnessGroup& group : trust.groups) {
    out += "group " + group.name + " " + std::to_string(group.threshold);
    for (const std::string& member : group.members) out += " " + member;
    out += "\n";
  }
  out += "quorum " + trust.quorum + "\n";
  if (trust.verifier) out += "#assay-verifier " + trust.verifier->hex() + "\n";
  if (trust.vrf) out += "#assay-vrf " + trust.vrf->hex() + "\n";
  for (const Digest& policy : trust.policies) out += "#assay-policy " + policy.hex() + "\n";
  return out;
}

bool Trust::trusts_policy(const Digest& digest) const {
  return std::find(policies.begin(), policies.end(), digest) != policies.end();
}

bool quorum_met(const Trust& trust, const std::vector<std::string>& witnesses) {
  if (trust.quorum == "none") return true;
  std::set<std::string> met;
  for (const TrustedWitness& witness : trust.witnesses) {
    if (std::find(witnesses.begin(), witnesses.end(), witness.name) != witnesses.end()) {
      met.insert(witness.name);
    }
  }
  // Groups name only what was defined before them, so one pass in order is enough.
  for (const WitnessGroup& group : trust.groups) {
    const auto count = std::count_if(group.members.begin(), group.members.end(),
                                     [&](const std::string& name) { return met.contains(name); });
    if (count >= static_cast<std::ptrdiff_t>(group.threshold)) met.insert(group.name);
  }
  return met.contains(trust.quorum);
}

Result<CheckedCheckpoint> check_checkpoint(const Trust& trust, std::string_view note_text) {
  const Result<Note> note = parse_note(note_text);
  if (!note.ok()) return note.error().in("checkpoint");
  Result<Checkpoint> checkpoint = parse_checkpoint(note.value().text);
  if (!checkpoint.ok()) return checkpoint.error();

  std::vector<NoteKey> known;
  for (const TrustedLog& log : trust.logs) known.push_back(log.key);
  for (const TrustedWitness& witness : trust.witnesses) known.push_back(witness.key);
  const auto signatures = verify_note(note.value(), known);
  if (!signatures.ok()) return signatures.error().in("checkpoint");

  CheckedCheckpoint out{std::move(checkpoint).value(), {}, trust.quorum == "none"};
  bool by_log = false;
  std::vector<std::string> names;
  for (const VerifiedSignature& signature : signatures.value()) {
    by_log = by_log || (signature.key.type == NoteKeyType::ed25519 &&
                        signature.key.name == out.checkpoint.origin);
  }
  if (!by_log) {
    return fail(Code::signature,
                "checkpoint: not signed by a trusted log named " + out.checkpoint.origin);
  }
  for (const TrustedWitness& witness : trust.witnesses) {
    std::optional<std::uint64_t> latest;
    for (const VerifiedSignature& signature : signatures.value()) {
      if (signature.key == witness.key) {
        latest = std::max(latest.value_or(0), signature.unix_seconds);
      }
    }
    if (!latest) continue;
    out.witnesses.push_back({witness.name, *latest});
    names.push_back(witness.name);
  }
  if (!quorum_met(trust, names)) {
    return fail(Code::signature, "checkpoint: cosigned by " + std::to_string(names.size()) +
                                     " of " + std::to_string(trust.witnesses.size()) +
                                     " trusted witnesses, which is not the quorum \"" +
                                     trust.quorum + "\"");
  }
  return out;
}

}  // namespace assay::wire
