// The tiny models of tests/models/, opened so that a test can change them and write them again as
// other files of the same values.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/compute/files/number_array.h"
#include "core/compute/generate/pack_writer.h"

namespace assay::test {

inline constexpr const char* kTinyModels[] = {"llama", "qwen2", "mistral"};

std::string tiny_folder(std::string_view model);

struct TinyTensor {
  std::vector<std::uint64_t> dims;
  std::vector<float> values;
};

struct TinyModel {
  std::string config, tokenizer;
  std::optional<std::string> generation;
  std::map<std::string, TinyTensor> tensors;
};

TinyModel load_tiny_model(std::string_view model);

// One .safetensors file of these tensors, in this order.
Bytes write_safetensors(const TinyModel& model, const std::vector<std::string>& names,
                        compute::NumberType type);

// How a model lies in files.
struct Filing {
  compute::NumberType type = compute::NumberType::f32;
  std::size_t files = 1;   // more than one have an index
  bool backwards = false;  // the tensors from the last name to the first
};

// The pack of a model that is filed so.
Result<Bytes> pack_of(const TinyModel& model, const Filing& filing = {},
                      const compute::Engine& engine = compute::Engine());

// Replaces what stands there exactly once; a test that changes nothing fails.
void replace_once(std::string& text, std::string_view from, std::string_view to);

}  // namespace assay::test
