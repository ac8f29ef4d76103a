#include "core/wire/note.h"

#include <algorithm>

#include "core/crypto/sha256.h"
#include "core/wire/text.h"

namespace assay::wire {

namespace {

constexpr std::string_view kDash = "\xE2\x80\x94 ";  // em dash and space
constexpr std::size_t kTimeBytes = 8;

std::string cosigned_message(std::uint64_t unix_seconds, std::string_view text) {
  return "cosignature/v1\ntime " + std::to_string(unix_seconds) + "\n" + std::string(text);
}

Result<NoteSignature> parse_signature_line(std::string_view line) {
  if (!line.starts_with(kDash)) {
    return fail(Code::malformed, "note: a signature line must start with an em dash and a space");
  }
  line.remove_prefix(kDash.size());
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || !is_key_name(line.substr(0, space))) {
    return fail(Code::malformed, "note: a signature line without a proper key name");
  }
  const Result<Bytes> raw = from_base64_canonical(line.substr(space + 1));
  if (!raw.ok()) return raw.error().in("note: signature");
  if (raw.value().size() < 5) return fail(Code::malformed, "note: a signature of too few bytes");
  Reader in(raw.value());
  NoteSignature out;
  out.name = std::string(line.substr(0, space));
  out.key_id = in.u32_be();
  out.bytes = to_bytes(in.take(in.left()));
  return out;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; });
}

// The signature's time (0 for a plain one), or nothing when it does not hold.
std::optional<std::uint64_t> verified_time(const NoteKey& key, ByteView bytes,
                                           std::string_view text) {
  if (key.type == NoteKeyType::ed25519) {
    const Result<Signature> signature = Signature::from_view(bytes);
    if (!signature.ok() || !verify(key.key, as_bytes(text), signature.value())) return std::nullopt;
    return 0;
  }
  if (bytes.size() != kTimeBytes + Signature::kSize) return std::nullopt;
  Reader in(bytes);
  const std::uint64_t time = in.u64_be();
  const Signature signature = Signature::from_view(in.take(Signature::kSize)).value();
  if (time > INT64_MAX) return std::nullopt;
  if (!verify(key.key, as_bytes(cosigned_message(time, text)), signature)) return std::nullopt;
  return time;
}

}  // namespace

std::uint32_t note_key_id(const NoteKey& key) {
  const std::uint8_t middle[] = {'\n', static_cast<std::uint8_t>(key.type)};
  const Digest digest = sha256({as_bytes(key.name), middle, key.key.view()});
  return Reader(digest.view()).u32_be();
}

std::string vkey_text(const NoteKey& key) {
  Bytes id;
  put_u32_be(id, note_key_id(key));
  Bytes typed{static_cast<std::uint8_t>(key.type)};
  append(typed, key.key.view());
  return key.name + "+" + to_hex(id) + "+" + to_base64(typed);
}

Result<NoteKey> parse_vkey(std::string_view text) {
  const std::size_t plus = text.find('+');
  if (plus == std::string_view::npos || text.size() < plus + 10 || text[plus + 9] != '+') {
    return fail(Code::malformed, "vkey: not <name>+<8 hex digits>+<base64>");
  }
  NoteKey out;
  out.name = std::string(text.substr(0, plus));
  if (!is_key_name(out.name)) return fail(Code::malformed, "vkey: not a proper key name");
  const Result<Bytes> id = from_hex(text.substr(plus + 1, 8));
  if (!id.ok()) return id.error().in("vkey: key id");
  const Result<Bytes> typed = from_base64_canonical(text.substr(plus + 10));
  if (!typed.ok()) return typed.error().in("vkey: key");
  if (typed.value().size() != 1 + PublicKey::kSize) {
    return fail(Code::malformed, "vkey: key: not a type byte and 32 bytes of an Ed25519 key");
  }
  const std::uint8_t type = typed.value()[0];
  if (type != 0x01 && type != 0x04) {
    return fail(Code::malformed, "vkey: key: type " + std::to_string(type) +
                                     " is neither 1 (Ed25519) nor 4 (cosignature/v1)");
  }
  out.type = static_cast<NoteKeyType>(type);
  out.key = PublicKey::from_view(ByteView(typed.value()).subspan(1)).value();
  if (Status s = check_public_key(out.key); !s.ok()) return s.error().in("vkey: key");
  if (note_key_id(out) != Reader(id.value()).u32_be()) {
    return fail(Code::malformed, "vkey: key id: does not follow from name and key");
  }
  return out;
}

std::string signature_line(const NoteSignature& signature) {
  Bytes raw;
  put_u32_be(raw, signature.key_id);
  append(raw, signature.bytes);
  return std::string(kDash) + signature.name + " " + to_base64(raw) + "\n";
}

std::string note_text(const Note& note) {
  std::string out = note.text + "\n";
  for (const NoteSignature& signature : note.signatures) out += signature_line(signature);
  return out;
}

Result<std::vector<NoteSignature>> parse_signature_lines(std::string_view text) {
  if (text.size() > kNoteBytesMax) return fail(Code::malformed, "note: larger than 256 KiB");
  if (!is_utf8(text)) return fail(Code::malformed, "note: not UTF-8");
  if (has_control(text)) return fail(Code::malformed, "note: contains a control character");
  if (text.empty()) return fail(Code::malformed, "note: no signature");
  std::vector<NoteSignature> out;
  while (!text.empty()) {
    const std::optional<std::string_view> line = take_line(text);
    if (!line) return fail(Code::malformed, "note: the last line has no newline");
    if (out.size() == kNoteSignaturesMax) {
      return fail(Code::malformed, "note: more than 64 signatures");
    }
    Result<NoteSignature> signature = parse_signature_line(*line);
    if (!signature.ok()) return signature.error();
    out.push_back(std::move(signature).value());
  }
  return out;
}

Result<Note> parse_note(std::string_view text) {
  if (text.size() > kNoteBytesMax) return fail(Code::malformed, "note: larger than 256 KiB");
  if (!is_utf8(text)) return fail(Code::malformed, "note: not UTF-8");
  if (has_control(text)) return fail(Code::malformed, "note: contains a control character");
  const std::size_t blank = text.rfind("\n\n");
  if (blank == std::string_view::npos) {
    return fail(Code::malformed, "note: no blank line before signatures");
  }
  Note out;
  out.text = std::string(text.substr(0, blank + 1));
  Result<std::vector<NoteSignature>> signatures = parse_signature_lines(text.substr(blank + 2));
  if (!signatures.ok()) return signatures.error();
  out.signatures = std::move(signatures).value();
  return out;
}

NoteSignature sign_note(std::string_view name, const SigningKey& key, std::string_view text) {
  const NoteKey self{std::string(name), NoteKeyType::ed25519, key.public_key()};
  return {self.name, note_key_id(self), to_bytes(key.sign(as_bytes(text)).view())};
}

NoteSignature cosign_note(std::string_view name, const SigningKey& key, std::string_view text,
                          std::uint64_t unix_seconds) {
  const NoteKey self{std::string(name), NoteKeyType::cosignature, key.public_key()};
  Bytes bytes;
  put_u64_be(bytes, unix_seconds);
  append(bytes, key.sign(as_bytes(cosigned_message(unix_seconds, text))).view());
  return {self.name, note_key_id(self), std::move(bytes)};
}

Result<std::vector<VerifiedSignature>> verify_note(const Note& note,
                                                   std::span<const NoteKey> known) {
  std::vector<VerifiedSignature> out;
  for (const NoteSignature& signature : note.signatures) {
    for (const NoteKey& key : known) {
      if (key.name != signature.name || note_key_id(key) != signature.key_id) continue;
      const std::optional<std::uint64_t> time = verified_time(key, signature.bytes, note.text);
      if (!time) {
        return fail(Code::signature, "note: the signature by " + key.name + " does not hold");
      }
      out.push_back({key, *time});
    }
  }
  if (out.empty()) return fail(Code::signature, "note: not signed by any known key");
  return out;
}

}  // namespace assay::wire
