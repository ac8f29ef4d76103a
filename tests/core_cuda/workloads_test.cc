// Jobs of simulate and generate on the fake module: the same bits as the CPU's, and every fault of
// a device inconclusive.
#include "core/compute/cuda/backend.h"
#include "core/compute/cuda/body_steps.h"
#include "core/compute/cuda/lattice_cells.h"
#include "core/compute/cuda/text_session.h"
#include "tests/core_cuda/environment.h"
#include "tests/core_generate/jobs.h"
#include "tests/core_simulate/simulate_orders.h"

using namespace assay;
using namespace assay::compute;
using namespace assay::compute::cuda;

namespace {

std::shared_ptr<const Device> fake_device() {
  return choose_device(Backend::cuda, ASSAY_FAKE_MODULE).value().device;
}

std::unique_ptr<Program> on_fake(std::unique_ptr<Program> program) {
  auto placed = on_device(std::move(program), fake_device());
  INFO((placed.ok() ? "" : placed.error().what));
  REQUIRE(placed.ok());
  return std::move(placed).value();
}

const std::string kBodies =
    R"({"system":"bodies","bodies":128,"steps":3,"gravity_trillionths":50000,)"
    R"("softening_thousandths":500,"start":"galaxies","radius_thousandths":20000,)"
    R"("centre_mass":1000})";
const std::string kLattice =
    R"({"system":"lattice","size":[8,12,4],"steps":2,"steps_per_commit":3,)"
    R"("viscosity_millionths":20000,"walls":["periodic","wall","periodic"],)"
    R"("start":"vortices","speed_millionths":50000,"noise_millionths":900})";

// Both programs from the start to the end; states are compared.
void check_chain(const Program& cpu, const Program& device) {
  const Engine engine;
  State want = cpu.start(engine).value(), got = device.start(engine).value();
  for (std::uint32_t step = 1; step <= cpu.plan().steps; ++step) {
    INFO("step " << step);
    REQUIRE(cpu.advance(step, want, engine).ok());
    const Status advanced = device.advance(step, got, engine);
    INFO((advanced.ok() ? "" : advanced.error().what));
    REQUIRE(advanced.ok());
    REQUIRE(got == want);
  }
}

template <class Work>
void check_digests(const Program& cpu, Work& work) {
  const Engine engine;
  State state = cpu.start(engine).value();
  REQUIRE(work.state().load(state[0].data.data()).ok());
  for (std::uint32_t step = 1; step <= cpu.plan().steps; ++step) {
    REQUIRE(work.state().begin_digest().ok());
    REQUIRE(work.advance().ok());
    const Result<Digest> digest = work.state().end_digest();
    REQUIRE(digest.ok());
    CHECK(digest.value() == state_digest(state));
    REQUIRE(cpu.advance(step, state, engine).ok());
  }
  State last = state;
  std::fill(last[0].data.begin(), last[0].data.end(), 0xA5);
  REQUIRE(work.state().store(last[0].data.data()).ok());
  CHECK(last == state);
}

generate::ModelConfig odd_config() {
  generate::ModelConfig c = test::small_config();
  c.hidden = 37;  // rows that have to be padded
  c.heads = 6;
  c.kv_heads = 3;
  c.head_size = 10;
  c.intermediate = 21;
  return c;
}

generate::GenerateJob text_job(const generate::ModelConfig& config, bool biases,
                               generate::Precision precision, std::uint32_t temperature_ppm) {
  const auto model = std::make_shared<const test::RandomModel>(config, 5, 2, biases);
  generate::GenerateJob job;
  job.parameters.max_tokens = 9;
  job.parameters.chunk = 6;
  job.parameters.precision = precision;
  job.parameters.sampling.temperature_ppm = temperature_ppm;
  job.model = model->view();
  job.owner = model;
  job.key = {3, 4};
  job.decode = [](std::span<const std::uint32_t> tokens) -> Result<std::string> {
    std::string out;
    for (const std::uint32_t token : tokens) out += "<" + std::to_string(token) + ">";
    return out;
  };
  SeededRandom random(8);
  for (const std::size_t length : {1U, 8U, 13U}) {
    job.prompts.push_back(test::random_tokens(random, length, config.vocabulary));
  }
  return job;
}

std::unique_ptr<Program> text_program(const generate::GenerateJob& job) {
  auto made = generate::make_generate_program(job, {});
  INFO((made.ok() ? "" : made.error().what));
  REQUIRE(made.ok());
  return std::move(made).value();
}

std::unique_ptr<Program> small_text() {
  return text_program(text_job(test::small_config(), false, generate::Precision::a16w8, 900'000));
}

}  // namespace

TEST_CASE("a lattice on the device has the CPU's states: walls, lids, obstacles, every start") {
  SeededRandom random(71);
  for (int round = 0; round < 40; ++round) {
    const std::string parameters = test::random_lattice(random, 3, 5);
    INFO(parameters);
    check_chain(*test::simulate(parameters), *on_fake(test::simulate(parameters)));
  }
}

TEST_CASE("bodies on the device have the CPU's states") {
  const std::string ball =
      R"({"system":"bodies","bodies":320,"steps":2,"gravity_trillionths":900000,)"
      R"("softening_thousandths":900,"start":"ball","radius_thousandths":9000})";
  for (const std::string& parameters : {kBodies, ball}) {
    check_chain(*test::simulate(parameters), *on_fake(test::simulate(parameters)));
  }
}

TEST_CASE("states of a system stay on the device and are hashed while the next step runs") {
  const std::shared_ptr<const Device> device = fake_device();
  for (const std::uint32_t per_commit : {1U, 2U, 3U}) {
    const std::string parameters =
        R"({"system":"lattice","size":[8,4,4],"steps":4,"viscosity_millionths":20000,)"
        R"("start":"shear","speed_millionths":40000,"steps_per_commit":)" +
        std::to_string(per_commit) + "}";
    const simulate::Lattice lattice = test::lattice_of(parameters);
    check_digests(*test::simulate(parameters), *LatticeCells::open(*device, lattice).value());
  }
  const simulate::Bodies bodies = test::bodies_of(kBodies);
  check_digests(*test::simulate(kBodies), *BodySteps::open(*device, bodies).value());
}

TEST_CASE("rows of a system are checked on the CPU, and see what a device did wrong") {
  for (const std::string& parameters : {kLattice, kBodies}) {
    const std::unique_ptr<Program> cpu = test::simulate(parameters);
    const std::unique_ptr<Program> device = on_fake(test::simulate(parameters));
    const Engine engine;
    test::KeptStates states(*device, engine);
    const std::uint64_t rows[] = {0, cpu->plan().rows - 1};
    CHECK(device->check_rows(2, rows, states, {}, engine).value() == std::vector<bool>{true, true});
    const test::Environment set("ASSAY_FAKE_CUDA", "bits:download@4");
    const test::KeptStates wrong(*device, engine);
    CHECK_FALSE(device->check_rows(2, rows, wrong, {}, engine).value()[0]);
  }
}

TEST_CASE("any numbers have the state that follows on the CPU") {
  const Engine engine;
  for (const std::string& parameters : {kLattice, kBodies}) {
    INFO(parameters);
    const std::unique_ptr<Program> cpu = test::simulate(parameters);
    State want = cpu->start(engine).value();
    SeededRandom(9).fill(want[0].data);
    State got = want;
    REQUIRE(cpu->advance(1, want, engine).ok());
    REQUIRE(on_fake(test::simulate(parameters))->advance(1, got, engine).ok());
    CHECK(got == want);
  }
}

TEST_CASE("a state of another shape is malformed before the device sees it") {
  const Engine engine;
  for (const std::string& parameters : {kLattice, kBodies}) {
    INFO(parameters);
    const std::unique_ptr<Program> device = on_fake(test::simulate(parameters));
    const State start = device->start(engine).value();
    State state = start;
    CHECK(device->advance(9, state, engine).error().code == Code::malformed);
    CHECK(state == start);
    state.pop_back();
    CHECK(device->advance(1, state, engine).error().code == Code::malformed);
  }
}

TEST_CASE("texts on the device are the CPU's: precisions, odd sizes, biases, tied, batches") {
  const Engine engine;
  for (const bool odd : {false, true}) {
    for (const auto precision : {generate::Precision::w8a8, generate::Precision::a16w8}) {
      for (const bool tied : {false, true}) {
        INFO("odd " << odd << ", tied " << tied);
        generate::ModelConfig config = odd ? odd_config() : test::small_config();
        config.tied = tied;
        const generate::GenerateJob job = text_job(config, odd, precision, tied ? 0 : 900'000);
        const std::unique_ptr<Program> cpu = text_program(job);
        const std::unique_ptr<Program> device = on_fake(text_program(job));
        const test::Outcome want = test::run(*cpu, engine);
        CHECK(test::run(*device, engine) == want);
        for (std::uint32_t step = 1; step <= cpu->plan().steps; ++step) {
          const auto before = std::span(want.states).first(step - 1);
          const Result<Added> again =
              device->append_step_again(step, before, want.states[step - 1], engine);
          REQUIRE(again.ok());
          CHECK(again.value().state == want.states[step - 1]);
        }
      }
    }
  }
}

TEST_CASE("texts that end early, prompts of several chunks, and false claims, as on the CPU") {
  const Engine engine;
  generate::GenerateJob job =
      text_job(test::small_config(), false, generate::Precision::w8a8, 1'000'000);
  job.parameters.max_tokens = 30;
  for (std::uint32_t token = 0; token < 61; token += 5) {
    job.model.config.stop_tokens.push_back(token);
  }
  SeededRandom random(9);
  job.prompts.push_back(test::random_tokens(random, 300, 61));
  const std::unique_ptr<Program> cpu = text_program(job);
  const std::unique_ptr<Program> device = on_fake(text_program(job));
  const test::Outcome want = test::run(*cpu, engine);
  CHECK(test::run(*device, engine) == want);
  for (std::uint32_t step = 1; step <= cpu->plan().steps; step += 7) {
    State claimed = want.states[step - 1];
    for (std::size_t row = 0; row < cpu->plan().rows; row += 3) {
      test::set_number<std::int32_t>(claimed[0], row, static_cast<std::int32_t>(row % 61));
    }
    const auto before = std::span(want.states).first(step - 1);
    const Result<Added> on_cpu = cpu->append_step_again(step, before, claimed, engine);
    const Result<Added> by_device = device->append_step_again(step, before, claimed, engine);
    REQUIRE(on_cpu.ok() == by_device.ok());
    if (on_cpu.ok()) CHECK(on_cpu.value().state == by_device.value().state);
  }
  const test::AllOpened opened(want.states);
  const std::uint64_t rows[] = {0, 2, 5};
  CHECK(device->check_rows(2, rows, opened, {}, engine).value() ==
        cpu->check_rows(2, rows, opened, {}, engine).value());
  CHECK(device->always(want.states).value() == cpu->always(want.states).value());
  CHECK(device->artefact(want.result).value().bytes == cpu->artefact(want.result).value().bytes);
}

TEST_CASE("logits of any rows of a pass are the CPU's") {
  const Engine engine;
  const test::RandomModel model(test::small_config(), 3);
  const generate::ModelView view = model.view();
  const generate::Transformer cpu(view, generate::Precision::a16w8);
  const std::shared_ptr<const Device> device = fake_device();
  const auto decoder = TextDecoder::open(*device, view, 2).value();
  TextSession session(*decoder);
  generate::CpuDecoder definition(cpu);
  generate::KeyValues got_cache(view.config, 40), want_cache(view.config, 40);
  SeededRandom random(4);
  std::uint64_t first = 0;
  for (const std::uint64_t count : {7U, 1U, 3U}) {
    const std::vector<std::uint32_t> tokens = test::random_tokens(random, count, 61);
    const generate::Run got{&got_cache, first, tokens}, want{&want_cache, first, tokens};
    REQUIRE(session.forward(engine, {&got, 1}, generate::CacheUse::fill).ok());
    REQUIRE(definition.forward(engine, {&want, 1}, generate::CacheUse::fill).ok());
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < count; row += row == 2 ? 2 : 1) rows.push_back(row);
    CHECK(session.logits(engine, rows).value() == definition.logits(engine, rows).value());
    first += count;
  }
  REQUIRE(session.finish().ok());
  for (std::size_t layer = 0; layer < view.config.layers; ++layer) {
    const rx1::KvCache got = got_cache.view(layer, 0, 40), want = want_cache.view(layer, 0, 40);
    CHECK(std::ranges::equal(got.k, want.k));
    CHECK(std::ranges::equal(got.k_scale, want.k_scale));
    CHECK(std::ranges::equal(got.v, want.v));
    CHECK(std::ranges::equal(got.v_scale, want.v_scale));
  }
}

TEST_CASE("whatever call fails under a system or a text, the step is inconclusive") {
  const Engine engine;
  const struct {
    std::unique_ptr<Program> program;
    std::vector<std::string> entries;
  } rows[] = {
      {on_fake(test::simulate(kLattice)), {"upload", "synchronize", "lattice", "download"}},
      {on_fake(test::simulate(kBodies)), {"upload", "synchronize", "bodies", "download"}},
      {on_fake(small_text()),
       {"upload", "synchronize", "embed", "rms_norm", "quantize", "split_rows", "igemm8",
        "dequantize", "rotate", "attention", "elementwise", "download", "download_rows"}},
  };
  for (const auto& row : rows) {
    for (const std::string& entry : row.entries) {
      INFO(entry);
      State state = row.program->start(engine).value();
      const test::Environment set("ASSAY_FAKE_CUDA", "error:" + entry);
      Status status;
      if (row.program->plan().shape == Shape::chained) {
        status = row.program->advance(1, state, engine);
      } else {
        const Result<Added> added = row.program->append_step(1, {}, engine);
        if (!added.ok()) status = added.error();
      }
      REQUIRE_FALSE(status.ok());
      CHECK(status.error().code == Code::inconclusive);
      CHECK(status.error().what.find("CUDA device 0 (Fake GPU)") != std::string::npos);
    }
  }
  const test::Outcome want = test::run(*small_text(), engine);
  const test::Environment set("ASSAY_FAKE_CUDA", "error:upload_rows");
  const auto before = std::span(want.states).first(1);
  CHECK(rows[2].program->append_step(2, before, engine).error().code == Code::inconclusive);
}

TEST_CASE("a wrong bit of any operation shows in what a text's step adds, or is inconclusive") {
  const Engine engine;
  const std::unique_ptr<Program> device = on_fake(small_text());
  const Added want = small_text()->append_step(1, {}, engine).value();
  for (const char* fault :
       {"embed@2", "rms_norm@2", "quantize@0", "split_rows", "igemm8@2", "dequantize@2", "rotate@2",
        "attention@2", "elementwise@2", "download_rows", "upload@0"}) {
    INFO(fault);
    const test::Environment set("ASSAY_FAKE_CUDA", std::string("bits:") + fault);
    const Result<Added> got = device->append_step(1, {}, engine);
    if (got.ok()) CHECK_FALSE(got.value().state == want.state);
    if (!got.ok()) CHECK(got.error().code == Code::inconclusive);
  }
}

TEST_CASE("a state that no honest run has is malformed before a text's device is asked") {
  const Engine engine;
  const std::unique_ptr<Program> device = on_fake(small_text());
  std::vector<State> before = {device->append_step(1, {}, engine).value().state};
  before[0][4].data[0] = 0x80;  // v of -128
  const test::Environment set("ASSAY_FAKE_CUDA", "lost:1");
  CHECK(device->append_step(2, before, engine).error().code == Code::malformed);
}
