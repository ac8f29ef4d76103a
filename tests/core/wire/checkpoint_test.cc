#include "core/wire/checkpoint.h"

#include "tests/catch.h"
#include "tests/core/wire/wire_vectors.h"

using namespace assay;
using namespace assay::wire;

TEST_CASE("Checkpoint: every scenario is answered as its vector says, one text per checkpoint") {
  for (const auto& vector :
       test::load_vectors("checkpoint", {"line", "hex", "origin", "size", "root"}, 21)) {
    INFO(vector.name());
    const std::string text = test::body(vector);
    const Result<Checkpoint> checkpoint = parse_checkpoint(text);
    CHECK(test::answer(checkpoint) == vector.expect());
    if (!checkpoint.ok()) continue;
    CHECK(checkpoint.value().origin == vector.text("origin"));
    CHECK(checkpoint.value().size == vector.number("size"));
    CHECK(checkpoint.value().root == vector.fixed<Digest>("root"));
    CHECK(checkpoint_text(checkpoint.value()) == text);
  }
}

TEST_CASE("Checkpoint: no two texts that differ in one bit are the same checkpoint") {
  Checkpoint checkpoint{"log.example/a", 300, sha256(as_bytes("root")), ""};
  const std::string text = checkpoint_text(checkpoint);
  test::flip_each_bit(text, [&](const std::string& mutated, std::size_t at) {
    const Result<Checkpoint> parsed = parse_checkpoint(mutated);
    if (parsed.ok() && checkpoint_text(parsed.value()) != mutated) FAIL(at);
  });
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (parse_checkpoint(std::string_view(text).substr(0, i)).ok()) FAIL(i);
  }
}

TEST_CASE("Checkpoint: signing is deterministic and under the name of the origin") {
  const SigningKey key = SigningKey::from_seed(Bytes(32, 9)).value();
  const Checkpoint checkpoint{"log.example/a", 1, sha256(as_bytes("root")), ""};
  const Note note = sign_checkpoint(checkpoint, key);
  CHECK(note == sign_checkpoint(checkpoint, key));
  const NoteKey known[] = {{"log.example/a", NoteKeyType::ed25519, key.public_key()}};
  CHECK(verify_note(note, known).ok());
}
