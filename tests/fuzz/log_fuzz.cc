// What proves that something is in the log: notes, checkpoints, proofs, tiles, leaves, trust files,
// receipts; and whole audits of receipts.
#include <algorithm>

#include "core/wire/checkpoint.h"
#include "core/wire/leaf.h"
#include "core/wire/receipt.h"
#include "core/wire/tile.h"
#include "core/wire/tlog_proof.h"
#include "core/wire/trust.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/jobs.h"
#include "verifier/evidence.h"

namespace assay::fuzz {
namespace {

using namespace wire;

// Strict formats: what is accepted is exactly what we would have written.
template <class T, class Text>
void read_one_spelling(std::string_view text, Result<T> (*parse)(std::string_view),
                       Text (*write)(const T&)) {
  const Result<T> value = parse(text);
  if (accepted(value)) require(write(value.value()) == text, "a text has one spelling", text);
}

const Trust& trust() {
  static const Trust fixed = [] {
    const SigningKey key = SigningKey::from_seed(std::array<std::uint8_t, 32>{1}).value();
    Trust made;
    made.logs.push_back({{"log.example/fuzz", NoteKeyType::ed25519, key.public_key()}, ""});
    made.verifier = key.public_key();
    made.vrf = key.public_key();
    made.policies = {Digest{}};
    return made;
  }();
  return fixed;
}

void read_note(std::string_view text) {
  read_one_spelling(text, parse_note, note_text);
  const auto checked = check_checkpoint(trust(), text);
  require(!accepted(checked, {Code::malformed, Code::signature}),
          "nobody can sign for a key that is not theirs", text);
}

void read_trust(std::string_view text) {
  const Result<Trust> value = parse_trust(text);
  if (!accepted(value)) return;
  const Result<Trust> again = parse_trust(trust_text(value.value()));
  require(again.ok() && again.value() == value.value(), "a trust file is read as written", text);
  (void)quorum_met(value.value(), {});
}

void read_leaf(ByteView bytes) {
  const Result<LogLeaf> leaf = parse_leaf(bytes);
  if (!accepted(leaf)) return;
  require(std::ranges::equal(encode_leaf(leaf.value()), bytes), "a leaf has one spelling");
  (void)accepted(verify_leaf(leaf.value()), {Code::signature, Code::no_evidence});
}

void read_tiles(ByteView bytes) {
  for (const unsigned width : {1U, 3U, 5U, kTileWidth}) {
    const Result<std::vector<Digest>> tile = parse_tile(bytes, width);
    if (accepted(tile)) {
      require(std::ranges::equal(encode_tile(tile.value()), bytes), "a tile has one spelling");
    }
    const Result<std::vector<Bytes>> entries = parse_entries(bytes, width);
    if (accepted(entries)) {
      require(std::ranges::equal(encode_entries(entries.value()), bytes),
              "a bundle has one spelling");
    }
  }
}

// A file that no trusted log ever signed: every check of it is a value, none a yes.
void audit(std::string_view text) {
  static const compute::Engine engine(compute::CpuLevel::scalar, 1);
  SeededRandom random(1);
  const verifier::AuditOptions options{.trust = trust(),
                                       .engine = engine,
                                       .random = random,
                                       .inputs = {},
                                       .result = {},
                                       .known_head = {},
                                       .max_age_ms = {},
                                       .now = {},
                                       .caps = kSmallCaps};
  const verifier::AuditReport report = verifier::audit_receipt(text, options);
  require(!report.ok(), "no receipt passes without a signature", text);
  require(report.failure.has_value(), "an audit says what failed");
  check_refusal(*report.failure,
                {Code::malformed, Code::signature, Code::proof, Code::unbound, Code::no_evidence});
  const verifier::EvidenceReport evidence = verifier::check_evidence(text, options);
  require(!evidence.fraud_shown(), "no fraud is shown without a signature", text);
}

void read_case_file(std::string_view text) {
  const Result<CaseFile> file = parse_case_file(text);
  const Status digest = check_case_file_digest(text);
  const bool whole = accepted(digest);
  if (accepted(file)) {
    // The last line is checked apart, so that a flipped bit is named by the layer it broke.
    const std::string written = case_file_text(file.value());
    const std::size_t body = written.size() - 65;
    require(text.size() == written.size() && text.substr(0, body) == written.substr(0, body),
            "a case file has one spelling", text);
    require(!whole || text == written, "a case file has one digest");
  }
  audit(text);
}

void read_all(ByteView input) {
  const std::string_view text = as_text(input);
  read_note(text);
  read_one_spelling(text, parse_vkey, vkey_text);
  read_one_spelling(text, parse_checkpoint, checkpoint_text);
  read_one_spelling(text, parse_tlog_proof, tlog_proof_text);
  read_one_spelling(text, parse_tile_path, tile_path_text);
  read_trust(text);
  read_leaf(input);
  read_tiles(input);
  read_case_file(text);
}

}  // namespace
}  // namespace assay::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::fuzz;
  const MemoryBound bound(memory_for(size));
  read_all({data, size});
  return 0;
}
