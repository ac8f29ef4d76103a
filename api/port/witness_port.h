// A witness as the service sees it: one call. Implemented by api/client over HTTP, and in memory by
// tests.
// Thread-safe.
#pragma once

#include <string>

#include "core/base/result.h"

namespace assay::api {

struct WitnessReply {
  int status = 0;  // of HTTP
  std::string body;
};

class WitnessPort {
 public:
  virtual ~WitnessPort() = default;

  // POST add-checkpoint with this body (core/wire/add_checkpoint.h). Any status is an answer.
  //   network      none came
  virtual Result<WitnessReply> add_checkpoint(const std::string& body) = 0;
};

}  // namespace assay::api
