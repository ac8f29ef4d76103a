// A witness, to the byte: what it answers, and that it never signs what it has not kept.
#include "verifier/witness/witness.h"

#include <algorithm>
#include <thread>

#include "core/merkle/tree.h"
#include "tests/catch.h"
#include "tests/core/wire/wire_vectors.h"
#include "tests/temporary_folder.h"

namespace assay {
namespace {

using witness::Answer;
using witness::HeadStore;
using witness::Witness;

constexpr const char* kOrigin = "log.example/one";
constexpr UnixMillis kNow{1'764'000'000'999};

SigningKey key_of(std::uint8_t who) {
  return SigningKey::from_seed(Bytes(32, who)).value();
}

// A log that can be told to say anything.
struct Log {
  explicit Log(std::size_t leaves, const std::string& salt = "") {
    for (std::size_t i = 0; i < leaves; ++i) {
      tree.append(leaf_hash(as_bytes(salt + std::to_string(i))));
    }
  }

  std::string note(std::uint64_t size) const {
    const wire::Checkpoint head{kOrigin, size, root_of(size, tree.reader()).value(), ""};
    return wire::note_text(wire::sign_checkpoint(head, key_of(1)));
  }
  std::string request(std::uint64_t old_size, std::uint64_t size) const {
    const auto proof = consistency_path(old_size, size, tree.reader());
    return wire::add_checkpoint_text(old_size, proof.value(), note(size));
  }

  Tree tree;
};

std::vector<wire::NoteKey> known_logs() {
  return {{kOrigin, wire::NoteKeyType::ed25519, key_of(1).public_key()}};
}

// Fails as it is told, and writes down what it is asked for.
struct FaultyStore final : HeadStore {
  Result<std::optional<std::string>> load(const std::string& origin) override {
    asked += "load ";
    if (fail_load) return fail(Code::storage, "an injected fault");
    return store->load(origin);
  }
  Status keep(const std::string& origin, const std::optional<std::string>& expected,
              const std::string& next) override {
    asked += "keep ";
    if (fail_keep) return fail(*fail_keep, "an injected fault");
    return store->keep(origin, expected, next);
  }

  std::unique_ptr<HeadStore> store = witness::make_memory_head_store();
  bool fail_load = false;
  std::optional<Code> fail_keep;
  std::string asked;
};

struct Scene {
  FaultyStore heads;
  ManualClock clock{kNow};
  Witness witness{"witness.example/w1", key_of(2), known_logs(), heads, clock};

  // The size of the head that it keeps; 0: none.
  std::uint64_t kept() {
    const auto note = heads.store->load(kOrigin).value();
    if (!note) return 0;
    return wire::parse_checkpoint(wire::parse_note(*note).value().text).value().size;
  }
};

// Whether this is a cosignature by the witness over the note's text, at `kNow`.
bool cosigns(const Scene& scene, const Answer& answer, const std::string& note) {
  const auto lines = wire::parse_signature_lines(answer.body);
  if (answer.status != 200 || !lines.ok() || lines.value().size() != 1) return false;
  const wire::NoteKey key = scene.witness.vkey();
  const auto by =
      wire::verify_note({wire::parse_note(note).value().text, lines.value()}, {&key, 1});
  return by.ok() && by.value().front().unix_seconds == kNow.ms / 1000;
}

TEST_CASE("Witness: every scenario is answered as its vector says") {
  const std::map<std::string, int> statuses = {{"ok", 200},        {"malformed", 400},
                                               {"signature", 403}, {"not_found", 404},
                                               {"conflict", 409},  {"proof", 422}};
  for (const auto& vector :
       test::load_vectors("witness",
                          {"log", "known_size", "known_root", "line", "hex", "status", "seed",
                           "name", "time", "cosignature", "size"},
                          65)) {
    INFO(vector.name());
    const std::string body = test::body(vector);
    std::vector<wire::NoteKey> logs;
    for (const std::string& vkey : vector.all("log"))
      logs.push_back(wire::parse_vkey(vkey).value());
    ManualClock clock{kNow};
    const auto heads = witness::make_memory_head_store();
    if (vector.number("known_size") > 0) {
      const wire::Checkpoint known{logs[0].name, vector.number("known_size"),
                                   vector.fixed<Digest>("known_root"), ""};
      REQUIRE(
          heads->keep(logs[0].name, {}, note_text(wire::sign_checkpoint(known, key_of(1)))).ok());
    }
    const bool is_signed = vector.expect() == "ok";
    if (is_signed) {
      clock = ManualClock(UnixMillis{static_cast<std::int64_t>(vector.number("time")) * 1000});
    }
    Witness witness(is_signed ? vector.text("name") : "w",
                    is_signed ? SigningKey::from_seed(vector.bytes("seed")).value() : key_of(2),
                    logs, *heads, clock);
    const Answer answer = witness.add_checkpoint(body);
    CHECK(answer.status == static_cast<int>(vector.number("status")));
    REQUIRE(statuses.contains(vector.expect()));
    CHECK(statuses.at(vector.expect()) == answer.status);
    if (is_signed) CHECK(answer.body == vector.text("cosignature") + "\n");
    if (answer.status == 409) {
      CHECK(answer.content_type == "text/x.tlog.size");
      CHECK(answer.body == vector.text("size") + "\n");
    }
    const auto parsed = wire::parse_add_checkpoint(body);
    if (!parsed.ok()) continue;
    const wire::AddCheckpoint& it = parsed.value();
    CHECK(wire::add_checkpoint_text(it.old_size, it.proof, wire::note_text(it.note)) == body);
  }
}

TEST_CASE("a witness follows a log, signs each head, and keeps it first") {
  const Log log(300);
  Scene scene;
  std::uint64_t size = 0;
  for (const std::uint64_t next : {1U, 2U, 3U, 8U, 255U, 256U, 257U, 300U}) {
    scene.heads.asked.clear();
    CHECK(cosigns(scene, scene.witness.add_checkpoint(log.request(size, next)), log.note(next)));
    CHECK(scene.heads.asked == "load keep ");
    CHECK(scene.kept() == next);
    size = next;
  }
  scene.heads.asked.clear();
  CHECK(cosigns(scene, scene.witness.add_checkpoint(log.request(size, size)), log.note(size)));
  CHECK(scene.heads.asked == "load ");  // there is nothing new to keep
}

TEST_CASE("nothing is signed that is not kept") {
  const Log log(20);
  const struct {
    const char* name;
    void (*break_it)(FaultyStore&);
  } rows[] = {
      {"it cannot be read", [](FaultyStore& heads) { heads.fail_load = true; }},
      {"it cannot be written", [](FaultyStore& heads) { heads.fail_keep = Code::storage; }},
      {"somebody else wrote", [](FaultyStore& heads) { heads.fail_keep = Code::conflict; }},
      {"what is kept is damaged",
       [](FaultyStore& heads) {
         const auto now = heads.store->load(kOrigin).value();
         REQUIRE(heads.store->keep(kOrigin, now, "no note").ok());
       }},
  };
  for (const auto& row : rows) {
    INFO(row.name);
    Scene scene;
    REQUIRE(scene.witness.add_checkpoint(log.request(0, 5)).status == 200);
    const auto before = scene.heads.store->load(kOrigin).value();
    row.break_it(scene.heads);
    const auto broken = scene.heads.store->load(kOrigin).value();
    const Answer answer = scene.witness.add_checkpoint(log.request(5, 9));
    CHECK(answer.status == 500);
    CHECK(answer.body.find("\xE2\x80\x94") == std::string::npos);
    CHECK(scene.heads.store->load(kOrigin).value() == broken);
    scene.heads.fail_load = false;
    scene.heads.fail_keep.reset();
    if (broken != before) continue;
    CHECK(scene.witness.add_checkpoint(log.request(5, 9)).status == 200);
  }
}

TEST_CASE("no second history is ever signed, in whatever order the two are shown") {
  const Log log(40);
  const Log fork(40, "other ");
  for (const std::uint64_t size : {1U, 7U, 16U, 39U}) {
    Scene scene;
    REQUIRE(scene.witness.add_checkpoint(log.request(0, size)).status == 200);
    for (std::uint64_t old_size = 0; old_size <= 40; ++old_size) {
      for (std::uint64_t next = old_size; next <= 40; ++next) {
        const int status = scene.witness.add_checkpoint(fork.request(old_size, next)).status;
        if (status != 409 && status != 422) FAIL("from " << old_size << " to " << next);
      }
    }
    for (std::uint64_t next = 0; next < size; ++next) {  // nor a step back in the first one
      const std::string back = wire::add_checkpoint_text(size, {}, log.note(next));
      CHECK(scene.witness.add_checkpoint(back).status == 400);
      CHECK(scene.witness.add_checkpoint(log.request(next, next)).status == 409);
    }
    CHECK(scene.kept() == size);
  }
}

TEST_CASE("no bit of a request can be changed") {
  const Log log(13);
  Scene scene;
  REQUIRE(scene.witness.add_checkpoint(log.request(0, 5)).status == 200);
  test::flip_each_bit(log.request(5, 13), [&](const std::string& mutated, std::size_t at) {
    const int status = scene.witness.add_checkpoint(mutated).status;
    if (status == 200 || status == 500) FAIL("byte " << at << ": " << status);
  });
  CHECK(scene.kept() == 5);
  CHECK(scene.witness.add_checkpoint(log.request(5, 13)).status == 200);
}

TEST_CASE("of two updates from one head exactly one is signed") {
  const Log log(64);
  for (std::uint64_t round = 1; round <= 40; ++round) {
    Scene scene;
    REQUIRE(scene.witness.add_checkpoint(log.request(0, round)).status == 200);
    std::vector<int> statuses(8);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < statuses.size(); ++i) {
      threads.emplace_back([&, i] {
        statuses[i] = scene.witness.add_checkpoint(log.request(round, round + 1 + i)).status;
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(std::count(statuses.begin(), statuses.end(), 200) == 1);
    CHECK(std::count(statuses.begin(), statuses.end(), 409) == 7);
    const auto winner = std::find(statuses.begin(), statuses.end(), 200) - statuses.begin();
    CHECK(scene.kept() == round + 1 + static_cast<std::uint64_t>(winner));
  }
}

TEST_CASE("a witness that is started anew knows what it signed") {
  const test::TemporaryFolder folder;
  const Log log(20);
  const Log fork(20, "other ");
  ManualClock clock{kNow};
  for (std::uint64_t size = 1; size < 20; ++size) {
    const auto heads = witness::open_file_head_store(folder / "heads");
    REQUIRE(heads.ok());
    Witness witness("w", key_of(2), known_logs(), *heads.value(), clock);
    CHECK(witness.add_checkpoint(log.request(0, size)).status == (size == 1 ? 200 : 409));
    CHECK(witness.add_checkpoint(fork.request(size, size)).status == 409);
    CHECK(witness.add_checkpoint(log.request(size, size + 1)).status == 200);
  }
}

TEST_CASE("strangers' signatures are not kept") {
  const Log log(5);
  Scene scene;
  wire::Note note = wire::parse_note(log.note(5)).value();
  note.signatures.insert(note.signatures.begin(), {"stranger", 7, Bytes(100, 1)});
  const std::string request = wire::add_checkpoint_text(0, {}, wire::note_text(note));
  REQUIRE(scene.witness.add_checkpoint(request).status == 200);
  CHECK(scene.heads.store->load(kOrigin).value() == log.note(5));
}

}  // namespace
}  // namespace assay
