// igemm8: which kernel multiplies, and the self-test that each must pass on a device before it is
// used there. Every kernel is defined by core/compute/cpu/igemm8_scalar.cc and equals it.
#include <vector>

#include "core/compute/cuda/context.h"
#include "core/compute/cuda/igemm8_launch.h"

namespace assay::compute::cuda {
namespace {

cudaError_t launch(Context& context, Igemm8Kernel kernel, const Igemm8Args& args) {
  switch (kernel) {
    case kIgemm8Dp4a: return launch_igemm8_dp4a(args, context.work);
    case kIgemm8Mma: return launch_igemm8_mma(args, context.multiprocessors, context.work);
    case kIgemm8Bf16: return launch_igemm8_bf16(args, context.work);
    case kIgemm8Wgmma: return launch_igemm8_wgmma(args, context.work);
    case kIgemm8CublasLt:
      return cublas_igemm8(*context.cublas, args, context.work) ? cudaSuccess
                                                                : cudaErrorNotSupported;
    case kIgemm8Automatic: break;
  }
  return cudaErrorInvalidValue;
}

// Extremes and all small values, at sizes that cross every tile, slice and exact chunk.
constexpr std::uint64_t kTestM = 144, kTestN = 272, kTestK = 2176;

std::int8_t test_value(std::uint64_t row, std::uint64_t k, bool extreme) {
  const std::uint64_t mixed = (row * 0x9E3779B1 + k * 0x85EBCA77) ^ (row * k * 0xC2B2AE3D);
  if (extreme) return (mixed >> 13 & 15) != 0 ? 127 : -127;
  return static_cast<std::int8_t>(static_cast<int>(mixed >> 9 & 0xFF) * 255 / 256 - 127);
}

struct TestBuffers {
  std::int8_t *a = nullptr, *b = nullptr;
  std::int32_t* d = nullptr;
  TestBuffers() = default;
  TestBuffers(const TestBuffers&) = delete;
  TestBuffers& operator=(const TestBuffers&) = delete;
  ~TestBuffers() {
    cudaFree(a);
    cudaFree(b);
    cudaFree(d);
  }
  cudaError_t allocate() {
    cudaError_t error = cudaMalloc(&a, kTestM * kTestK);
    if (error == cudaSuccess) error = cudaMalloc(&b, kTestN * kTestK);
    if (error == cudaSuccess) error = cudaMalloc(&d, kTestM * kTestN * sizeof(std::int32_t));
    return error;
  }
};

struct TestInputs {
  std::vector<std::int8_t> a, b;
  std::vector<std::int32_t> d;
};

TestInputs test_inputs(bool extreme) {
  TestInputs t{std::vector<std::int8_t>(kTestM * kTestK), std::vector<std::int8_t>(kTestN * kTestK),
               std::vector<std::int32_t>(kTestM * kTestN)};
  for (std::uint64_t i = 0; i < t.a.size(); ++i) {
    t.a[i] = test_value(i / kTestK, i % kTestK, extreme);
  }
  for (std::uint64_t i = 0; i < t.b.size(); ++i) {
    t.b[i] = extreme ? 127 : test_value(i / kTestK + kTestM, i % kTestK, false);
  }
  for (std::uint64_t i = 0; i < t.d.size(); ++i) {
    const std::int8_t* a = t.a.data() + i / kTestN * kTestK;
    const std::int8_t* b = t.b.data() + i % kTestN * kTestK;
    std::int32_t sum = 0;
    for (std::uint64_t k = 0; k < kTestK; ++k) sum += static_cast<std::int32_t>(a[k]) * b[k];
    t.d[i] = sum;
  }
  return t;
}

// ok is false when the kernel ran and a bit differs, or when it does not run here.
cudaError_t try_kernel(Context& context, Igemm8Kernel kernel, const TestBuffers& on_device,
                       const TestInputs& want, bool& ok) {
  const Igemm8Args args{kernel,
                        reinterpret_cast<DevicePtr>(on_device.a),
                        reinterpret_cast<DevicePtr>(on_device.b),
                        reinterpret_cast<DevicePtr>(on_device.d),
                        kTestM,
                        kTestN,
                        kTestK,
                        kTestK,
                        kTestK,
                        kTestN};
  std::vector<std::int32_t> got(want.d.size());
  const std::size_t d_bytes = got.size() * sizeof(std::int32_t);
  cudaError_t error = cudaMemcpy(on_device.a, want.a.data(), want.a.size(), cudaMemcpyHostToDevice);
  if (error == cudaSuccess) {
    error = cudaMemcpy(on_device.b, want.b.data(), want.b.size(), cudaMemcpyHostToDevice);
  }
  if (error == cudaSuccess) error = cudaMemset(on_device.d, 0x5A, d_bytes);
  if (error != cudaSuccess) return error;
  if (launch(context, kernel, args) != cudaSuccess) {
    cudaGetLastError();  // no such kernel for this device: not an error of the device
    ok = false;
    return cudaSuccess;
  }
  error = cudaStreamSynchronize(context.work);
  if (error == cudaSuccess) {
    error = cudaMemcpy(got.data(), on_device.d, d_bytes, cudaMemcpyDeviceToHost);
  }
  ok = ok && error == cudaSuccess && got == want.d;
  return error;
}

bool may_have(const Context& context, Igemm8Kernel kernel) {
  switch (kernel) {
    case kIgemm8Dp4a: return true;
    case kIgemm8Mma: return context.compute >= 80 && context.compute != 103;
    case kIgemm8Bf16: return context.compute >= 80;
    case kIgemm8Wgmma: return context.compute == 90;
    case kIgemm8CublasLt: return context.cublas != nullptr;
    case kIgemm8Automatic: break;
  }
  return false;
}

Igemm8Kernel fastest_of_ours(const Context& context) {
  for (Igemm8Kernel kernel : {kIgemm8Wgmma, kIgemm8Mma, kIgemm8Bf16}) {
    if (context.has_kernel[kernel]) return kernel;
  }
  return kIgemm8Dp4a;
}

}  // namespace

std::int32_t find_igemm8_kernels(Context& context, Failure* failure) {
  TestBuffers buffers;
  std::int32_t status = status_of(buffers.allocate(), "memory for the self-test", failure);
  if (status != kModuleOk) return status;
  const TestInputs inputs[] = {test_inputs(false), test_inputs(true)};
  for (Igemm8Kernel kernel :
       {kIgemm8Dp4a, kIgemm8Mma, kIgemm8Bf16, kIgemm8Wgmma, kIgemm8CublasLt}) {
    bool ok = may_have(context, kernel);
    for (const TestInputs& input : inputs) {
      if (!ok) break;
      status = status_of(try_kernel(context, kernel, buffers, input, ok), "the IGEMM8 self-test",
                         failure);
      if (status != kModuleOk) return status;
    }
    context.has_kernel[kernel] = ok;
  }
  if (context.has_kernel[kIgemm8Dp4a]) return kModuleOk;
  return status_of(cudaErrorUnknown, "the device multiplies wrongly: IGEMM8 self-test", failure);
}

// Enqueues on the work stream; the caller synchronises.
std::int32_t run_igemm8(Context& context, const Igemm8Args& args, Failure* failure) {
  if (args.m == 0 || args.n == 0 || args.k == 0 || args.k > 131072 || args.lda % 16 != 0 ||
      args.ldb % 16 != 0 || args.a % 16 != 0 || args.b % 16 != 0) {
    return unsupported("igemm8: sizes or alignment outside the contract", failure);
  }
  Igemm8Kernel kernel = args.kernel;
  if (kernel == kIgemm8Automatic) {
    const bool tried = context.has_kernel[kIgemm8CublasLt];
    if (tried && cublas_igemm8(*context.cublas, args, context.work)) return kModuleOk;
    kernel = fastest_of_ours(context);
  }
  if (kernel > kIgemm8CublasLt || !context.has_kernel[kernel]) {
    return unsupported("igemm8: this device does not have that kernel", failure);
  }
  const cudaError_t launched = launch(context, kernel, args);
  if (launched == cudaErrorNotSupported) {
    return unsupported("igemm8: no kernel for this shape", failure);
  }
  return status_of(launched, "igemm8", failure);
}

}  // namespace assay::compute::cuda
