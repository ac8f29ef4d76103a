// Which workloads there are, and which options of an order go with each.
// Pure; any thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "api/cli/make_order.h"

namespace assay::cli {

// "gemm@1" and so on: those that orders can be made of here.
std::vector<std::string> workload_classes();

// The options of `job submit` that belong to some workload and stand on the command line. Those out
// of files of settings are not among them: they wait there for their workload.
std::vector<std::string> given_options(const std::function<bool(const std::string&)>& is_given);

//   usage        one that was given goes with other workloads: names them
Status check_given_options(const OrderOptions& options);

}  // namespace assay::cli
