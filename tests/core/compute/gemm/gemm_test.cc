#include "core/compute/gemm/gemm.h"

#include <algorithm>

#include "core/base/random.h"
#include "core/compute/files/npy.h"
#include "tests/catch.h"
#include "tests/core/compute/gemm/gemm_orders.h"
#include "tests/core/compute/levels.h"
#include "tests/vectors.h"

using namespace assay;
using namespace assay::compute;
using test::gemm_parameters;

namespace {

std::unique_ptr<Program> load(const std::string& parameters, const test::Files& files = {}) {
  Result<std::unique_ptr<Program>> loaded = test::load_gemm(parameters, files);
  REQUIRE(loaded.ok());
  return std::move(loaded.value());
}

// All states 0 .. S.
std::vector<State> run(const Program& program, const Engine& engine) {
  std::vector<State> out = {program.start(engine).value()};
  for (std::uint32_t step = 1; step <= program.plan().steps; ++step) {
    State state = out.back();
    REQUIRE(program.advance(step, state, engine).ok());
    out.push_back(std::move(state));
  }
  return out;
}

std::unique_ptr<Program> load(const test::Vector& v) {
  test::Files files;
  for (const std::string& line : v.all("input")) {
    const std::size_t space = line.find(' ');
    files[line.substr(0, space)] = from_hex(line.substr(space + 1)).value();
  }
  wire::WorkloadSpec spec = test::gemm_spec(v.text("parameters"), files);
  spec.nonce = v.fixed<Digest>("nonce");
  const InputSource source = [&](const wire::Input& input) -> Result<Bytes> {
    return files.at(input.name);
  };
  Result<std::unique_ptr<Program>> loaded = load_program(spec, source);
  REQUIRE(loaded.ok());
  return std::move(loaded.value());
}

}  // namespace

TEST_CASE("vectors/gemm: every state and the result, on every level") {
  for (const test::Vector& v :
       test::load_vectors("gemm", {"parameters", "nonce", "input", "state", "result"}, 8)) {
    INFO(v.name());
    const std::unique_ptr<Program> program = load(v);
    const std::vector<Digest> want = v.all_fixed<Digest>("state");
    for (CpuLevel level : test::cpu_levels()) {
      INFO(cpu_level_name(level));
      const std::vector<State> states = run(*program, Engine(level));
      REQUIRE(states.size() == want.size());
      for (std::size_t i = 0; i < states.size(); ++i) CHECK(state_digest(states[i]) == want[i]);
      const Bytes result = state_bytes(states.back());
      CHECK(result == v.bytes("result"));
      CHECK(result_digest(*program, result).value() == want.back());
    }
  }
}

TEST_CASE("whole jobs give the same bits on every level and on 1 to 8 threads") {
  SeededRandom random(12);
  for (int round = 0; round < 40; ++round) {
    const auto program = load(gemm_parameters(1 + random.below(70), 1 + random.below(200),
                                              static_cast<std::uint32_t>(1 + random.below(3)),
                                              static_cast<std::uint32_t>(1 + random.below(3))));
    const std::vector<State> want = run(*program, Engine(CpuLevel::scalar));
    for (CpuLevel level : test::cpu_levels()) {
      const auto threads = static_cast<unsigned>(1 + random.below(8));
      INFO(cpu_level_name(level) << ", " << threads << " threads");
      REQUIRE(run(*program, Engine(level, threads)) == want);
    }
  }
  const auto program = load(gemm_parameters(150, 300, 2, 1));
  const std::vector<State> want = run(*program, Engine(CpuLevel::scalar));
  for (unsigned threads = 1; threads <= 8; ++threads) {
    REQUIRE(run(*program, Engine(test::cpu_levels().back(), threads)) == want);
  }
}

TEST_CASE("rows are local: followed alone, each gives its row of every state") {
  SeededRandom random(13);
  for (int round = 0; round < 15; ++round) {
    const auto program = load(gemm_parameters(1 + random.below(20), 1 + random.below(120), 3,
                                              static_cast<std::uint32_t>(1 + random.below(3))));
    const std::vector<State> states = run(*program, Engine(test::cpu_levels().back(), 2));
    for (std::uint64_t row = 0; row < program->plan().rows; ++row) {
      Bytes bytes = program->start_row(row).value();
      REQUIRE(bytes == row_of_state(states[0], row));
      for (std::uint32_t step = 1; step <= program->plan().steps; ++step) {
        const Result<Bytes> next = program->advance_row(step, bytes);
        REQUIRE(next.ok());
        bytes = next.value();
        REQUIRE(bytes == row_of_state(states[step], row));
      }
    }
  }
}

TEST_CASE("rows followed together give what the definition gives for each") {
  SeededRandom random(14);
  for (const CpuLevel level : test::cpu_levels()) {
    for (int round = 0; round < 8; ++round) {
      const auto program = load(gemm_parameters(1 + random.below(30), 1 + random.below(400), 2,
                                                static_cast<std::uint32_t>(1 + random.below(2))));
      const Engine engine(level, static_cast<unsigned>(1 + random.below(3)));
      std::vector<Bytes> together;
      for (std::uint64_t i = random.below(16); i > 0; --i) {
        together.push_back(program->start_row(random.below(program->plan().rows)).value());
      }
      for (std::uint32_t step = 1; step <= 2; ++step) {
        std::vector<Bytes> alone;
        for (const Bytes& row : together) {
          alone.push_back(program->advance_row(step, row).value());
        }
        together = program->advance_rows(step, together, engine).value();
        INFO(cpu_level_name(level) << ", step " << step);
        REQUIRE(together == alone);
      }
    }
  }
}

TEST_CASE("another nonce is another job") {
  wire::WorkloadSpec spec = test::gemm_spec(gemm_parameters(4, 8, 1, 1));
  const Engine engine(CpuLevel::scalar);
  const State one = load_program(spec, {}).value()->start(engine).value();
  spec.nonce.bytes[0] ^= 1;
  CHECK(load_program(spec, {}).value()->start(engine).value() != one);
}

TEST_CASE("magnitudes of a generated chain stay near steady") {
  const auto program = load(gemm_parameters(16, 128, 64, 1));
  const State last = run(*program, Engine(test::cpu_levels().back())).back();
  for (std::uint64_t row = 0; row < 16; ++row) {
    Reader in(ByteView(last[1].data).subspan(row * 8 + 4, 4));
    const auto exponent = static_cast<std::int32_t>(in.u32_le());
    CHECK(exponent > -24);
    CHECK(exponent < 24);
  }
}

TEST_CASE("states that no honest run produces are refused, whole and by row") {
  const auto program = load(gemm_parameters(3, 40, 3, 1));
  const Engine engine(test::cpu_levels().back());
  const State honest = run(*program, engine)[1];
  constexpr std::size_t kRow = 1;
  struct Spoiled {
    const char* name;
    void (*spoil)(std::uint8_t* q, std::uint8_t* scale);  // of row 1
    const char* message;
  };
  const Spoiled cases[] = {
      {"garbage-input-128", [](std::uint8_t* q, std::uint8_t*) { q[7] = 0x80; }, "-128"},
      {"nan-scale", [](std::uint8_t*, std::uint8_t* s) { s[2] = 0xC0, s[3] = 0x7F; },
       "nor in [1, 2)"},
      {"scale of 2", [](std::uint8_t*, std::uint8_t* s) { s[0] = s[1] = s[2] = 0, s[3] = 0x40; },
       "nor in [1, 2)"},
      {"negative scale", [](std::uint8_t*, std::uint8_t* s) { s[3] |= 0x80; }, "nor in [1, 2)"},
      {"exponent too large", [](std::uint8_t*, std::uint8_t* s) { s[6] = 0x41; }, "exponent"},
      {"exponent too small",
       [](std::uint8_t*, std::uint8_t* s) { s[4] = s[5] = 0, s[6] = 0xBF, s[7] = 0xFF; },
       "exponent"},
      {"zero scale, values", [](std::uint8_t*, std::uint8_t* s) { std::fill_n(s, 8, 0); },
       "scale 0 with values"},
      {"zero scale with exponent",
       [](std::uint8_t* q, std::uint8_t* s) {
         std::fill_n(q, 40, 0), std::fill_n(s, 8, 0), s[4] = 1;
       },
       "scale 0 with an exponent"},
      {"zero-state", [](std::uint8_t* q, std::uint8_t*) { std::fill_n(q, 40, 0); },
       "zeros with a scale"},
      {"inflated-scale", [](std::uint8_t* q, std::uint8_t*) { std::fill_n(q, 40, 126); },
       "inflated"},
  };
  for (const Spoiled& c : cases) {
    INFO(c.name);
    State state = honest;
    c.spoil(state[0].data.data() + kRow * 40, state[1].data.data() + kRow * 8);
    const Bytes row = row_of_state(state, kRow);
    const Status whole = program->advance(2, state, engine);
    REQUIRE_FALSE(whole.ok());
    CHECK(whole.error().code == Code::malformed);
    CHECK(whole.error().what.find("row 1: ") != std::string::npos);
    CHECK(whole.error().what.find(c.message) != std::string::npos);
    const Result<Bytes> alone = program->advance_row(2, row);
    REQUIRE_FALSE(alone.ok());
    CHECK(alone.error().code == Code::malformed);
    CHECK(alone.error().what.find(c.message) != std::string::npos);
    const std::vector<Bytes> with_honest = {row_of_state(honest, 0), row};
    const Result<std::vector<Bytes>> together = program->advance_rows(2, with_honest, engine);
    REQUIRE_FALSE(together.ok());
    CHECK(together.error().what == alone.error().what);
    CHECK(program->artefact(state_bytes(state)).error().code == Code::malformed);
  }
  State state = honest;
  CHECK(program->advance(2, state, engine).ok());
}

TEST_CASE("a row of zeros may stand in a state, and stays zero") {
  const auto program = load(gemm_parameters(2, 16, 3, 1));
  const Engine engine(test::cpu_levels().back());
  State state = run(*program, engine)[1];
  std::fill_n(state[0].data.data(), 16, std::uint8_t{0});
  std::fill_n(state[1].data.data(), 8, std::uint8_t{0});
  const Bytes zeros = row_of_state(state, 0);
  REQUIRE(program->advance(2, state, engine).ok());
  CHECK(row_of_state(state, 0) == zeros);
}

TEST_CASE("steps and shapes outside the plan are refused") {
  const auto program = load(gemm_parameters(2, 16, 3, 1));
  const Engine engine(CpuLevel::scalar);
  State state = program->start(engine).value();
  const Bytes row = program->start_row(0).value();
  for (std::uint32_t step : {0U, 4U, UINT32_MAX}) {
    CHECK(program->advance(step, state, engine).error().code == Code::malformed);
    CHECK(program->advance_row(step, row).error().code == Code::malformed);
    const std::vector<Bytes> rows = {row};
    CHECK(program->advance_rows(step, rows, engine).error().code == Code::malformed);
  }
  CHECK(program->advance_row(1, ByteView(row).first(row.size() - 1)).error().code ==
        Code::malformed);
  state.pop_back();
  CHECK(program->advance(1, state, engine).error().code == Code::malformed);
  CHECK(program->artefact(Bytes(47)).error().code == Code::malformed);
}

TEST_CASE("the artefact is the result's values as a .npy file of f32") {
  // x times the unit matrix is x: what comes out is what went in.
  const std::vector<std::uint64_t> square = {2, 2};
  const test::Files files = {
      {"x", write_npy(square, std::vector<float>{127.0F, -64.0F, 0.5F, 0.25F})},
      {"w0", write_npy(square, std::vector<float>{127.0F, 0.0F, 0.0F, 127.0F})}};
  const auto program = load(gemm_parameters(2, 2, 1, 1, "inputs"), files);
  const State last = run(*program, Engine(CpuLevel::scalar)).back();
  const Result<Artefact> artefact = program->artefact(state_bytes(last));
  REQUIRE(artefact.ok());
  CHECK(artefact.value().file_name == "result.npy");
  const Result<NumberArray> array = parse_npy(artefact.value().bytes);
  REQUIRE(array.ok());
  std::vector<float> values(4);
  read_numbers(array.value(), 0, values);
  CHECK(values[0] == 127.0F * 127.0F);
  CHECK(values[1] == -64.0F * 127.0F);
  const auto near = [](float got, float want) {
    return got >= want * 0.99F && got <= want * 1.01F;
  };
  CHECK(near(values[2], 0.5F * 127.0F));
  CHECK(near(values[3], 0.25F * 127.0F));
}
