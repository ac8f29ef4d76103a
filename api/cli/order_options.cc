#include "api/cli/order_options.h"

#include <algorithm>
#include <array>

namespace assay::cli {
namespace {

constexpr std::array<const char*, 5> kWorkloads{"gemm", "generate", "render", "simulate", "train"};

struct Belongs {
  const char* option;
  std::array<const char*, 2> workloads;  // the second may be null
};

constexpr Belongs kBelongs[] = {
    {"--rows", {"gemm"}},
    {"--cols", {"gemm"}},
    {"--steps", {"gemm"}},
    {"--gemms-per-step", {"gemm"}},
    {"--x", {"gemm"}},
    {"--w", {"gemm"}},
    {"--tensors", {"gemm"}},
    {"--scene", {"render"}},
    {"--width", {"render"}},
    {"--height", {"render"}},
    {"--samples", {"render"}},
    {"--max-bounces", {"render"}},
    {"--model", {"generate"}},
    {"--prompt", {"generate"}},
    {"--prompt-text", {"generate"}},
    {"--max-tokens", {"generate"}},
    {"--temperature", {"generate"}},
    {"--top-k", {"generate"}},
    {"--top-p", {"generate"}},
    {"--precision", {"generate"}},
    {"--chunk", {"generate"}},
    {"--no-stop", {"generate"}},
    {"--parameters", {"train", "simulate"}},
    {"--input", {"train", "simulate"}},
};

bool goes_with(const Belongs& it, const std::string& workload) {
  return std::ranges::any_of(it.workloads,
                             [&](const char* one) { return one != nullptr && workload == one; });
}

}  // namespace

std::vector<std::string> workload_classes() {
  std::vector<std::string> classes;
  for (const char* name : kWorkloads) classes.push_back(std::string(name) + "@1");
  return classes;
}

std::vector<std::string> given_options(const std::function<bool(const std::string&)>& is_given) {
  std::vector<std::string> given;
  for (const Belongs& it : kBelongs) {
    if (is_given(it.option)) given.emplace_back(it.option);
  }
  return given;
}

Status check_given_options(const OrderOptions& options) {
  for (const Belongs& it : kBelongs) {
    const bool is_given = std::ranges::find(options.given, it.option) != options.given.end();
    if (!is_given || goes_with(it, options.workload)) continue;
    std::string with = it.workloads[0];
    if (it.workloads[1] != nullptr) with += std::string(" and ") + it.workloads[1];
    return fail(Code::usage, std::string(it.option) + " goes with --workload " + with + ", not " +
                                 options.workload);
  }
  return {};
}

}  // namespace assay::cli
