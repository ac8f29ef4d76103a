// C2SP signed-note and tlog-cosignature: text with signature lines under it, and verifier keys.
// Values and pure functions; any thread. Vectors: vectors/note/, vectors/tlog/.
//
//   log.example/vcr-test
//   300
//   YIKAzr3eSMKJmenLg58DmAo+Yui5VQqih1jpEnnr1lc=
//
//   — log.example/vcr-test LGQz4rKqJOu7…
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/crypto/ed25519.h"

namespace assay::wire {

enum class NoteKeyType : std::uint8_t {
  ed25519 = 0x01,      // a plain signature over the text
  cosignature = 0x04,  // cosignature/v1: a time, and a signature over time and text
};

// A known key. Its name and id together tell which signature line is its own.
struct NoteKey {
  std::string name;
  NoteKeyType type = NoteKeyType::ed25519;
  PublicKey key;
  bool operator==(const NoteKey&) const = default;
};

// SHA-256(name || 0x0A || type || key)[:4], big-endian.
std::uint32_t note_key_id(const NoteKey& key);

// "<name>+<8 hex digits of the id>+<base64(type || key)>"
std::string vkey_text(const NoteKey& key);
//   malformed    not a vkey of either type, an id that does not follow, or a key that
//                check_public_key() refuses
Result<NoteKey> parse_vkey(std::string_view text);

struct NoteSignature {
  std::string name;
  std::uint32_t key_id = 0;
  Bytes bytes;  // 64 for ed25519, 8 + 64 for cosignature, anything for other types
  bool operator==(const NoteSignature&) const = default;
};

struct Note {
  std::string text;  // ends in a newline
  std::vector<NoteSignature> signatures;
  bool operator==(const Note&) const = default;
};

// "— <name> <base64 of key id and bytes>\n"
std::string signature_line(const NoteSignature& signature);

inline constexpr std::size_t kNoteBytesMax = std::size_t{256} << 10;
inline constexpr std::size_t kNoteSignaturesMax = 64;

std::string note_text(const Note& note);

// Signature lines alone, one or more: what a witness answers. Checks no signature.
//   malformed    as parse_note
Result<std::vector<NoteSignature>> parse_signature_lines(std::string_view text);

// Splits a signed note; checks no signature. One text per note: note_text() gives it back.
//   malformed    not UTF-8, a control character, no signature or more than kNoteSignaturesMax, a
//                line that is not exactly as specified, more than kNoteBytesMax bytes
Result<Note> parse_note(std::string_view text);

NoteSignature sign_note(std::string_view name, const SigningKey& key, std::string_view text);
// unix_seconds is when the witness saw this checkpoint; 0..2^63-1.
NoteSignature cosign_note(std::string_view name, const SigningKey& key, std::string_view text,
                          std::uint64_t unix_seconds);

struct VerifiedSignature {
  NoteKey key;
  std::uint64_t unix_seconds = 0;  // cosignatures only
};

// The signatures by known keys, all of them valid, in the order of the note. Signatures by others
// are ignored.
//   signature    a known key's signature does not hold, or no known key signed
Result<std::vector<VerifiedSignature>> verify_note(const Note& note,
                                                   std::span<const NoteKey> known);

}  // namespace assay::wire
