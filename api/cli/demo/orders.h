// What the demo orders: small jobs of four workloads, and three pieces worth looking at.
// One thread.
#pragma once

#include <memory>

#include "api/cli/demo/cast.h"
#include "api/cli/make_order.h"
#include "api/port/port.h"

namespace assay::cli {

// How the story begins.
inline constexpr const char* kStoryPrompt = "Once upon a time";

// The model of little stories that comes with Assay: installed beside the programs, or in the
// source tree they were built from.
//   not_found    where it was looked for
Result<std::string> find_stories();

class DemoOrders {
 public:
  // Uploads the demo's scene and, if there is one, the model; and writes them and the simulation's
  // parameters to `folder` for the renter to play with: scene/, model.pack, simulation.json.
  static Result<DemoOrders> prepare(api::Port& port, const std::string& key_file,
                                    const std::string& folder,
                                    std::shared_ptr<const ModelFile> model);

  // Orders the actor's next small job; its id. A cheat at texts is given the story itself, of the
  // same seed. Small jobs are paid by guests in turn: one renter alone lifts no score far.
  Result<std::string> order_small(api::Port& port, const Actor& actor);
  Result<std::string> order_piece(api::Port& port, const Actor& actor, PieceKind kind);

 private:
  explicit DemoOrders(SigningKey key);
  Status upload(api::Port& port, const std::string& name, ByteView bytes,
                std::vector<wire::Input>& into);
  Status upload_scene(api::Port& port, const std::string& folder);
  Status upload_model(api::Port& port, const std::string& folder, const ModelFile& model);
  // The order as it is sent, of a new seed.
  Result<std::string> send(api::Port& port, const Actor& actor, wire::Order order,
                           const SigningKey& payer);
  // With the seed that it has.
  Result<std::string> send_as_is(api::Port& port, const Actor& actor, wire::Order order,
                                 const SigningKey& payer);
  wire::Order render(std::uint32_t width, std::uint32_t height, std::uint32_t samples) const;
  wire::Order text(std::size_t prompt) const;

  SigningKey key_;
  std::vector<SigningKey> guests_;
  std::vector<wire::Input> scene_;
  std::vector<wire::Input> model_;    // its manifest; empty: no texts
  std::vector<wire::Input> prompts_;  // the story's first
  std::string model_root_;
  Digest story_nonce_;
};

}  // namespace assay::cli
