// The input files of a train job, by name, and what is said when one is wrong. Pure; any thread.
#pragma once

#include <span>
#include <string_view>

#include "core/compute/program.h"

namespace assay::compute::train {

// malformed, naming the input.
Error bad_input(std::string_view name, const std::string& what);

// Null where the order has none of this name.
const wire::Input* find_input(const wire::WorkloadSpec& spec, std::string_view name);

//   malformed    an input that is not among `allowed`
Status check_input_names(const wire::WorkloadSpec& spec, std::span<const std::string_view> allowed);

// Element i of little-endian u16.
inline std::uint16_t u16_at(ByteView data, std::size_t i) {
  return static_cast<std::uint16_t>(data[2 * i] | data[2 * i + 1] << 8);
}

}  // namespace assay::compute::train
