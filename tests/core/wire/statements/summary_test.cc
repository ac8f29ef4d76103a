// What a summary may claim follows from what was replayed, and from nothing else.
#include <algorithm>

#include "tests/catch.h"
#include "tests/core/wire/statements/examples.h"

using namespace assay;
using namespace assay::wire;

namespace {

using Levels = std::vector<std::string>;

Summary summary_of(const Verdict& verdict) {
  return summarise(verdict, 1000, 64, test::example_digest("result"),
                   test::example_digest("policy"), "assay.example/log",
                   UnixMillis{1'795'363'204'000});
}

Verdict replayed(std::size_t positions, std::size_t rows, std::uint32_t pairs, Outcome outcome) {
  Verdict verdict = test::example_verdict();
  verdict.positions.clear();
  for (std::size_t i = 0; i < positions; ++i) {
    verdict.positions.push_back(static_cast<std::uint32_t>(2 * i + 1));
  }
  verdict.rows.clear();
  for (std::size_t i = 0; i < rows; ++i) verdict.rows.push_back(2 * i);
  verdict.position_outcomes.assign(positions, outcome);
  verdict.row_outcomes.assign(rows, outcome);
  verdict.pairs.count = pairs;
  verdict.pair_outcomes.assign(pairs, outcome);
  verdict.outcome = outcome;
  return verdict;
}

}  // namespace

TEST_CASE("Summary: PASSED needs something replayed, and its levels say how much") {
  struct Case {
    std::size_t positions, rows;
    std::uint32_t pairs;
    Outcome outcome;
    bool passed;
    Levels levels;
  };
  const Levels failed{"FAILED"};
  const std::vector<Case> cases{
      {3, 0, 0, Outcome::match, true, {"ASSAY_REPLAYED_3_OF_1000"}},
      {0, 5, 0, Outcome::match, true, {"ASSAY_FOLLOWED_ROWS_5_OF_64"}},
      {0, 0, 7, Outcome::match, true, {"ASSAY_MICRO_ROWS_7_OF_64000"}},
      {1, 2, 0, Outcome::match, true, {"ASSAY_REPLAYED_1_OF_1000", "ASSAY_FOLLOWED_ROWS_2_OF_64"}},
      {0,
       3,
       459,
       Outcome::match,
       true,
       {"ASSAY_FOLLOWED_ROWS_3_OF_64", "ASSAY_MICRO_ROWS_459_OF_64000"}},
      {0, 0, 0, Outcome::match, false, failed},  // signed only
      {3, 0, 0, Outcome::mismatch, false, failed},
      {0, 0, 7, Outcome::mismatch, false, failed},
      {3, 3, 3, Outcome::unavailable, false, failed},
      {3, 0, 0, Outcome::inconclusive, false, failed},
      {0, 0, 0, Outcome::inconclusive, false, failed},
  };
  for (const Case& c : cases) {
    INFO(c.positions << " positions, " << c.rows << " rows, " << c.pairs << " pairs, "
                     << outcome_name(c.outcome));
    const Verdict verdict = replayed(c.positions, c.rows, c.pairs, c.outcome);
    const Summary summary = summary_of(verdict);
    CHECK(summary.passed == c.passed);
    CHECK(summary.levels == c.levels);
    CHECK(summary.job == verdict.job);
    CHECK(summary.attestation == verdict.attestation);
    const std::string text = statement_text(summary_statement(summary));
    const Result<Summary> again = parse_summary(text);
    REQUIRE(again.ok());
    CHECK(statement_text(summary_statement(again.value())) == text);
  }
}

TEST_CASE("Outcome: the worst of the parts decides, and of no parts nothing is known") {
  const Outcome all[] = {Outcome::match, Outcome::inconclusive, Outcome::unavailable,
                         Outcome::mismatch};  // from good to bad
  CHECK(worst({}) == Outcome::inconclusive);
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t j = 0; j < 4; ++j) {
      const Outcome pair[] = {all[i], all[j]};
      CHECK(worst(pair) == all[std::max(i, j)]);
    }
    CHECK(parse_outcome(outcome_name(all[i])) == all[i]);
  }
  CHECK(parse_outcome("passed") == std::nullopt);
}

TEST_CASE("Summary: every day of four centuries is read back as the time it is") {
  Summary summary = summary_of(replayed(1, 0, 0, Outcome::match));
  for (std::int64_t day = 0; day < 400 * 366; day += 13) {
    summary.time_verified = {day * 86'400'000 + day % 86'399 * 1000 + day % 1000};
    const Result<Summary> again = parse_summary(statement_text(summary_statement(summary)));
    if (!again.ok() || again.value().time_verified != summary.time_verified) FAIL(day);
  }
  CHECK(to_rfc3339(summary.time_verified).starts_with("2370-"));
}
