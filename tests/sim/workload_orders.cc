#include "tests/sim/workload_orders.h"

#include "core/compute/generate/checkpoint_folder.h"
#include "core/compute/generate/manifest.h"

namespace assay::test {
namespace {

namespace texts = compute::generate;

// Converted once for all worlds of the program.
const Bytes& stories_pack() {
  static const Bytes pack = [] {
    const auto folder = texts::CheckpointFolder::open(ASSAY_VECTORS "/models/stories");
    ASSAY_CHECK(folder.ok(), "the committed model cannot be read");
    Bytes bytes;
    const auto written =
        texts::write_pack(compute::Engine(), folder.value().checkpoint(), [&](ByteView part) {
          append(bytes, part);
          return Status();
        });
    ASSAY_CHECK(written.ok(), "the committed model cannot be converted");
    return bytes;
  }();
  return pack;
}

wire::Input put(World& world, const std::string& name, ByteView bytes) {
  const Digest digest = sha256(bytes);
  ASSAY_CHECK(world.service->put_blob(digest, bytes).ok(), "an input cannot be stored");
  return {name, digest, bytes.size()};
}

wire::Order order_of(World& world, const std::string& workload, wire::Json parameters) {
  wire::Order order = world.gemm_order();
  order.spec.workload = workload;
  order.spec.parameters = std::move(parameters);
  return order;
}

}  // namespace

wire::Order text_order(World& world, bool greedy) {
  const Bytes& pack = stories_pack();
  static const texts::Manifest manifest = texts::manifest_of(compute::Engine(), pack);
  for (std::size_t i = 0; i < manifest.chunks.size(); ++i) {
    put(world, "chunk",
        ByteView(pack).subspan(i * texts::kPackChunkBytes, manifest.chunk_bytes(i)));
  }
  wire::Json parameters = wire::Json::object({{"model", manifest.root().hex()},
                                              {"max_tokens", 48},
                                              {"chunk", 16},
                                              {"stop", true},
                                              {"temperature_ppm", greedy ? 0 : 1'600'000}});
  wire::Order order = order_of(world, "generate", std::move(parameters));
  order.spec.inputs = {
      put(world, "model", texts::write_manifest(manifest)),
      put(world, "prompt",
          as_bytes("Once upon a time there was a happy boy named Will. One day Will and his "
                   "teacher went to the forest. Near a tree he heard a sound."))};
  return order;
}

wire::Order train_order(World& world, std::uint32_t steps) {
  return order_of(world, "train",
                  wire::Json::object({{"model", "mlp"},
                                      {"widths", wire::Json::array({8, 16, 4})},
                                      {"task", "classify"},
                                      {"examples", 256},
                                      {"steps", steps},
                                      {"batch", 16},
                                      {"optimizer", "adam"},
                                      {"learning_rate_ppm", 3'000}}));
}

wire::Order lattice_order(World& world) {
  return order_of(world, "simulate",
                  wire::Json::object({{"system", "lattice"},
                                      {"size", wire::Json::array({32, 32, 4})},
                                      {"steps", 8},
                                      {"steps_per_commit", 4},
                                      {"viscosity_millionths", 20'000},
                                      {"start", "vortices"},
                                      {"speed_millionths", 50'000}}));
}

wire::Order bodies_order(World& world) {
  return order_of(world, "simulate",
                  wire::Json::object({{"system", "bodies"},
                                      {"bodies", 256},
                                      {"steps", 8},
                                      {"gravity_trillionths", 1'000'000},
                                      {"softening_thousandths", 2'000},
                                      {"start", "disc"},
                                      {"radius_thousandths", 50'000},
                                      {"centre_mass", 0}}));
}

}  // namespace assay::test
