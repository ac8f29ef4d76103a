// What is no move, and why nothing a challenger does convicts an honest provider.
#include "tests/catch.h"
#include "tests/core_dispute/lab.h"

namespace assay::test {
namespace {

using namespace compute;

struct Sides {
  const Honest& honest;
  std::uint32_t step;
  Claim claim;
  Dispute dispute;
  TapeRun run;

  Sides(const Engine& engine, const NamedJob& job)
      : honest(run_of(job)),
        step(job.program->plan().steps),
        claim(honest_claim(honest, step)),
        dispute(claim.tape, claim.trace, step),
        run(claim.tape, honest.source(), engine) {}

  Bytes answer() {
    return next_answer(dispute, run,
                       {[&]() -> Result<State> { return claim.state; },
                        [&]() -> Result<State> { return claim.output; }})
        .value();
  }
  // Down to the leaves' data, wherever chance leads.
  void descend(SeededRandom& random) {
    REQUIRE(dispute.answer(answer()).ok());
    const auto operations = claim.tape.operations.size();
    REQUIRE(
        dispute
            .choose({Choice::What::operation, static_cast<std::uint32_t>(random.below(operations))})
            .ok());
    while (true) {
      REQUIRE(dispute.answer(answer()).ok());
      if (!dispute.data().empty()) return;
      REQUIRE(dispute
                  .choose({Choice::What::child,
                           static_cast<std::uint32_t>(random.below(dispute.children().size()))})
                  .ok());
    }
  }
  Result<Conviction> opening(SeededRandom& random) {
    const auto leaf = static_cast<std::uint8_t>(random.below(dispute.data().size()));
    const TensorShape& shape = claim.tape.operations[dispute.tree().number].shape;
    const std::size_t elements = dispute.data()[leaf].size() / dtype_bytes(shape.dtype);
    const auto element =
        static_cast<std::uint32_t>(random.below(std::max<std::size_t>(1, elements)));
    return open_operands(dispute, leaf, element, run);
  }
};

TEST_CASE("an honest provider is right whatever a challenger chooses") {
  SeededRandom random(11);
  const Engine engine;
  for (const NamedJob& job : disputed_jobs()) {
    for (int i = 0; i < 25; ++i) {
      INFO(job.name << ", game " << i);
      Sides sides(engine, job);
      sides.descend(random);
      const Result<Conviction> opened = sides.opening(random);
      INFO((opened.ok() ? "" : opened.error().what));
      REQUIRE(opened.ok());
      const Status judged = sides.dispute.convict(conviction_file(opened.value()));
      INFO((judged.ok() ? "" : judged.error().what));
      REQUIRE(judged.ok());
      CHECK(sides.dispute.turn() == Dispute::Turn::over);
      CHECK_FALSE(sides.dispute.provider_lied());
      CHECK(sides.dispute.answers() <= kAnswersMax);
      CHECK_FALSE(sides.dispute.answer(Bytes{}).ok());
    }
  }
}

TEST_CASE("an honest challenger finds nothing to say against an honest provider") {
  for (const NamedJob& job : disputed_jobs()) {
    INFO(job.name);
    const Honest& honest = run_of(job);
    const std::uint32_t step = job.program->plan().steps;
    const Played played = play(honest, honest_claim(honest, step), step);
    CHECK_FALSE(played.over);
    CHECK(played.problem.find("nothing to show") != std::string::npos);
  }
}

TEST_CASE("a conviction with any byte changed convicts nobody who is right") {
  SeededRandom random(13);
  const Engine engine;
  for (const NamedJob& job : disputed_jobs()) {
    Sides sides(engine, job);
    sides.descend(random);
    const Bytes good = conviction_file(sides.opening(random).value());
    for (int i = 0; i < 40; ++i) {
      INFO(job.name << ", change " << i);
      Bytes bad = good;
      bad[random.below(bad.size())] ^= static_cast<std::uint8_t>(1 + random.below(255));
      if (i % 8 == 0) bad.pop_back();
      if (i % 8 == 1) bad.push_back(0);
      if (!sides.dispute.convict(bad).ok()) continue;  // decides nothing
      CHECK_FALSE(sides.dispute.provider_lied());
      break;  // it named another element, and lost
    }
  }
}

TEST_CASE("answers that are not what was committed to are no moves") {
  const Engine engine;
  const NamedJob& job = disputed_jobs()[0];
  Sides sides(engine, job);
  const Bytes first = sides.answer();
  CHECK(sides.dispute.choose({Choice::What::operation, 0}).error().code == Code::conflict);
  CHECK(sides.dispute.answer(Bytes(first.begin(), first.end() - 1)).error().code ==
        Code::malformed);
  REQUIRE(sides.dispute.answer(first).ok());
  CHECK(sides.dispute.answer(first).error().code == Code::conflict);
  CHECK(sides.dispute.choose({Choice::What::child, 0}).error().code == Code::malformed);
  CHECK(sides.dispute.choose({Choice::What::output, 0}).error().code == Code::malformed);
  CHECK(sides.dispute.choose({Choice::What::operation, 1 << 20}).error().code == Code::malformed);
  CHECK(sides.dispute.convict(first).error().code == Code::conflict);
  REQUIRE(sides.dispute.choose({Choice::What::operation, 1}).ok());
  Bytes bad = sides.answer();
  bad[3] ^= 1;
  CHECK(sides.dispute.answer(bad).error().code == Code::proof);
  REQUIRE(sides.dispute.answer(sides.answer()).ok());
}

}  // namespace
}  // namespace assay::test
