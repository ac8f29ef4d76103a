#include "tests/core_generate_files/checkpoints.h"

#include <bit>
#include <stdexcept>

#include "core/base/file.h"
#include "core/compute/files/safetensors.h"
#include "core/compute/generate/checkpoint_folder.h"
#include "core/compute/rx1/convert.h"

namespace assay::test {
namespace {

using namespace compute;

std::string read_text(const std::string& path) {
  const Result<Bytes> bytes = read_file(path, 1 << 20);
  if (!bytes.ok()) throw std::runtime_error(bytes.error().what);
  return std::string(as_text(bytes.value()));
}

void put_value(Bytes& to, float value, NumberType type) {
  if (type == NumberType::f32) return put_u32_le(to, std::bit_cast<std::uint32_t>(value));
  const std::uint16_t half =
      type == NumberType::f16 ? rx1::f16_of_f32(value) : rx1::bf16_of_f32(value);
  to.push_back(static_cast<std::uint8_t>(half & 0xFF));
  to.push_back(static_cast<std::uint8_t>(half >> 8));
}

std::string dims_text(const std::vector<std::uint64_t>& dims) {
  std::string out;
  for (const std::uint64_t dim : dims) out += (out.empty() ? "" : ",") + std::to_string(dim);
  return "[" + out + "]";
}

}  // namespace

std::string tiny_folder(std::string_view model) {
  return std::string(ASSAY_SOURCE) + "/tests/models/" + std::string(model);
}

TinyModel load_tiny_model(std::string_view name) {
  const std::string folder = tiny_folder(name) + "/";
  TinyModel out;
  out.config = read_text(folder + "config.json");
  out.tokenizer = read_text(folder + "tokenizer.json");
  if (name != "mistral") out.generation = read_text(folder + "generation_config.json");
  const auto files = name == "qwen2" ? std::vector<std::string>{"model-00001-of-00002.safetensors",
                                                                "model-00002-of-00002.safetensors"}
                                     : std::vector<std::string>{"model.safetensors"};
  for (const std::string& file : files) {
    const std::string bytes = read_text(folder + file);
    const auto arrays = parse_safetensors(as_bytes(bytes));
    if (!arrays.ok()) throw std::runtime_error(arrays.error().what);
    for (const NamedArray& named : arrays.value()) {
      TinyTensor& tensor = out.tensors[named.name];
      tensor.dims = named.array.dims;
      tensor.values.resize(named.array.data.size() / number_bytes(named.array.type));
      read_numbers(named.array, 0, tensor.values);
    }
  }
  return out;
}

Bytes write_safetensors(const TinyModel& model, const std::vector<std::string>& names,
                        NumberType type) {
  const char* type_name = type == NumberType::f32   ? "F32"
                          : type == NumberType::f16 ? "F16"
                                                    : "BF16";
  std::string header;
  Bytes data;
  for (const std::string& name : names) {
    const TinyTensor& tensor = model.tensors.at(name);
    const std::size_t begin = data.size();
    for (const float value : tensor.values) put_value(data, value, type);
    header += (header.empty() ? "" : ",") + ("\"" + name + "\":{\"dtype\":\"") + type_name +
              "\",\"shape\":" + dims_text(tensor.dims) + ",\"data_offsets\":[" +
              std::to_string(begin) + "," + std::to_string(data.size()) + "]}";
  }
  header = "{" + header + "}";
  Bytes out;
  put_u64_le(out, header.size());
  append(out, as_bytes(header));
  append(out, data);
  return out;
}

Result<Bytes> pack_of(const TinyModel& model, const Filing& filing, const Engine& engine) {
  std::vector<std::vector<std::string>> names(filing.files);
  std::size_t next = 0;
  for (const auto& [name, tensor] : model.tensors) names[next++ % filing.files].push_back(name);
  std::vector<Bytes> bytes;
  std::vector<generate::WeightFile> files;
  std::string index;
  for (std::vector<std::string>& of_file : names) {
    if (filing.backwards) of_file = {of_file.rbegin(), of_file.rend()};
    const std::string file = "part-" + std::to_string(bytes.size()) + ".safetensors";
    for (const std::string& name : of_file) {
      index += (index.empty() ? "" : ",") + ("\"" + name) + "\":\"" + file + "\"";
    }
    bytes.push_back(write_safetensors(model, of_file, filing.type));
    files.push_back({file, {}});
  }
  for (std::size_t i = 0; i < files.size(); ++i) files[i].bytes = bytes[i];
  index = "{\"weight_map\":{" + index + "}}";
  const Result<generate::Weights> weights =
      filing.files > 1 ? generate::Weights::parse(files, index) : generate::Weights::parse(files);
  if (!weights.ok()) return weights.error();
  generate::Checkpoint checkpoint{model.config, {}, model.tokenizer, &weights.value()};
  if (model.generation) checkpoint.generation = *model.generation;
  Bytes out;
  const auto written = generate::write_pack(engine, checkpoint, [&](ByteView part) {
    append(out, part);
    return Status();
  });
  if (!written.ok()) return written.error();
  return out;
}

void replace_once(std::string& text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  if (at == text.npos || text.find(from, at + 1) != text.npos) {
    throw std::runtime_error("not there exactly once: " + std::string(from));
  }
  text.replace(at, from.size(), to);
}

}  // namespace assay::test
