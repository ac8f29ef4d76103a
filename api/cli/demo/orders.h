// What the demo orders: small jobs of both workloads, and one picture worth looking at.
// One thread.
#pragma once

#include "api/cli/demo/cast.h"
#include "api/cli/make_order.h"
#include "api/port/port.h"

namespace assay::cli {

class DemoOrders {
 public:
  // Uploads the demo's scene, and writes it to `folder` for the renter to play with.
  static Result<DemoOrders> prepare(api::Port& port, const std::string& key_file,
                                    const std::string& folder);

  // Orders the actor's next small job; its id.
  Result<std::string> order_small(api::Port& port, const Actor& actor);
  // The picture; its id.
  Result<std::string> order_picture(api::Port& port, const Actor& actor);

 private:
  explicit DemoOrders(SigningKey key) : key_(std::move(key)) {}
  Result<std::string> send(api::Port& port, const Actor& actor, wire::Order order);
  wire::Order render(std::uint32_t width, std::uint32_t height, std::uint32_t samples) const;

  SigningKey key_;
  std::vector<wire::Input> scene_;
};

}  // namespace assay::cli
