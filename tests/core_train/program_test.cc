// Whole train jobs: every level and number of threads, states that somebody else sent, jobs that
// follow one another, learning, and divergence.
#include <cmath>
#include <cstring>
#include <limits>

#include "core/compute/files/safetensors.h"
#include "core/compute/train/model_file.h"
#include "tests/core/compute/levels.h"
#include "tests/core_train/train_jobs.h"

namespace assay {
namespace {

using namespace compute;

const std::string kTransformer =
    R"({"model":"transformer","vocab":256,"hidden":20,"layers":2,"heads":2,"kv_heads":1,"ffn":33,)"
    R"("sequence":37,"steps":3,"batch":5,"optimizer":"adam","learning_rate_ppm":3000,)"
    R"("warmup_steps":1,"clip_norm_ppm":1000000,"weight_decay_ppm":10000})";

std::string mlp(const std::string& optimizer, const std::string& task = "classify") {
  return R"({"model":"mlp","widths":[17,70,9],"task":")" + task +
         R"(","examples":300,"steps":3,"batch":67,"learning_rate_ppm":20000,"optimizer":")" +
         optimizer + "\"}";
}

const float kInfinity = std::numeric_limits<float>::infinity();
const float kNan = std::numeric_limits<float>::quiet_NaN();

void put(State& state, std::size_t tensor, std::size_t element, float value) {
  std::memcpy(state[tensor].data.data() + element * sizeof value, &value, sizeof value);
}

float mean(const std::vector<float>& losses, std::size_t first, std::size_t count) {
  double sum = 0;
  for (std::size_t i = first; i < first + count; ++i) sum += static_cast<double>(losses[i]);
  return static_cast<float>(sum / static_cast<double>(count));
}

}  // namespace

TEST_CASE("train: every level and number of threads gives the same states") {
  const test::Files text{{"text", test::alphabet(500)}};
  const std::pair<std::string, test::Files> jobs[] = {
      {kTransformer, text},
      {mlp("adam"), {}},
      {mlp("momentum"), {}},
      {mlp("sgd", "regress"), {}},
  };
  for (const auto& [parameters, files] : jobs) {
    const auto program = test::load_train(parameters, files);
    REQUIRE(program.ok());
    const std::vector<State> want = test::run(*program.value(), Engine(CpuLevel::scalar));
    CHECK(shape_of(want[0]) == program.value()->plan().state_shape);
    for (CpuLevel level : test::cpu_levels()) {
      for (unsigned threads = 1; threads <= 4; ++threads) {
        INFO(parameters << " " << cpu_level_name(level) << ", " << threads);
        CHECK(test::run(*program.value(), Engine(level, threads)) == want);
      }
    }
  }
}

TEST_CASE("train: any state can be replayed alone") {
  const auto program = test::load_train(mlp("adam"));
  const std::vector<State> states = test::run(*program.value(), Engine());
  for (std::uint32_t step = 3; step >= 1; --step) {
    State state = states[step - 1];
    REQUIRE(program.value()->advance(step, state, Engine()).ok());
    CHECK(state == states[step]);
  }
}

TEST_CASE("train: a state that no honest run makes is refused") {
  const auto program = test::load_train(mlp("adam"));
  const State good = test::run(*program.value(), Engine())[1];
  struct {
    const char* name;
    std::size_t tensor;
    std::size_t element;
    float value;
  } cases[] = {
      {"a parameter that is NaN", 0, 7, kNan},
      {"an infinite parameter", 0, 0, -kInfinity},
      {"a first moment that is NaN", 1, 3, kNan},
      {"an infinite second moment", 2, 1, kInfinity},
      {"a negative second moment", 2, 0, -1.0F},
      {"a second moment of -0", 2, 0, -0.0F},
      {"a loss that is NaN", 3, 0, kNan},
      {"a negative loss", 3, 0, -0.5F},
      {"a loss to come", 3, 1, 0.5F},
      {"a loss to come that is -0", 3, 2, -0.0F},
  };
  const Engine engine;
  for (const auto& c : cases) {
    INFO(c.name);
    State state = good;
    put(state, c.tensor, c.element, c.value);
    const Status advanced = program.value()->advance(2, state, engine);
    REQUIRE_FALSE(advanced.ok());
    CHECK(advanced.error().code == Code::malformed);
  }
  State negative = good;
  put(negative, 0, 0, -3.5F);
  CHECK(program.value()->advance(2, negative, engine).ok());

  State fewer = good;
  fewer.pop_back();
  CHECK(program.value()->advance(2, fewer, engine).error().code == Code::malformed);
  State shorter = good;
  shorter[0].shape.dims[0] -= 1;
  shorter[0].data.resize(shorter[0].data.size() - sizeof(float));
  CHECK(program.value()->advance(2, shorter, engine).error().code == Code::malformed);
  for (std::uint32_t step : {0U, 4U}) {
    State state = good;
    CHECK(program.value()->advance(step, state, engine).error().code == Code::malformed);
  }
  CHECK(program.value()->artefact(state_bytes(fewer)).error().code == Code::malformed);
  State unfinished = good;
  put(unfinished, 0, 0, kNan);
  CHECK(program.value()->artefact(state_bytes(unfinished)).error().code == Code::malformed);
}

TEST_CASE("train: huge values of a foreign state give the same bits on every level") {
  const auto program = test::load_train(kTransformer, {{"text", test::alphabet(500)}});
  for (const float value : {3e38F, -3e38F, 1e30F, 1e-40F}) {
    State want = program.value()->start(Engine()).value();
    for (std::size_t i = 0; i < 3; ++i) put(want, i, 5, std::abs(value));
    put(want, 0, 6000, value);
    const State from = want;
    REQUIRE(program.value()->advance(1, want, Engine(CpuLevel::scalar)).ok());
    for (CpuLevel level : test::cpu_levels()) {
      INFO(value << " " << cpu_level_name(level));
      State state = from;
      REQUIRE(program.value()->advance(1, state, Engine(level, 2)).ok());
      CHECK(state == want);
    }
  }
}

TEST_CASE("train: losses fall") {
  const auto letters = test::load_train(
      R"({"model":"transformer","vocab":256,"hidden":16,"layers":1,"heads":2,"ffn":32,)"
      R"("sequence":16,"steps":60,"batch":4,"optimizer":"adam","learning_rate_ppm":10000})",
      {{"text", test::alphabet(400)}});
  const auto classes = test::load_train(
      R"({"model":"mlp","widths":[8,32,3],"task":"classify","examples":400,"steps":150,)"
      R"("batch":32,"optimizer":"momentum","learning_rate_ppm":50000})");
  const auto curve = test::load_train(
      R"({"model":"mlp","widths":[6,24,2],"task":"regress","examples":400,"steps":150,)"
      R"("batch":32,"optimizer":"adam","learning_rate_ppm":10000,"decay":"cosine"})");
  const std::pair<const Program*, float> jobs[] = {
      {letters.value().get(), 0.1F}, {classes.value().get(), 0.4F}, {curve.value().get(), 0.3F}};
  for (const auto& [program, ratio] : jobs) {
    const std::vector<float> losses =
        test::numbers(test::run(*program, Engine(best_cpu_level(), 2)).back().back());
    INFO(losses.front() << " to " << losses.back());
    CHECK(mean(losses, losses.size() - 5, 5) <= ratio * mean(losses, 0, 5));
  }
}

TEST_CASE("train: a job that diverges ends with finite states, and its losses say so") {
  const auto program = test::load_train(
      R"({"model":"mlp","widths":[6,24,24,24,2],"task":"regress","examples":50,"steps":40,)"
      R"("batch":16,"optimizer":"sgd","learning_rate_ppm":1000000})",
      {});
  REQUIRE(program.ok());
  const std::vector<State> states = test::run(*program.value(), Engine());
  const std::vector<float> losses = test::numbers(states.back().back());
  CHECK(losses.back() > 1e6F);
  for (const float parameter : test::numbers(states.back()[0])) CHECK(std::isfinite(parameter));
  // Once the gradient is beyond all bounds, parameters stay.
  CHECK(states[40][0] == states[39][0]);
  CHECK(program.value()->artefact(state_bytes(states.back())).ok());
}

TEST_CASE("train: the losses of the longest job leave its file one that can be read") {
  const std::vector<train::ParameterTensor> layout = {{"w", {2}, 0}};
  const Bytes parameters(8);
  const auto count = [&](std::size_t losses) {
    const std::vector<float> all(losses, 9e9F);
    const Bytes file = train::write_model(layout, parameters, all);
    REQUIRE(parse_safetensors(file).ok());
    const std::string_view text = as_text(file);
    const std::size_t from = text.find("\"loss\":\"");
    return std::ranges::count(text.substr(from, text.find('"', from + 8) - from), '.');
  };
  CHECK(count(1) == 1);
  CHECK(count(32768) == 32768);
  CHECK(count(32769) == 16384);  // every second one
  CHECK(count(262144) == 32768);
}

TEST_CASE("train: an artefact is a checkpoint of the next job") {
  const test::Files text{{"text", test::alphabet(500)}};
  const auto first = test::load_train(kTransformer, text);
  const State last = test::run(*first.value(), Engine()).back();
  const Result<Artefact> artefact = first.value()->artefact(state_bytes(last));
  REQUIRE(artefact.ok());
  CHECK(artefact.value().file_name == "model.safetensors");
  const auto tensors = parse_safetensors(artefact.value().bytes);
  REQUIRE(tensors.ok());
  CHECK(tensors.value().size() == 20);
  CHECK(tensors.value()[0].name == "model.embed_tokens.weight");
  CHECK(tensors.value()[0].array.dims == std::vector<std::uint64_t>{256, 20});
  CHECK(as_text(artefact.value().bytes).find("\"loss\":\"5.") != std::string_view::npos);

  test::Files files = text;
  files["checkpoint"] = artefact.value().bytes;
  const auto second = test::load_train(kTransformer, files);
  REQUIRE(second.ok());
  const State start = second.value()->start(Engine()).value();
  CHECK(start[0] == last[0]);
  CHECK(test::numbers(start[1]) == std::vector<float>(start[1].data.size() / sizeof(float)));
}

}  // namespace assay
