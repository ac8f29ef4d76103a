#include "core/compute/gemm/gemm_inputs.h"

#include <xmmintrin.h>

#include <algorithm>

#include "core/compute/cpu/igemm8.h"
#include "core/compute/files/npy.h"
#include "core/compute/files/safetensors.h"
#include "core/wire/text.h"

namespace assay::compute {
namespace {

constexpr std::uint32_t kTensorX = 0, kTensorW = 1;
constexpr std::uint32_t kGemmsPerStepMax = 8;
constexpr std::uint32_t kRowsMax = 1 << 26;
constexpr float kScaleMin = 0x1p-40F, kScaleMax = 0x1p40F;

float generated_scale(std::uint64_t cols) {
  const float root = _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(static_cast<float>(cols))));
  return 1.0F / (74.0F * root);
}

std::string shape_text(std::span<const std::uint64_t> dims) {
  std::string out = "[";
  for (std::size_t i = 0; i < dims.size(); ++i) {
    out += (i > 0 ? ", " : "") + std::to_string(dims[i]);
  }
  return out + "]";
}

Status check_shape(const NumberArray& array, std::uint64_t rows, std::uint64_t cols) {
  const std::uint64_t want[] = {rows, cols};
  if (std::ranges::equal(array.dims, want)) return {};
  return fail(Code::malformed,
              "has shape " + shape_text(array.dims) + " where the order needs " + shape_text(want));
}

Status quantize_into(QuantMatrix& out, std::span<const float> row) {
  float most = 0;
  for (const float& value : row) {
    const float magnitude = value < 0 ? -value : value;
    if (!(magnitude <= 0x1.fffffep127F)) {
      return fail(Code::malformed, "column " + std::to_string(&value - row.data()) +
                                       " is NaN or infinite: all values must be finite");
    }
    most = magnitude > most ? magnitude : most;
  }
  if (most != 0 && most < cpu::kSmallestAmax) {
    return fail(Code::malformed, "its largest magnitude is below 2^-100: scale the tensor");
  }
  const std::size_t at = out.q.size();
  out.q.resize(at + row.size());
  out.scale.push_back(cpu::quantize_row(row, out.q.data() + at));
  return {};
}

// rows x cols values of either kind. A row of zeros has scale 0.
Result<QuantMatrix> quantize(const NumberArray& array, std::uint64_t rows, std::uint64_t cols) {
  const Status shape = check_shape(array, rows, cols);
  if (!shape.ok()) return shape.error();
  if (array.type == NumberType::u16) {
    return fail(Code::malformed, "is of type <u2: a matrix is one of |i1, <f2, <f4");
  }
  QuantMatrix out;
  if (array.type == NumberType::s8) {
    const std::span<const std::int8_t> values = as_s8(array.data);
    out.q.assign(values.begin(), values.end());
    const auto bad = std::ranges::find(out.q, std::int8_t{-128});
    if (bad != out.q.end()) {
      const auto at = static_cast<std::uint64_t>(bad - out.q.begin());
      return fail(Code::malformed, "row " + std::to_string(at / cols) + ": column " +
                                       std::to_string(at % cols) +
                                       " is -128: s8 values must lie in -127..127");
    }
    for (std::uint64_t row = 0; row < rows; ++row) {
      const auto part = values.subspan(row * cols, cols);
      const bool zero = std::ranges::all_of(part, [](std::int8_t value) { return value == 0; });
      out.scale.push_back(zero ? 0.0F : 1.0F);
    }
    return out;
  }
  out.q.reserve(rows * cols);
  std::vector<float> row(cols);
  for (std::uint64_t at = 0; at < rows; ++at) {
    read_numbers(array, at * cols, row);
    const Status status = quantize_into(out, row);
    if (!status.ok()) return status.error().in("row " + std::to_string(at));
  }
  return out;
}

Result<QuantMatrix> quantize_weight(const NumberArray& array, std::uint64_t cols) {
  Result<QuantMatrix> out = quantize(array, cols, cols);
  if (!out.ok()) return out;
  for (float& scale : out.value().scale) {
    if (scale == 0) scale = 1.0F;
    if (!(scale >= kScaleMin && scale <= kScaleMax)) {
      return fail(Code::malformed,
                  "row " + std::to_string(&scale - out.value().scale.data()) +
                      ": its scale is outside 2^-40..2^40 (its largest magnitude / 127): scale the "
                      "tensor");
    }
  }
  return out;
}

// The files behind the arrays, which borrow from them.
struct InputArrays {
  std::vector<Bytes> files;
  std::vector<NamedArray> arrays;
};

Result<InputArrays> read_arrays(const std::vector<wire::Input>& inputs, const InputSource& source) {
  InputArrays out;
  out.files.reserve(inputs.size());
  for (const wire::Input& input : inputs) {
    Result<Bytes> file = source(input);
    if (!file.ok()) return file.error();
    const std::string where = "input \"" + input.name + "\"";
    out.files.push_back(std::move(file.value()));
    if (inputs.size() == 1 && input.name == "tensors") {
      Result<std::vector<NamedArray>> arrays = parse_safetensors(out.files.back());
      if (!arrays.ok()) return arrays.error().in(where);
      out.arrays = std::move(arrays.value());
    } else {
      Result<NumberArray> array = parse_npy(out.files.back());
      if (!array.ok()) return array.error().in(where);
      out.arrays.push_back({input.name, std::move(array.value())});
    }
  }
  return out;
}

const NumberArray* find_array(const InputArrays& in, const std::string& name) {
  for (const NamedArray& named : in.arrays) {
    if (named.name == name) return &named.array;
  }
  return nullptr;
}

}  // namespace

Result<GemmParameters> parse_gemm_parameters(const wire::Json& parameters) {
  wire::Fields in(parameters, "parameters");
  GemmParameters out;
  out.rows = in.u32("rows", 1, kRowsMax);
  out.cols = in.u32("cols", 1, static_cast<std::uint32_t>(cpu::kDotMax));
  out.steps = in.u32("steps", 1, kStepsMax);
  if (in.has("gemms_per_step")) out.gemms_per_step = in.u32("gemms_per_step", 1, kGemmsPerStepMax);
  const std::string weights = in.text("weights");
  if (in.ok() && weights != "philox" && weights != "inputs") {
    in.note("weights", wire::quoted(weights) + " is not one of philox, inputs");
  }
  out.philox = weights == "philox";
  const Status status = in.close();
  if (!status.ok()) return status.error();
  return out;
}

GemmTensors::GemmTensors(const GemmParameters& parameters, const Digest& nonce)
    : cols_(parameters.cols),
      key_(philox_key(job_seed(nonce))),
      generated_scale_(parameters.cols, generated_scale(parameters.cols)) {}

Result<GemmTensors> GemmTensors::load(const GemmParameters& parameters,
                                      const std::vector<wire::Input>& inputs,
                                      const InputSource& source) {
  const Result<InputArrays> read = read_arrays(inputs, source);
  if (!read.ok()) return read.error();
  const InputArrays& in = read.value();
  GemmTensors out;
  out.cols_ = parameters.cols;
  const NumberArray* x = find_array(in, "x");
  if (x == nullptr) return fail(Code::malformed, "inputs: there is no tensor \"x\"");
  Result<QuantMatrix> rows = quantize(*x, parameters.rows, parameters.cols);
  if (!rows.ok()) return rows.error().in("tensor \"x\"");
  out.x_ = std::move(rows.value());

  const std::size_t weights = in.arrays.size() - 1;
  if (weights < 1 || weights > parameters.gemms()) {
    return fail(Code::malformed, "inputs: " + std::to_string(weights) + " weights where 1.." +
                                     std::to_string(parameters.gemms()) + " can be used");
  }
  for (std::size_t i = 0; i < weights; ++i) {
    const std::string name = "w" + std::to_string(i);
    const NumberArray* w = find_array(in, name);
    if (w == nullptr) {
      return fail(Code::malformed, "inputs: besides \"x\" there must be w0 .. w" +
                                       std::to_string(weights - 1) + "; \"" + name +
                                       "\" is missing");
    }
    Result<QuantMatrix> matrix = quantize_weight(*w, parameters.cols);
    if (!matrix.ok()) return matrix.error().in("tensor \"" + name + "\"");
    out.weights_.push_back(std::move(matrix.value()));
  }
  return out;
}

QuantMatrix GemmTensors::x_rows(std::uint64_t first, std::uint64_t count, CpuLevel level) const {
  QuantMatrix out;
  if (!generated()) {
    const auto at = [&](std::uint64_t row) { return static_cast<std::ptrdiff_t>(row * cols_); };
    out.q.assign(x_.q.begin() + at(first), x_.q.begin() + at(first + count));
    out.scale.assign(x_.scale.begin() + static_cast<std::ptrdiff_t>(first),
                     x_.scale.begin() + static_cast<std::ptrdiff_t>(first + count));
    return out;
  }
  out.q.resize(count * cols_);
  philox_s8({key_, kTensorX, 0}, first * cols_, out.q, level);
  for (std::uint64_t row = 0; row < count; ++row) {
    const auto part = std::span<const std::int8_t>(out.q).subspan(row * cols_, cols_);
    const bool zero = std::ranges::all_of(part, [](std::int8_t value) { return value == 0; });
    out.scale.push_back(zero ? 0.0F : 1.0F);
  }
  return out;
}

const std::int8_t* GemmTensors::w_rows(std::uint32_t j, std::uint64_t first, std::uint64_t count,
                                       CpuLevel level, std::vector<std::int8_t>& scratch) const {
  if (!generated()) return weights_[j % weights_.size()].q.data() + first * cols_;
  scratch.resize(count * cols_);
  philox_s8({key_, kTensorW, j}, first * cols_, scratch, level);
  return scratch.data();
}

std::span<const float> GemmTensors::w_scales(std::uint32_t j) const {
  return generated() ? generated_scale_ : weights_[j % weights_.size()].scale;
}

}  // namespace assay::compute
