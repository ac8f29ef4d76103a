// The pieces of publishing: what a witness's reply is taken for, grease, the kept head; and
// witnesses at their own pace.
#include "verifier/service/publisher.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "core/base/file.h"
#include "core/wire/dsse.h"
#include "core/wire/provider.h"
#include "tests/catch.h"
#include "tests/service/witnesses.h"
#include "tests/vectors.h"
#include "verifier/service/grease.h"

namespace assay::test {
namespace {

using verifier::Heard;
using verifier::WitnessWord;

SigningKey key_of(std::uint8_t who) {
  return SigningKey::from_seed(Bytes(32, who)).value();
}

TEST_CASE("a witness's reply is taken for what it proves") {
  const UnixMillis now{1'780'000'000'000};
  const std::uint64_t second = 1'780'000'000;
  const wire::Checkpoint head{"log.example/a", 9, sha256(as_bytes("root")), ""};
  const std::string text = wire::checkpoint_text(head);
  const wire::NoteKey key{"w", wire::NoteKeyType::cosignature, key_of(1).public_key()};
  const auto line = [&](std::uint8_t who, const char* name, std::uint64_t seconds,
                        const std::string& over) {
    return wire::signature_line(wire::cosign_note(name, key_of(who), over, seconds));
  };
  const std::string good = line(1, "w", second, text);
  const std::string other = line(2, "v", second, text);
  const std::string wrong = line(1, "w", second, text + "x\n");
  const struct {
    const char* name;
    int status;
    std::string body;
    std::uint64_t old_size;
    Heard heard;
    std::uint64_t size;
  } rows[] = {
      {"a cosignature", 200, good, 4, Heard::cosigned, 9},
      {"among others'", 200, other + good + other, 4, Heard::cosigned, 9},
      {"a second line that holds", 200, wrong + good, 4, Heard::cosigned, 9},
      {"five minutes ahead", 200, line(1, "w", second + 300, text), 4, Heard::cosigned, 9},
      {"five minutes behind", 200, line(1, "w", second - 300, text), 4, Heard::cosigned, 9},
      {"more than that", 200, line(1, "w", second + 301, text), 4, Heard::useless, 0},
      {"more than that", 200, line(1, "w", second - 301, text), 4, Heard::useless, 0},
      {"the end of time", 200, line(1, "w", INT64_MAX, text), 4, Heard::useless, 0},
      {"others' only", 200, other, 4, Heard::useless, 0},
      {"another's key", 200, line(2, "w", second, text), 4, Heard::useless, 0},
      {"over another text", 200, wrong, 4, Heard::useless, 0},
      {"a plain signature", 200, wire::signature_line(wire::sign_note("w", key_of(1), text)), 4,
       Heard::useless, 0},
      {"no line", 200, "yes\n", 4, Heard::useless, 0},
      {"nothing", 200, "", 4, Heard::useless, 0},
      {"another size", 409, "7\n", 4, Heard::other_size, 7},
      {"a size above ours", 409, "70\n", 4, Heard::other_size, 70},
      {"that of the checkpoint", 409, "9\n", 4, Heard::other_size, 9},
      {"none yet", 409, "0\n", 4, Heard::other_size, 0},
      {"the size it was given", 409, "4\n", 4, Heard::useless, 0},
      {"another tree of the same size", 409, "9\n", 9, Heard::disagrees, 9},
      {"another empty tree, which there is not", 409, "0\n", 0, Heard::useless, 0},
      {"no number", 409, "seven\n", 4, Heard::useless, 0},
      {"no newline", 409, "7", 4, Heard::useless, 0},
      {"another spelling", 409, "07\n", 4, Heard::useless, 0},
      {"more than 64 bits", 409, "18446744073709551616\n", 4, Heard::useless, 0},
      {"a tree that ours did not grow out of", 422, "no\n", 4, Heard::disagrees, 4},
      {"no proof from nothing", 422, "no\n", 0, Heard::useless, 0},
      {"not known", 404, "who?\n", 4, Heard::useless, 0},
      {"forbidden", 403, "\x1b[31m\xff\n", 4, Heard::useless, 0},
      {"a success that is none", 204, good, 4, Heard::useless, 0},
      {"moved", 301, "", 4, Heard::useless, 0},
      {"broken", 500, std::string(50'000, 'x'), 4, Heard::useless, 0},
  };
  for (const auto& row : rows) {
    INFO(row.name);
    const WitnessWord word = verifier::hear(key, {row.old_size, head}, {row.status, row.body}, now);
    CHECK(word.heard == row.heard);
    if (row.heard != Heard::useless) CHECK(word.size == row.size);
    const bool is_explained = row.heard == Heard::useless || row.heard == Heard::disagrees;
    CHECK(word.detail.empty() == !is_explained);
    CHECK(word.detail.size() < 300);
    CHECK(std::all_of(word.detail.begin(), word.detail.end(),
                      [](char c) { return c >= ' ' && c <= '~'; }));
    if (row.heard == Heard::cosigned) {
      CHECK(wire::verify_note({text, {word.signature}}, {&key, 1}).ok());
    }
  }
}

TEST_CASE("grease: a stranger's line and another order, the same for the same note") {
  const wire::NoteKey log{"log.example/a", wire::NoteKeyType::ed25519, key_of(1).public_key()};
  const wire::NoteKey one{"w1", wire::NoteKeyType::cosignature, key_of(2).public_key()};
  std::set<std::size_t> log_at;
  std::set<std::size_t> stranger_at;
  std::set<std::string> strangers;
  std::set<std::size_t> lengths;
  for (std::uint64_t size = 1; size <= 100; ++size) {
    wire::Note note =
        wire::sign_checkpoint({log.name, size, sha256(as_bytes("root")), ""}, key_of(1));
    note.signatures.push_back(wire::cosign_note("w1", key_of(2), note.text, 7));
    const wire::Note greased = verifier::with_grease(note);
    CHECK(verifier::with_grease(note) == greased);
    CHECK(greased.text == note.text);
    REQUIRE(greased.signatures.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
      const wire::NoteSignature& line = greased.signatures[i];
      if (line == note.signatures[0]) log_at.insert(i);
      if (line == note.signatures[0] || line == note.signatures[1]) continue;
      stranger_at.insert(i);
      strangers.insert(line.name);
      lengths.insert(line.bytes.size());
    }
    const Result<wire::Note> read = wire::parse_note(wire::note_text(greased));
    REQUIRE(read.ok());
    const wire::NoteKey known[] = {log, one};
    CHECK(wire::verify_note(read.value(), known).value().size() == 2);
  }
  CHECK(log_at.size() == 3);
  CHECK(stranger_at.size() == 3);
  CHECK(strangers.size() > 90);
  CHECK(lengths.size() > 30);
}

TEST_CASE("grease: the example of FORMAT.md is what is published") {
  const Bytes file = read_file(std::string(ASSAY_SOURCE) + "/core/wire/FORMAT.md", 1 << 20).value();
  const std::string format(as_text(file));
  const std::size_t from = format.find("```text\n", format.find("## Published checkpoint")) + 8;
  const std::string example = format.substr(from, format.find("```", from) - from);
  wire::Note plain = wire::parse_note(example).value();
  std::erase_if(plain.signatures,
                [](const auto& line) { return line.name.starts_with("grease.invalid/"); });
  REQUIRE(plain.signatures.size() == 2);
  // As the publisher has them: the log's first.
  if (plain.signatures[0].name.starts_with("witness"))
    std::swap(plain.signatures[0], plain.signatures[1]);
  CHECK(wire::note_text(verifier::with_grease(plain)) == example);
}

TEST_CASE("the kept head is replaced only by who knows it, and by one process alone") {
  const TemporaryFolder folder;
  const std::string path = folder / "head";
  const auto memory = verifier::make_memory_head_keeper();
  const auto file = verifier::make_file_head_keeper(path);
  for (verifier::HeadKeeper* heads : {memory.get(), file.get()}) {
    CHECK(heads->load().value() == std::nullopt);
    CHECK(answer(heads->keep("x", "one")) == "conflict");
    CHECK(heads->keep({}, "one").ok());
    CHECK(answer(heads->keep({}, "two")) == "conflict");
    CHECK(heads->keep("one", "two").ok());
    CHECK(heads->load().value() == "two");
  }
  const auto second = verifier::make_file_head_keeper(path);
  CHECK(second->load().value() == "two");  // to look is everybody's right
  CHECK(answer(second->keep("two", "three")) == "conflict");
  REQUIRE(write_file_durably(path, as_bytes("three")).ok());
  CHECK(answer(file->keep("two", "four")) == "conflict");
  CHECK(file->load().value() == "three");
}

TEST_CASE("a head that somebody else moved on stops the service") {
  World world;
  const std::string now = *world.heads->load().value();
  REQUIRE(world.heads->keep(now, now + "x").ok());
  const auto refused = world.order(world.gemm_order());
  CHECK(answer(refused) == "storage");
  REQUIRE(world.service->failed());
  CHECK(world.service->failed()->what.find("newest head") != std::string::npos);
}

// With threads and real time: a slow or dead witness delays neither acknowledgements nor the
// witnesses that answer.
TEST_CASE("a slow and a dead witness stall nobody") {
  auto store = reputation::make_memory_store(reputation::tables::names());
  auto blobs = verifier::make_memory_blobs();
  auto heads = verifier::make_memory_head_keeper();
  Witnesses witnesses(system_clock(), 4, 2);
  witnesses[0].takes_ms = 2'000;
  witnesses[1].mood = Mood::dead;
  verifier::ServiceOptions options;
  options.witnesses = witnesses.setup;
  const auto seeded = [](const std::string& text) {
    return SigningKey::from_seed(sha256(as_bytes("tests/sim " + text)).view()).value();
  };
  auto started = verifier::Service::start({*store, *blobs, *heads, system_clock(), system_random()},
                                          {seeded("verifier"), seeded("vrf"), seeded("log")},
                                          "sim.example/assay",
                                          wire::policy_text(wire::demo_policy()), options);
  REQUIRE(started.ok());
  verifier::Service& service = *started.value();

  std::vector<std::int64_t> acknowledged_ms;
  std::vector<std::int64_t> published_ms;
  for (int i = 0; i < 30; ++i) {
    const SigningKey key = seeded("provider " + std::to_string(i));
    wire::Registration said;
    said.provider = key.public_key();
    said.name = "p";
    said.device_class = "none";
    const std::string envelope =
        wire::seal(key, wire::statement_text(wire::registration_statement(said)));
    const SteadyMillis began = system_clock().steady_now();
    const auto accepted = service.submit(wire::Kind::registration, envelope);
    REQUIRE(accepted.ok());
    acknowledged_ms.push_back(system_clock().steady_now() - began);
    for (;;) {
      const auto shown = wire::check_checkpoint(witnesses.trust, service.checkpoint().value());
      REQUIRE(shown.ok());
      if (shown.value().checkpoint.size > accepted.value().log_index) break;
      REQUIRE(system_clock().steady_now() - began < 60'000);
      system_clock().sleep(1);
    }
    published_ms.push_back(system_clock().steady_now() - began);
  }
  // Medians, since a machine that is busy delays some. The slow one takes 2,000 ms.
  std::sort(acknowledged_ms.begin(), acknowledged_ms.end());
  std::sort(published_ms.begin(), published_ms.end());
  INFO("acknowledged " << acknowledged_ms[15] << " ms, published " << published_ms[15] << " ms");
  CHECK(acknowledged_ms[15] < 500);
  CHECK(published_ms[15] < 1'000);
  CHECK(witnesses[0].asked > 0);
}

}  // namespace
}  // namespace assay::test
