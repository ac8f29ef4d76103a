// What a log sends a witness, and what the witness answers.
#include "core/wire/add_checkpoint.h"
#include "tests/fuzz/fuzz.h"
#include "verifier/witness/witness.h"

namespace assay::fuzz {
namespace {

using witness::Answer;

// The log of vectors/witness/, whose key signed what is in the corpus.
std::vector<wire::NoteKey> logs() {
  const auto key = wire::parse_vkey(
      "log.example/witnessed+bd439ef1+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea");
  require(key.ok(), "the log's vkey is one");
  return {key.value()};
}

// A witness that has cosigned nothing, or a log of 5 leaves that it shares with the corpus.
void ask(std::string_view body, bool is_new) {
  ManualClock clock{UnixMillis{1'764'000'000'000}};
  const auto heads = witness::make_memory_head_store();
  std::string kept;
  if (!is_new) {
    const auto root =
        Digest::parse_hex("00d21829a5503145348abcf712513eacf2a274211ad83e970202bb5b6d80b286");
    const SigningKey anybody = SigningKey::from_seed(Bytes(32, 1)).value();
    kept = wire::note_text(wire::sign_checkpoint({logs()[0].name, 5, root.value(), ""}, anybody));
    require(heads->keep(logs()[0].name, {}, kept).ok(), "the head is kept");
  }
  witness::Witness witness("w", SigningKey::from_seed(Bytes(32, 2)).value(), logs(), *heads, clock);
  const Answer answer = witness.add_checkpoint(body);
  const bool known = answer.status == 200 || answer.status == 400 || answer.status == 403 ||
                     answer.status == 404 || answer.status == 409 || answer.status == 422;
  require(known, "an answer has one of the specification's statuses");
  const auto after = heads->load(logs()[0].name).value().value_or("");
  const auto lines = wire::parse_signature_lines(answer.body);
  if (answer.status != 200) {
    require(!lines.ok(), "a refusal is no signature", answer.body);
    require(after == kept, "a refusal changes nothing");
    check_refusal({Code::malformed, answer.body.substr(0, answer.body.size() - 1)},
                  {Code::malformed});
    return;
  }
  const auto request = wire::parse_add_checkpoint(body);
  const wire::NoteKey key = witness.vkey();
  require(
      lines.ok() && wire::verify_note({request.value().note.text, lines.value()}, {&key, 1}).ok(),
      "what it answers is its cosignature");
  require(wire::verify_note(request.value().note, logs()).ok(), "only what the log signed");
}

void read_all(ByteView input) {
  const std::string_view text = as_text(input);
  const auto request = wire::parse_add_checkpoint(text);
  if (accepted(request)) {
    const wire::AddCheckpoint& it = request.value();
    require(wire::add_checkpoint_text(it.old_size, it.proof, wire::note_text(it.note)) == text,
            "a request has one spelling", text);
    require(it.proof.size() <= wire::kWitnessProofMax, "a proof is short");
  }
  const auto size = wire::parse_witness_size(text);
  if (accepted(size)) {
    require(wire::witness_size_text(size.value()) == text, "a size has one spelling", text);
  }
  const auto lines = wire::parse_signature_lines(text);
  if (accepted(lines)) {
    std::string again;
    for (const wire::NoteSignature& line : lines.value()) again += wire::signature_line(line);
    require(again == text, "signature lines have one spelling", text);
  }
  ask(text, true);
  ask(text, false);
}

}  // namespace
}  // namespace assay::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::fuzz;
  const MemoryBound bound(memory_for(size));
  read_all({data, size});
  return 0;
}
