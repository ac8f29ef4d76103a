// The tensors of a Hugging Face checkpoint, wherever its files lie: one .safetensors file, or
// several with an index. Borrows the files, which may be mapped and are read only where a tensor
// is. Values and pure functions; any thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/compute/files/number_array.h"

namespace assay::compute::generate {

struct WeightFile {
  std::string name;  // "model-00001-of-00002.safetensors", without a folder
  ByteView bytes;
};

// The names of the files that a model.safetensors.index.json speaks of, ascending: plain file
// names, at most kWeightFilesMax.
//   malformed    not the schema, or a name that is a path
inline constexpr std::size_t kWeightFilesMax = 1024;
Result<std::vector<std::string>> weight_files(std::string_view index);

class Weights {
 public:
  // Without an index, exactly one file. With one, exactly the files it speaks of, each of which
  // has the tensors that the index says and no other.
  //   malformed    a file that parse_safetensors() refuses, or that differs from the index
  static Result<Weights> parse(std::span<const WeightFile> files,
                               std::optional<std::string_view> index = {});

  // The tensor of this name.
  //   malformed    there is none, its shape is another, or its type is not F32, F16 or BF16
  Result<NumberArray> tensor(std::string_view name, std::span<const std::uint64_t> shape) const;
  // A name that is not in `known`, if there is any.
  std::optional<std::string> unknown(const std::set<std::string, std::less<>>& known) const;

 private:
  std::map<std::string, NumberArray, std::less<>> tensors_;
};

}  // namespace assay::compute::generate
