#include "core/compute/generate/generate.h"

#include <algorithm>
#include <cstring>

#include "tests/catch.h"
#include "tests/core/compute/levels.h"
#include "tests/core_generate/jobs.h"

using namespace assay;
using namespace assay::compute;
using namespace assay::compute::generate;

namespace {

test::JobSpec three_texts() {
  test::JobSpec spec;
  SeededRandom random(21);
  for (const std::size_t length : {1U, 9U, 20U}) {
    spec.prompts.push_back(test::random_tokens(random, length, 61));
  }
  spec.parameters.max_tokens = 14;
  spec.parameters.chunk = 5;
  spec.parameters.sampling.temperature_ppm = 900'000;
  return spec;
}

// Everything of a run by position, whatever the chunks were: the rows that run.
std::vector<Bytes> rows_by_position(const test::Outcome& outcome, std::size_t text,
                                    std::size_t chunk) {
  std::vector<Bytes> out;
  for (const State& state : outcome.states) {
    for (std::size_t i = 0; i < chunk; ++i) {
      const std::size_t row = text * chunk + i;
      if (test::number_at<std::int32_t>(state[0], row) >= 0)
        out.push_back(row_of_state(state, row));
    }
  }
  return out;
}

}  // namespace

TEST_CASE("chunks, and texts beside a text, change nothing of it") {
  for (const Precision precision : {Precision::w8a8, Precision::a16w8}) {
    test::JobSpec spec = three_texts();
    spec.parameters.precision = precision;
    const Engine engine;
    std::vector<std::vector<Bytes>> want;
    for (const std::uint32_t chunk : {1U, 2U, 3U, 5U, 7U, 16U, 32U, 512U}) {
      spec.parameters.chunk = chunk;
      const auto program = test::generate_program(spec);
      CHECK(program->plan().steps == (20 + 14 - 1 + chunk - 1) / chunk);
      const test::Outcome outcome = test::run(*program, engine);
      std::vector<std::vector<Bytes>> got;
      for (std::size_t text = 0; text < 3; ++text) {
        got.push_back(rows_by_position(outcome, text, chunk));
        CHECK(got.back().size() == spec.prompts[text].size() + 13);
        CHECK(test::choices(*program, outcome, text).size() == 14);
      }
      if (want.empty()) want = got;
      INFO("chunk " << chunk);
      REQUIRE(got == want);
    }
    // The first text alone; its number, which the noise depends on, is the same.
    spec.prompts.resize(1);
    const test::Outcome alone = test::run(*test::generate_program(spec), engine);
    CHECK(rows_by_position(alone, 0, 512) == want[0]);
  }
}

TEST_CASE("levels and threads change nothing, and a step computed again is the step") {
  for (const Precision precision : {Precision::w8a8, Precision::a16w8}) {
    test::JobSpec spec = three_texts();
    spec.parameters.precision = precision;
    const auto program = test::generate_program(spec);
    const test::Outcome want = test::run(*program, Engine(CpuLevel::scalar));
    for (const CpuLevel level : test::cpu_levels()) {
      for (unsigned threads = 1; threads <= 4; ++threads) {
        INFO(cpu_level_name(level) << ", " << threads << " threads");
        const Engine engine(level, threads);
        REQUIRE(test::run(*program, engine) == want);
        for (std::uint32_t step = 1; step <= program->plan().steps; ++step) {
          const auto before = std::span(want.states).first(step - 1);
          const State& claimed = want.states[step - 1];
          const Result<Added> again = program->append_step_again(step, before, claimed, engine);
          REQUIRE(again.ok());
          REQUIRE(again.value().state == claimed);
          REQUIRE(again.value().output == program->output_of(step, claimed).value());
        }
      }
    }
  }
}

TEST_CASE("greedy text is the model's, token by token") {
  test::JobSpec spec = three_texts();
  spec.parameters.sampling = {};
  const auto program = test::generate_program(spec);
  const Engine engine;
  const test::Outcome outcome = test::run(*program, engine);
  const GenerateJob job = test::generate_job(spec);
  const Transformer model(job.model, Precision::w8a8);
  for (std::size_t text = 0; text < 3; ++text) {
    std::vector<std::uint32_t> tokens = spec.prompts[text];
    for (const std::int32_t choice : test::choices(*program, outcome, text)) {
      KeyValues cache(model.config(), tokens.size());
      const Run run{&cache, 0, tokens};
      const std::vector<float> hidden = model.forward(engine, {&run, 1}, CacheUse::fill).hidden;
      const std::vector<float> logits = model.logits(engine, std::span(hidden).last(32));
      const auto best = std::ranges::max_element(logits) - logits.begin();
      REQUIRE(choice == best);
      tokens.push_back(static_cast<std::uint32_t>(choice));
    }
  }
}

TEST_CASE("a text ends after a stop token, and the rest is blank") {
  test::JobSpec spec = three_texts();
  const auto endless = test::generate_program(spec);
  const test::Outcome all = test::run(*endless, Engine());
  const std::vector<std::int32_t> long_text = test::choices(*endless, all, 1);
  spec.stop_tokens = {static_cast<std::uint32_t>(long_text[4])};
  const auto first = std::ranges::find(long_text, long_text[4]);
  const auto program = test::generate_program(spec);
  const test::Outcome outcome = test::run(*program, Engine());
  const std::vector<std::int32_t> short_text = test::choices(*program, outcome, 1);
  CHECK(short_text == std::vector<std::int32_t>(long_text.begin(), first + 1));

  const Result<std::vector<Pair>> ends = program->always(outcome.states);
  REQUIRE(ends.ok());
  const std::uint64_t position = spec.prompts[1].size() - 1 + short_text.size() - 1;
  const Pair end{static_cast<std::uint32_t>(position / 5) + 1, 5 + position % 5};
  CHECK(std::ranges::find(ends.value(), end) != ends.value().end());
  CHECK(
      std::ranges::is_sorted(ends.value(), {}, [](const Pair& p) { return p.step * 15 + p.row; }));
  for (std::uint64_t p = position + 1; p < program->plan().steps * 5; ++p) {
    const Bytes row = row_of_state(outcome.states[p / 5], 5 + p % 5);
    REQUIRE(std::all_of(row.begin(), row.begin() + 8, [](std::uint8_t x) { return x == 0xFF; }));
    REQUIRE(std::all_of(row.begin() + 8, row.end(), [](std::uint8_t x) { return x == 0; }));
  }
  const Artefact texts = program->artefact(outcome.result).value();
  CHECK(texts.file_name == "texts.json");
  std::string spelt;
  for (std::size_t i = 0; i + 1 < short_text.size(); ++i) {
    spelt += "<" + std::to_string(short_text[i]) + ">";
  }
  const wire::Json json = wire::parse_json(as_text(texts.bytes)).value();
  REQUIRE(json.items().size() == 3);
  CHECK(json.items()[1].as_string() == spelt);

  spec.parameters.stop = false;
  CHECK(test::run(*test::generate_program(spec), Engine()) == all);
  CHECK(endless->always(all.states).value().empty());
}

TEST_CASE("start, output, result and file are what the header says") {
  test::JobSpec spec = three_texts();
  spec.prompts = {{5, 6, 7}, {8}};
  const auto program = test::generate_program(spec);
  const Plan& plan = program->plan();
  CHECK(plan.shape == Shape::appended);
  CHECK(plan.reach == Reach::history);
  CHECK((plan.rows == 10 && plan.columns == 0 && plan.steps == 4));
  CHECK(plan.result_bytes == 4 * 10 * 4);
  const State start = program->start(Engine()).value();
  REQUIRE(start.size() == 2);
  CHECK(start[0].shape == TensorShape{DType::s32, {4}});
  CHECK(start[0].data == Bytes{5, 0, 0, 0, 6, 0, 0, 0, 7, 0, 0, 0, 8, 0, 0, 0});
  CHECK(start[1].data == Bytes{3, 0, 0, 0, 1, 0, 0, 0});
  const test::Outcome outcome = test::run(*program, Engine());
  for (const State& state : outcome.states) CHECK(shape_of(state) == plan.state_shape);
  CHECK(outcome.result.size() == plan.result_bytes);
  CHECK(program->unit_shape(1) == TensorShape{DType::s32, {2, 5}});

  spec.prompts.resize(1);
  const auto one = test::generate_program(spec);
  const test::Outcome text = test::run(*one, Engine());
  const Artefact file = one->artefact(text.result).value();
  CHECK(file.file_name == "text.txt");
  std::string spelt;
  for (const std::int32_t token : test::choices(*one, text, 0)) {
    spelt += "<" + std::to_string(token) + ">";
  }
  CHECK(as_text(file.bytes) == spelt);
  CHECK_FALSE(one->artefact(ByteView(text.result).first(8)).ok());
  Bytes wrong = text.result;
  wrong[8] = 61;  // a token that the model has not
  wrong[9] = wrong[10] = wrong[11] = 0;
  CHECK_FALSE(one->artefact(wrong).ok());
}

TEST_CASE("a model whose numbers overflow has no text, and no row of it is right") {
  const test::JobSpec spec = three_texts();
  GenerateJob job = test::generate_job(spec);
  const std::vector<float> huge(61, 0x1p127F);
  for (const bool in_head : {true, false}) {
    GenerateJob bad = job;
    if (in_head) {
      bad.model.head.scale = huge;
    } else {
      bad.model.layers[0].v.weight.scale = std::span(huge).first(16);
    }
    const auto program = make_generate_program(bad, {});
    REQUIRE(program.ok());
    const Result<Added> added = program.value()->append_step(1, {}, Engine());
    REQUIRE_FALSE(added.ok());
    CHECK(added.error().code == Code::malformed);
    INFO(added.error().what);
    CHECK(added.error().what.find("overflow") != std::string::npos);
    const test::Outcome other = test::run(*test::generate_program(spec), Engine());
    const std::uint64_t rows[] = {0};  // the first text's only prompt token, which has a choice
    CHECK(
        program.value()->check_rows(1, rows, test::AllOpened(other.states), {}, Engine()).value() ==
        std::vector<bool>{false});
  }
}

TEST_CASE("orders that cannot be run are refused, with the numbers") {
  const auto refused = [](const test::JobSpec& spec, const Caps& caps, std::string_view says) {
    const auto made = make_generate_program(test::generate_job(spec), caps);
    REQUIRE_FALSE(made.ok());
    CHECK(made.error().code == Code::malformed);
    INFO(made.error().what);
    CHECK(made.error().what.find(says) != std::string::npos);
  };
  const test::JobSpec good = three_texts();
  REQUIRE(make_generate_program(test::generate_job(good), {}).ok());
  test::JobSpec spec = good;
  spec.prompts[1].clear();
  refused(spec, {}, "prompt 1 has no tokens");
  spec.prompts[1] = {61};
  refused(spec, {}, "token 61");
  spec.prompts.clear();
  refused(spec, {}, "no prompt");
  spec = good;
  spec.context = 33;
  refused(spec, {}, "context of 33");
  spec.context = 34;
  CHECK(make_generate_program(test::generate_job(spec), {}).ok());
  spec.context = 100'000;
  spec.parameters.max_tokens = 50'000;
  refused(spec, {}, "raise chunk");
  Caps caps;
  caps.step_ops_max = 1000;
  refused(good, caps, "operations of a step");
  caps = {};
  caps.state_bytes_max = 1000;
  refused(good, caps, "bytes of a state");
  // 30 texts of a million positions: 136 bytes for each, more than anybody has to hold.
  caps = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
  spec = good;
  spec.context = 1 << 20;
  spec.prompts.assign(30, {1});
  spec.parameters.max_tokens = (1 << 20) - 1;
  spec.parameters.chunk = 512;
  refused(spec, caps, "136 for each token");
}

TEST_CASE("parameters outside the schema are refused, and named") {
  const std::string model(64, 'a');
  const auto parse = [&](std::string rest) {
    return parse_generate_parameters(
        wire::parse_json("{\"model\":\"" + model + "\"" + rest + "}").value());
  };
  const Result<GenerateParameters> least = parse(",\"max_tokens\":3");
  REQUIRE(least.ok());
  CHECK(least.value().chunk == 32);
  CHECK(least.value().stop);
  CHECK(least.value().sampling == Sampling{});
  CHECK(least.value().precision == Precision::w8a8);
  const Result<GenerateParameters> most = parse(
      ",\"max_tokens\":3,\"chunk\":512,\"precision\":\"a16w8\",\"temperature_ppm\":1000,"
      "\"top_k\":40,\"top_p_ppm\":1,\"stop\":false");
  REQUIRE(most.ok());
  CHECK(most.value().sampling == Sampling{1000, 40, 1});
  CHECK(most.value().precision == Precision::a16w8);
  CHECK_FALSE(most.value().stop);
  struct Case {
    const char* rest;
    const char* names;
  };
  for (const Case& c :
       {Case{"", "max_tokens"}, Case{",\"max_tokens\":0", "max_tokens"},
        Case{",\"max_tokens\":1,\"chunk\":0", "chunk"},
        Case{",\"max_tokens\":1,\"chunk\":513", "chunk"},
        Case{",\"max_tokens\":1,\"precision\":\"fp16\"", "precision"},
        Case{",\"max_tokens\":1,\"temperature_ppm\":999", "temperature_ppm"},
        Case{",\"max_tokens\":1,\"temperature_ppm\":16000001", "temperature_ppm"},
        Case{",\"max_tokens\":1,\"top_k\":4", "temperature_ppm"},
        Case{",\"max_tokens\":1,\"temperature_ppm\":1000,\"top_p_ppm\":0", "top_p_ppm"},
        Case{",\"max_tokens\":1,\"stop\":1", "stop"},
        Case{",\"max_tokens\":1,\"seed\":1", "seed"}}) {
    const Result<GenerateParameters> out = parse(c.rest);
    INFO(c.rest);
    REQUIRE_FALSE(out.ok());
    CHECK(out.error().what.find(c.names) != std::string::npos);
  }
}
