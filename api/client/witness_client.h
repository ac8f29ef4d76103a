// A witness over HTTP (C2SP tlog-witness).
// Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "api/port/witness_port.h"

namespace assay::api {

class HttpPool;

class WitnessClient final : public WitnessPort {
 public:
  // `url` is the witness's submission prefix. Opens nothing yet.
  //   usage        not an http:// address (https belongs to an edge on this machine)
  static Result<std::unique_ptr<WitnessClient>> connect(const std::string& url);
  ~WitnessClient() override;

  // Gives up after 2 s without a connection, or 3 s without a byte.
  Result<WitnessReply> add_checkpoint(const std::string& body) override;

 private:
  explicit WitnessClient(std::unique_ptr<HttpPool> http);

  std::unique_ptr<HttpPool> http_;
};

}  // namespace assay::api
