#include "core/compute/generate/text_state.h"

#include <algorithm>
#include <cstring>

#include "core/compute/rx1/convert.h"

namespace assay::compute::generate {
namespace {

constexpr const char* kNames[] = {"token", "choice", "k", "k_scale", "v", "v_scale"};

// x86 is little-endian, as tensors are.
template <class T>
std::vector<T> numbers(const Tensor& tensor) {
  std::vector<T> out(tensor.data.size() / sizeof(T));
  if (!out.empty()) std::memcpy(out.data(), tensor.data.data(), tensor.data.size());
  return out;
}

template <class T>
Tensor tensor(const TensorShape& shape, const std::vector<T>& numbers) {
  Tensor out{shape, Bytes(numbers.size() * sizeof(T))};
  ASSAY_CHECK(out.data.size() == shape.bytes(), "a text state of another size");
  if (!numbers.empty()) std::memcpy(out.data.data(), numbers.data(), out.data.size());
  return out;
}

// Extremes first, so that the loops vectorise.
template <class T>
bool within(const std::vector<T>& x, T low, T high) {
  T least = high, most = low;
  for (const T value : x) {
    least = value < least ? value : least;
    most = value > most ? value : most;
  }
  return least >= low && most <= high;
}

// The bits of zero and of positive numbers, as integers.
bool are_scales(const std::vector<float>& x) {
  std::uint32_t most = 0;
  for (const float value : x) most = rx1::bits(value) > most ? rx1::bits(value) : most;
  return most < rx1::kInfinityBits;
}

template <class T>
bool zeros(const std::vector<T>& x, std::uint64_t row, std::uint64_t rows) {
  const std::size_t width = x.size() / rows;
  const auto part = std::span(x).subspan(row * width, width);
  return std::ranges::all_of(part, [](T value) { return value == T{0}; });
}

bool same_shape(const StateShape& shape, const State& state) {
  bool same = shape.size() == state.size();
  for (std::size_t i = 0; same && i < shape.size(); ++i) {
    same = state[i].shape == shape[i] && state[i].data.size() == shape[i].bytes();
  }
  return same;
}

}  // namespace

StateShape text_state_shape(const ModelConfig& config, std::uint64_t rows) {
  const std::uint64_t heads = std::uint64_t{config.layers} * config.kv_heads;
  const std::uint64_t width = heads * config.head_size;
  return {{DType::s32, {rows}},        {DType::s32, {rows}},       {DType::s16, {rows, width}},
          {DType::f32, {rows, heads}}, {DType::s8, {rows, width}}, {DType::f32, {rows, heads}}};
}

std::uint64_t text_row_bytes(const ModelConfig& config) {
  std::uint64_t out = 0;
  for (const TensorShape& shape : text_state_shape(config, 1)) out += shape.bytes();
  return out;
}

Result<TextState> read_text_state(const ModelConfig& config, std::uint64_t rows,
                                  const State& state) {
  if (!same_shape(text_state_shape(config, rows), state)) {
    return fail(Code::malformed, "not the tensors of a text state of this model");
  }
  TextState out{numbers<std::int32_t>(state[0]), numbers<std::int32_t>(state[1]),
                numbers<std::int16_t>(state[2]), numbers<float>(state[3]),
                numbers<std::int8_t>(state[4]),  numbers<float>(state[5])};
  const auto last = static_cast<std::int32_t>(config.vocabulary - 1);
  const auto limbs = static_cast<std::int16_t>(rx1::kLimbsMax);
  const bool good[] = {within(out.token, -1, last),
                       within(out.choice, -1, last),
                       within<std::int16_t>(out.k, static_cast<std::int16_t>(-limbs), limbs),
                       are_scales(out.k_scale),
                       within<std::int8_t>(out.v, -127, 127),
                       are_scales(out.v_scale)};
  const auto* bad = std::ranges::find(good, false);
  if (bad != std::end(good)) {
    return fail(Code::malformed, std::string("tensor \"") + kNames[bad - good] +
                                     "\" holds a value that no honest run commits");
  }
  return out;
}

Result<State> write_text_state(const ModelConfig& config, const TextState& text) {
  if (!are_scales(text.k_scale) || !are_scales(text.v_scale)) {
    return fail(Code::malformed, "a key or value is NaN or infinite: the model's numbers overflow");
  }
  const StateShape shape = text_state_shape(config, text.token.size());
  return State{tensor(shape[0], text.token), tensor(shape[1], text.choice),
               tensor(shape[2], text.k),     tensor(shape[3], text.k_scale),
               tensor(shape[4], text.v),     tensor(shape[5], text.v_scale)};
}

Tensor choice_tensor(const State& state, std::uint64_t texts) {
  const std::uint64_t rows = state[1].shape.dims[0];
  return {{DType::s32, {texts, rows / texts}}, state[1].data};
}

bool is_blank(const TextState& state, std::uint64_t row) {
  const std::uint64_t rows = state.token.size();
  return state.token[row] == -1 && state.choice[row] == -1 && zeros(state.k, row, rows) &&
         zeros(state.k_scale, row, rows) && zeros(state.v, row, rows) &&
         zeros(state.v_scale, row, rows);
}

}  // namespace assay::compute::generate
