// A CUDA module without CUDA, for tests: the table of module_abi.h on host memory, by the device's
// own functors. It does everything as late and as strictly as the contract allows: a hash reads its
// data only when it must be done, memory is poisoned, and every range must lie in an allocation.
//
// ASSAY_FAKE_CUDA makes it fail: "no_driver", "no_gpu", "memory", "error:<entry>" (that entry
// reports a device error), "bits:<entry>" (that entry's result has one wrong bit, its first),
// "bits:<entry>@<n>" (the same in byte n, bit 6), "lost:<n>" (from the n-th entry on, of those
// called on a device while it is set, every one reports an error).
// ASSAY_FAKE_ABI, at compile time, makes it another version.
#include <cstring>

#include "core/compute/cuda/philox_place.h"
#include "core/compute/cuda/r128_layout.h"
#include "core/compute/cuda/requantize_device.h"
#include "core/compute/render/film.h"
#define ASSAY_RENDER_TARGET
#include "core/compute/render/tracer.h"
#include "core/compute/render/traverse.h"
#include "tests/core_cuda/fake_entry.h"

#ifndef ASSAY_FAKE_ABI
#define ASSAY_FAKE_ABI assay::compute::cuda::kAbiVersion
#endif

namespace assay::compute::cuda {
namespace {

std::int32_t device_count(std::uint32_t* count, Failure* failure) {
  if (fault() == "no_driver") return failed(failure, "counting devices: no CUDA driver (fake)");
  *count = fault() == "no_gpu" ? 0 : 1;
  return kModuleOk;
}

std::int32_t device_info(std::uint32_t, DeviceInfo* info, Failure*) {
  *info = {};
  std::strcpy(info->name, "Fake GPU");
  std::strcpy(info->uuid, "GPU-00000000-0000-0000-0000-000000000000");
  info->memory_bytes = std::uint64_t{1} << 30;
  info->compute_major = 8;
  info->multiprocessors = 1;
  return kModuleOk;
}

std::int32_t open(std::uint32_t, Context** out, Failure* failure) {
  if (fault() == "error:open") return failed(failure, "open: an injected device error");
  *out = new Context;
  return kModuleOk;
}
void close(Context* context) {
  delete context;
}

std::int32_t allocate(Context* c, std::uint64_t bytes, DevicePtr* out, Failure* failure) {
  if (fault() == "memory") return failed(failure, "device memory: out of memory", kModuleMemory);
  if (const std::int32_t bad = Entry{*c, failure, "allocate"}.begin()) return bad;
  std::vector<std::uint8_t> data(bytes, 0xA5);
  *out = reinterpret_cast<DevicePtr>(data.data());
  c->memory.emplace(*out, std::move(data));
  return kModuleOk;
}
void release(Context* c, DevicePtr at) {
  c->memory.erase(at);
}

std::int32_t upload(Context* c, DevicePtr to, const void* host, std::uint64_t bytes, Failure* f) {
  Entry entry{*c, f, "upload"};
  if (const std::int32_t bad = entry.uses(to, bytes).begin()) return bad;
  std::memcpy(memory<void>(to), host, bytes);
  return entry.end(memory<void>(to));
}
std::int32_t download(Context* c, void* host, DevicePtr from, std::uint64_t bytes, Failure* f) {
  Entry entry{*c, f, "download"};
  if (const std::int32_t bad = entry.uses(from, bytes).begin()) return bad;
  std::memcpy(host, memory<void>(from), bytes);
  return entry.end(host);
}
std::int32_t fill(Context* c, DevicePtr to, std::uint8_t value, std::uint64_t bytes, Failure* f) {
  Entry entry{*c, f, "fill"};
  if (const std::int32_t bad = entry.uses(to, bytes).begin()) return bad;
  std::memset(memory<void>(to), value, bytes);
  return entry.end(memory<void>(to));
}
std::int32_t upload_rows(Context* c, const CopyRowsArgs* a, const void* host, Failure* f) {
  Entry entry{*c, f, "upload_rows"};
  entry.uses(a->device, span_of(a->rows, a->bytes, a->device_pitch));
  if (const std::int32_t bad = entry.begin()) return bad;
  if (a->bytes > a->device_pitch || a->bytes > a->host_pitch) return failed(f, "upload_rows");
  for (std::uint64_t row = 0; row < a->rows; ++row) {
    std::memcpy(memory<std::uint8_t>(a->device) + row * a->device_pitch,
                static_cast<const std::uint8_t*>(host) + row * a->host_pitch, a->bytes);
  }
  return entry.end(memory<void>(a->device));
}
std::int32_t download_rows(Context* c, const CopyRowsArgs* a, void* host, Failure* f) {
  Entry entry{*c, f, "download_rows"};
  entry.uses(a->device, span_of(a->rows, a->bytes, a->device_pitch));
  if (const std::int32_t bad = entry.begin()) return bad;
  if (a->bytes > a->device_pitch || a->bytes > a->host_pitch) return failed(f, "download_rows");
  for (std::uint64_t row = 0; row < a->rows; ++row) {
    std::memcpy(static_cast<std::uint8_t*>(host) + row * a->host_pitch,
                memory<std::uint8_t>(a->device) + row * a->device_pitch, a->bytes);
  }
  return entry.end(host);
}
std::int32_t synchronize(Context* c, Failure* f) {
  return Entry{*c, f, "synchronize"}.begin();
}
std::int32_t mark(Context*, std::uint32_t, Failure*) {
  return kModuleOk;
}
std::int32_t elapsed_ms(Context*, float* out, Failure*) {
  *out = 1;
  return kModuleOk;
}

std::int32_t igemm8(Context* c, const Igemm8Args* s, Failure* f) {
  Entry entry{*c, f, "igemm8"};
  entry.uses(s->a, span_of(s->m, (s->k + 15) / 16 * 16, s->lda));
  entry.uses(s->b, span_of(s->n, (s->k + 15) / 16 * 16, s->ldb));
  entry.uses(s->d, span_of(s->m, s->n, s->ldd) * 4);
  if (const std::int32_t bad = entry.begin()) return bad;
  if (s->lda % 16 != 0 || s->ldb % 16 != 0) return failed(f, "igemm8: rows are not aligned");
  for (std::uint64_t m = 0; m < s->m; ++m) {
    for (std::uint64_t n = 0; n < s->n; ++n) {
      std::int32_t sum = 0;  // over the padding too, as the kernels do: it must be zero
      for (std::uint64_t k = 0; k < (s->k + 15) / 16 * 16; ++k) {
        sum += std::int32_t{memory<std::int8_t>(s->a)[m * s->lda + k]} *
               memory<std::int8_t>(s->b)[n * s->ldb + k];
      }
      memory<std::int32_t>(s->d)[m * s->ldd + n] = sum;
    }
  }
  return entry.end(memory<void>(s->d));
}

std::int32_t pack_rows(Context* c, DevicePtr from, DevicePtr to, std::uint64_t rows,
                       std::uint64_t cols, std::uint64_t ld, Failure* f) {
  Entry entry{*c, f, "pack_rows"};
  if (const std::int32_t bad = entry.uses(from, rows * cols).uses(to, rows * ld).begin()) {
    return bad;
  }
  for (std::uint64_t row = 0; row < rows; ++row) {
    std::memset(memory<std::uint8_t>(to) + row * ld, 0, ld);
    std::memcpy(memory<std::uint8_t>(to) + row * ld, memory<std::uint8_t>(from) + row * cols, cols);
  }
  return entry.end(memory<void>(to));
}

std::int32_t philox_s8(Context* c, const PhiloxArgs* p, Failure* f) {
  Entry entry{*c, f, "philox_s8"};
  if (const std::int32_t bad = entry.uses(p->q, p->rows * p->ld).begin()) return bad;
  auto* q = memory<std::int8_t>(p->q);
  for (std::uint64_t row = 0; row < p->rows; ++row) {
    std::memset(q + row * p->ld + p->cols, 0, p->ld - p->cols);
  }
  for (std::uint64_t i = philox_blocks(p->rows, p->cols); i-- > 0;) place_philox_block(*p, i, q);
  return entry.end(q);
}

std::int32_t requantize(Context* c, const RequantizeArgs* r, Failure* f) {
  Entry entry{*c, f, "requantize"};
  entry.uses(r->acc, span_of(r->rows, r->cols, r->ldacc) * 4).uses(r->sb, r->cols * 4);
  entry.uses(r->scale_in, r->rows * 8).uses(r->scale_out, r->rows * 8);
  entry.uses(r->q, span_of(r->rows, r->cols, r->ldq));
  if (const std::int32_t bad = entry.begin()) return bad;
  const auto* sb = memory<const float>(r->sb);
  for (std::uint64_t row = 0; row < r->rows; ++row) {
    const auto* acc = memory<const std::int32_t>(r->acc) + row * r->ldacc;
    const ScaleWords before = memory<const ScaleWords>(r->scale_in)[row];
    const float sa = rx1::from_bits(before.bits);
    std::uint32_t most = 0;
    for (std::uint64_t n = 0; n < r->cols; ++n) {
      most = std::max(most, rx1::bits(epilogue_value(acc[n], sa, sb[n])) & rx1::kAbsMask);
    }
    const RowRule rule = row_rule(most, before.exponent);
    for (std::uint64_t n = 0; n < r->cols; ++n) {
      memory<std::int8_t>(r->q)[row * r->ldq + n] =
          s8_of(rx1::mul(epilogue_value(acc[n], sa, sb[n]), rule.inverse));
    }
    memory<ScaleWords>(r->scale_out)[row] = rule.scale;
  }
  return entry.end(memory<void>(r->q));
}

std::int32_t r128(Context* c, DevicePtr at, std::uint64_t count, std::uint32_t squares,
                  DevicePtr out, Failure* f) {
  Entry entry{*c, f, "r128"};
  if (const std::int32_t bad = entry.uses(at, count * 4).uses(out, 4).begin()) return bad;
  std::vector<float> x(memory<float>(at), memory<float>(at) + count);
  for (bool last = false; !last; squares = 0) {
    last = x.size() <= kSegmentElements;
    std::vector<float> sums;
    for (std::uint64_t segment = 0; segment < segments_of(x.size()); ++segment) {
      float lanes[kSegmentLanes] = {};
      for (unsigned thread = kSegmentLanes; thread-- > 0;) {
        for (std::uint64_t i = segment_begin(segment) + thread; i < segment_end(segment, x.size());
             i += kSegmentLanes) {
          lanes[thread] =
              squares != 0 ? rx1::fma(x[i], x[i], lanes[thread]) : rx1::add(lanes[thread], x[i]);
        }
      }
      for (unsigned stride = kSegmentLanes / 2; stride > 0; stride /= 2) {
        for (unsigned i = 0; i < stride; ++i) lanes[i] = rx1::add(lanes[i], lanes[i + stride]);
      }
      sums.push_back(lanes[0]);
    }
    x = std::move(sums);
  }
  *memory<float>(out) = rx1::canonical(x[0]);
  return entry.end(memory<void>(out));
}

struct HostAsk {
  render::Hit closest(const render::AccelView& accel, const render::Ray& ray) const {
    return render::closest_hit<render::ScalarKernel>(accel, ray);
  }
  bool occluded(const render::AccelView& accel, const render::Ray& ray, float t_max,
                std::uint32_t except) const {
    return render::any_hit<render::ScalarKernel>(accel, ray, t_max, except);
  }
};

std::int32_t render_tile(Context* c, const RenderArgs* r, Failure* f) {
  Entry entry{*c, f, "render"};
  const std::uint64_t pixels = std::uint64_t{r->tile_width} * r->tile_height;
  if (const std::int32_t bad = entry.uses(r->film, pixels * 24).begin()) return bad;
  auto* film = memory<std::int64_t>(r->film);
  for (std::uint64_t pixel = 0; pixel < pixels; ++pixel) {
    const auto x = static_cast<std::uint32_t>(r->tile_x + pixel % r->tile_width);
    const auto y = static_cast<std::uint32_t>(r->tile_y + pixel / r->tile_width);
    std::int64_t sums[3] = {};
    for (std::uint32_t sample = r->samples; sample-- > 0;) {
      render::PathRandom random({r->key[0], r->key[1]}, r->step, std::uint64_t{y} * r->width + x,
                                sample);
      const render::Picture picture{r->width, r->height, r->samples, r->max_bounces};
      const render::Ray ray = render::camera_ray(r->world.camera, picture, x, y, random);
      const HostAsk ask;
      const render::Vec3 light =
          render::Tracer<HostAsk>(r->world, ask, r->max_bounces, random).run(ray).radiance;
      sums[0] += render::film_value(light.x);
      sums[1] += render::film_value(light.y);
      sums[2] += render::film_value(light.z);
    }
    std::copy(sums, sums + 3, film + pixel * 3);
  }
  return entry.end(film);
}

std::int32_t hash_begin(Context* c, const HashTensor* tensors, std::uint32_t count, Failure* f) {
  Entry entry{*c, f, "hash_begin"};
  for (std::uint32_t i = 0; i < count; ++i) entry.uses(tensors[i].data, tensors[i].bytes);
  if (const std::int32_t bad = entry.begin()) return bad;
  c->hashing = std::make_unique<StateTensors>();
  std::copy(tensors, tensors + count, c->hashing->tensor);
  c->hashing->count = count;
  return kModuleOk;
}

void read_hashed(Context& c) {
  if (c.hashing == nullptr) return;
  std::vector<Sha256Words> nodes(state_leaves(*c.hashing));
  for (std::size_t i = 0; i < nodes.size(); ++i) nodes[i] = state_leaf_hash(*c.hashing, i);
  while (nodes.size() > 1) {
    std::vector<Sha256Words> above(nodes_above(nodes.size()));
    for (std::size_t i = 0; i < above.size(); ++i) {
      above[i] = node_above(nodes.data(), nodes.size(), i);
    }
    nodes = std::move(above);
  }
  c.root = nodes[0];
  c.hashing.reset();
}

std::int32_t hash_join(Context* c, Failure* f) {
  read_hashed(*c);
  return Entry{*c, f, "hash_join"}.begin();
}
std::int32_t hash_end(Context* c, std::uint8_t root[32], Failure* f) {
  Entry entry{*c, f, "hash_end"};
  if (const std::int32_t bad = entry.begin()) return bad;
  read_hashed(*c);
  digest_bytes(c->root, root);
  return entry.end(root);
}

constexpr ModuleTable kTable{ASSAY_FAKE_ABI,
                             sizeof(ModuleTable),
                             device_count,
                             device_info,
                             open,
                             close,
                             allocate,
                             release,
                             upload,
                             download,
                             fill,
                             synchronize,
                             mark,
                             elapsed_ms,
                             igemm8,
                             pack_rows,
                             philox_s8,
                             requantize,
                             fake_quantize,
                             fake_elementwise,
                             r128,
                             render_tile,
                             fake_split_rows,
                             fake_dequantize,
                             fake_rms_norm,
                             fake_embed,
                             fake_rotate,
                             fake_attention,
                             fake_lattice,
                             fake_bodies,
                             fake_move,
                             fake_small_gemm,
                             fake_train_rows,
                             fake_train_cells,
                             fake_segment_sums,
                             upload_rows,
                             download_rows,
                             hash_begin,
                             hash_join,
                             hash_end};

}  // namespace
}  // namespace assay::compute::cuda

extern "C" __attribute__((visibility("default"))) const assay::compute::cuda::ModuleTable*
assay_cuda_module() {
  return &assay::compute::cuda::kTable;
}
