#include "core/compute/train/input_files.h"

#include <algorithm>

#include "core/wire/text.h"

namespace assay::compute::train {

Error bad_input(std::string_view name, const std::string& what) {
  return fail(Code::malformed, "input " + wire::quoted(name) + ": " + what);
}

const wire::Input* find_input(const wire::WorkloadSpec& spec, std::string_view name) {
  const auto at = std::ranges::find(spec.inputs, name, &wire::Input::name);
  return at == spec.inputs.end() ? nullptr : &*at;
}

Status check_input_names(const wire::WorkloadSpec& spec,
                         std::span<const std::string_view> allowed) {
  std::string known;
  for (const std::string_view name : allowed) {
    known += (known.empty() ? "" : ", ") + std::string(name);
  }
  for (const wire::Input& input : spec.inputs) {
    if (std::ranges::find(allowed, input.name) == allowed.end()) {
      return bad_input(input.name, "this model's inputs are " + known);
    }
  }
  return {};
}

}  // namespace assay::compute::train
