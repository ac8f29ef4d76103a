#include "core/compute/render/render.h"

#include <map>

#include "core/compute/render/demo_scene.h"
#include "tests/catch.h"
#include "tests/core/compute/levels.h"

namespace assay::compute {
namespace {

using wire::Json;

// An order of the demo's scene, and where its files are.
struct TestOrder {
  std::map<std::string, std::string> files;
  wire::WorkloadSpec spec;

  TestOrder(std::uint32_t width, std::uint32_t height, std::uint32_t samples) {
    spec.workload = "render";
    spec.version = 1;
    spec.nonce.bytes.fill(7);
    spec.parameters = Json::object();
    spec.parameters.set("width", width).set("height", height).set("samples", samples);
    add("scene", std::string(render::demo_scene_json()));
    add(std::string(render::kDemoMeshName), render::demo_mesh_obj());
  }
  void add(const std::string& name, const std::string& text) {
    files[name] = text;
    spec.inputs.push_back({name, sha256(as_bytes(text)), text.size()});
  }
  Result<std::unique_ptr<Program>> load(const Caps& caps = {}) const {
    const InputSource source = [this](const wire::Input& input) -> Result<Bytes> {
      return to_bytes(as_bytes(files.at(input.name)));
    };
    return load_program(spec, source, caps);
  }
  std::unique_ptr<Program> loaded() const {
    Result<std::unique_ptr<Program>> program = load();
    REQUIRE(program.ok());
    return std::move(program).value();
  }
};

Bytes whole_result(const Program& program, const Engine& engine) {
  Bytes result;
  for (std::uint32_t step = 1; step <= program.plan().steps; ++step) {
    const Result<Tensor> unit = program.unit(step, engine);
    REQUIRE(unit.ok());
    REQUIRE(unit.value().shape == program.unit_shape(step));
    append(result, unit.value().data);
  }
  return result;
}

TEST_CASE("a picture is cut into tiles of 64 pixels, smaller at the edges") {
  const std::unique_ptr<Program> program = TestOrder(150, 70, 1).loaded();
  const Plan& plan = program->plan();
  CHECK(plan.shape == Shape::independent);
  CHECK(plan.steps == 6);
  CHECK(plan.rows == 0);
  CHECK(plan.result_bytes == 150 * 70 * 3 * 8);
  CHECK(plan.reference_cost == plan.step_ops * 6);
  CHECK(program->unit_shape(1) == TensorShape{DType::s64, {64, 64, 3}});
  CHECK(program->unit_shape(3) == TensorShape{DType::s64, {64, 22, 3}});
  CHECK(program->unit_shape(6) == TensorShape{DType::s64, {6, 22, 3}});
}

TEST_CASE(
    "the film of the demo's scene is the same at every level and with any number of threads") {
  const std::unique_ptr<Program> program = TestOrder(150, 70, 2).loaded();
  const Bytes wanted = whole_result(*program, Engine(CpuLevel::scalar, 1));
  CHECK(wanted.size() == program->plan().result_bytes);
  for (const CpuLevel level : test::cpu_levels()) {
    for (const unsigned threads : {1U, 3U}) {
      INFO(cpu_level_name(level) << ", " << threads << " threads");
      CHECK(whole_result(*program, Engine(level, threads)) == wanted);
    }
  }
  // Frozen: every compiler, library and machine must find these bits. A change of the definition
  // is a new engine version.
  CHECK(sha256(wanted).hex() == "54a7e8c81a3a254797720dd93479c5ce9387ddcf501fee38758c4e6aedeab9fb");
}

TEST_CASE("every parameter that shapes the picture shapes the start state and the bits") {
  const TestOrder base(64, 64, 1);
  const Engine engine(CpuLevel::scalar, 1);
  const auto start = [&](const TestOrder& order) { return order.loaded()->start(engine).value(); };
  const State wanted = start(base);
  CHECK(shape_of(wanted) == base.loaded()->plan().state_shape);
  CHECK(start(TestOrder(64, 64, 2)) != wanted);
  CHECK(start(TestOrder(64, 63, 1)) != wanted);
  CHECK(start(TestOrder(63, 64, 1)) != wanted);
  TestOrder bounces = base;
  bounces.spec.parameters.set("max_bounces", 7);
  CHECK(start(bounces) != wanted);
  TestOrder spelled_out = base;
  spelled_out.spec.parameters.set("max_bounces", 8);
  CHECK(start(spelled_out) == wanted);  // the default, said aloud
  TestOrder other_mesh = base;
  other_mesh.spec.inputs.pop_back();
  other_mesh.add("knot.obj", render::demo_mesh_obj() + "# moved\n");
  CHECK(start(other_mesh) != wanted);

  TestOrder other_nonce = base;
  other_nonce.spec.nonce.bytes.fill(8);
  CHECK(start(other_nonce) == wanted);  // the nonce is bound by the job's digest
  const Bytes film = base.loaded()->unit(1, engine).value().data;
  CHECK(other_nonce.loaded()->unit(1, engine).value().data != film);
  CHECK(bounces.loaded()->unit(1, engine).value().data != film);
}

TEST_CASE("the film becomes a PNG; a film of the wrong size does not") {
  const std::unique_ptr<Program> program = TestOrder(70, 66, 1).loaded();
  const Bytes result = whole_result(*program, Engine());
  const Result<Artefact> picture = program->artefact(result);
  REQUIRE(picture.ok());
  CHECK(picture.value().file_name == "picture.png");
  CHECK(to_hex(ByteView(picture.value().bytes).subspan(12, 12)) == "494844520000004600000042");
  const Result<Artefact> cut = program->artefact(ByteView(result).first(result.size() - 8));
  CHECK(cut.error().code == Code::malformed);
  const Bytes hostile(result.size(), 0xff);
  CHECK(program->artefact(hostile).ok());
}

TEST_CASE("orders outside the schema or the caps are refused with what is allowed") {
  struct Case {
    const char* what;
    std::function<void(TestOrder&, Caps&)> change;
    const char* error;
  };
  const Case cases[] = {
      {"no width", [](TestOrder& o, Caps&) { o.spec.parameters = Json::object(); },
       "parameters: width: "},
      {"too wide", [](TestOrder& o, Caps&) { o.spec.parameters.set("width", 8193); },
       "parameters: width: "},
      {"no samples", [](TestOrder& o, Caps&) { o.spec.parameters.set("samples", 0); },
       "parameters: samples: 0 is outside 1..65536"},
      {"too many bounces", [](TestOrder& o, Caps&) { o.spec.parameters.set("max_bounces", 65); },
       "parameters: max_bounces: 65 is outside 0..64"},
      {"an unknown parameter", [](TestOrder& o, Caps&) { o.spec.parameters.set("denoise", 1); },
       "denoise"},
      {"too many tiles",
       [](TestOrder& o, Caps& caps) {
         o.spec.parameters.set("width", 8192).set("height", 8192);
         caps.result_bytes_max = UINT64_MAX;
       },
       "parameters: width and height make 16384 tiles of 64x64; at most 4096 are allowed"},
      {"too many pixels", [](TestOrder&, Caps& caps) { caps.result_bytes_max = 24 * 1000; },
       "parameters: width x height is above 1000 pixels, the most allowed"},
      {"too dear a tile", [](TestOrder& o, Caps&) { o.spec.parameters.set("samples", 65536); },
       "parameters: too much work for one job: lower samples (now 65536), max_bounces or the "
       "size; a tile may take 17179869184 operations, all tiles 70368744177664"},
      {"too dear a job",
       [](TestOrder& o, Caps& caps) {
         o.spec.parameters.set("width", 512);
         caps.job_ops_max = 10000000;
       },
       "all tiles 10000000"},
      {"no scene", [](TestOrder& o, Caps&) { o.spec.inputs[0].name = "scenery"; },
       "inputs: a render needs one named \"scene\""},
      {"a mesh that is not there", [](TestOrder& o, Caps&) { o.spec.inputs.pop_back(); },
       ".obj: there is no input named "},
      {"an input that nobody uses", [](TestOrder& o, Caps&) { o.add("cat.obj", "v 0 0 0\n"); },
       "inputs: the scene does not use \"cat.obj\""},
      {"a broken mesh",
       [](TestOrder& o, Caps&) {
         o.spec.inputs.pop_back();
         o.add("knot.obj", "v 0 0 0\nf 1 2 3\n");
       },
       ".obj: input \"knot.obj\": line 2: vertex \"2\" does not exist: 1 are defined above this "
       "line"},
  };
  for (const Case& c : cases) {
    INFO(c.what);
    TestOrder order(64, 64, 1);
    Caps caps;
    c.change(order, caps);
    const Result<std::unique_ptr<Program>> program = order.load(caps);
    REQUIRE_FALSE(program.ok());
    INFO(program.error().what);
    CHECK(program.error().code == Code::malformed);
    CHECK(program.error().what.find(c.error) != std::string::npos);
  }
}

TEST_CASE("an input that cannot be had is nobody's malformed scene") {
  const TestOrder order(64, 64, 1);
  for (const std::string missing : {"scene", "knot.obj"}) {
    const InputSource source = [&](const wire::Input& input) -> Result<Bytes> {
      if (input.name == missing) return fail(Code::network, "the store did not answer");
      return to_bytes(as_bytes(order.files.at(input.name)));
    };
    const Result<std::unique_ptr<Program>> program = load_program(order.spec, source, {});
    REQUIRE_FALSE(program.ok());
    CHECK(program.error().code == Code::network);
  }
}

TEST_CASE("what a job costs follows its samples and its scene") {
  const auto cost = [](const TestOrder& order) { return order.loaded()->plan().step_ops; };
  const std::uint64_t base = cost(TestOrder(64, 64, 1));
  CHECK(cost(TestOrder(64, 64, 10)) == base * 10);
  TestOrder shallow(64, 64, 1);
  shallow.spec.parameters.set("max_bounces", 0);
  CHECK(cost(shallow) * 2 < base);
}

}  // namespace
}  // namespace assay::compute
