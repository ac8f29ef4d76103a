// The loader's messages: which of module, driver and GPU is missing.
#include "core/compute/cuda/backend.h"
#include "tests/catch.h"
#include "tests/core_cuda/environment.h"

using namespace assay;
using namespace assay::compute::cuda;

namespace {

struct Case {
  const char* fault;  // of the module, when it is a good one
  const char* path;
  Code code;
  const char* says;
};
const Case kCases[] = {
    {"", "/no/such/folder/libassay_cuda.so", Code::not_found, "there is no /no/such/folder"},
    {"", ASSAY_SOURCE "/CMakeLists.txt", Code::not_found, "CMakeLists.txt"},
    {"", ASSAY_FAKE_NVML_LIBRARY, Code::conflict, "has no assay_cuda_module"},
    {"", ASSAY_OTHER_VERSION_MODULE, Code::conflict, "has version 1 of the table"},
    {"no_driver", ASSAY_FAKE_MODULE, Code::not_found, "is the NVIDIA driver installed"},
    {"no_gpu", ASSAY_FAKE_MODULE, Code::not_found, "it shows no GPU"},
    {"error:open", ASSAY_FAKE_MODULE, Code::inconclusive, "CUDA device 0 (Fake GPU): open"},
};

}  // namespace

TEST_CASE("asking for a GPU that cannot be had says what is missing") {
  for (const Case& c : kCases) {
    INFO(c.path << " " << c.fault);
    const test::Environment set("ASSAY_FAKE_CUDA", c.fault);
    const Result<ChosenDevice> chosen = choose_device(Backend::cuda, c.path);
    REQUIRE_FALSE(chosen.ok());
    CHECK(chosen.error().code == c.code);
    INFO(chosen.error().what);
    CHECK(chosen.error().what.find(c.says) != std::string::npos);
  }
}

TEST_CASE("left to choose, the program takes the CPU and says why") {
  for (const Case& c : kCases) {
    INFO(c.path << " " << c.fault);
    const test::Environment set("ASSAY_FAKE_CUDA", c.fault);
    const Result<ChosenDevice> chosen = choose_device(Backend::automatic, c.path);
    REQUIRE(chosen.ok());
    CHECK(chosen.value().device == nullptr);
    CHECK(chosen.value().why.starts_with("cpu: "));
    CHECK(chosen.value().why.find(c.says) != std::string::npos);
  }
}

TEST_CASE("with module, driver and GPU there, the GPU is taken unless the CPU was asked for") {
  const Result<ChosenDevice> chosen = choose_device(Backend::automatic, ASSAY_FAKE_MODULE);
  REQUIRE(chosen.ok());
  REQUIRE(chosen.value().device != nullptr);
  CHECK(chosen.value().why == "cuda: Fake GPU");
  const Result<ChosenDevice> cpu = choose_device(Backend::cpu, ASSAY_FAKE_MODULE);
  REQUIRE(cpu.ok());
  CHECK(cpu.value().device == nullptr);
}

TEST_CASE("a device number beyond the last is not found") {
  Result<std::shared_ptr<const Module>> module = Module::load(ASSAY_FAKE_MODULE);
  REQUIRE(module.ok());
  const Result<std::unique_ptr<Device>> device = Device::open(module.value(), 1);
  REQUIRE_FALSE(device.ok());
  CHECK(device.error().code == Code::not_found);
}

TEST_CASE("the backends have names") {
  CHECK(parse_backend("auto").value() == Backend::automatic);
  CHECK(parse_backend("cpu").value() == Backend::cpu);
  CHECK(parse_backend("cuda").value() == Backend::cuda);
  const Result<Backend> wrong = parse_backend("gpu");
  REQUIRE_FALSE(wrong.ok());
  CHECK(wrong.error().code == Code::usage);
}

TEST_CASE("the module lies beside the program unless the environment names another") {
  CHECK(default_module_path().ends_with("/tests/libassay_cuda.so"));
  const test::Environment set("ASSAY_CUDA_MODULE", "/elsewhere/module.so");
  CHECK(default_module_path() == "/elsewhere/module.so");
}
