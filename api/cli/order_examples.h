// assay job example: parameters of orders to begin with, ready to be changed.
#pragma once

#include "api/cli/session.h"

namespace assay::cli {

void add_example_command(CLI::App& job, Chosen& chosen);

// The parameters of an example, or null. What it orders: "cavity", "wake", "disc" (simulate),
// "stories" (train).
const char* example_parameters(std::string_view name);

}  // namespace assay::cli
