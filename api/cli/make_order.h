// A renter's order out of command line options and files, checked before anything is sent.
// Values; one thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/cli/model_file.h"
#include "core/base/random.h"
#include "core/compute/program.h"

namespace assay::cli {

struct OrderOptions {
  std::string workload;
  // Of the options below that belong to some workload, those that the renter gave: "--rows".
  std::vector<std::string> given;
  // gemm; rows and cols follow from the tensors where there are some
  std::uint32_t rows = 0;
  std::uint32_t cols = 0;
  std::uint32_t steps = 16;
  std::uint32_t gemms_per_step = 1;
  std::string x;               // .npy
  std::vector<std::string> w;  // .npy each
  std::string tensors;         // .safetensors
  // render
  std::string scene;  // .json; the OBJ files it names lie beside it
  std::uint32_t width = 480;
  std::uint32_t height = 320;
  std::uint32_t samples = 64;
  std::uint32_t max_bounces = 8;
  // generate
  std::string model;  // a Hugging Face folder or the file of a pack
  std::vector<std::string> prompts;
  std::vector<std::string> prompt_files;
  std::uint32_t max_tokens = 64;
  std::uint32_t chunk = 32;
  std::string precision = "w8a8";
  double temperature = 0;   // 0: greedy
  std::uint32_t top_k = 0;  // 0: all
  double top_p = 1;
  bool no_stop = false;
  // train, simulate
  std::string parameters;                 // .json
  std::vector<std::string> named_inputs;  // NAME=FILE
  // terms
  std::string device_class = "cpu";
  std::string price = "1.00";
  std::string assurance = "standard";
  std::string deadline = "10m";
};

// The bytes of the inputs, by content; a model's chunks are not among them.
using InputBytes = std::map<Digest, Bytes>;

struct MadeOrder {
  wire::Order order;  // lacks renter and provider
  InputBytes inputs;
  std::shared_ptr<const ModelFile> model;         // of texts
  std::unique_ptr<compute::Program> program;      // what the order says, as every provider reads it
  std::optional<std::uint32_t> steps_per_commit;  // that were chosen here; none: the renter did

  compute::InputSource source() const;  // borrows
};

//   usage        an option that is missing, unknown or does not go with the workload
//   not_found    a file: names it
//   malformed    what is in the files or the numbers; says what is allowed
Result<MadeOrder> make_order(const OrderOptions& options, Random& random);

// The input files of a render: "scene", and the OBJ files it names, out of the scene's folder.
Result<std::vector<wire::Input>> read_scene(const std::string& path, InputBytes& into);

}  // namespace assay::cli
