#include <array>
#include <string>

#include "core/compute/gemm/gemm.h"
#include "core/compute/generate/generate.h"
#include "core/compute/program.h"
#include "core/compute/render/render.h"
#include "core/compute/simulate/simulate.h"
#include "core/compute/train/train.h"

namespace assay::compute {
namespace {

using Loader = Result<std::unique_ptr<Program>> (*)(const wire::WorkloadSpec&, const InputSource&,
                                                    const Caps&);
struct Workload {
  std::string_view name;
  std::uint32_t version;
  Loader load;
};

constexpr std::array kWorkloads = {
    Workload{"gemm", 1, load_gemm},     Workload{"generate", 1, load_generate},
    Workload{"render", 1, load_render}, Workload{"simulate", 1, load_simulate},
    Workload{"train", 1, load_train},
};

Result<Bytes> checked_input(const wire::Input& input, const InputSource& source) {
  Result<Bytes> bytes = source(input);
  const std::string where = "input \"" + input.name + "\"";
  if (!bytes.ok()) return bytes.error().in(where);
  if (bytes.value().size() != input.size_bytes || sha256(bytes.value()) != input.sha256) {
    return fail(Code::no_evidence, where + ": these are not the bytes the order names (" +
                                       std::to_string(input.size_bytes) + " bytes, SHA-256 " +
                                       input.sha256.hex() + ")");
  }
  return bytes;
}

Status check_inputs(const std::vector<wire::Input>& inputs, const Caps& caps) {
  if (inputs.size() > wire::kInputsMax) {
    return fail(Code::malformed, "inputs: " + std::to_string(inputs.size()) + " of them where " +
                                     std::to_string(wire::kInputsMax) + " are allowed");
  }
  std::uint64_t left = caps.input_bytes_max;
  for (const wire::Input& input : inputs) {
    if (input.size_bytes > left) {
      return fail(Code::malformed,
                  "inputs: more than " + std::to_string(caps.input_bytes_max) + " bytes together");
    }
    left -= input.size_bytes;
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Program>> load_program(const wire::WorkloadSpec& spec,
                                              const InputSource& inputs, const Caps& caps) {
  const Status inputs_ok = check_inputs(spec.inputs, caps);
  if (!inputs_ok.ok()) return inputs_ok.error();
  const InputSource checked(
      [&inputs](const wire::Input& input) { return checked_input(input, inputs); },
      inputs.models());
  std::string known;
  for (const Workload& workload : kWorkloads) {
    if (spec.workload == workload.name && spec.version == workload.version) {
      return workload.load(spec, checked, caps);
    }
    known += (known.empty() ? "" : ", ") + std::string(workload.name) + "@" +
             std::to_string(workload.version);
  }
  return fail(Code::malformed, "workload \"" + spec.workload + "@" + std::to_string(spec.version) +
                                   "\" is not one of " + known);
}

}  // namespace assay::compute
