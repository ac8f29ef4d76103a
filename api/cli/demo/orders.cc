#include "api/cli/demo/orders.h"

#include <filesystem>

#include "api/cli/demo/children.h"
#include "api/cli/renter_key.h"
#include "core/base/file.h"
#include "core/compute/render/demo_scene.h"
#include "core/wire/dsse.h"

namespace assay::cli {
namespace {

using wire::Json;

constexpr std::int64_t kSmallDeadlineMs = 60'000;
constexpr std::int64_t kPieceDeadlineMs = 600'000;
constexpr std::uint64_t kPriceMicros = 1'000'000;
constexpr std::size_t kGuests = 8;

constexpr std::uint32_t kPictureWidth = 480;
constexpr std::uint32_t kPictureHeight = 320;
constexpr std::uint32_t kPictureSamples = 144;

// Small jobs of texts begin in turn with these, the story with the first.
constexpr const char* kPrompts[] = {kStoryPrompt, "One day", "There was a"};
constexpr std::uint32_t kStoryTokens = 160;

// Eddies behind a cylinder: 1,280 time steps of 14,336 cells, under a second of one core; 7 MB to
// open.
constexpr const char* kWake =
    R"({"system": "lattice", "size": [112, 32, 4], "steps": 20, "steps_per_commit": 64,
 "viscosity_millionths": 6000, "walls": ["periodic", "wall", "periodic"],
 "start": "stream", "speed_millionths": 140000, "noise_millionths": 20000,
 "force_billionths": [9000, 0, 0],
 "obstacles": [{"cylinder": [34, 38, 4, 7], "axis": "z"}],
 "picture": {"show": "vorticity", "axis": "z", "at": 1}}
)";

wire::Order gemm() {
  wire::Order order;
  order.spec.workload = "gemm";
  order.spec.parameters =
      Json::object({{"rows", 48}, {"cols", 192}, {"steps", 24}, {"weights", "philox"}});
  order.deadline_ms = kSmallDeadlineMs;
  return order;
}

// Stirred water in a small box.
wire::Order simulation() {
  wire::Order order;
  order.spec.workload = "simulate";
  order.spec.parameters = Json::object({{"system", "lattice"},
                                        {"size", Json::array({16, 16, 4})},
                                        {"steps", 6},
                                        {"steps_per_commit", 16},
                                        {"viscosity_millionths", 20'000},
                                        {"start", "vortices"},
                                        {"speed_millionths", 50'000}});
  order.deadline_ms = kSmallDeadlineMs;
  return order;
}

Result<wire::Order> wake() {
  Result<Json> parameters = wire::parse_json(kWake);
  if (!parameters.ok()) return parameters.error();
  wire::Order order;
  order.spec.workload = "simulate";
  order.spec.parameters = std::move(parameters).value();
  return order;
}

}  // namespace

Result<std::string> find_stories() {
  const Result<std::string> beside = program_beside("assay");
  std::string looked;
  for (const std::string& folder :
       {beside.ok() ? beside.value() + "/../../share/assay/models/stories" : std::string(),
        std::string(ASSAY_STORIES)}) {
    std::error_code ignored;
    const auto path = std::filesystem::path(folder).lexically_normal();
    if (!folder.empty() && std::filesystem::is_directory(path, ignored)) return path.string();
    looked += (looked.empty() ? "" : " nor ") + path.string();
  }
  return fail(Code::not_found, "the model of little stories is neither in " + looked);
}

DemoOrders::DemoOrders(SigningKey key) : key_(std::move(key)) {
  for (std::size_t i = 0; i < kGuests; ++i) {
    guests_.push_back(SigningKey::generate(system_random()));
  }
}

Result<DemoOrders> DemoOrders::prepare(api::Port& port, const std::string& key_file,
                                       const std::string& folder,
                                       std::shared_ptr<const ModelFile> model) {
  Result<RenterKey> key = renter_key(key_file);
  if (!key.ok()) return key.error();
  DemoOrders orders(std::move(key).value().key);
  if (Status sent = orders.upload_scene(port, folder + "/scene"); !sent.ok()) return sent.error();
  const Status wrote = write_file_durably(folder + "/simulation.json", as_bytes(kWake));
  if (!wrote.ok()) return wrote.error();
  if (model == nullptr) return orders;
  if (Status sent = orders.upload_model(port, folder, *model); !sent.ok()) return sent.error();
  return orders;
}

Status DemoOrders::upload(api::Port& port, const std::string& name, ByteView bytes,
                          std::vector<wire::Input>& into) {
  const wire::Input input{name, sha256(bytes), bytes.size()};
  if (Status put = port.put_blob(input.sha256, bytes); !put.ok()) return put.error().in(name);
  into.push_back(input);
  return {};
}

Status DemoOrders::upload_scene(api::Port& port, const std::string& folder) {
  if (Status made = make_folders(folder); !made.ok()) return made;
  const std::string mesh_name(compute::render::kDemoMeshName);
  const std::pair<std::string, ByteView> files[] = {
      {"scene", as_bytes(compute::render::demo_scene_json())},
      {mesh_name, as_bytes(compute::render::demo_mesh_obj())}};
  for (const auto& [name, bytes] : files) {
    const std::string path = folder + "/" + (name == "scene" ? "scene.json" : name);
    if (Status wrote = write_file_durably(path, bytes); !wrote.ok()) return wrote;
    if (Status put = upload(port, name, bytes, scene_); !put.ok()) return put;
  }
  return {};
}

Status DemoOrders::upload_model(api::Port& port, const std::string& folder,
                                const ModelFile& model) {
  const Status wrote = write_file_durably(folder + "/model.pack", model.pack->bytes());
  if (!wrote.ok()) return wrote;
  for (std::size_t i = 0; i < model.manifest.chunks.size(); ++i) {
    const Status put = port.put_blob(model.chunk(i).sha256, model.chunk_bytes(i));
    if (!put.ok()) return put.error().in("the model");
  }
  const Bytes manifest = compute::generate::write_manifest(model.manifest);
  if (Status put = upload(port, "model", manifest, model_); !put.ok()) return put;
  for (const char* prompt : kPrompts) {
    if (Status put = upload(port, "prompt", as_bytes(prompt), prompts_); !put.ok()) return put;
  }
  model_root_ = model.root.hex();
  system_random().fill(story_nonce_.bytes);
  return {};
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

wire::Order DemoOrders::text(std::size_t prompt) const {
  wire::Order order;
  order.spec.workload = "generate";
  order.spec.parameters = Json::object({{"model", model_root_},
                                        {"max_tokens", kStoryTokens},
                                        {"chunk", 16},
                                        {"temperature_ppm", 700'000}});
  order.spec.inputs = {model_.at(0), prompts_.at(prompt)};
  order.deadline_ms = kSmallDeadlineMs;
  return order;
}

Result<std::string> DemoOrders::send(api::Port& port, const Actor& actor, wire::Order order,
                                     const SigningKey& payer) {
  system_random().fill(order.spec.nonce.bytes);
  return send_as_is(port, actor, std::move(order), payer);
}

Result<std::string> DemoOrders::send_as_is(api::Port& port, const Actor& actor, wire::Order order,
                                           const SigningKey& payer) {
  order.device_class = "cpu";
  order.price_micros = kPriceMicros;
  order.renter = payer.public_key();
  order.provider = actor.key;
  const std::string text = wire::statement_text(wire::order_statement(order));
  const Result<api::Accepted> accepted = port.submit(wire::Kind::order, wire::seal(payer, text));
  if (!accepted.ok()) return accepted.error().in("order to " + actor.name);
  return accepted.value().statement.hex();
}

Result<std::string> DemoOrders::order_small(api::Port& port, const Actor& actor) {
  const bool odd = actor.jobs.size() % 2 == 1;
  const SigningKey& guest = guests_[actor.jobs.size() % kGuests];
  switch (actor.work) {
    case Work::gemm: return send(port, actor, gemm(), guest);
    case Work::render: return send(port, actor, render(192, 128, 4), guest);
    case Work::both: return send(port, actor, odd ? render(192, 128, 4) : gemm(), guest);
    case Work::simulations: return send(port, actor, simulation(), guest);
    case Work::texts: break;
  }
  if (!actor.honest() && actor.jobs.empty()) return order_piece(port, actor, PieceKind::story);
  return send(port, actor, text(actor.jobs.size() % std::size(kPrompts)), guest);
}

Result<std::string> DemoOrders::order_piece(api::Port& port, const Actor& actor, PieceKind kind) {
  if (kind == PieceKind::story) {
    wire::Order order = text(0);
    order.spec.nonce = story_nonce_;
    return send_as_is(port, actor, std::move(order), key_);
  }
  Result<wire::Order> order = kind == PieceKind::simulation
                                  ? wake()
                                  : render(kPictureWidth, kPictureHeight, kPictureSamples);
  if (!order.ok()) return order.error();
  order.value().deadline_ms = kPieceDeadlineMs;
  return send(port, actor, std::move(order).value(), key_);
}

}  // namespace assay::cli
