#include "core/compute/generate/weights.h"

#include <algorithm>

#include "core/compute/files/safetensors.h"
#include "core/wire/json.h"
#include "core/wire/text.h"

namespace assay::compute::generate {
namespace {

using wire::Json;
using Index = std::map<std::string, std::string, std::less<>>;  // the file of each tensor

constexpr std::size_t kIndexBytesMax = std::size_t{8} << 20;
constexpr std::size_t kTensorsMax = 65536;

Error bad(std::string what) {
  return fail(Code::malformed, std::move(what));
}

std::string shape_text(std::span<const std::uint64_t> dims) {
  std::string out = "[";
  for (std::size_t i = 0; i < dims.size(); ++i) {
    out += (i > 0 ? ", " : "") + std::to_string(dims[i]);
  }
  return out + "]";
}

// Tensors have long names that differ at their ends.
std::string named(std::string_view tensor) {
  return "the tensor \"" + wire::people_text(tensor, 128) + "\"";
}

Result<Index> parse_index(std::string_view text) {
  const Result<Json> json =
      wire::parse_json(text, {.bytes_max = kIndexBytesMax, .depth_max = 8, .fractions = true});
  if (!json.ok()) return json.error().in("index");
  const Json* map = json.value().find("weight_map");
  if (map == nullptr || !map->is_object()) return bad("index: weight_map is no object");
  if (map->members().size() > kTensorsMax) {
    return bad("index: " + std::to_string(map->members().size()) + " tensors where at most " +
               std::to_string(kTensorsMax) + " are allowed");
  }
  Index out;
  for (const auto& [tensor, file] : map->members()) {
    if (!file.is_string() || !wire::is_file_word(file.as_string())) {
      return bad("index: " + named(tensor) + " is in no plain file name");
    }
    out.emplace(tensor, file.as_string());
  }
  return out;
}

}  // namespace

Result<std::vector<std::string>> weight_files(std::string_view index) {
  const Result<Index> parsed = parse_index(index);
  if (!parsed.ok()) return parsed.error();
  std::set<std::string> names;
  for (const auto& [tensor, file] : parsed.value()) names.insert(file);
  if (names.empty() || names.size() > kWeightFilesMax) {
    return bad("index: " + std::to_string(names.size()) + " files where 1.." +
               std::to_string(kWeightFilesMax) + " are allowed");
  }
  return std::vector<std::string>(names.begin(), names.end());
}

Result<Weights> Weights::parse(std::span<const WeightFile> files,
                               std::optional<std::string_view> index) {
  Index places;
  if (index) {
    Result<Index> parsed = parse_index(*index);
    if (!parsed.ok()) return parsed.error();
    places = std::move(parsed.value());
  } else if (files.size() != 1) {
    return bad(std::to_string(files.size()) + " files without an index, where one is needed");
  }
  Weights out;
  for (const WeightFile& file : files) {
    const Result<std::vector<NamedArray>> tensors = parse_safetensors(file.bytes);
    const std::string shown = wire::people_text(file.name, 64);
    if (!tensors.ok()) return tensors.error().in(shown);
    for (const NamedArray& tensor : tensors.value()) {
      const auto place = places.find(tensor.name);
      if (index && (place == places.end() || place->second != file.name)) {
        return bad(shown + ": " + named(tensor.name) + " is not there by the index");
      }
      out.tensors_.emplace(tensor.name, tensor.array);
    }
  }
  for (const auto& [tensor, file] : places) {
    if (!out.tensors_.contains(tensor)) {
      return bad(file + ": " + named(tensor) + " is missing, the index says it is there");
    }
  }
  return out;
}

Result<NumberArray> Weights::tensor(std::string_view name,
                                    std::span<const std::uint64_t> shape) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) return bad(named(name) + " is missing");
  const NumberArray& array = found->second;
  if (!std::ranges::equal(array.dims, shape)) {
    return bad(named(name) + " has shape " + shape_text(array.dims) +
               " where the configuration needs " + shape_text(shape));
  }
  if (array.type == NumberType::s8) {
    return bad(named(name) + " is of I8, not of F32, F16 or BF16");
  }
  return array;
}

std::optional<std::string> Weights::unknown(const std::set<std::string, std::less<>>& known) const {
  for (const auto& [name, array] : tensors_) {
    if (!known.contains(name)) return name;
  }
  return std::nullopt;
}

}  // namespace assay::compute::generate
