// Whole jobs through the module's table, on the fake module: the same bits as the CPU's, and every
// fault of a device inconclusive.
#include "core/compute/cuda/backend.h"

#include "core/compute/files/npy.h"
#include "core/compute/render/demo_scene.h"
#include "core/compute/render/render.h"
#include "tests/catch.h"
#include "tests/core/compute/gemm/gemm_orders.h"
#include "tests/core_cuda/environment.h"

using namespace assay;
using namespace assay::compute;
using namespace assay::compute::cuda;

namespace {

std::shared_ptr<const Device> fake_device() {
  Result<std::shared_ptr<const Module>> module = Module::load(ASSAY_FAKE_MODULE);
  REQUIRE(module.ok());
  Result<std::unique_ptr<Device>> device = Device::open(module.value(), 0);
  REQUIRE(device.ok());
  return std::move(device).value();
}

std::unique_ptr<Program> loaded(Result<std::unique_ptr<Program>> program) {
  REQUIRE(program.ok());
  return std::move(program).value();
}

std::unique_ptr<Program> on_fake(Result<std::unique_ptr<Program>> program) {
  return loaded(on_device(loaded(std::move(program)), fake_device()));
}

// cols x cols f32 weights and an x, as .npy files.
test::Files input_files(std::uint64_t rows, std::uint64_t cols, std::size_t weights) {
  test::Files files;
  const auto add = [&](const std::string& name, std::uint64_t height, std::uint32_t salt) {
    std::vector<float> values(height * cols);
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<float>(static_cast<int>((i * 2654435761U + salt) >> 7 & 0x3FF) - 511);
    }
    files[name] = write_npy(std::vector<std::uint64_t>{height, cols}, values);
  };
  add("x", rows, 1);
  for (std::size_t i = 0; i < weights; ++i) {
    add("w" + std::to_string(i), cols, 7 * static_cast<std::uint32_t>(i) + 3);
  }
  return files;
}

Result<std::unique_ptr<Program>> load_render(std::uint32_t width, std::uint32_t height) {
  const std::map<std::string, std::string> files = {
      {"scene", std::string(render::demo_scene_json())},
      {std::string(render::kDemoMeshName), render::demo_mesh_obj()}};
  wire::WorkloadSpec spec;
  spec.workload = "render";
  spec.version = 1;
  spec.nonce.bytes.fill(7);
  spec.parameters = wire::Json::object();
  spec.parameters.set("width", width).set("height", height).set("samples", std::uint32_t{2});
  for (const auto& [name, text] : files) {
    spec.inputs.push_back({name, sha256(as_bytes(text)), text.size()});
  }
  return load_program(spec, [&](const wire::Input& input) -> Result<Bytes> {
    return to_bytes(as_bytes(files.at(input.name)));
  });
}

void check_chain(const Program& cpu, const Program& device) {
  const Engine engine;
  Result<State> want = cpu.start(engine);
  REQUIRE(want.ok());
  State got = device.start(engine).value();
  for (std::uint32_t step = 1; step <= cpu.plan().steps; ++step) {
    INFO("step " << step);
    REQUIRE(cpu.advance(step, want.value(), engine).ok());
    const Status advanced = device.advance(step, got, engine);
    INFO((advanced.ok() ? "" : advanced.error().what));
    REQUIRE(advanced.ok());
    REQUIRE(got == want.value());
  }
}

}  // namespace

TEST_CASE("a gemm chain on the device has the CPU's states, at aligned and odd sizes") {
  struct Case {
    std::uint64_t rows, cols;
    std::uint32_t steps, per_step;
  };
  for (const Case& c :
       {Case{1, 1, 2, 1}, Case{5, 32, 3, 2}, Case{17, 33, 2, 3}, Case{40, 100, 2, 1}}) {
    INFO(c.rows << " x " << c.cols);
    const std::string parameters = test::gemm_parameters(c.rows, c.cols, c.steps, c.per_step);
    check_chain(*loaded(test::load_gemm(parameters)), *on_fake(test::load_gemm(parameters)));
  }
}

TEST_CASE("a gemm chain of the renter's tensors too, fewer weights than products") {
  for (const std::uint64_t cols : {std::uint64_t{16}, std::uint64_t{21}}) {
    const test::Files files = input_files(6, cols, 2);
    const std::string parameters = test::gemm_parameters(6, cols, 2, 3, "inputs");
    check_chain(*loaded(test::load_gemm(parameters, files)),
                *on_fake(test::load_gemm(parameters, files)));
  }
}

TEST_CASE("states stay on the device and are hashed while the next step runs") {
  for (const std::uint32_t per_step : {1U, 2U, 3U}) {
    INFO(per_step << " products a step");
    const std::unique_ptr<Program> cpu =
        loaded(test::load_gemm(test::gemm_parameters(9, 37, 5, per_step)));
    const std::shared_ptr<const Device> device = fake_device();
    Result<std::unique_ptr<GemmChain>> opened =
        GemmChain::open(*device, gemm_work(cpu->device_job()));
    REQUIRE(opened.ok());
    GemmChain& chain = *opened.value();
    const Engine engine;
    State state = cpu->start(engine).value();
    REQUIRE(chain.load(state[0].data, state[1].data).ok());
    for (std::uint32_t step = 1; step <= cpu->plan().steps; ++step) {
      REQUIRE(chain.begin_digest().ok());
      REQUIRE(chain.advance(step).ok());
      const Result<Digest> digest = chain.end_digest();
      REQUIRE(digest.ok());
      REQUIRE(digest.value() == state_digest(state));
      REQUIRE(cpu->advance(step, state, engine).ok());
    }
    State last = state;
    for (Tensor& tensor : last) std::fill(tensor.data.begin(), tensor.data.end(), 0xA5);
    REQUIRE(chain.store(last[0].data, last[1].data).ok());
    CHECK(last == state);
  }
}

TEST_CASE("tiles of a picture have the CPU's film, the smaller ones at the edges too") {
  const std::unique_ptr<Program> cpu = loaded(load_render(70, 66));
  const std::unique_ptr<Program> device = on_fake(load_render(70, 66));
  const Engine engine;
  for (std::uint32_t step = 1; step <= cpu->plan().steps; ++step) {
    const Result<Tensor> got = device->unit(step, engine);
    REQUIRE(got.ok());
    CHECK(got.value() == cpu->unit(step, engine).value());
  }
  CHECK(device->start(engine).value() == cpu->start(engine).value());
}

TEST_CASE("rows, shapes and the file for people are the CPU's") {
  const std::string parameters = test::gemm_parameters(4, 20, 2, 1);
  const std::unique_ptr<Program> cpu = loaded(test::load_gemm(parameters));
  const std::unique_ptr<Program> device = on_fake(test::load_gemm(parameters));
  const Bytes row = device->start_row(3).value();
  CHECK(row == cpu->start_row(3).value());
  CHECK(device->advance_row(1, row).value() == cpu->advance_row(1, row).value());
  const Engine engine;
  const std::vector<Bytes> rows = {row, device->start_row(1).value()};
  CHECK(device->advance_rows(1, rows, engine).value() ==
        cpu->advance_rows(1, rows, engine).value());
  State state = device->start(engine).value();
  REQUIRE(device->advance(1, state, engine).ok());
  REQUIRE(device->advance(2, state, engine).ok());
  CHECK(device->artefact(state_bytes(state)).value().bytes ==
        cpu->artefact(state_bytes(state)).value().bytes);
}

TEST_CASE("a device is named by its generation, as attestations and verdicts have it") {
  CHECK(backend_name(*fake_device()) == "cuda/sm_80");
}

TEST_CASE("a state outside the contract is malformed before the device sees it") {
  const std::string parameters = test::gemm_parameters(4, 20, 2, 1);
  const std::unique_ptr<Program> device = on_fake(test::load_gemm(parameters));
  const Engine engine;
  State state = device->start(engine).value();
  state[0].data[5] = 0x80;  // -128
  CHECK(device->advance(1, state, engine).error().code == Code::malformed);
  State good = device->start(engine).value();
  CHECK(device->advance(3, good, engine).error().code == Code::malformed);
  good.pop_back();
  CHECK(device->advance(1, good, engine).error().code == Code::malformed);
}

TEST_CASE("whatever call of the device fails, the step is inconclusive and names the device") {
  const std::string parameters = test::gemm_parameters(4, 20, 1, 2);
  for (const char* entry :
       {"upload", "download", "synchronize", "igemm8", "pack_rows", "philox_s8", "requantize"}) {
    INFO(entry);
    const std::unique_ptr<Program> device = on_fake(test::load_gemm(parameters));
    const Engine engine;
    State state = device->start(engine).value();
    const test::Environment set("ASSAY_FAKE_CUDA", std::string("error:") + entry);
    const Status advanced = device->advance(1, state, engine);
    REQUIRE_FALSE(advanced.ok());
    CHECK(advanced.error().code == Code::inconclusive);
    CHECK(advanced.error().what.find("CUDA device 0 (Fake GPU)") != std::string::npos);
  }
  const std::unique_ptr<Program> tiles = on_fake(load_render(8, 8));
  const test::Environment set("ASSAY_FAKE_CUDA", "error:render");
  CHECK(tiles->unit(1, Engine()).error().code == Code::inconclusive);
}

TEST_CASE("a device without memory is inconclusive when the program is opened") {
  std::unique_ptr<Program> program = loaded(test::load_gemm(test::gemm_parameters(4, 20, 1, 1)));
  const std::shared_ptr<const Device> device = fake_device();
  const test::Environment set("ASSAY_FAKE_CUDA", "memory");
  const Result<std::unique_ptr<Program>> opened = on_device(std::move(program), device);
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().code == Code::inconclusive);
  CHECK(opened.error().what.find("out of memory") != std::string::npos);
}

TEST_CASE("a device that computes one wrong bit gives another state, which comparison shows") {
  const std::string parameters = test::gemm_parameters(4, 1, 1, 1);  // every bit shows
  const std::unique_ptr<Program> cpu = loaded(test::load_gemm(parameters));
  for (const char* entry : {"philox_s8", "requantize", "download"}) {
    INFO(entry);
    const std::unique_ptr<Program> device = on_fake(test::load_gemm(parameters));
    const Engine engine;
    State want = cpu->start(engine).value();
    State got = want;
    REQUIRE(cpu->advance(1, want, engine).ok());
    const test::Environment set("ASSAY_FAKE_CUDA", std::string("bits:") + entry);
    REQUIRE(device->advance(1, got, engine).ok());
    CHECK_FALSE(got == want);
  }
}
