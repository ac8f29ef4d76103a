// Several files in one input of a fuzzer, as text where they are text:
//
//   === scene
//   {"camera": …}
//   === bunny.obj
//   v 0 0 0
//
// A file ends before the newline in front of the next "=== ". Values and pure functions.
#pragma once

#include <string>
#include <vector>

#include "core/compute/program.h"

namespace assay::fuzz {

struct BundledFile {
  std::string name;
  Bytes bytes;
};

// Empty when the input does not begin with "=== ".
std::vector<BundledFile> split_bundle(ByteView input);

// An order's workload out of a bundle: "parameters" is its JSON, every other file an input, with
// the digest and size it has.
struct BundledJob {
  wire::WorkloadSpec spec;
  std::vector<BundledFile> files;  // the inputs

  compute::InputSource source() const;  // borrows
  std::size_t bytes() const;            // of all inputs
};
// Nothing without a file "parameters" that is JSON, or with names that no order may hold.
std::optional<BundledJob> bundled_job(const std::string& workload, std::vector<BundledFile> files);

}  // namespace assay::fuzz
