// The monitor over time: it goes on where it was, tells each thing once, and keeps what it must.
#include <filesystem>
#include <fstream>

#include "reputation/ledger/state_hash.h"
#include "tests/catch.h"
#include "tests/monitor/malice.h"
#include "tests/temporary_folder.h"

namespace assay::test {
namespace {

using verifier::monitor::Look;
using verifier::monitor::Monitor;

// A monitor with a folder, over an honest log; started anew as often as one likes.
struct Kept {
  explicit Kept(HonestLog& from) : honest(from) {}

  HonestLog& honest;
  TemporaryFolder folder;
  ManualClock clock{UnixMillis{0}};
  std::uint64_t fetched = 0;  // bundles of entries
  std::uint64_t batch = 1024;
  std::string known_head;
  std::optional<std::string> note;
  std::unique_ptr<reputation::Store> store;
  std::unique_ptr<Monitor> monitor;

  Status open() {
    monitor.reset();
    store.reset();
    Result<std::unique_ptr<reputation::Store>> opened =
        verifier::monitor::open_state(folder / "state");
    if (!opened.ok()) return opened.error();
    store = std::move(opened).value();
    verifier::monitor::MonitorOptions options;
    options.follow.threads = 2;
    options.follow.batch_leaves = batch;
    const auto checkpoint = [this]() -> Result<std::string> {
      return note ? *note : honest.log.note(honest.log.leaves.size());
    };
    const auto tiles = [this](const wire::TilePath& path) {
      fetched += path.entries ? 1 : 0;
      return honest.log.tile(path, honest.log.leaves.size());
    };
    Result<std::unique_ptr<Monitor>> made =
        Monitor::open({*store, checkpoint, tiles, clock, verifier::monitor::plans_from({})},
                      honest.log.trust(honest.scene, false), options, known_head);
    if (!made.ok()) return made.error();
    monitor = std::move(made).value();
    return {};
  }
  Look look() {
    clock.step_wall(honest.scene.now.ms - clock.unix_now().ms);
    return monitor->look().value();
  }
};

TEST_CASE("a monitor goes on after a restart where it was") {
  HonestLog honest(11);
  honest.steps(60);
  Kept kept(honest);
  kept.batch = 7;
  REQUIRE(kept.open().ok());
  const Look first = kept.look();
  CHECK(first.update.good());
  CHECK(first.update.size == honest.log.leaves.size());
  const auto totals = kept.monitor->totals();
  const std::uint64_t fetched = kept.fetched;
  REQUIRE(kept.open().ok());
  CHECK(kept.look().fresh.empty());
  CHECK(kept.fetched == fetched);  // nothing was fetched again
  CHECK(kept.monitor->totals().audited == totals.audited);
  CHECK(kept.monitor->totals().statements == totals.statements);
  for (int restart = 0; restart < 20; ++restart) {
    honest.steps(5);
    REQUIRE(kept.open().ok());
    const Look look = kept.look();
    CHECK(look.fresh.empty());
    CHECK(look.exit_code == 0);
    CHECK(look.update.size == honest.log.leaves.size());
  }
  // The same as one that saw it all at once.
  Watched whole(honest);
  CHECK(whole.finds() == "none");
  CHECK(whole.monitor->totals().audited == kept.monitor->totals().audited);
  CHECK(whole.monitor->totals().passed_over == kept.monitor->totals().passed_over);
  const auto a = kept.store->read();
  const auto b = whole.store->read();
  CHECK(reputation::state_hash(*a.value(), reputation::tables::kAll).value() ==
        reputation::state_hash(*b.value(), reputation::tables::kAll).value());
}

TEST_CASE("what was missing before a restart is still missing after it") {
  HonestLog honest(12);
  honest.steps(30);
  while (honest.draw()) {
  }
  honest.end_disputes();
  honest.end_appeals();
  Kept kept(honest);
  REQUIRE(kept.open().ok());
  CHECK(kept.look().exit_code == 0);
  honest.attest(honest.scene.bob);
  honest.pass(2'000);
  wire::Registration filler = honest.scene.registration(honest.scene.bob);
  filler.name = "again";
  honest.say(honest.scene.bob, wire::registration_statement(filler));
  REQUIRE(kept.open().ok());
  CHECK(kept.look().fresh.empty());
  honest.pass(100'000);  // the policy's deadline, and the grace between two clocks
  const Look late = kept.look();
  REQUIRE(late.fresh.size() == 1);
  CHECK(verifier::monitor::finding_name(late.fresh[0].kind) == "missing_draw");
  CHECK(late.exit_code == static_cast<int>(Code::no_evidence));
  // Told once; it stands until the draw has come.
  REQUIRE(kept.open().ok());
  const Look again = kept.look();
  CHECK(again.fresh.empty());
  CHECK(again.exit_code == static_cast<int>(Code::no_evidence));
  CHECK(kept.monitor->findings().size() == 1);
  honest.say(honest.scene.verifier, wire::draw_statement(*honest.next_draw()));
  const Look drawn = kept.look();
  for (const auto& finding : drawn.fresh) {  // late by more than a minute: over an old head
    CHECK(verifier::monitor::finding_name(finding.kind) == "wrong_draw");
  }
}

TEST_CASE("a fork is shown with both heads, and found again after a restart") {
  HonestLog honest(13);
  honest.steps(30);
  Kept kept(honest);
  REQUIRE(kept.open().ok());
  REQUIRE(kept.look().update.good());
  const std::string seen = honest.log.note(honest.log.leaves.size());
  PublicLog forked;
  forked.leaves = honest.log.leaves;
  forked.leaves.back() = leaf_by(honest.scene.stranger,
                                 wire::cancel_statement({sha256(as_bytes("x"))}), honest.scene.now);
  kept.note = forked.note(forked.leaves.size());
  for (int restart = 0; restart < 2; ++restart) {
    const Look look = kept.look();
    CHECK(look.exit_code == 20);
    REQUIRE(look.update.evidence);
    CHECK(look.update.evidence->first == seen);
    CHECK(look.update.evidence->second == *kept.note);
    const std::string text = verifier::monitor::two_heads_text(kSceneOrigin, *look.update.evidence);
    CHECK(wire::parse_json(text).value().find("notes")->items().size() == 2);
    REQUIRE(kept.open().ok());
  }
}

TEST_CASE("a head known from elsewhere must be continued") {
  HonestLog honest(14);
  honest.steps(30);
  PublicLog forked;
  forked.leaves = honest.log.leaves;
  forked.leaves[3] = leaf_by(honest.scene.stranger, wire::cancel_statement({sha256(as_bytes("x"))}),
                             honest.scene.now);
  {
    Kept kept(honest);
    kept.known_head = honest.log.note(20);
    REQUIRE(kept.open().ok());
    CHECK(kept.look().update.known_size == 20);
    kept.known_head = forked.note(10);
    CHECK(kept.open().error().code == Code::equivocation);
    kept.known_head = "not a note";
    CHECK(kept.open().error().code == Code::malformed);
  }
  Kept other(honest);
  other.known_head = forked.note(20);
  REQUIRE(other.open().ok());
  CHECK(other.look().exit_code == 20);
}

TEST_CASE("state that is damaged, or of another log, is refused") {
  HonestLog honest(15);
  honest.steps(40);
  Kept kept(honest);
  REQUIRE(kept.open().ok());
  REQUIRE(kept.look().update.good());
  kept.monitor.reset();
  kept.store.reset();
  const std::string file = kept.folder / "state/data.mdb";
  const auto size = std::filesystem::file_size(file);
  std::size_t refused = 0;
  std::size_t harmless = 0;
  SeededRandom random(15);
  const std::string copy = kept.folder / "copy";
  std::filesystem::copy_file(file, copy);
  for (int flip = 0; flip < 60; ++flip) {
    std::filesystem::copy_file(copy, file, std::filesystem::copy_options::overwrite_existing);
    {
      std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
      const auto at = static_cast<std::streamoff>(random.below(size));
      bytes.seekg(at);
      const char old = static_cast<char>(bytes.get());
      bytes.seekp(at);
      bytes.put(static_cast<char>(old ^ (1 << random.below(8))));
    }
    const Status opened = kept.open();
    if (!opened.ok()) {
      CHECK(opened.error().code == Code::storage);
      ++refused;
      continue;
    }
    ++harmless;  // in a page that nothing uses
    const Result<Look> look = kept.monitor->look();
    const bool sound = look.ok() && look.value().exit_code == 0;
    CHECK(sound);
    kept.monitor.reset();
    kept.store.reset();
  }
  CHECK(refused > 10);
  CHECK(refused + harmless == 60);
}

TEST_CASE("without an answer nothing is said about the log") {
  HonestLog honest(16);
  honest.steps(10);
  Watched watched(honest);
  REQUIRE(watched.finds() == "none");
  honest.step();
  watched.show_all(honest);
  watched.lie = [](const wire::TilePath&, Result<Bytes>& bytes) {
    bytes = fail(Code::network, "no answer");
  };
  CHECK(watched.look().error().code == Code::network);
  watched.lie = nullptr;
  CHECK(watched.finds() == "none");
}

TEST_CASE("a log that is broken at one leaf is followed up to it") {
  HonestLog honest(17);
  honest.steps(20);
  Watched watched(honest);
  const std::uint64_t good = honest.log.leaves.size();
  watched.log.leaves.push_back(leaf_by(
      honest.scene.stranger, wire::cancel_statement({sha256(as_bytes("x"))}), honest.scene.now));
  watched.size = good + 1;
  for (int times = 0; times < 2; ++times) {
    const Look look = watched.look().value();
    CHECK(look.update.size == good);
    CHECK(look.exit_code == static_cast<int>(Code::mismatch));
    CHECK(look.fresh.size() == (times == 0 ? 1U : 0U));
    CHECK(look.update.findings.front().leaf == good);
    CHECK(look.update.findings.front().statement != Digest{});
  }
}

}  // namespace
}  // namespace assay::test
