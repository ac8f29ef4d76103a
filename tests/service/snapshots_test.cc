// Snapshots in the ledger: where they stand, what they say, what is refused in their place, and
// that they follow from the log alone.
#include "reputation/ledger/snapshots.h"

#include "core/merkle/tree.h"
#include "reputation/ledger/memory_store.h"
#include "reputation/ledger/tables.h"
#include "tests/catch.h"
#include "tests/service/slashed.h"

namespace assay::test {
namespace {

using reputation::MadeSnapshot;
using reputation::View;

constexpr std::int64_t kHourMs = 3'600'000;

wire::Policy audit_everything(std::uint32_t epoch_seconds = 3600) {
  wire::Policy policy;
  policy.audit_ppm = 1'000'000;
  policy.epoch_seconds = epoch_seconds;
  return policy;
}

// Time goes on to the beginning of the next epoch but `epochs` - 1.
void pass_epochs(LedgerScene& scene, std::int64_t epochs = 1) {
  const std::int64_t grid_ms = std::int64_t{scene.policy.epoch_seconds} * 1000;
  scene.now.ms = (scene.now.ms / grid_ms + epochs) * grid_ms;
}

void touch(LedgerScene& scene, const SigningKey& key) {
  wire::Registration again = scene.registration(key);
  again.name = "p" + std::to_string(scene.head().size);
  scene.log(key, wire::registration_statement(again));
}

wire::LogLeaf leaf_at(LedgerScene& scene, std::uint64_t index) {
  const auto txn = scene.store->read();
  return View(*txn.value()).log(scene.head().size).leaf(index).value();
}

std::vector<wire::ScoreState> kept_states(LedgerScene& scene) {
  std::vector<wire::ScoreState> states;
  const auto txn = scene.store->read();
  REQUIRE(txn.value()
              ->scan(reputation::tables::kStates, {},
                     [&](ByteView, ByteView bytes) {
                       states.push_back(wire::parse_score_state(bytes).value());
                       return true;
                     })
              .ok());
  return states;
}

TEST_CASE("a snapshot is the first leaf after its period, of what was said in it") {
  LedgerScene scene(audit_everything());
  scene.sign_snapshots();
  scene.jobs(3, wire::Outcome::match);
  CHECK(scene.head().snapshots == 0);
  const std::uint64_t size = scene.head().size;
  const std::uint64_t epoch = static_cast<std::uint64_t>(scene.head().last_time.ms / kHourMs);
  const reputation::ProviderState alice = scene.provider_row(scene.alice);
  reputation::ProviderScore due;
  {
    const auto txn = scene.store->read();
    const UnixMillis end{static_cast<std::int64_t>(epoch + 1) * kHourMs - 1};
    due = View(*txn.value())
              .score(reputation::provider_id(scene.alice.public_key()), alice, end, scene.policy)
              .value();
  }
  pass_epochs(scene);
  touch(scene, scene.bob);

  CHECK(scene.head().size == size + 2);
  CHECK(scene.head().snapshots == 1);
  CHECK(scene.head().snapshot_index == size);
  CHECK(scene.head().snapshot_missed == 0);
  const wire::LogLeaf leaf = leaf_at(scene, size);
  CHECK(leaf.signer == scene.verifier.public_key());
  const wire::Snapshot said = wire::parse_snapshot(leaf.payload).value();
  CHECK(said.origin == kSceneOrigin);
  CHECK(said.epoch == epoch);
  CHECK(said.tree_size == size);
  CHECK(said.policy == wire::policy_digest(wire::policy_text(scene.policy)));

  const std::vector<wire::ScoreState> states = kept_states(scene);
  REQUIRE(states.size() == 1);
  CHECK(said.states == 1);
  CHECK(said.states_root == leaf_hash(wire::score_state_bytes(states[0])));
  REQUIRE(due.classes.size() == 1);
  CHECK(states[0].provider == scene.alice.public_key());
  CHECK(states[0].class_name == due.classes[0].name);
  CHECK(states[0].headline);
  CHECK(states[0].audited == 3);
  CHECK(states[0].r == due.classes[0].record.r);
  CHECK(states[0].uptime == due.uptime);
  CHECK(states[0].stake == due.stake);
  CHECK(states[0].performance == due.classes[0].performance);
  CHECK(scene.check().ok());
}

TEST_CASE("one snapshot a period that has leaves, however late, and none of an idle log") {
  const struct {
    const char* what;
    std::uint32_t epoch_seconds;
    std::int64_t epochs;  // that pass between two leaves
    std::uint64_t leaves;
    std::uint64_t snapshots;
  } rows[] = {
      {"an hour each", 3600, 1, 5, 5},
      {"a day each", 3600, 24, 5, 5},
      {"ten seconds are ten epochs", 1, 10, 5, 5},
      {"five seconds each: every second one", 1, 5, 10, 5},
      {"a second each", 1, 1, 30, 3},
      {"four seconds make three epochs a period", 4, 3, 5, 5},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    LedgerScene scene(audit_everything(row.epoch_seconds));
    scene.jobs(1, wire::Outcome::match);
    scene.sign_snapshots();
    const std::uint64_t period_ms =
        reputation::snapshot_epochs(scene.policy) * row.epoch_seconds * 1000;
    CHECK(period_ms >= reputation::kSnapshotSecondsMin * 1000);
    // From the beginning of a period, so that the counts are exact.
    scene.now.ms = static_cast<std::int64_t>(
        (static_cast<std::uint64_t>(scene.now.ms) / period_ms + 1) * period_ms);
    scene.now.ms -= 1;
    touch(scene, scene.bob);
    scene.now.ms += 1;
    const std::uint64_t before = scene.head().snapshots;
    for (std::uint64_t i = 0; i < row.leaves; ++i) {
      if (i > 0) pass_epochs(scene, row.epochs);
      touch(scene, scene.bob);
    }
    CHECK(scene.head().snapshots - before == row.snapshots);
    CHECK(scene.head().snapshot_missed == 0);
    for (int idle = 0; idle < 5; ++idle) {
      scene.now.ms += static_cast<std::int64_t>(period_ms);
      REQUIRE(scene.ledger.append({}, scene.now).ok());
    }
    CHECK(scene.head().snapshots - before == row.snapshots + 1);
    CHECK(scene.check().ok());
  }
}

TEST_CASE("what is no snapshot that is due is refused, and leaves no trace") {
  LedgerScene scene(audit_everything());
  scene.jobs(2, wire::Outcome::match);
  scene.sign_snapshots();
  const auto said_by = [&](const SigningKey& key, const wire::Snapshot& said) {
    // A ledger that signs nothing by itself.
    reputation::Ledger silent(*scene.store, scene.ledger.roles());
    const wire::Envelope envelope =
        wire::parse_envelope(wire::seal(key, wire::statement_text(wire::snapshot_statement(said))))
            .value();
    const reputation::Submission one{wire::Kind::snapshot,
                                     wire::open_envelope(envelope, key.public_key()).value()};
    return silent.append({&one, 1}, scene.now).value().front();
  };
  CHECK_FALSE(scene.due_snapshot().has_value());
  pass_epochs(scene);
  const wire::Snapshot right = scene.due_snapshot()->said;
  const Digest other = sha256(as_bytes("other"));
  const struct {
    const char* says;
    std::function<void(wire::Snapshot&)> change;
  } rows[] = {
      {"another log", [](auto& it) { it.origin = "other.example/log"; }},
      {"another epoch", [](auto& it) { ++it.epoch; }},
      {"another epoch", [](auto& it) { --it.epoch; }},
      {"another leaf", [](auto& it) { ++it.tree_size; }},
      {"another root at that size", [&](auto& it) { it.root = other; }},
      {"another policy", [&](auto& it) { it.policy = other; }},
      {"more or fewer states", [](auto& it) { ++it.states; }},
      {"states have another root", [&](auto& it) { it.states_root = other; }},
  };
  const std::uint64_t size = scene.head().size;
  for (const auto& row : rows) {
    INFO(row.says);
    wire::Snapshot said = right;
    row.change(said);
    const Result<reputation::Appended> answer = said_by(scene.verifier, said);
    REQUIRE_FALSE(answer.ok());
    CHECK(answer.error().code == Code::conflict);
    CHECK(answer.error().what.find(row.says) != std::string::npos);
  }
  CHECK(said_by(scene.alice, right).error().code == Code::permission);
  CHECK(scene.head().size == size);
  REQUIRE(said_by(scene.verifier, right).ok());
  CHECK(scene.head().snapshot_index == size);
  // Once more, and nothing else between: nothing is due.
  wire::Snapshot again = right;
  ++again.tree_size;
  CHECK(said_by(scene.verifier, again).error().what.find("no snapshot is due") !=
        std::string::npos);
  CHECK(scene.check().ok());
}

TEST_CASE("a leaf in the place of a snapshot is noted, and the log goes on") {
  LedgerScene scene(audit_everything());
  scene.jobs(1, wire::Outcome::match);
  pass_epochs(scene);
  const std::uint64_t index = scene.head().size;
  touch(scene, scene.bob);
  CHECK(scene.head().snapshot_missed == index);
  touch(scene, scene.bob);
  CHECK(scene.head().snapshot_missed == index);
  pass_epochs(scene);
  scene.sign_snapshots();
  touch(scene, scene.bob);
  CHECK(scene.head().snapshots == 1);
  CHECK(scene.head().snapshot_missed == index);
  CHECK(scene.check().ok());
}

TEST_CASE("a ledger that starts anew goes on as if it had never stopped") {
  LedgerScene scene(audit_everything());
  LedgerScene other(audit_everything());
  for (LedgerScene* it : {&scene, &other}) {
    it->sign_snapshots();
    it->jobs(2, wire::Outcome::match);
    pass_epochs(*it);
    touch(*it, it->bob);
    pass_epochs(*it);
  }
  // One of them in another process by now, which also missed some hours.
  reputation::Ledger fresh(*scene.store, scene.ledger.roles());
  fresh.sign_snapshots([&](const wire::Snapshot& said) {
    const wire::Envelope envelope =
        wire::parse_envelope(
            wire::seal(scene.verifier, wire::statement_text(wire::snapshot_statement(said))))
            .value();
    return reputation::Submission{
        wire::Kind::snapshot, wire::open_envelope(envelope, scene.verifier.public_key()).value()};
  });
  REQUIRE(fresh.append({}, scene.now).ok());
  REQUIRE(other.ledger.append({}, other.now).ok());
  CHECK(scene.head().root == other.head().root);
  CHECK(scene.head().snapshots == 2);
  REQUIRE(fresh.append({}, scene.now).ok());
  CHECK(scene.head().snapshots == 2);
  const auto a = scene.store->read();
  const auto b = other.store->read();
  CHECK(reputation::compare_tables(*a.value(), *b.value(), reputation::tables::kAll).ok());
  CHECK(reputation::check_snapshot(*a.value()).ok());
}

TEST_CASE("states kept that are not the snapshot's are found") {
  LedgerScene scene(audit_everything());
  scene.sign_snapshots();
  scene.jobs(2, wire::Outcome::match);
  pass_epochs(scene);
  touch(scene, scene.bob);
  {
    auto txn = scene.store->write();
    const auto made = kept_states(scene);
    REQUIRE(made.size() == 1);
    wire::ScoreState better = made[0];
    better.r += 1;
    REQUIRE(txn.value()
                ->put(reputation::tables::kStates,
                      reputation::class_key(reputation::provider_id(better.provider),
                                            better.class_name),
                      wire::score_state_bytes(better))
                .ok());
    REQUIRE(txn.value()->commit().ok());
  }
  const auto txn = scene.store->read();
  CHECK(reputation::check_snapshot(*txn.value()).error().code == Code::mismatch);
}

TEST_CASE("a proven fault is in the next snapshot, and gone from it once it is reversed") {
  Slashed scene;
  scene.sign_snapshots();
  const auto next = [&] {
    pass_epochs(scene);
    REQUIRE(scene.ledger.append({}, scene.now).ok());
    return kept_states(scene).at(0);
  };
  const wire::ScoreState caught = next();
  CHECK(caught.proven == 1);
  CHECK(caught.fr == 0);
  CHECK(caught.slash > 0);
  scene.appealed();
  scene.drawn();
  scene.ruled(wire::Outcome::match);
  scene.reversed("overturned");
  const wire::ScoreState cleared = next();
  CHECK(cleared.proven == 0);
  CHECK_FALSE(cleared.last_proven.has_value());
  CHECK(cleared.fr > 0);
  CHECK(cleared.fs == 0);
  CHECK(cleared.slash == 0);
  CHECK(scene.head().snapshots == 2);
  CHECK(scene.check().ok());
}

}  // namespace
}  // namespace assay::test
