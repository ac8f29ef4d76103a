// The checks of an audit as people and programs read them, and the ways to set one up.
// One thread.
#pragma once

#include "api/cli/session.h"
#include "core/base/random.h"
#include "verifier/audit.h"
#include "verifier/evidence.h"

namespace assay::cli {

// One line a check: a mark, what was checked, what was found.
std::string checks_text(const Console& console, const std::vector<verifier::Check>& checks);
// The same in short: how many of each layer passed, and in full what did not.
std::string layers_text(const Console& console, const std::vector<verifier::Check>& checks);
wire::Json checks_json(const std::vector<verifier::Check>& checks);

// What the receipt shows, with the bound it gives: some sentences.
std::string facts_text(const verifier::AuditFacts& facts);
wire::Json facts_json(const verifier::AuditFacts& facts);

// Inputs out of a folder, by their names in the order; content decides.
compute::InputSource inputs_in(const std::string& folder);

// As wide as the machine.
unsigned machine_threads();

// Reads a receipt or fraud proof.
Result<std::string> read_case_text(const std::string& path);

}  // namespace assay::cli
