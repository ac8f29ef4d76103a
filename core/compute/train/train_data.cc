#include "core/compute/train/train_data.h"

#include <algorithm>

#include "core/compute/files/npy.h"
#include "core/compute/files/safetensors.h"
#include "core/compute/rx1/elementary.h"
#include "core/compute/rx1/sum.h"
#include "core/compute/train/input_files.h"
#include "core/compute/train/layout.h"
#include "core/wire/text.h"

namespace assay::compute::train {
namespace {

constexpr std::uint32_t kTensorExamples = 1, kTensorTeacher = 2;
constexpr float kMagnitudeMax = 0x1p64F;

Status check_values(std::span<const float> values) {
  for (const float& value : values) {
    if (!(rx1::abs(value) <= kMagnitudeMax)) {
      return fail(Code::malformed, "element " + std::to_string(&value - values.data()) +
                                       " is no number of magnitude up to 2^64");
    }
  }
  return {};
}

std::string shape_text(std::span<const std::uint64_t> dims) {
  std::string out;
  for (const std::uint64_t dim : dims) out += (out.empty() ? "" : ", ") + std::to_string(dim);
  return "[" + out + "]";
}

Result<Numbers> read_matrix(ByteView file, std::uint64_t columns) {
  const Result<NumberArray> parsed = parse_npy(file);
  if (!parsed.ok()) return parsed.error();
  const NumberArray& array = parsed.value();
  if (array.type != NumberType::f32 && array.type != NumberType::f16) {
    return fail(Code::malformed, "not of <f4 or <f2");
  }
  if (array.dims.size() != 2 || array.dims[0] < 1 || array.dims[1] != columns) {
    return fail(Code::malformed, "has shape " + shape_text(array.dims) +
                                     " where the order needs [N, " + std::to_string(columns) + "]");
  }
  Numbers out(array.dims[0] * columns);
  read_numbers(array, 0, out);
  if (const Status values = check_values(out); !values.ok()) return values.error();
  return out;
}

Result<std::vector<std::uint16_t>> read_classes(ByteView file, std::uint64_t classes) {
  const Result<NumberArray> parsed = parse_npy(file);
  if (!parsed.ok()) return parsed.error();
  const NumberArray& array = parsed.value();
  const bool wide = array.type == NumberType::u16;
  if ((!wide && array.type != NumberType::s8) || array.dims.size() != 1) {
    return fail(Code::malformed, "classes are u16 (<u2) or s8 (|i1) of one dimension");
  }
  std::vector<std::uint16_t> out(array.dims[0]);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = wide ? u16_at(array.data, i) : array.data[i];  // -1 is 255, and too large like it
    if (out[i] >= classes || (!wide && array.data[i] > 127)) {
      return fail(Code::malformed,
                  "element " + std::to_string(i) + " is no class of " + std::to_string(classes));
    }
  }
  return out;
}

Result<Examples> read_examples(const MlpShape& mlp, const wire::WorkloadSpec& spec,
                               const InputSource& source) {
  const wire::Input* inputs[] = {find_input(spec, "x"), find_input(spec, "y")};
  if (inputs[0] == nullptr || inputs[1] == nullptr) {
    return fail(Code::malformed, "inputs: \"x\" and \"y\" are needed, or \"examples\" of them");
  }
  Examples out;
  const Result<Bytes> x_file = source(*inputs[0]);
  if (!x_file.ok()) return x_file.error();
  Result<Numbers> x = read_matrix(x_file.value(), mlp.widths.front());
  if (!x.ok()) return bad_input("x", x.error().what);
  out.count = x.value().size() / mlp.widths.front();
  out.x = std::move(x.value());
  const Result<Bytes> y_file = source(*inputs[1]);
  if (!y_file.ok()) return y_file.error();
  if (mlp.classify) {
    Result<std::vector<std::uint16_t>> y = read_classes(y_file.value(), mlp.widths.back());
    if (!y.ok()) return bad_input("y", y.error().what);
    out.classes = std::move(y.value());
  } else {
    Result<Numbers> y = read_matrix(y_file.value(), mlp.widths.back());
    if (!y.ok()) return bad_input("y", y.error().what);
    out.y = std::move(y.value());
  }
  const std::uint64_t answers =
      mlp.classify ? out.classes.size() : out.y.size() / mlp.widths.back();
  if (answers != out.count) {
    return bad_input(
        "y", std::to_string(answers) + " answers to " + std::to_string(out.count) + " examples");
  }
  return out;
}

Numbers drawn(PhiloxKey key, std::uint32_t tensor, std::uint64_t size, double deviation) {
  Numbers out(size);
  draw_tensor({key, tensor, 0}, deviation, out);
  return out;
}

Examples draw_examples(const MlpShape& mlp, PhiloxKey key) {
  const std::size_t inputs = mlp.widths.front(), outputs = mlp.widths.back();
  Examples out;
  out.count = mlp.examples;
  out.x = drawn(key, kTensorExamples, out.count * inputs, 1);
  const double deviation = __builtin_sqrt(1 / static_cast<double>(inputs));
  const Numbers teacher = drawn(key, kTensorTeacher, outputs * inputs, deviation);
  if (!mlp.classify) out.y = Numbers(out.count * outputs);
  Numbers products(inputs), z(outputs);
  for (std::size_t n = 0; n < out.count; ++n) {
    std::size_t best = 0;
    for (std::size_t o = 0; o < outputs; ++o) {
      for (std::size_t i = 0; i < inputs; ++i) {
        products.data()[i] = rx1::mul(teacher.data()[o * inputs + i], out.x.data()[n * inputs + i]);
      }
      z.data()[o] = rx1::sum(products);
      if (rx1::order_key(z.data()[o]) > rx1::order_key(z.data()[best])) best = o;
      if (!mlp.classify) out.y.data()[n * outputs + o] = rx1::tanh_f32(z.data()[o]);
    }
    if (mlp.classify) out.classes.push_back(static_cast<std::uint16_t>(best));
  }
  return out;
}

Result<Examples> find_examples(const MlpShape& mlp, const wire::WorkloadSpec& spec,
                               const InputSource& source) {
  constexpr std::string_view kRead[] = {"x", "y", "checkpoint"};
  constexpr std::string_view kDrawn[] = {"checkpoint"};
  const bool draws = mlp.examples > 0;
  const Status names = check_input_names(spec, draws ? std::span<const std::string_view>(kDrawn)
                                                     : std::span<const std::string_view>(kRead));
  if (!names.ok()) return names.error();
  if (draws) return draw_examples(mlp, philox_key(job_seed(spec.nonce)));
  return read_examples(mlp, spec, source);
}

}  // namespace

Result<Numbers> read_checkpoint(const TrainParameters& parameters, ByteView file) {
  const Result<std::vector<NamedArray>> parsed = parse_safetensors(file);
  if (!parsed.ok()) return parsed.error();
  const std::vector<ParameterTensor> layout = layout_of(parameters);
  Numbers out(parameter_count(parameters));
  for (const ParameterTensor& tensor : layout) {
    const auto at = std::ranges::find(parsed.value(), tensor.name, &NamedArray::name);
    const std::string where = "tensor " + wire::quoted(tensor.name);
    if (at == parsed.value().end()) return fail(Code::malformed, where + " is missing");
    if (at->array.type == NumberType::s8 || at->array.dims != tensor.dims) {
      return fail(Code::malformed,
                  where + " is not of F32, F16 or BF16 and shape " + shape_text(tensor.dims));
    }
    const std::span<float> part = std::span<float>(out).subspan(tensor.offset, tensor.size());
    read_numbers(at->array, 0, part);
    if (const Status values = check_values(part); !values.ok()) return values.error().in(where);
  }
  if (parsed.value().size() != layout.size()) {
    return fail(Code::malformed, std::to_string(parsed.value().size()) + " tensors where " +
                                     std::to_string(layout.size()) + " are the model's");
  }
  return out;
}

Result<TrainData> load_train_data(const TrainParameters& parameters, const wire::WorkloadSpec& spec,
                                  const InputSource& source) {
  TrainData out;
  if (parameters.model == ModelKind::transformer) {
    Result<std::vector<std::uint16_t>> tokens = read_tokens(parameters.transformer, spec, source);
    if (!tokens.ok()) return tokens.error();
    out.tokens = std::move(tokens.value());
  } else {
    Result<Examples> examples = find_examples(parameters.mlp, spec, source);
    if (!examples.ok()) return examples.error();
    out.examples = std::move(examples.value());
  }
  if (const wire::Input* input = find_input(spec, "checkpoint"); input != nullptr) {
    const Result<Bytes> file = source(*input);
    if (!file.ok()) return file.error();
    Result<Numbers> checkpoint = read_checkpoint(parameters, file.value());
    if (!checkpoint.ok()) return bad_input("checkpoint", checkpoint.error().what);
    out.checkpoint = std::move(checkpoint.value());
  }
  return out;
}

}  // namespace assay::compute::train
