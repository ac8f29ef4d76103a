// assay job submit: checks an order here, sends its inputs and itself, and waits for the result.
#pragma once

#include "api/cli/make_order.h"
#include "api/cli/session.h"

namespace assay::cli {

struct SubmitOptions {
  OrderOptions order;
  std::string provider;
  std::string key;
  bool wait = false;
  std::string out;
  std::string receipt;
};

int job_submit(Session& session, const SubmitOptions& options);

}  // namespace assay::cli
