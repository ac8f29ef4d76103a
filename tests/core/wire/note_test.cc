#include "core/wire/note.h"

#include <algorithm>

#include "tests/catch.h"
#include "tests/core/wire/wire_vectors.h"

using namespace assay;
using namespace assay::wire;

TEST_CASE("Note: every scenario is answered as its vector says") {
  for (const auto& vector :
       test::load_vectors("note", {"vkey", "line", "hex", "signers", "time"}, 28)) {
    INFO(vector.name());
    std::vector<NoteKey> known;
    for (const std::string& vkey : vector.all("vkey")) known.push_back(parse_vkey(vkey).value());
    const std::string text = test::body(vector);
    const Result<Note> note = parse_note(text);
    if (!note.ok()) {
      CHECK(test::answer(note) == vector.expect());
      continue;
    }
    CHECK(note_text(note.value()) == text);
    const auto verified = verify_note(note.value(), known);
    CHECK(test::answer(verified) == vector.expect());
    if (!verified.ok()) continue;
    std::string signers;
    for (const VerifiedSignature& one : verified.value()) {
      signers += (signers.empty() ? "" : " ") + one.key.name;
    }
    CHECK(signers == vector.text("signers"));
    if (vector.has("time")) {
      CHECK(verified.value().back().unix_seconds == vector.number("time"));
    }
  }
}

TEST_CASE("Note: signature lines alone are read as those of a note") {
  const SigningKey key = SigningKey::from_seed(Bytes(32, 1)).value();
  const std::string one = signature_line(sign_note("a", key, "text\n"));
  const std::string two = signature_line(cosign_note("b", key, "text\n", 7));
  const auto lines = parse_signature_lines(one + two);
  REQUIRE(lines.ok());
  CHECK(parse_note("text\n\n" + one + two).value().signatures == lines.value());
  std::string many;
  for (std::size_t i = 0; i < kNoteSignaturesMax; ++i) many += one;
  CHECK(parse_signature_lines(many).ok());
  for (const std::string& bad :
       {std::string(), std::string("\n"), one.substr(0, one.size() - 1), one + "\n", "\n" + one,
        one + "more\n", one + "\xff\n", one + "\x1b\n", many + one}) {
    CHECK(test::answer(parse_signature_lines(bad)) == "malformed");
  }
}

TEST_CASE("Note: nothing is signed where no key is known") {
  const SigningKey key = SigningKey::from_seed(Bytes(32, 1)).value();
  const Note note{"text\n", {sign_note("a", key, "text\n")}};
  CHECK(test::answer(verify_note(note, {})) == "signature");
}

TEST_CASE("Note: a vkey has one spelling") {
  const SigningKey key = SigningKey::from_seed(Bytes(32, 1)).value();
  for (const NoteKeyType type : {NoteKeyType::ed25519, NoteKeyType::cosignature}) {
    const NoteKey note_key{"log.example/a", type, key.public_key()};
    const std::string text = vkey_text(note_key);
    const Result<NoteKey> again = parse_vkey(text);
    REQUIRE(again.ok());
    CHECK(again.value() == note_key);
    test::flip_each_bit(text, [&](const std::string& mutated, std::size_t at) {
      if (parse_vkey(mutated).ok()) FAIL(mutated << " at " << at);
    });
    for (std::size_t i = 0; i < text.size(); ++i) CHECK_FALSE(parse_vkey(text.substr(0, i)).ok());
    CHECK_FALSE(parse_vkey(text + "=").ok());
    CHECK_FALSE(parse_vkey(text + " ").ok());
  }
}

TEST_CASE("Note: each accepted mutation of a note still has one spelling") {
  const SigningKey key = SigningKey::from_seed(Bytes(32, 1)).value();
  const std::string body = "one\n\ntwo\n";
  const std::string text = note_text(
      {body, {sign_note("log.example", key, body), cosign_note("w", key, body, 1'700'000'000)}});
  REQUIRE(parse_note(text).ok());
  std::size_t accepted = 0;
  test::flip_each_bit(text, [&](const std::string& mutated, std::size_t) {
    const Result<Note> note = parse_note(mutated);
    if (!note.ok()) return;
    ++accepted;
    if (note_text(note.value()) != mutated) FAIL(mutated);
  });
  CHECK(accepted > 100);
}

TEST_CASE("Note: the cap on size is exact") {
  const SigningKey key = SigningKey::from_seed(Bytes(32, 1)).value();
  Note note{"\n", {sign_note("a", key, "\n")}};
  note.text = std::string(kNoteBytesMax - note_text(note).size(), 'x') + "\n";
  CHECK(note_text(note).size() == kNoteBytesMax);
  CHECK(parse_note(note_text(note)).ok());
  note.text = "x" + note.text;
  CHECK_FALSE(parse_note(note_text(note)).ok());
}
