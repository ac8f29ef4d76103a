// Final scores as a whole service gives them out, and as a stranger checks them.
#include "core/wire/tlog_proof.h"
#include "core/wire/trust.h"
#include "reputation/ledger/view.h"
#include "tests/catch.h"
#include "tests/sim/world.h"
#include "verifier/monitor/score_check.h"

namespace assay::test {
namespace {

using verifier::check_score;
using verifier::ScoreReport;

void finish(World& world, const std::string& who, int jobs) {
  for (int i = 0; i < jobs; ++i) {
    const Result<Digest> job = world.order(world.gemm_order(), who);
    REQUIRE(job.ok());
    REQUIRE(world.run_until([&] { return world.is_over(job.value()); }));
  }
}

// What `assay score final --out` writes, out of the store.
std::string whole_file(World& world, const std::string& envelope) {
  const std::string payload(as_text(wire::parse_envelope(envelope).value().payload));
  const std::uint64_t index = wire::parse_score(payload).value().proof->index;
  const std::string note = world.service->checkpoint().value();
  const wire::Checkpoint head = wire::parse_checkpoint(wire::parse_note(note).value().text).value();
  const auto txn = world.store->read();
  const reputation::LogView log(*txn.value(), head.size);
  return envelope + "\n" +
         wire::tlog_proof_text({.extra = log.leaf_bytes(index).value(),
                                .index = index,
                                .path = inclusion_path(index, head.size, log.subtrees()).value(),
                                .checkpoint = note});
}

TEST_CASE("a final score follows the first period, holds against the log, and survives a restart") {
  World world;
  world.add_provider("alice");
  world.add_provider("bob");
  world.add_provider("carol");
  REQUIRE(world.run_until([&] { return world.provider("carol").find("id") != nullptr; }));
  const std::string alice = world.id_of("alice");
  CHECK(world.service->final_score(alice, "").error().code == Code::not_found);
  finish(world, "alice", 4);
  finish(world, "bob", 1);
  world.run_for(10'500);

  const wire::Trust trust = wire::parse_trust(world.service->trust().value()).value();
  const Result<std::string> envelope = world.service->final_score(alice, "");
  REQUIRE(envelope.ok());
  const ScoreReport alone = check_score(envelope.value(), trust);
  CHECK(alone.ok());
  CHECK_FALSE(alone.in_log);
  const ScoreReport report = check_score(whole_file(world, envelope.value()), trust);
  if (report.failure) FAIL(report.failure->what);
  CHECK(report.in_log);
  const wire::Score& score = *report.score;
  CHECK(score.class_name == "cpu/gemm@1");
  CHECK(score.audits == 4);
  CHECK(score.trust_ppm > 0);
  CHECK(report.state->headline);
  CHECK(score.proof->states == 2);  // carol has done nothing

  // Once given, the same for as long as no other snapshot follows: also after a restart.
  CHECK(world.service->final_score(alice, "cpu/gemm@1").value() == envelope.value());
  world.restart_service();
  CHECK(world.service->final_score(alice, "").value() == envelope.value());

  CHECK(world.service->final_score(alice, "cpu/render@1").error().code == Code::not_found);
  CHECK(world.service->final_score(world.id_of("carol"), "").error().code == Code::not_found);
  CHECK(world.service->final_score("alice", "").error().code == Code::malformed);

  // The next one is of a later epoch, of another snapshot, and knows of what has happened since.
  finish(world, "alice", 2);
  world.run_for(10'500);
  const ScoreReport later =
      check_score(whole_file(world, world.service->final_score(alice, "").value()), trust);
  REQUIRE(later.ok());
  CHECK(later.score->epoch > score.epoch);
  CHECK(later.score->audits == 6);
  CHECK(later.score->proof->index > score.proof->index);
  const Status sound = world.check_everything();
  CHECK((sound.ok() ? "" : sound.error().what) == std::string());
}

TEST_CASE("snapshots come by themselves, one in ten seconds, while nobody is there") {
  World world;
  world.add_provider("alice");
  REQUIRE(world.run_until([&] { return world.provider("alice").find("id") != nullptr; }));
  finish(world, "alice", 1);
  world.drop_agent("alice");
  const auto head = [&] {
    const auto txn = world.store->read();
    return reputation::View(*txn.value()).head().value();
  };
  world.pass_time(20'000);
  const reputation::Head first = head();
  CHECK(first.snapshots >= 1);
  world.pass_time(60'000);
  CHECK(head().snapshots == first.snapshots + 6);
  CHECK(head().snapshot_missed == 0);
}

}  // namespace
}  // namespace assay::test
