#include "verifier/witness/witness.h"

#include <algorithm>

namespace assay::witness {
namespace {

constexpr const char* kText = "text/plain; charset=utf-8";

Answer refusal(int status, const std::string& why) {
  return {status, kText, why + "\n"};
}

Result<KnownHead> known_head(const std::optional<std::string>& kept) {
  if (!kept) return KnownHead{};
  const Result<wire::Note> note = wire::parse_note(*kept);
  if (!note.ok()) return note.error();
  const Result<wire::Checkpoint> head = wire::parse_checkpoint(note.value().text);
  if (!head.ok()) return head.error();
  return KnownHead{head.value().size, head.value().root};
}

// The note with the signatures of its log alone, which decide() found to hold: what others add
// takes room and proves nothing.
std::string signed_by_log(const wire::Note& note, const std::vector<wire::NoteKey>& logs) {
  wire::Note out{note.text, {}};
  for (const wire::NoteSignature& signature : note.signatures) {
    const bool known = std::any_of(logs.begin(), logs.end(), [&](const wire::NoteKey& key) {
      return key.name == signature.name && note_key_id(key) == signature.key_id;
    });
    if (known) out.signatures.push_back(signature);
  }
  return wire::note_text(out);
}

}  // namespace

Witness::Witness(std::string name, SigningKey key, std::vector<wire::NoteKey> logs,
                 HeadStore& heads, Clock& clock)
    : name_(std::move(name)),
      key_(std::move(key)),
      logs_(std::move(logs)),
      heads_(heads),
      clock_(clock) {
  for (const wire::NoteKey& log : logs_) turns_.try_emplace(log.name);
}

wire::NoteKey Witness::vkey() const {
  return {name_, wire::NoteKeyType::cosignature, key_.public_key()};
}

Answer Witness::add_checkpoint(std::string_view body) {
  const Result<wire::AddCheckpoint> request = wire::parse_add_checkpoint(body);
  if (!request.ok()) return refusal(400, request.error().what);
  const auto turn = turns_.find(request.value().checkpoint.origin);
  if (turn == turns_.end()) {
    const Decision unknown = decide(logs_, {}, request.value());
    return refusal(unknown.status, unknown.text);
  }
  // From reading the known head to keeping the next one nobody else may come between.
  const std::scoped_lock lock(turn->second);
  return answer_in_turn(request.value());
}

Answer Witness::answer_in_turn(const wire::AddCheckpoint& request) {
  const std::string& origin = request.checkpoint.origin;
  const Result<std::optional<std::string>> kept = heads_.load(origin);
  if (!kept.ok()) return refusal(500, "the witness cannot read what it cosigned last");
  const Result<KnownHead> known = known_head(kept.value());
  if (!known.ok()) return refusal(500, "what the witness kept of this log is damaged");
  const Decision decision = decide(logs_, known.value(), request);
  if (decision.status == 409) return {409, wire::kWitnessSizeType, decision.text};
  if (decision.status != 200) return refusal(decision.status, decision.text);
  if (decision.is_new) {
    const Status keeping = heads_.keep(origin, kept.value(), signed_by_log(request.note, logs_));
    if (!keeping.ok())
      return refusal(500, "the witness cannot keep this head, so it signs nothing");
  }
  const auto seconds =
      static_cast<std::uint64_t>(std::max<std::int64_t>(clock_.unix_now().ms / 1000, 0));
  return {200, kText,
          wire::signature_line(wire::cosign_note(name_, key_, request.note.text, seconds))};
}

}  // namespace assay::witness
