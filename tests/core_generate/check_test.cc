// What a checker finds: honest rows right, tampered ones wrong.
#include <algorithm>
#include <cstring>
#include <numeric>

#include "core/compute/rx1/float_ops.h"
#include "tests/catch.h"
#include "tests/core/compute/levels.h"
#include "tests/core_generate/jobs.h"

using namespace assay;
using namespace assay::compute;
using namespace assay::compute::generate;

namespace {

constexpr std::size_t kChunk = 6;
constexpr std::size_t kText = 1;  // the one that is tampered with
constexpr std::uint32_t kPromptTokens = 8;

// Two texts; both may end early.
struct Job {
  test::JobSpec spec;
  std::unique_ptr<Program> program;
  test::Outcome outcome;
  std::uint64_t last = 0;  // position of kText with the stop token

  Job() {
    SeededRandom random(31);
    spec.prompts = {test::random_tokens(random, 3, 61),
                    test::random_tokens(random, kPromptTokens, 61)};
    spec.parameters.max_tokens = 22;
    spec.parameters.chunk = kChunk;
    spec.parameters.sampling = {kMillion, 50, 990'000};
    program = test::generate_program(spec);
    const std::vector<std::int32_t> text =
        test::choices(*program, test::run(*program, Engine()), kText);
    spec.stop_tokens = {static_cast<std::uint32_t>(text[12])};
    program = test::generate_program(spec);
    outcome = test::run(*program, Engine());
    last = kPromptTokens - 1 + test::choices(*program, outcome, kText).size() - 1;
    REQUIRE(last >= kPromptTokens + kChunk);  // the text goes on for more than a step
    REQUIRE(last + 1 + kChunk < program->plan().steps * kChunk);
  }

  std::vector<bool> check(const std::vector<State>& states, std::uint32_t step,
                          const Engine& engine = Engine()) const {
    std::vector<std::uint64_t> rows(program->plan().rows);
    std::iota(rows.begin(), rows.end(), 0U);
    const Result<std::vector<bool>> out =
        program->check_rows(step, rows, test::AllOpened(states), {}, engine);
    INFO((out.ok() ? std::string() : out.error().what));
    REQUIRE(out.ok());
    return out.value();
  }
};

// Where position p of the tampered text is.
std::uint32_t step_of(std::uint64_t p) {
  return static_cast<std::uint32_t>(p / kChunk) + 1;
}
std::size_t row_of(std::uint64_t p) {
  return kText * kChunk + p % kChunk;
}

}  // namespace

TEST_CASE("every row of an honest run is found right, alone and with others") {
  const Job run;
  for (const CpuLevel level : test::cpu_levels()) {
    const Engine engine(level, level == CpuLevel::scalar ? 1 : 3);
    for (std::uint32_t step = 1; step <= run.program->plan().steps; ++step) {
      REQUIRE(run.check(run.outcome.states, step, engine) ==
              std::vector<bool>(run.program->plan().rows, true));
      for (const std::uint64_t row : {std::uint64_t{0}, run.program->plan().rows - 1}) {
        const std::uint64_t rows[] = {row};
        REQUIRE(run.program->check_rows(step, rows, test::AllOpened(run.outcome.states), {}, engine)
                    .value() == std::vector<bool>{true});
      }
    }
  }
  // In any order, and twice.
  const std::uint64_t rows[] = {7, 2, 7};
  CHECK(
      run.program->check_rows(2, rows, test::AllOpened(run.outcome.states), {}, Engine()).value() ==
      std::vector<bool>(3, true));
}

TEST_CASE("whatever is changed in a row, the row is found wrong") {
  const Job run;
  const std::size_t width = 2 * 2 * 8, heads = 2 * 2;
  struct Tamper {
    const char* name;
    std::uint64_t position;
    void (*change)(State&, std::size_t row, std::size_t width, std::size_t heads);
  };
  const std::uint64_t inside = kPromptTokens + 3, prompt = 4, after = run.last + 2;
  const auto k = [](State& s, std::size_t row, std::size_t w, std::size_t) {
    const auto x = test::number_at<std::int16_t>(s[2], row * w + w - 1);
    test::set_number<std::int16_t>(s[2], row * w + w - 1,
                                   static_cast<std::int16_t>(x > 0 ? x - 1 : x + 1));
  };
  const auto v = [](State& s, std::size_t row, std::size_t w, std::size_t) {
    const auto x = test::number_at<std::int8_t>(s[4], row * w);
    test::set_number<std::int8_t>(s[4], row * w, static_cast<std::int8_t>(x > 0 ? x - 1 : x + 1));
  };
  const auto k_scale = [](State& s, std::size_t row, std::size_t, std::size_t h) {
    const auto x = test::number_at<std::uint32_t>(s[3], row * h);
    test::set_number<std::uint32_t>(s[3], row * h, x + 1);
  };
  const auto v_scale = [](State& s, std::size_t row, std::size_t, std::size_t h) {
    const auto x = test::number_at<std::uint32_t>(s[5], row * h + h - 1);
    test::set_number<std::uint32_t>(s[5], row * h + h - 1, x + 1);
  };
  const auto token = [](State& s, std::size_t row, std::size_t, std::size_t) {
    const auto x = test::number_at<std::int32_t>(s[0], row);
    test::set_number<std::int32_t>(s[0], row, (x + 1) % 61);
  };
  const auto choice = [](State& s, std::size_t row, std::size_t, std::size_t) {
    const auto x = test::number_at<std::int32_t>(s[1], row);
    test::set_number<std::int32_t>(s[1], row, (x + 1) % 61);
  };
  const auto no_choice = [](State& s, std::size_t row, std::size_t, std::size_t) {
    test::set_number<std::int32_t>(s[1], row, -1);
  };
  const auto blank = [](State& s, std::size_t row, std::size_t w, std::size_t h) {
    test::set_number<std::int32_t>(s[0], row, -1);
    test::set_number<std::int32_t>(s[1], row, -1);
    const std::size_t size[] = {4, 4, 2 * w, 4 * h, w, 4 * h};
    for (std::size_t t = 2; t < 6; ++t) std::memset(s[t].data.data() + row * size[t], 0, size[t]);
  };
  const Tamper all[] = {{"k", inside, k},
                        {"v", inside, v},
                        {"k_scale", inside, k_scale},
                        {"v_scale", inside, v_scale},
                        {"token", inside, token},
                        {"choice", inside, choice},
                        {"no choice", inside, no_choice},
                        {"blank", inside, blank},
                        {"k of the prompt", prompt, k},
                        {"v of the prompt", prompt, v},
                        {"token of the prompt", prompt, token},
                        {"choice in the prompt", prompt, choice},
                        {"blank in the prompt", prompt, blank},
                        {"k after the end", after, k},
                        {"v after the end", after, v},
                        {"scale after the end", after, k_scale},
                        {"value scale after the end", after, v_scale},
                        {"token after the end", after, token},
                        {"choice after the end", after, choice},
                        {"choice at the end", run.last, choice},
                        {"blank end", run.last, blank}};
  for (const Tamper& tamper : all) {
    INFO(tamper.name);
    std::vector<State> states = run.outcome.states;
    const std::uint32_t step = step_of(tamper.position);
    tamper.change(states[step - 1], row_of(tamper.position), width, heads);
    REQUIRE(states != run.outcome.states);
    for (const CpuLevel level : {CpuLevel::scalar, best_cpu_level()}) {
      const std::vector<bool> found = run.check(states, step, Engine(level));
      CHECK_FALSE(found[row_of(tamper.position)]);
      // Those before it, and the other text's, do not read it.
      for (std::size_t row = 0; row < row_of(tamper.position); ++row) CHECK(found[row]);
    }
  }
}

TEST_CASE("a step computed again never gives a claim that is not honest") {
  const Job run;
  SeededRandom random(32);
  for (int round = 0; round < 60; ++round) {
    const auto step = static_cast<std::uint32_t>(1 + random.below(run.program->plan().steps));
    State claimed = run.outcome.states[step - 1];
    Tensor& tensor = claimed[random.below(claimed.size())];
    const std::size_t at = random.below(tensor.data.size());
    tensor.data[at] ^= static_cast<std::uint8_t>(1U << random.below(8));
    const auto before = std::span(run.outcome.states).first(step - 1);
    const Result<Added> again = run.program->append_step_again(step, before, claimed, Engine());
    if (again.ok()) {
      CHECK(again.value().state != claimed);
    } else {
      CHECK(again.error().code == Code::malformed);
    }
  }
}

TEST_CASE("a text cut short shows in the states or in the row that says so") {
  const Job run;
  const Result<std::vector<Pair>> honest = run.program->always(run.outcome.states);
  REQUIRE(honest.ok());
  CHECK(std::ranges::find(honest.value(), Pair{step_of(run.last), row_of(run.last)}) !=
        honest.value().end());

  const std::uint64_t cut = kPromptTokens + 2;
  const auto blank_from = [&](std::vector<State>& states, std::uint64_t first) {
    for (std::uint64_t p = first; p < run.program->plan().steps * kChunk; ++p) {
      State& s = states[step_of(p) - 1];
      const std::size_t row = row_of(p), size[] = {4, 4, 64, 16, 32, 16};
      for (std::size_t t = 0; t < 6; ++t) {
        std::memset(s[t].data.data() + row * size[t], t < 2 ? 0xFF : 0, size[t]);
      }
    }
  };
  std::vector<State> truncated = run.outcome.states;
  blank_from(truncated, cut);
  const Result<std::vector<Pair>> found = run.program->always(truncated);
  REQUIRE_FALSE(found.ok());
  CHECK(found.error().code == Code::malformed);

  // With the stop token forged the states hang together, and the row is one that no draw leaves
  // out.
  std::vector<State> forged = truncated;
  const auto stop = static_cast<std::int32_t>(run.spec.stop_tokens[0]);
  test::set_number<std::int32_t>(forged[step_of(cut - 1) - 1][1], row_of(cut - 1), stop);
  const Result<std::vector<Pair>> must = run.program->always(forged);
  REQUIRE(must.ok());
  const Pair end{step_of(cut - 1), row_of(cut - 1)};
  REQUIRE(std::ranges::find(must.value(), end) != must.value().end());
  CHECK_FALSE(run.check(forged, end.step)[end.row]);

  // Hidden bytes where nothing runs, a token out of turn, a choice too many.
  for (int kind = 0; kind < 4; ++kind) {
    std::vector<State> bad = run.outcome.states;
    State& s = bad[step_of(run.last + 1) - 1];
    const std::size_t row = row_of(run.last + 1);
    if (kind == 0) s[4].data[row * 32] = 1;
    if (kind == 1) test::set_number<std::int32_t>(s[0], row, 3);
    if (kind == 2) test::set_number<std::int32_t>(s[1], row, 3);
    if (kind == 3) test::set_number<std::int32_t>(bad[0][1], row_of(0), 3);  // inside the prompt
    CHECK_FALSE(run.program->always(bad).ok());
  }
  CHECK_FALSE(run.program->always(std::span(run.outcome.states).first(1)).ok());
}

TEST_CASE("states outside the contract are malformed, not computed with") {
  const Job run;
  const std::uint64_t rows[] = {0};
  for (int kind = 0; kind < 10; ++kind) {
    std::vector<State> states = run.outcome.states;
    State& s = states[0];
    if (kind == 0) test::set_number<std::int32_t>(s[0], 0, 61);
    if (kind == 1) test::set_number<std::int32_t>(s[0], 0, -2);
    if (kind == 2) test::set_number<std::int32_t>(s[1], 11, 61);
    if (kind == 3) test::set_number<std::int16_t>(s[2], 5, 16320);
    if (kind == 4) test::set_number<std::int16_t>(s[2], 5, -16320);
    if (kind == 5) test::set_number<std::int8_t>(s[4], 5, -128);
    if (kind == 6) test::set_number<std::uint32_t>(s[3], 2, rx1::kNanBits);
    if (kind == 7) test::set_number<std::uint32_t>(s[5], 2, rx1::kInfinityBits);
    if (kind == 8) test::set_number<std::uint32_t>(s[5], 2, rx1::kSignBit);
    if (kind == 9) s.pop_back();
    INFO(kind);
    const test::AllOpened opened(states);
    CHECK(run.program->check_rows(1, rows, opened, {}, Engine()).error().code == Code::malformed);
    CHECK(run.program->output_of(1, s).error().code == Code::malformed);
    CHECK(run.program->always(states).error().code == Code::malformed);
    CHECK(run.program->append_step(2, std::span(states).first(1), Engine()).error().code ==
          Code::malformed);
    CHECK(run.program->append_step_again(1, {}, s, Engine()).error().code == Code::malformed);
  }
  const test::AllOpened opened(run.outcome.states);
  const std::uint64_t beyond[] = {run.program->plan().rows}, columns[] = {0};
  CHECK_FALSE(run.program->check_rows(1, beyond, opened, {}, Engine()).ok());
  CHECK_FALSE(run.program->check_rows(1, rows, opened, columns, Engine()).ok());
  CHECK_FALSE(run.program->check_rows(0, rows, opened, {}, Engine()).ok());
  CHECK_FALSE(
      run.program->check_rows(run.program->plan().steps + 1, rows, opened, {}, Engine()).ok());
}
