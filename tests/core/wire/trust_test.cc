#include "core/wire/trust.h"

#include "tests/catch.h"
#include "tests/core/wire/wire_vectors.h"

using namespace assay;
using namespace assay::wire;

namespace {

std::vector<std::string> names(std::string_view list) {
  std::vector<std::string> out;
  if (list == "-") return out;
  while (true) {
    const std::size_t space = list.find(' ');
    out.emplace_back(list.substr(0, space));
    if (space == std::string_view::npos) return out;
    list.remove_prefix(space + 1);
  }
}

SigningKey key_of(std::uint8_t number) {
  return SigningKey::from_seed(Bytes(32, number)).value();
}

TrustedLog log_of(std::string origin, const SigningKey& key) {
  NoteKey note_key{std::move(origin), NoteKeyType::ed25519, key.public_key()};
  return {std::move(note_key), {}};
}

TrustedWitness witness_of(std::string name, std::string key_name, const SigningKey& key) {
  NoteKey note_key{std::move(key_name), NoteKeyType::cosignature, key.public_key()};
  return {std::move(name), std::move(note_key), {}};
}

// A log and three witnesses, of whom two are the quorum.
struct World {
  SigningKey log = key_of(1);
  SigningKey witnesses[3] = {key_of(2), key_of(3), key_of(4)};
  Trust trust;

  World() {
    trust.logs.push_back(log_of("log.example", log));
    for (std::size_t i = 0; i < 3; ++i) {
      trust.witnesses.push_back(witness_of("w" + std::to_string(i), name(i), witnesses[i]));
    }
    trust.groups.push_back({"g", 2, {"w0", "w1", "w2"}});
    trust.quorum = "g";
  }
  static std::string name(std::size_t i) { return "witness.example/" + std::to_string(i); }
  Note head(const std::string& origin = "log.example") const {
    return sign_checkpoint({origin, 7, sha256(as_bytes("root")), ""}, log);
  }
  void cosign(Note& note, std::size_t i, std::uint64_t time) const {
    note.signatures.push_back(cosign_note(name(i), witnesses[i], note.text, time));
  }
};

}  // namespace

TEST_CASE("Policy file: every scenario is answered as its vector says") {
  for (const auto& vector : test::load_vectors(
           "trust", {"line", "hex", "met", "unmet", "verifier", "vrf", "policy"}, 45)) {
    INFO(vector.name());
    const Result<Trust> trust = parse_trust(test::body(vector));
    INFO((trust.ok() ? "" : trust.error().what));
    CHECK(test::answer(trust) == vector.expect());
    if (!trust.ok()) continue;
    for (const std::string& set : vector.all("met")) CHECK(quorum_met(trust.value(), names(set)));
    for (const std::string& set : vector.all("unmet")) {
      CHECK_FALSE(quorum_met(trust.value(), names(set)));
    }
    const bool own = vector.has("verifier");
    CHECK(trust.value().verifier.has_value() == own);
    CHECK(trust.value().vrf.has_value() == own);
    if (own) {
      CHECK(trust.value().verifier == vector.fixed<PublicKey>("verifier"));
      CHECK(trust.value().vrf == vector.fixed<PublicKey>("vrf"));
    }
    CHECK(trust.value().policies == vector.all_fixed<Digest>("policy"));
    const Result<Trust> again = parse_trust(trust_text(trust.value()));
    REQUIRE(again.ok());
    CHECK(again.value() == trust.value());
  }
}

TEST_CASE("Head: every scenario is answered as its vector says") {
  for (const auto& vector :
       test::load_vectors("head", {"trust", "line", "hex", "origin", "size", "witnesses"}, 33)) {
    INFO(vector.name());
    const Result<Trust> trust = parse_trust(test::joined(vector.all("trust")));
    REQUIRE(trust.ok());
    const Result<CheckedCheckpoint> head = check_checkpoint(trust.value(), test::body(vector));
    INFO((head.ok() ? "" : head.error().what));
    CHECK(test::answer(head) == vector.expect());
    if (!head.ok()) continue;
    CHECK(head.value().checkpoint.origin == vector.text("origin"));
    CHECK(head.value().checkpoint.size == vector.number("size"));
    std::string witnesses;
    for (const Witnessed& one : head.value().witnesses) {
      witnesses += (witnesses.empty() ? "" : " ") + one.name;
    }
    CHECK(witnesses == vector.text("witnesses"));
  }
}

TEST_CASE("Policy file: an error names the line") {
  const auto bad = parse_trust("quorum none\n# fine\nwitnes a b\n");
  REQUIRE_FALSE(bad.ok());
  CHECK(bad.error().what == "policy file: line 3: not log, witness, group, quorum or a comment");
  CHECK_FALSE(parse_trust("quorum none\n" + std::string(kTrustBytesMax, '#') + "\n").ok());
}

TEST_CASE("Policy file: 32 logs, witnesses and groups are read, nested as deep as there are") {
  Trust trust;
  for (std::uint8_t i = 0; i < 32; ++i) {
    const std::string n = std::to_string(i);
    trust.logs.push_back(log_of("log" + n, key_of(static_cast<std::uint8_t>(i + 1))));
    trust.witnesses.push_back(
        witness_of("w" + n, "w" + n, key_of(static_cast<std::uint8_t>(i + 101))));
    WitnessGroup group{"g" + n, 1, {"w" + n}};
    if (i > 0) group.members.push_back("g" + std::to_string(i - 1));
    group.threshold = static_cast<std::uint32_t>(group.members.size());
    trust.groups.push_back(group);
  }
  trust.quorum = "g31";
  const Result<Trust> parsed = parse_trust(trust_text(trust));
  REQUIRE(parsed.ok());
  CHECK(parsed.value() == trust);
  std::vector<std::string> all;
  for (const TrustedWitness& witness : trust.witnesses) all.push_back(witness.name);
  CHECK(quorum_met(trust, all));
  all.erase(all.begin());
  CHECK_FALSE(quorum_met(trust, all));
}

TEST_CASE("Checkpoint check: fails closed below the quorum") {
  const World world;
  Note note = world.head();
  CHECK(test::answer(check_checkpoint(world.trust, note_text(note))) == "signature");
  world.cosign(note, 0, 100);
  CHECK(test::answer(check_checkpoint(world.trust, note_text(note))) == "signature");
  world.cosign(note, 0, 200);  // the same witness again is still one witness
  world.cosign(note, 0, 50);
  CHECK(test::answer(check_checkpoint(world.trust, note_text(note))) == "signature");
  world.cosign(note, 2, 150);
  const auto checked = check_checkpoint(world.trust, note_text(note));
  REQUIRE(checked.ok());
  REQUIRE(checked.value().witnesses.size() == 2);
  CHECK(checked.value().witnesses[0].unix_seconds == 200);
  CHECK(checked.value().witnesses[1].name == "w2");
}

TEST_CASE("Checkpoint check: without witnesses it says that nobody witnessed") {
  World world;
  world.trust.quorum = "none";
  const auto checked = check_checkpoint(world.trust, note_text(world.head()));
  REQUIRE(checked.ok());
  CHECK(checked.value().quorum_none);
  CHECK(checked.value().witnesses.empty());
}

TEST_CASE("Checkpoint check: the log's key speaks for its own origin only") {
  World world;
  world.trust.quorum = "none";
  // A trusted key under its own name, over another log's checkpoint.
  Note other = world.head("other.example");
  other.signatures = {sign_note("log.example", world.log, other.text)};
  CHECK(test::answer(check_checkpoint(world.trust, note_text(other))) == "signature");
  // Witnesses alone do not make a checkpoint.
  Note unsigned_note = world.head();
  unsigned_note.signatures.clear();
  world.cosign(unsigned_note, 0, 1);
  world.cosign(unsigned_note, 1, 1);
  CHECK(test::answer(check_checkpoint(world.trust, note_text(unsigned_note))) == "signature");
  // No trusted log at all.
  world.trust.logs.clear();
  CHECK(test::answer(check_checkpoint(world.trust, note_text(world.head()))) == "signature");
}

TEST_CASE("Checkpoint check: a trusted witness whose signature fails spoils the note") {
  const World world;
  Note note = world.head();
  world.cosign(note, 0, 100);
  world.cosign(note, 1, 100);
  Note forged = note;
  forged.signatures.push_back(cosign_note(World::name(2), world.witnesses[2], "other\n", 100));
  CHECK(check_checkpoint(world.trust, note_text(note)).ok());
  CHECK(test::answer(check_checkpoint(world.trust, note_text(forged))) == "signature");
}

TEST_CASE("Checkpoint check: a signed note that is no checkpoint is malformed") {
  World world;
  world.trust.quorum = "none";
  const std::string text = "log.example\nnot a size\n";
  const Note note{text, {sign_note("log.example", world.log, text)}};
  CHECK(test::answer(check_checkpoint(world.trust, note_text(note))) == "malformed");
  CHECK(test::answer(check_checkpoint(world.trust, "log.example\n7\n")) == "malformed");
}
