#include "core/compute/cuda/inventory.h"

#include "tests/catch.h"
#include "tests/core_cuda/environment.h"

using namespace assay;
using compute::cuda::gpu_inventory;

TEST_CASE("the inventory lists every GPU that the driver lists, in its order") {
  const Result<std::vector<wire::Device>> found = gpu_inventory(ASSAY_FAKE_NVML_LIBRARY);
  REQUIRE(found.ok());
  REQUIRE(found.value().size() == 2);
  CHECK(found.value()[0] ==
        wire::Device{"GPU-fake-0", "Fake GPU 0", "580.01", std::uint64_t{1} << 34});
  CHECK(found.value()[1] ==
        wire::Device{"GPU-fake-1", "Fake GPU 1", "580.01", std::uint64_t{2} << 34});
}

TEST_CASE("a machine without the driver, or with a broken one, says so") {
  const Result<std::vector<wire::Device>> missing = gpu_inventory("libassay-no-such-nvml.so");
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().code == Code::not_found);
  CHECK(missing.error().what.find("libassay-no-such-nvml.so") != std::string::npos);

  struct Case {
    const char* fault;
    Code code;
    const char* says;
  };
  const Case cases[] = {
      {"init", Code::inconclusive, "NVML: starting: Unknown Error"},
      {"none", Code::not_found, "lists no GPU"},
      {"lost", Code::inconclusive, "NVML: GPU 1: GPU is lost"},
  };
  for (const Case& c : cases) {
    INFO(c.fault);
    const test::Environment set("ASSAY_FAKE_NVML", c.fault);
    const Result<std::vector<wire::Device>> found = gpu_inventory(ASSAY_FAKE_NVML_LIBRARY);
    REQUIRE_FALSE(found.ok());
    CHECK(found.error().code == c.code);
    CHECK(found.error().what.find(c.says) != std::string::npos);
  }
}

TEST_CASE("a library of that name that is no NVML is refused") {
  const Result<std::vector<wire::Device>> found = gpu_inventory(ASSAY_FAKE_MODULE);
  REQUIRE_FALSE(found.ok());
  CHECK(found.error().code == Code::not_found);
  CHECK(found.error().what.find("lacks a function") != std::string::npos);
}
