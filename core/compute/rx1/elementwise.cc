#include "core/compute/rx1/elementwise.h"

#include "core/compute/rx1/kernels.h"

namespace assay::compute::rx1 {

static_assert(std::size(kElementary) == std::size(Kernels{}.elementary));

const Kernels& kernels(CpuLevel level) {
  switch (level) {
    case CpuLevel::scalar: return kScalar;
    case CpuLevel::sse2: return kSse2;
    case CpuLevel::avx2: return kAvx2;
    case CpuLevel::avx512: return kAvx512;
  }
  return kScalar;
}

const char* elementary_name(Elementary function) {
  switch (function) {
    case Elementary::exp: return "exp";
    case Elementary::sigmoid: return "sigmoid";
    case Elementary::silu: return "silu";
    case Elementary::tanh: return "tanh";
    case Elementary::log: return "log";
    case Elementary::sin: return "sin";
    case Elementary::cos: return "cos";
  }
  return "?";
}

namespace {

template <class In, class Out>
void run(void (*kernel)(const In*, Out*, std::size_t), std::span<const In> in, std::span<Out> out) {
  ASSAY_CHECK(in.size() == out.size(), "as many results as arguments");
  kernel(in.data(), out.data(), in.size());
}

}  // namespace

void apply(Elementary function, std::span<const float> in, std::span<float> out, CpuLevel level) {
  run(kernels(level).elementary[static_cast<std::size_t>(function)], in, out);
}

void widen_bf16(std::span<const std::uint16_t> in, std::span<float> out, CpuLevel level) {
  run(kernels(level).widen_bf16, in, out);
}

void widen_f16(std::span<const std::uint16_t> in, std::span<float> out, CpuLevel level) {
  run(kernels(level).widen_f16, in, out);
}

void narrow_bf16(std::span<const float> in, std::span<std::uint16_t> out, CpuLevel level) {
  run(kernels(level).narrow_bf16, in, out);
}

void narrow_f16(std::span<const float> in, std::span<std::uint16_t> out, CpuLevel level) {
  run(kernels(level).narrow_f16, in, out);
}

}  // namespace assay::compute::rx1
