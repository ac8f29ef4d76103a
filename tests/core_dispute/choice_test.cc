// Choices of tokens as operations: what the sampler says at once.
#include <cmath>
#include <cstring>
#include <limits>

#include "core/base/random.h"
#include "core/compute/generate/text_tape_choice.h"
#include "tests/catch.h"

namespace assay::test {
namespace {

using namespace compute;
using generate::ChoicePlace;
using generate::Sampler;
using generate::Sampling;

constexpr PhiloxKey kKey{7, 11};

// What the operations make of rows of logits.
std::vector<std::int32_t> by_operations(const std::vector<std::vector<float>>& rows,
                                        const Sampler& sampler,
                                        const std::vector<std::int32_t>& tokens) {
  Tape tape;
  const std::uint64_t width = rows[0].size();
  const TensorRef token =
      tape.add("token", {DType::s32, {tokens.size()}}, 1, {},
               each<std::int32_t>([&](std::uint64_t at, Operands&) { return tokens[at]; }));
  const Matrix logits =
      add_each(tape, "logits", rows.size(), width, {},
               [&](std::uint64_t at, Operands&) { return rows[at / width][at % width]; });
  std::vector<ChoicePlace> places;
  for (std::uint32_t i = 0; i < rows.size(); ++i) places.push_back({i, i, 100 + i});
  const TensorRef choice = generate::add_choices(tape, logits, sampler, token, places);
  tape.state_shape = {tape.shape(choice)};
  tape.state = {choice};
  const Engine engine;
  TapeRun run(tape, {}, engine);
  const State state = run.state().value();
  std::vector<std::int32_t> out(rows.size());
  std::memcpy(out.data(), state[0].data.data(), state[0].data.size());
  return out;
}

std::vector<float> random_row(SeededRandom& random, std::size_t width, int kind) {
  std::vector<float> out(width);
  for (float& x : out) {
    x = static_cast<float>(random.below(2001)) / 100.0F - 10.0F;
    if (kind == 1) x = std::floor(x / 8);                // many are equal
    if (kind == 2) x = x > 9.9F ? 60.0F + x : x * 4.0F;  // few weigh anything
    if (kind == 3) x = 1.5F;
  }
  return out;
}

TEST_CASE("a segment at a time, the choice is the sampler's") {
  SeededRandom random(3);
  const std::vector<Sampling> hows{
      {},
      {.temperature_ppm = 1'000'000},
      {.temperature_ppm = 1'000'000, .top_k = 1},
      {.temperature_ppm = 3'000'000, .top_k = 40},
      {.temperature_ppm = 3'000'000, .top_k = 4'097},
      {.temperature_ppm = 700'000, .top_p_ppm = 900'000},
      {.temperature_ppm = 16'000'000, .top_p_ppm = 999'999},
      {.temperature_ppm = 1'000, .top_p_ppm = 1},
      {.temperature_ppm = 2'000'000, .top_k = 500, .top_p_ppm = 300'000},
  };
  for (const std::size_t width : {1U, 2U, 61U, 4'096U, 4'097U, 9'000U}) {
    for (const Sampling& how : hows) {
      const Sampler sampler(how, kKey);
      std::vector<std::vector<float>> rows;
      for (int kind = 0; kind < 4; ++kind) rows.push_back(random_row(random, width, kind));
      const auto chosen = by_operations(rows, sampler, {5, 0, 9, 1});
      for (std::uint32_t i = 0; i < rows.size(); ++i) {
        INFO(width << " tokens, temperature " << how.temperature_ppm << ", top k " << how.top_k
                   << ", top p " << how.top_p_ppm << ", kind " << i);
        CHECK(chosen[i] == static_cast<std::int32_t>(sampler.choose(rows[i], i, 100 + i).value()));
      }
    }
  }
}

TEST_CASE("no choice where no text runs or a logit is no number") {
  SeededRandom random(4);
  const float none = std::numeric_limits<float>::quiet_NaN();
  const float most = std::numeric_limits<float>::infinity();
  for (const Sampling& how :
       {Sampling{}, Sampling{.temperature_ppm = 1'000'000},
        Sampling{.temperature_ppm = 1'000, .top_k = 3, .top_p_ppm = 500'000}}) {
    std::vector<std::vector<float>> rows(6);
    for (auto& row : rows) row = random_row(random, 5'000, 0);
    rows[1][4'999] = none;
    rows[2][0] = most;
    rows[3][4'500] = -most;
    rows[4][17] = 0x1p127F;  // a number, but not once divided by a small temperature
    const auto chosen = by_operations(rows, Sampler(how, kKey), {1, 1, 1, 1, 1, -1});
    INFO("temperature " << how.temperature_ppm);
    CHECK(chosen[0] >= 0);
    CHECK(chosen[1] == -1);
    CHECK(chosen[2] == -1);
    CHECK(chosen[3] == -1);
    CHECK((chosen[4] == -1) == (how.temperature_ppm == 1'000));
    CHECK(chosen[5] == -1);
  }
}

}  // namespace
}  // namespace assay::test
