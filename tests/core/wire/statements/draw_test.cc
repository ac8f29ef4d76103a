// The draw: every number that decides who is audited, and where.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>

#include "core/wire/draw.h"
#include "tests/catch.h"
#include "tests/core/wire/statements/codecs.h"
#include "tests/core/wire/statements/examples.h"
#include "tests/vectors.h"

using namespace assay;
using namespace assay::wire;

namespace {

void check_statement(const test::Vector& vector) {
  const Result<std::string> again = test::codec("draw").rewrite(vector.text("payload"));
  CHECK(test::answer(again) == vector.expect());
  if (again.ok()) CHECK(again.value() == vector.text("payload"));
}

void check_alpha(const test::Vector& vector) {
  Draw draw;
  draw.size = vector.number("size");
  draw.root = vector.fixed<Digest>("root");
  draw.k = vector.number("k");
  draw.beacon = vector.bytes("beacon");
  CHECK(draw_alpha(vector.text("origin"), draw) == vector.fixed<Digest>("alpha"));
}

void check_seed(const test::Vector& vector) {
  const Digest seed = draw_seed(
      vector.fixed<VrfOutput>("beta"), vector.number("index"), vector.fixed<Digest>("leaf_hash"),
      parse_reason(vector.text("reason")).value(), vector.fixed<Digest>("secret"));
  CHECK(seed == vector.fixed<Digest>("seed"));
}

void check_stream(const test::Vector& vector) {
  const Digest seed = vector.fixed<Digest>("seed");
  DrawStream words(seed);
  for (const std::string& word : vector.all("word")) CHECK(std::to_string(words.word()) == word);
  DrawStream numbers(seed);
  CHECK(std::to_string(numbers.word()) == vector.all("word").at(0));  // the coin
  std::vector<std::string> drawn;
  for (const std::uint64_t n : numbers.distinct(vector.number("count"), vector.number("n"))) {
    drawn.push_back(std::to_string(n));
  }
  CHECK(drawn == vector.all("number"));
}

void check_coin(const test::Vector& vector) {
  const auto p_ppm = static_cast<std::uint32_t>(vector.number("p_ppm"));
  CHECK(coin_says_audit(vector.number("word"), p_ppm) == (vector.number("audited") == 1));
}

}  // namespace

TEST_CASE("Draw: every scenario is answered as its vector says") {
  const auto vectors = test::load_vectors(
      "draw", {"kind",  "payload", "origin", "size",      "root",   "k",      "beacon",
               "alpha", "beta",    "index",  "leaf_hash", "reason", "secret", "seed",
               "n",     "count",   "word",   "number",    "p_ppm",  "audited"},
      30);
  std::set<std::string> seen;
  for (const test::Vector& vector : vectors) {
    INFO(vector.name());
    const std::string& kind = vector.text("kind");
    seen.insert(kind);
    if (kind == "statement") check_statement(vector);
    if (kind == "alpha") check_alpha(vector);
    if (kind == "seed") check_seed(vector);
    if (kind == "stream") check_stream(vector);
    if (kind == "coin") check_coin(vector);
  }
  CHECK(seen == std::set<std::string>{"alpha", "coin", "seed", "statement", "stream"});
}

TEST_CASE("Draw: the proof of the example holds for its alpha and for no other") {
  const Draw draw = parse_draw(test::examples().at("draw")).value();
  const PublicKey key = test::example_key("vrf").public_key();
  const Digest alpha = draw_alpha("assay.example/log", draw);
  CHECK(vrf_verify(key, alpha.view(), draw.proof).ok());
  Draw other = draw;
  other.k = 1;
  const Digest another = draw_alpha("assay.example/log", other);
  CHECK(test::answer(vrf_verify(key, another.view(), draw.proof)) == "proof");
}

TEST_CASE("Draw: all of n numbers are a permutation, and no number is favoured") {
  DrawStream stream(test::example_digest("permutation"));
  std::vector<std::uint64_t> all = stream.distinct(100, 100);
  std::sort(all.begin(), all.end());
  for (std::uint64_t i = 0; i < 100; ++i) CHECK(all[i] == i);

  // 60,000 draws of 6: each expected 10,000 times, standard deviation 91; this bound is 5.5 of
  // them.
  std::array<int, 6> times{};
  for (int i = 0; i < 60'000; ++i) ++times[stream.below(6)];
  for (const int count : times) CHECK(std::abs(count - 10'000) < 500);
}

TEST_CASE("Draw: the coin is thrown with the stated probability") {
  DrawStream stream(test::example_digest("coin"));
  int audited = 0;
  for (int i = 0; i < 100'000; ++i) audited += coin_says_audit(stream.word(), 260'000) ? 1 : 0;
  CHECK(std::abs(audited - 26'000) < 763);  // 5.5 standard deviations
}
