#include "core/wire/checkpoint.h"

#include "core/wire/json.h"
#include "core/wire/text.h"

namespace assay::wire {

std::string checkpoint_text(const Checkpoint& checkpoint) {
  return checkpoint.origin + "\n" + u64_text(checkpoint.size) + "\n" +
         to_base64(checkpoint.root.view()) + "\n" + checkpoint.extension;
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
  if (!is_utf8(text)) return fail(Code::malformed, "checkpoint: not UTF-8");
  std::string_view rest = text;
  const std::optional<std::string_view> origin = take_line(rest);
  const std::optional<std::string_view> size_line = take_line(rest);
  const std::optional<std::string_view> root_line = take_line(rest);
  if (!root_line) return fail(Code::malformed, "checkpoint: fewer than three lines");
  if (origin->empty()) return fail(Code::malformed, "checkpoint: origin: empty");
  const Result<std::uint64_t> size = parse_u64(*size_line);
  if (!size.ok()) return size.error().in("checkpoint: size");
  const Result<Bytes> raw = from_base64_canonical(*root_line);
  if (!raw.ok()) return raw.error().in("checkpoint: root");
  const Result<Digest> root = Digest::from_view(raw.value());
  if (!root.ok()) return root.error().in("checkpoint: root");
  if (size.value() == 0 && root.value() != sha256(ByteView{})) {
    return fail(Code::malformed, "checkpoint: root: not that of the empty tree, but the size is 0");
  }
  Checkpoint out{std::string(*origin), size.value(), root.value(), std::string(rest)};
  while (!rest.empty()) {
    const std::optional<std::string_view> line = take_line(rest);
    if (!line || line->empty()) {
      return fail(Code::malformed, "checkpoint: an extension line that is empty or not ended");
    }
  }
  return out;
}

Note sign_checkpoint(const Checkpoint& checkpoint, const SigningKey& log_key) {
  const std::string text = checkpoint_text(checkpoint);
  return {text, {sign_note(checkpoint.origin, log_key, text)}};
}

}  // namespace assay::wire
