// What the operator's ports of a verifier and of a replica have in common. Any thread.
#pragma once

#include "verifier/service/context.h"

namespace assay::verifier {

// One of readiness's checks.
wire::Json check(const char* name, bool ok, std::string detail);

// One metric in Prometheus's text format.
void gauge(std::string& text, const char* name, const char* help, std::uint64_t value,
           const char* type = "gauge");
// What the ledger counts; nothing where it cannot be read.
void ledger_gauges(std::string& text, const Reading& reading);

}  // namespace assay::verifier
