#include "verifier/service/witness_word.h"

#include "core/wire/add_checkpoint.h"
#include "core/wire/text.h"

namespace assay::verifier {
namespace {

constexpr std::size_t kQuotedMax = 120;

WitnessWord useless(std::string why) {
  return {Heard::useless, {}, 0, std::move(why)};
}

WitnessWord hear_signature(const wire::NoteKey& witness, const SentCheckpoint& sent,
                           const api::WitnessReply& reply, UnixMillis now) {
  const auto lines = wire::parse_signature_lines(reply.body);
  if (!lines.ok()) return useless("its answer is no signature line: " + lines.error().what);
  const std::string text = wire::checkpoint_text(sent.checkpoint);
  std::string why = "its answer has no signature by its key";
  for (const wire::NoteSignature& line : lines.value()) {
    // Others' lines are ignored, as a note's are.
    if (line.name != witness.name || line.key_id != note_key_id(witness)) continue;
    const auto holds = wire::verify_note({text, {line}}, {&witness, 1});
    if (!holds.ok()) {
      why = "its cosignature does not hold";
      continue;
    }
    const std::uint64_t seconds = holds.value().front().unix_seconds;
    const std::int64_t apart_ms =
        seconds > INT64_MAX / 1000 ? INT64_MAX : static_cast<std::int64_t>(seconds) * 1000 - now.ms;
    if (apart_ms > kWitnessClockApartMs || apart_ms < -kWitnessClockApartMs) {
      why = "its clock is off by more than five minutes, or ours is";
      continue;
    }
    return {Heard::cosigned, line, sent.checkpoint.size, ""};
  }
  return useless(why);
}

WitnessWord hear_conflict(const SentCheckpoint& sent, const api::WitnessReply& reply) {
  const Result<std::uint64_t> size = wire::parse_witness_size(reply.body);
  if (!size.ok()) return useless("it answered 409 without its size");
  if (size.value() != sent.old_size) return {Heard::other_size, {}, size.value(), ""};
  if (sent.old_size == sent.checkpoint.size && sent.old_size > 0) {  // there is one empty tree
    return {Heard::disagrees,
            {},
            size.value(),
            "it cosigned another tree of " + std::to_string(size.value()) + " leaves"};
  }
  return useless("it wants a proof from the size that it was given one from");
}

}  // namespace

WitnessWord hear(const wire::NoteKey& witness, const SentCheckpoint& sent,
                 const api::WitnessReply& reply, UnixMillis now) {
  if (reply.status == 200) return hear_signature(witness, sent, reply, now);
  if (reply.status == 409) return hear_conflict(sent, reply);
  // Our proof leads from the tree that we had at that size: it saw another one.
  if (reply.status == 422 && sent.old_size > 0) {
    return {Heard::disagrees,
            {},
            sent.old_size,
            "the tree of " + std::to_string(sent.old_size) +
                " leaves that it cosigned is not how ours begins"};
  }
  return useless("it answered HTTP " + std::to_string(reply.status) + ": " +
                 wire::people_text(reply.body.substr(0, reply.body.find('\n')), kQuotedMax));
}

}  // namespace assay::verifier
