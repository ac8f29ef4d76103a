#include "api/cli/make_order.h"

#include <algorithm>
#include <set>

#include "api/cli/order_options.h"
#include "api/cli/order_parts.h"
#include "api/cli/units.h"
#include "core/base/file.h"
#include "core/compute/files/npy.h"
#include "core/compute/files/safetensors.h"
#include "core/compute/render/scene.h"
#include "core/wire/text.h"

namespace assay::cli {
namespace {

using wire::Json;

constexpr std::uint32_t kDefaultRows = 64;
constexpr std::uint32_t kDefaultCols = 256;

struct Shape {
  std::uint64_t rows = 0;
  std::uint64_t cols = 0;
};

// The shape of the tensor "x" among the inputs; what is wrong with them the loader says better.
Shape shape_of_x(const std::vector<wire::Input>& inputs, const InputBytes& bytes) {
  for (const wire::Input& input : inputs) {
    const Bytes& file = bytes.at(input.sha256);
    std::vector<std::uint64_t> dims;
    if (input.name == "tensors") {
      const Result<std::vector<compute::NamedArray>> arrays = compute::parse_safetensors(file);
      if (!arrays.ok()) return {};
      for (const compute::NamedArray& named : arrays.value()) {
        if (named.name == "x") dims = named.array.dims;
      }
    } else if (input.name == "x") {
      const Result<compute::NumberArray> array = compute::parse_npy(file);
      if (array.ok()) dims = array.value().dims;
    }
    if (dims.size() == 2) return {dims[0], dims[1]};
  }
  return {};
}

Result<std::vector<wire::Input>> read_tensors(const OrderOptions& options, InputBytes& into) {
  std::vector<wire::Input> inputs;
  std::vector<std::pair<std::string, std::string>> files;
  if (!options.tensors.empty()) {
    files.emplace_back("tensors", options.tensors);
  } else {
    files.emplace_back("x", options.x);
    for (std::size_t i = 0; i < options.w.size(); ++i) {
      files.emplace_back("w" + std::to_string(i), options.w[i]);
    }
  }
  for (const auto& [name, path] : files) {
    const Result<wire::Input> input = add_file(name, path, into);
    if (!input.ok()) return input.error();
    inputs.push_back(input.value());
  }
  return inputs;
}

Status check_gemm_files(const OrderOptions& options) {
  const bool npy = !options.x.empty() || !options.w.empty();
  if (npy && !options.tensors.empty()) {
    return fail(Code::usage, "--tensors holds x and all weights: leave --x and --w out");
  }
  if (npy && (options.x.empty() || options.w.empty())) {
    return fail(Code::usage, "--x and --w go together: the first matrix, and one .npy a weight");
  }
  return {};
}

Status set_gemm(const OrderOptions& options, MadeOrder& made) {
  if (Status files = check_gemm_files(options); !files.ok()) return files;
  Shape shape{kDefaultRows, kDefaultCols};
  const bool own = !options.tensors.empty() || !options.x.empty();
  if (own) {
    Result<std::vector<wire::Input>> inputs = read_tensors(options, made.inputs);
    if (!inputs.ok()) return inputs.error();
    made.order.spec.inputs = std::move(inputs).value();
    const Shape found = shape_of_x(made.order.spec.inputs, made.inputs);
    if (found.rows > 0) shape = found;
  }
  if (options.rows > 0) shape.rows = options.rows;
  if (options.cols > 0) shape.cols = options.cols;
  Json parameters = Json::object({{"rows", shape.rows}, {"cols", shape.cols}});
  parameters.set("steps", options.steps);
  if (options.gemms_per_step != 1) parameters.set("gemms_per_step", options.gemms_per_step);
  parameters.set("weights", own ? "inputs" : "philox");
  made.order.spec.parameters = std::move(parameters);
  return {};
}

Status set_render(const OrderOptions& options, MadeOrder& made) {
  if (options.scene.empty()) {
    return fail(Code::usage,
                "a render needs --scene FILE.json; `assay demo --out DIR` writes one to begin "
                "with, DIR/scene/scene.json");
  }
  Result<std::vector<wire::Input>> inputs = read_scene(options.scene, made.inputs);
  if (!inputs.ok()) return inputs.error();
  made.order.spec.inputs = std::move(inputs).value();
  made.order.spec.parameters = Json::object({{"width", options.width},
                                             {"height", options.height},
                                             {"samples", options.samples},
                                             {"max_bounces", options.max_bounces}});
  return {};
}

Status set_terms(const OrderOptions& options, Random& random, wire::Order& order) {
  const Result<std::uint64_t> price = parse_price_micros(options.price);
  if (!price.ok()) return price.error().in("--price");
  const Result<std::int64_t> deadline = parse_duration_ms(options.deadline);
  if (!deadline.ok()) return deadline.error().in("--deadline");
  const std::optional<wire::Assurance> assurance = wire::parse_assurance(options.assurance);
  if (!assurance) {
    return fail(Code::usage,
                "--assurance " + options.assurance + ": one of standard, strict, forensic, full");
  }
  order.spec.workload = options.workload;
  random.fill(order.spec.nonce.bytes);
  order.device_class = options.device_class;
  order.price_micros = price.value();
  order.assurance = *assurance;
  order.deadline_ms = deadline.value();
  return {};
}

}  // namespace

Result<wire::Input> add_file(const std::string& name, const std::string& path, InputBytes& into) {
  std::size_t left = compute::Caps{}.input_bytes_max;  // of all inputs together
  for (const auto& [digest, read] : into) left -= std::min(left, read.size());
  Result<Bytes> bytes = read_file(path, left);
  if (!bytes.ok()) return bytes.error().in("input " + wire::quoted(name));
  const wire::Input input{name, sha256(bytes.value()), bytes.value().size()};
  into[input.sha256] = std::move(bytes).value();
  return input;
}

wire::Input add_bytes(const std::string& name, Bytes bytes, InputBytes& into) {
  const wire::Input input{name, sha256(bytes), bytes.size()};
  into[input.sha256] = std::move(bytes);
  return input;
}

compute::InputSource MadeOrder::source() const {
  const auto files = [this](const wire::Input& input) -> Result<Bytes> {
    const auto found = inputs.find(input.sha256);
    if (found == inputs.end()) return fail(Code::no_evidence, input.name + " is not at hand");
    return found->second;
  };
  return with_model(files, model);
}

Result<std::vector<wire::Input>> read_scene(const std::string& path, InputBytes& into) {
  Result<wire::Input> scene = add_file("scene", path, into);
  if (!scene.ok()) return scene.error();
  const Result<Json> json =
      wire::parse_json(as_text(into[scene.value().sha256]), compute::render::scene_json_limits());
  if (!json.ok()) return json.error().in(path);
  std::set<std::string> meshes;
  const Json* objects = json.value().find("objects");
  if (objects != nullptr && objects->is_array()) {
    for (const Json& object : objects->items()) {
      const Json* obj = object.find("obj");
      if (obj != nullptr && obj->is_string()) meshes.insert(obj->as_string());
    }
  }
  std::vector<wire::Input> inputs{std::move(scene).value()};
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : path.substr(0, slash + 1);
  if (meshes.size() >= wire::kInputsMax) {
    return fail(Code::malformed, path + ": names " + std::to_string(meshes.size()) +
                                     " meshes; at most " + std::to_string(wire::kInputsMax - 1) +
                                     " are allowed");
  }
  for (const std::string& mesh : meshes) {
    if (!wire::is_file_word(mesh) || mesh == "scene") {
      return fail(Code::malformed, path + ": the mesh " + wire::quoted(mesh) +
                                       " must be a file beside the scene, named by 1 to 64 of A-Z "
                                       "a-z 0-9 . _ - and not \"scene\"");
    }
    const Result<wire::Input> input = add_file(mesh, folder + mesh, into);
    if (!input.ok()) return input.error();
    inputs.push_back(input.value());
  }
  return inputs;
}

Result<MadeOrder> make_order(const OrderOptions& options, Random& random) {
  MadeOrder made;
  if (Status terms = set_terms(options, random, made.order); !terms.ok()) return terms.error();
  const std::vector<std::string> classes = workload_classes();
  if (std::ranges::find(classes, options.workload + "@1") == classes.end()) {
    return fail(Code::usage, "--workload " + options.workload +
                                 ": one of gemm, render, generate, train, simulate");
  }
  if (Status given = check_given_options(options); !given.ok()) return given.error();
  Status set;
  if (options.workload == "gemm") set = set_gemm(options, made);
  if (options.workload == "render") set = set_render(options, made);
  if (options.workload == "generate") set = set_generate(options, made);
  if (options.workload == "train" || options.workload == "simulate") {
    set = set_from_parameters(options, made);
  }
  if (!set.ok()) return set.error();
  Result<std::unique_ptr<compute::Program>> program =
      compute::load_program(made.order.spec, made.source());
  if (!program.ok()) return program.error();
  made.program = std::move(program).value();
  return made;
}

}  // namespace assay::cli
