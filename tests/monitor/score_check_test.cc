// Final scores as a stranger checks them: every file of vectors/score/, and bits flipped anywhere.
#include "verifier/monitor/score_check.h"

#include "core/base/random.h"
#include "reputation/policy/score_state.h"
#include "tests/catch.h"
#include "tests/vectors.h"

namespace assay::test {
namespace {

using verifier::check_score;
using verifier::CheckStatus;
using verifier::ScoreReport;

const std::vector<Vector>& vectors() {
  static const std::vector<Vector> all =
      load_vectors("score", {"statement", "proof_hex", "trust_hex", "trust_ppm"}, 60);
  return all;
}

struct File {
  std::string text;
  wire::Trust trust;
};
File file_of(const Vector& vector) {
  const Result<wire::Trust> trust = wire::parse_trust(as_text(vector.bytes("trust_hex")));
  REQUIRE(trust.ok());
  return {vector.text("statement") + "\n" + std::string(as_text(vector.bytes("proof_hex"))),
          trust.value()};
}

const Vector& example() {
  for (const Vector& vector : vectors()) {
    if (vector.name() == "example") return vector;
  }
  FAIL("vectors/score/example.txt is missing");
  throw 0;
}

TEST_CASE("Final scores: every file is answered as its vector says") {
  for (const Vector& vector : vectors()) {
    INFO(vector.name());
    const File file = file_of(vector);
    const ScoreReport report = check_score(file.text, file.trust);
    CHECK((report.code ? code_name(*report.code) : "ok") == vector.expect());
    CHECK(report.ok() == !report.failure.has_value());
    if (!report.ok()) continue;
    REQUIRE(report.score.has_value());
    CHECK(report.score->trust_ppm == vector.number("trust_ppm"));
    CHECK(report.in_log == !vector.text("proof_hex").empty());
    std::size_t passed = 0;
    for (const verifier::Check& check : report.checks) {
      passed += check.status == CheckStatus::passed ? 1 : 0;
    }
    CHECK(passed == (report.in_log ? 14 : 10));
  }
}

TEST_CASE("Final scores: states have one spelling") {
  for (const Vector& vector : vectors()) {
    if (vector.expect() != "ok") continue;
    INFO(vector.name());
    const File file = file_of(vector);
    const ScoreReport report = check_score(file.text, file.trust);
    REQUIRE(report.state.has_value());
    CHECK(wire::score_state_bytes(*report.state) == report.score->proof->state);
    CHECK(reputation::wrong_number(*report.score, *report.state) == nullptr);
  }
}

TEST_CASE("Final scores: a bit flipped anywhere is noticed, but in what nobody relies on") {
  const File file = file_of(example());
  const ScoreReport whole = check_score(file.text, file.trust);
  REQUIRE(whole.ok());
  SeededRandom random(20'261'130);
  std::size_t noticed = 0;
  constexpr std::size_t kFlips = 4'000;
  for (std::size_t i = 0; i < kFlips; ++i) {
    std::string text = file.text;
    text[random.below(text.size())] ^= static_cast<char>(1U << random.below(8));
    const ScoreReport report = check_score(text, file.trust);
    if (!report.ok()) {
      ++noticed;
      continue;
    }
    // A key's id, the name of a signature that nobody knows: hints, and not signed.
    REQUIRE(report.score.has_value());
    CHECK(report.score->trust_ppm == whole.score->trust_ppm);
    CHECK(report.score->proof == whole.score->proof);
    CHECK(report.in_log);
  }
  CHECK(noticed > kFlips * 9 / 10);
}

TEST_CASE("Final scores: whose word it is must be said") {
  File file = file_of(example());
  file.trust.verifier.reset();
  CHECK(check_score(file.text, file.trust).code == Code::usage);
  CHECK(check_score("", file_of(example()).trust).code == Code::malformed);
}

}  // namespace
}  // namespace assay::test
