// The hardware round of FORMAT.md's examples.
#pragma once

#include <string>

#include "core/wire/measurement.h"

namespace assay::test {

wire::Benchmark example_benchmark();
wire::Measurement example_measurement();
// The round's name, and the nonces of its first link and of one after a link that ended in `last`.
std::string benchmark_values(const Digest& last);

}  // namespace assay::test
