// Small whole jobs through the classes that the program uses, against the CPU.
#include <algorithm>

#include "core/compute/cpu/igemm8.h"
#include "core/compute/cpu/requantize.h"
#include "core/compute/cuda/gemm_chain.h"
#include "core/compute/cuda/render_tiles.h"
#include "core/compute/cuda/state_leaves.h"
#include "core/compute/render/film.h"
#include "tests/core/compute/render/random_scene.h"
#include "tests/gpu/buffers.h"

namespace assay::gpu {
namespace {

namespace cpu = compute::cpu;
using compute::CpuLevel;
using compute::philox_s8;

// A chain's digests and last state, against the CPU's kernels and the hash functors, which the
// tests without a GPU hold to OpenSSL.
void check_chain(const Device& device, Report& report, std::uint64_t rows, std::uint64_t cols,
                 std::uint32_t steps, std::uint32_t per_step) {
  const std::vector<float> sb(cols, 0x1.8p-10F);
  GemmWork work{rows, cols, per_step, {}, {5, 9}, {sb}};
  const std::unique_ptr<GemmChain> chain = require(GemmChain::open(device, work), "chain");
  Values q(rows * cols), w(cols * cols);
  philox_s8({{5, 9}, 0, 0}, 0, q);
  std::vector<cpu::RowScale> scale(rows, cpu::RowScale{0x3F800000, 0});
  const auto q_bytes = [&] {
    return std::span(reinterpret_cast<std::uint8_t*>(q.data()), q.size());
  };
  const auto scale_bytes = [&] {
    return std::span(reinterpret_cast<std::uint8_t*>(scale.data()), scale.size() * 8);
  };
  require(chain->load(q_bytes(), scale_bytes()), "load");
  const compute::Engine engine(compute::best_cpu_level(), 8);
  const CpuLevel level = engine.level();
  bool equal = true;
  for (std::uint32_t step = 1; step <= steps; ++step) {
    require(chain->begin_digest(), "digest");
    require(chain->advance(step), "advance");
    const Digest digest = require(chain->end_digest(), "digest");
    StateTensors state{};
    state.count = 2;
    const auto tensor = [&](std::uint8_t dtype, std::uint64_t width, std::span<std::uint8_t> data) {
      Bytes header{dtype, 2};
      put_u64_le(header, rows);
      put_u64_le(header, width);
      HashTensor out{};
      std::copy(header.begin(), header.end(), out.header);
      out.header_bytes = static_cast<std::uint32_t>(header.size());
      out.data = reinterpret_cast<DevicePtr>(data.data());
      out.bytes = data.size();
      return out;
    };
    state.tensor[0] = tensor(1, cols, q_bytes());
    state.tensor[1] = tensor(3, 2, scale_bytes());
    std::vector<Sha256Words> nodes(state_leaves(state)), above(nodes.size());
    for (std::size_t i = 0; i < nodes.size(); ++i) nodes[i] = state_leaf_hash(state, i);
    for (std::uint64_t n = nodes.size(); n > 1; n = nodes_above(n), nodes.swap(above)) {
      for (std::uint64_t i = 0; i < nodes_above(n); ++i) above[i] = node_above(nodes.data(), n, i);
    }
    Digest want;
    digest_bytes(nodes[0], want.bytes.data());
    equal = equal && digest == want;
    for (std::uint32_t r = 0; r < per_step; ++r) {
      philox_s8({{5, 9}, 1, (step - 1) * per_step + r}, 0, w, level);
      std::vector<std::int32_t> acc(rows * cols);
      const cpu::PackedRows packed(engine, q, rows, cols);
      packed.multiply(w.data(), cols, acc.data(), cols);
      for (std::uint64_t row = 0; row < rows; ++row) {
        scale[row] = cpu::requantize_row({acc.data() + row * cols, cols}, sb, scale[row],
                                         q.data() + row * cols, level);
      }
    }
  }
  Bytes got_q(q.size(), kPoison), got_scale(scale.size() * 8, kPoison);
  require(chain->store(got_q, got_scale), "store");
  equal =
      equal && std::ranges::equal(got_q, q_bytes()) && std::ranges::equal(got_scale, scale_bytes());
  report.compare("gemm chain " + std::to_string(rows) + " x " + std::to_string(cols) + ", " +
                     std::to_string(per_step) + " a step",
                 equal);
}

void check_render(const Device& device, Report& report, std::uint64_t scenes) {
  namespace render = compute::render;
  for (std::uint64_t seed = 0; seed < scenes; ++seed) {
    const render::World world = render::build_world(test::random_scene(seed, 40));
    const render::Picture picture{20, 13, 4, 8};
    const compute::PhiloxKey key{static_cast<std::uint32_t>(seed), 1};
    const std::unique_ptr<RenderTiles> tiles =
        require(RenderTiles::open(device, world, picture, key), "render");
    const render::Tile tile{3, 2, 17, 11};
    const Bytes got = require(tiles->tile(1, tile), "tile");
    std::vector<std::int64_t> want;
    for (std::uint32_t y = tile.y; y < tile.y + tile.height; ++y) {
      for (std::uint32_t x = tile.x; x < tile.x + tile.width; ++x) {
        std::int64_t sums[3] = {};
        for (std::uint32_t sample = 0; sample < picture.samples; ++sample) {
          render::PathRandom random(key, 1, std::uint64_t{y} * picture.width + x, sample);
          const render::Vec3 light =
              render::trace_path(world, render::scalar_intersector(), picture, x, y, random)
                  .radiance;
          sums[0] += render::film_value(light.x);
          sums[1] += render::film_value(light.y);
          sums[2] += render::film_value(light.z);
        }
        want.insert(want.end(), sums, sums + 3);
      }
    }
    const bool equal =
        got.size() == want.size() * 8 && std::memcmp(got.data(), want.data(), got.size()) == 0;
    report.compare("render scene " + std::to_string(seed), equal);
  }
}

}  // namespace

void check_jobs(const Device& device, Report& report, bool small) {
  for (const std::uint32_t per_step : {1U, 2U, 3U}) {
    for (const std::uint64_t cols : {1UL, 16UL, 33UL, 256UL, 500UL, 1024UL}) {
      if (small && cols > 256) continue;
      check_chain(device, report, 1 + cols * 3 / 4, cols, 4, per_step);
    }
  }
  check_render(device, report, small ? 3 : 60);
}

}  // namespace assay::gpu
