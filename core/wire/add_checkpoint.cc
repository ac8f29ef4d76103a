#include "core/wire/add_checkpoint.h"

#include "core/wire/json.h"
#include "core/wire/text.h"

namespace assay::wire {

namespace {

constexpr std::string_view kOld = "old ";

}  // namespace

std::string add_checkpoint_text(std::uint64_t old_size, std::span<const Digest> proof,
                                std::string_view note) {
  std::string out = std::string(kOld) + u64_text(old_size) + "\n";
  for (const Digest& hash : proof) out += to_base64(hash.view()) + "\n";
  return out + "\n" + std::string(note);
}

Result<AddCheckpoint> parse_add_checkpoint(std::string_view text) {
  if (text.size() > kAddCheckpointBytesMax) {
    return fail(Code::malformed, "add-checkpoint: larger than 260 KiB");
  }
  AddCheckpoint out;
  std::optional<std::string_view> line = take_line(text);
  if (!line || !line->starts_with(kOld)) {
    return fail(Code::malformed, "add-checkpoint: the first line is not \"old <size>\"");
  }
  const Result<std::uint64_t> old_size = parse_u64(line->substr(kOld.size()));
  if (!old_size.ok()) return old_size.error().in("add-checkpoint: old size");
  out.old_size = old_size.value();
  for (line = take_line(text); line && !line->empty(); line = take_line(text)) {
    if (out.proof.size() == kWitnessProofMax) {
      return fail(Code::malformed, "add-checkpoint: proof: more than 63 hashes");
    }
    const Result<Bytes> raw = from_base64_canonical(*line);
    if (!raw.ok()) return raw.error().in("add-checkpoint: proof");
    const Result<Digest> hash = Digest::from_view(raw.value());
    if (!hash.ok()) return hash.error().in("add-checkpoint: proof");
    out.proof.push_back(hash.value());
  }
  if (!line) return fail(Code::malformed, "add-checkpoint: no blank line after the proof");
  Result<Note> note = parse_note(text);
  if (!note.ok()) return note.error().in("add-checkpoint");
  Result<Checkpoint> checkpoint = parse_checkpoint(note.value().text);
  if (!checkpoint.ok()) return checkpoint.error().in("add-checkpoint");
  out.note = std::move(note).value();
  out.checkpoint = std::move(checkpoint).value();
  return out;
}

std::string witness_size_text(std::uint64_t size) {
  return u64_text(size) + "\n";
}

Result<std::uint64_t> parse_witness_size(std::string_view text) {
  if (!text.ends_with('\n')) return fail(Code::malformed, "witness: size: no newline at its end");
  const Result<std::uint64_t> size = parse_u64(text.substr(0, text.size() - 1));
  if (!size.ok()) return size.error().in("witness: size");
  return size;
}

}  // namespace assay::wire
