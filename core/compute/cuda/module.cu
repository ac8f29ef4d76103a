// The module's table: every entry checks what CUDA says and hands it on as a status and a text.
#include <cstring>
#include <new>

#include "core/compute/cuda/context.h"

namespace assay::compute::cuda {

std::int32_t status_of(cudaError_t error, const char* what, Failure* failure) {
  if (error == cudaSuccess) return kModuleOk;
  cudaGetLastError();
  std::snprintf(failure->text, sizeof failure->text, "%s: %s", what, cudaGetErrorString(error));
  return error == cudaErrorMemoryAllocation ? kModuleMemory : kModuleDevice;
}

std::int32_t unsupported(const char* text, Failure* failure) {
  std::snprintf(failure->text, sizeof failure->text, "%s", text);
  return kModuleUnsupported;
}

namespace {

std::int32_t device_count(std::uint32_t* count, Failure* failure) {
  int found = 0;
  const std::int32_t status = status_of(cudaGetDeviceCount(&found), "counting devices", failure);
  *count = static_cast<std::uint32_t>(found);
  return status;
}

void spell_uuid(const cudaUUID_t& uuid, char* to, std::size_t room) {
  std::size_t at = static_cast<std::size_t>(std::snprintf(to, room, "GPU-"));
  for (int i = 0; i < 16; ++i) {
    const char* dash = i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "";
    at += static_cast<std::size_t>(std::snprintf(to + at, room - at, "%s%02x", dash,
                                                 static_cast<unsigned char>(uuid.bytes[i])));
  }
}

std::int32_t device_info(std::uint32_t index, DeviceInfo* info, Failure* failure) {
  cudaDeviceProp properties{};
  const int device = static_cast<int>(index);
  std::int32_t status =
      status_of(cudaGetDeviceProperties(&properties, device), "properties of the device", failure);
  if (status != kModuleOk) return status;
  *info = {};
  std::snprintf(info->name, sizeof info->name, "%.127s", properties.name);
  spell_uuid(properties.uuid, info->uuid, sizeof info->uuid);
  info->memory_bytes = properties.totalGlobalMem;
  info->compute_major = static_cast<std::uint32_t>(properties.major);
  info->compute_minor = static_cast<std::uint32_t>(properties.minor);
  info->multiprocessors = static_cast<std::uint32_t>(properties.multiProcessorCount);
  int driver = 0;
  status = status_of(cudaDriverGetVersion(&driver), "version of the driver", failure);
  info->driver_version = static_cast<std::uint32_t>(driver);
  return status;
}

cudaError_t prepare(Context& c) {
  cudaError_t error = cudaSetDevice(c.device);
  const auto then = [&error](auto&& next) {
    if (error == cudaSuccess) error = next();
  };
  then([&] { return cudaStreamCreateWithFlags(&c.work, cudaStreamNonBlocking); });
  then([&] { return cudaStreamCreateWithFlags(&c.hashing, cudaStreamNonBlocking); });
  then([&] { return cudaEventCreateWithFlags(&c.work_ready, cudaEventDisableTiming); });
  then([&] { return cudaEventCreateWithFlags(&c.hash_done, cudaEventDisableTiming); });
  then([&] { return cudaEventCreate(&c.marks[0]); });
  then([&] { return cudaEventCreate(&c.marks[1]); });
  then([&] { return cudaMallocHost(&c.root, sizeof(Sha256Words)); });
  return error;
}

void close(Context* c) {
  if (c == nullptr) return;
  cudaSetDevice(c->device);
  cudaDeviceSynchronize();
  close_cublas(c->cublas);
  for (Sha256Words* level : c->nodes) cudaFree(level);
  for (float* sums : c->sums) cudaFree(sums);
  cudaFreeHost(c->root);
  for (cudaEvent_t event : {c->work_ready, c->hash_done, c->marks[0], c->marks[1]}) {
    if (event != nullptr) cudaEventDestroy(event);
  }
  for (cudaStream_t stream : {c->work, c->hashing}) {
    if (stream != nullptr) cudaStreamDestroy(stream);
  }
  delete c;
}

std::int32_t open(std::uint32_t index, Context** out, Failure* failure) {
  cudaDeviceProp properties{};
  std::int32_t status = status_of(cudaGetDeviceProperties(&properties, static_cast<int>(index)),
                                  "properties of the device", failure);
  if (status != kModuleOk) return status;
  auto* context = new (std::nothrow) Context;
  if (context == nullptr) return unsupported("out of host memory", failure);
  context->device = static_cast<int>(index);
  context->compute = static_cast<unsigned>(properties.major * 10 + properties.minor);
  context->multiprocessors = static_cast<unsigned>(properties.multiProcessorCount);
  status = status_of(prepare(*context), "opening the device", failure);
  if (status == kModuleOk) {
    context->cublas = open_cublas();
    status = find_igemm8_kernels(*context, failure);
  }
  if (status != kModuleOk) {
    close(context);
    return status;
  }
  *out = context;
  return kModuleOk;
}

// The device is a property of the calling thread: every entry sets it first.
template <class Work>
std::int32_t on_device(Context* c, const char* what, Failure* failure, Work&& work) {
  const std::int32_t status = status_of(cudaSetDevice(c->device), "selecting the device", failure);
  return status == kModuleOk ? status_of(work(), what, failure) : status;
}

std::int32_t allocate(Context* c, std::uint64_t bytes, DevicePtr* out, Failure* failure) {
  return on_device(c, "device memory", failure, [&] {
    void* memory = nullptr;
    const cudaError_t got = cudaMalloc(&memory, bytes);
    *out = reinterpret_cast<DevicePtr>(memory);
    return got;
  });
}

void release(Context* c, DevicePtr memory) {
  cudaSetDevice(c->device);
  cudaFree(reinterpret_cast<void*>(memory));
}

std::int32_t synchronize(Context* c, Failure* failure) {
  return on_device(c, "waiting for the device", failure,
                   [&] { return cudaStreamSynchronize(c->work); });
}

std::int32_t upload(Context* c, DevicePtr to, const void* host, std::uint64_t bytes,
                    Failure* failure) {
  return on_device(c, "copying to the device", failure, [&] {
    return cudaMemcpyAsync(reinterpret_cast<void*>(to), host, bytes, cudaMemcpyHostToDevice,
                           c->work);
  });
}

std::int32_t download(Context* c, void* host, DevicePtr from, std::uint64_t bytes,
                      Failure* failure) {
  return on_device(c, "copying from the device", failure, [&] {
    const cudaError_t copied = cudaMemcpyAsync(host, reinterpret_cast<const void*>(from), bytes,
                                               cudaMemcpyDeviceToHost, c->work);
    return copied == cudaSuccess ? cudaStreamSynchronize(c->work) : copied;
  });
}

std::int32_t fill(Context* c, DevicePtr to, std::uint8_t value, std::uint64_t bytes,
                  Failure* failure) {
  return on_device(c, "filling device memory", failure, [&] {
    return cudaMemsetAsync(reinterpret_cast<void*>(to), value, bytes, c->work);
  });
}

std::int32_t mark(Context* c, std::uint32_t which, Failure* failure) {
  return on_device(c, "marking the stream", failure,
                   [&] { return cudaEventRecord(c->marks[which % 2], c->work); });
}

std::int32_t elapsed_ms(Context* c, float* out, Failure* failure) {
  return on_device(c, "elapsed time", failure, [&] {
    const cudaError_t waited = cudaEventSynchronize(c->marks[1]);
    return waited == cudaSuccess ? cudaEventElapsedTime(out, c->marks[0], c->marks[1]) : waited;
  });
}

std::int32_t igemm8(Context* c, const Igemm8Args* args, Failure* failure) {
  const std::int32_t status = status_of(cudaSetDevice(c->device), "selecting the device", failure);
  return status == kModuleOk ? run_igemm8(*c, *args, failure) : status;
}
std::int32_t pack_rows(Context* c, DevicePtr from, DevicePtr to, std::uint64_t rows,
                       std::uint64_t cols, std::uint64_t ld, Failure* failure) {
  return on_device(c, "pack_rows", failure,
                   [&] { return launch_pack_rows(*c, from, to, rows, cols, ld); });
}
std::int32_t philox_s8(Context* c, const PhiloxArgs* args, Failure* failure) {
  return on_device(c, "philox_s8", failure, [&] { return launch_philox_s8(*c, *args); });
}
std::int32_t requantize(Context* c, const RequantizeArgs* args, Failure* failure) {
  return on_device(c, "requantize", failure, [&] { return launch_requantize(*c, *args); });
}
std::int32_t quantize(Context* c, const QuantizeArgs* args, Failure* failure) {
  return on_device(c, "quantize", failure, [&] { return launch_quantize(*c, *args); });
}
std::int32_t elementwise(Context* c, const ElementwiseArgs* args, Failure* failure) {
  return on_device(c, "elementwise", failure, [&] { return launch_elementwise(*c, *args); });
}
std::int32_t r128(Context* c, DevicePtr x, std::uint64_t count, std::uint32_t squares,
                  DevicePtr out, Failure* failure) {
  return on_device(c, "r128", failure,
                   [&] { return launch_r128(*c, x, count, squares != 0, out); });
}
std::int32_t render(Context* c, const RenderArgs* args, Failure* failure) {
  return on_device(c, "render", failure, [&] { return launch_render(*c, *args); });
}
std::int32_t split_rows(Context* c, const SplitArgs* args, Failure* failure) {
  return on_device(c, "split_rows", failure, [&] { return launch_split_rows(*c, *args); });
}
std::int32_t dequantize(Context* c, const DequantizeArgs* args, Failure* failure) {
  return on_device(c, "dequantize", failure, [&] { return launch_dequantize(*c, *args); });
}
std::int32_t rms_norm(Context* c, const RmsNormArgs* args, Failure* failure) {
  return on_device(c, "rms_norm", failure, [&] { return launch_rms_norm(*c, *args); });
}
std::int32_t embed(Context* c, const EmbedArgs* args, Failure* failure) {
  return on_device(c, "embed", failure, [&] { return launch_embed(*c, *args); });
}
std::int32_t rotate(Context* c, const RotateArgs* args, Failure* failure) {
  return on_device(c, "rotate", failure, [&] { return launch_rotate(*c, *args); });
}
std::int32_t attention(Context* c, const AttentionArgs* args, Failure* failure) {
  return on_device(c, "attention", failure, [&] { return launch_attention(*c, *args); });
}

std::int32_t lattice(Context* c, const LatticeArgs* args, Failure* failure) {
  return on_device(c, "lattice", failure, [&] { return launch_lattice(*c, *args); });
}
std::int32_t bodies(Context* c, const BodiesArgs* args, Failure* failure) {
  return on_device(c, "bodies", failure, [&] { return launch_bodies(*c, *args); });
}

std::int32_t move(Context* c, const MoveArgs* args, Failure* failure) {
  return on_device(c, "move", failure, [&] { return launch_move(*c, *args); });
}
std::int32_t small_gemm(Context* c, const SmallGemmArgs* args, Failure* failure) {
  return on_device(c, "small_gemm", failure, [&] { return launch_small_gemm(*c, *args); });
}
std::int32_t train_rows(Context* c, const TrainRowsArgs* args, Failure* failure) {
  return on_device(c, "train_rows", failure, [&] { return launch_train_rows(*c, *args); });
}
std::int32_t train_cells(Context* c, const TrainCellsArgs* args, Failure* failure) {
  return on_device(c, "train_cells", failure, [&] { return launch_train_cells(*c, *args); });
}
std::int32_t segment_sums(Context* c, const SegmentSumsArgs* args, Failure* failure) {
  return on_device(c, "segment_sums", failure, [&] { return launch_segment_sums(*c, *args); });
}

std::int32_t upload_rows(Context* c, const CopyRowsArgs* args, const void* host, Failure* failure) {
  if (args->bytes == 0 || args->rows == 0) return kModuleOk;
  return on_device(c, "copying rows to the device", failure, [&] {
    return cudaMemcpy2DAsync(reinterpret_cast<void*>(args->device), args->device_pitch, host,
                             args->host_pitch, args->bytes, args->rows, cudaMemcpyHostToDevice,
                             c->work);
  });
}
std::int32_t download_rows(Context* c, const CopyRowsArgs* args, void* host, Failure* failure) {
  if (args->bytes == 0 || args->rows == 0) return kModuleOk;
  return on_device(c, "copying rows from the device", failure, [&] {
    const cudaError_t copied = cudaMemcpy2DAsync(
        host, args->host_pitch, reinterpret_cast<const void*>(args->device), args->device_pitch,
        args->bytes, args->rows, cudaMemcpyDeviceToHost, c->work);
    return copied == cudaSuccess ? cudaStreamSynchronize(c->work) : copied;
  });
}

std::int32_t hash_begin(Context* c, const HashTensor* tensors, std::uint32_t count,
                        Failure* failure) {
  if (count < 1 || count > kHashTensorsMax) return unsupported("too many tensors", failure);
  StateTensors state{};
  std::memcpy(state.tensor, tensors, count * sizeof(HashTensor));
  state.count = count;
  return on_device(c, "hash", failure, [&] {
    cudaError_t error = cudaEventRecord(c->work_ready, c->work);
    if (error == cudaSuccess) error = cudaStreamWaitEvent(c->hashing, c->work_ready);
    if (error == cudaSuccess) error = launch_state_tree(*c, state);
    return error == cudaSuccess ? cudaEventRecord(c->hash_done, c->hashing) : error;
  });
}

std::int32_t hash_join(Context* c, Failure* failure) {
  return on_device(c, "hash", failure, [&] { return cudaStreamWaitEvent(c->work, c->hash_done); });
}

std::int32_t hash_end(Context* c, std::uint8_t root[32], Failure* failure) {
  return on_device(c, "waiting for the hash", failure, [&] {
    const cudaError_t waited = cudaEventSynchronize(c->hash_done);
    if (waited == cudaSuccess) digest_bytes(*c->root, root);
    return waited;
  });
}

constexpr ModuleTable kTable{kAbiVersion,   sizeof(ModuleTable),
                             device_count,  device_info,
                             open,          close,
                             allocate,      release,
                             upload,        download,
                             fill,          synchronize,
                             mark,          elapsed_ms,
                             igemm8,        pack_rows,
                             philox_s8,     requantize,
                             quantize,      elementwise,
                             r128,          render,
                             split_rows,    dequantize,
                             rms_norm,      embed,
                             rotate,        attention,
                             lattice,       bodies,
                             move,          small_gemm,
                             train_rows,    train_cells,
                             segment_sums,  upload_rows,
                             download_rows, hash_begin,
                             hash_join,     hash_end};

}  // namespace
}  // namespace assay::compute::cuda

extern "C" __attribute__((visibility("default"))) const assay::compute::cuda::ModuleTable*
assay_cuda_module() {
  return &assay::compute::cuda::kTable;
}
