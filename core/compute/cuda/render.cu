// render_tile: film[y,x,c] = sum over samples of film_value(radiance of that path)
//   film (height, width, 3) s64, world arrays, device memory
// Defined by core/compute/render/. This file is that very code with the scalar hits, one path a
// thread; the sums are integers, so that their order cannot matter.
#define ASSAY_RENDER_TARGET __device__
#include "core/compute/cuda/context.h"
#include "core/compute/render/film.h"
#include "core/compute/render/tracer.h"
#include "core/compute/render/traverse.h"

namespace assay::compute::cuda {
namespace {

constexpr unsigned kThreads = 128;

struct DeviceAsk {
  __device__ render::Hit closest(const render::AccelView& accel, const render::Ray& ray) const {
    return render::closest_hit<render::ScalarKernel>(accel, ray);
  }
  __device__ bool occluded(const render::AccelView& accel, const render::Ray& ray, float t_max,
                           std::uint32_t except) const {
    return render::any_hit<render::ScalarKernel>(accel, ray, t_max, except);
  }
};

__device__ void add_to(std::int64_t* sum, float radiance) {
  atomicAdd(reinterpret_cast<unsigned long long*>(sum),
            static_cast<unsigned long long>(render::film_value(radiance)));
}

__global__ void __launch_bounds__(kThreads)
    render_tile(const __grid_constant__ RenderArgs args, std::uint64_t paths) {
  const std::uint64_t path = std::uint64_t{blockIdx.x} * kThreads + threadIdx.x;
  if (path >= paths) return;
  const std::uint64_t pixel = path / args.samples;
  const auto sample = static_cast<std::uint32_t>(path % args.samples);
  const std::uint32_t x = args.tile_x + static_cast<std::uint32_t>(pixel % args.tile_width);
  const std::uint32_t y = args.tile_y + static_cast<std::uint32_t>(pixel / args.tile_width);
  render::PathRandom random({args.key[0], args.key[1]}, args.step,
                            std::uint64_t{y} * args.width + x, sample);
  const render::Picture picture{args.width, args.height, args.samples, args.max_bounces};
  const render::Ray ray = render::camera_ray(args.world.camera, picture, x, y, random);
  const DeviceAsk ask;
  const render::Vec3 light =
      render::Tracer<DeviceAsk>(args.world, ask, args.max_bounces, random).run(ray).radiance;
  std::int64_t* film = reinterpret_cast<std::int64_t*>(args.film) + pixel * 3;
  add_to(film, light.x);
  add_to(film + 1, light.y);
  add_to(film + 2, light.z);
}

}  // namespace

// Enqueues on the work stream; the caller synchronises.
cudaError_t launch_render(Context& context, const RenderArgs& args) {
  const std::uint64_t pixels = std::uint64_t{args.tile_width} * args.tile_height;
  const cudaError_t cleared = cudaMemsetAsync(reinterpret_cast<void*>(args.film), 0,
                                              pixels * 3 * sizeof(std::int64_t), context.work);
  if (cleared != cudaSuccess) return cleared;
  const std::uint64_t paths = pixels * args.samples;
  render_tile<<<static_cast<unsigned>((paths + kThreads - 1) / kThreads), kThreads, 0,
                context.work>>>(args, paths);
  return cudaGetLastError();
}

}  // namespace assay::compute::cuda
