// What the makers of orders share. Internal to make_order.cc and order_*.cc. Values; one thread.
#pragma once

#include "api/cli/make_order.h"

namespace assay::cli {

// Reads a file as an input of the order, within what all inputs together may have.
//   not_found, malformed    the file
Result<wire::Input> add_file(const std::string& name, const std::string& path, InputBytes& into);
wire::Input add_bytes(const std::string& name, Bytes bytes, InputBytes& into);

// Each fills in the order's parameters and inputs. Errors as make_order().
Status set_generate(const OrderOptions& options, MadeOrder& made);
// train and simulate: parameters from a file, inputs by name.
Status set_from_parameters(const OrderOptions& options, MadeOrder& made);

}  // namespace assay::cli
