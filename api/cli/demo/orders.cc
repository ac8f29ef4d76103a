#include "api/cli/demo/orders.h"

#include "api/cli/renter_key.h"
#include "core/base/file.h"
#include "core/compute/render/demo_scene.h"
#include "core/wire/dsse.h"

namespace assay::cli {
namespace {

using wire::Json;

constexpr std::int64_t kSmallDeadlineMs = 60'000;
constexpr std::int64_t kPictureDeadlineMs = 600'000;
constexpr std::uint64_t kPriceMicros = 1'000'000;

constexpr std::uint32_t kPictureWidth = 480;
constexpr std::uint32_t kPictureHeight = 320;
constexpr std::uint32_t kPictureSamples = 144;

wire::Order gemm() {
  wire::Order order;
  order.spec.workload = "gemm";
  order.spec.parameters =
      Json::object({{"rows", 48}, {"cols", 192}, {"steps", 24}, {"weights", "philox"}});
  order.deadline_ms = kSmallDeadlineMs;
  return order;
}

}  // namespace

Result<DemoOrders> DemoOrders::prepare(api::Port& port, const std::string& key_file,
                                       const std::string& folder) {
  Result<RenterKey> key = renter_key(key_file);
  if (!key.ok()) return key.error();
  DemoOrders orders(std::move(key).value().key);
  if (Status made = make_folders(folder); !made.ok()) return made.error();
  const std::string mesh_name(compute::render::kDemoMeshName);
  const std::pair<std::string, ByteView> files[] = {
      {"scene", as_bytes(compute::render::demo_scene_json())},
      {mesh_name, as_bytes(compute::render::demo_mesh_obj())}};
  for (const auto& [name, bytes] : files) {
    const std::string path = folder + "/" + (name == "scene" ? "scene.json" : name);
    if (Status wrote = write_file_durably(path, bytes); !wrote.ok()) return wrote.error();
    const wire::Input input{name, sha256(bytes), bytes.size()};
    if (Status put = port.put_blob(input.sha256, bytes); !put.ok()) return put.error().in(name);
    orders.scene_.push_back(input);
  }
  return orders;
}

wire::Order DemoOrders::render(std::uint32_t width, std::uint32_t height,
                               std::uint32_t samples) const {
  wire::Order order;
  order.spec.workload = "render";
  order.spec.parameters =
      Json::object({{"width", width}, {"height", height}, {"samples", samples}});
  order.spec.inputs = scene_;
  order.deadline_ms = kSmallDeadlineMs;
  return order;
}

Result<std::string> DemoOrders::send(api::Port& port, const Actor& actor, wire::Order order) {
  system_random().fill(order.spec.nonce.bytes);
  order.device_class = "cpu";
  order.price_micros = kPriceMicros;
  order.renter = key_.public_key();
  order.provider = actor.key;
  const std::string text = wire::statement_text(wire::order_statement(order));
  const Result<api::Accepted> accepted = port.submit(wire::Kind::order, wire::seal(key_, text));
  if (!accepted.ok()) return accepted.error().in("order to " + actor.name);
  return accepted.value().statement.hex();
}

Result<std::string> DemoOrders::order_small(api::Port& port, const Actor& actor) {
  const bool renders =
      actor.work == Work::render || (actor.work == Work::both && actor.jobs.size() % 2 == 1);
  return send(port, actor, renders ? render(192, 128, 4) : gemm());
}

Result<std::string> DemoOrders::order_picture(api::Port& port, const Actor& actor) {
  wire::Order order = render(kPictureWidth, kPictureHeight, kPictureSamples);
  order.deadline_ms = kPictureDeadlineMs;
  return send(port, actor, std::move(order));
}

}  // namespace assay::cli
