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

// The facts, but with the level NOT_LOOKED_AT where a check failed before it was clear what the
// verifier's verdict is: such a receipt may have been audited.
verifier::AuditFacts told_facts(const verifier::AuditReport& report);
// What the receipt shows, with the bound it gives: some sentences.
std::string facts_text(const verifier::AuditFacts& facts);
wire::Json facts_json(const verifier::AuditFacts& facts);

// A receipt or fraud proof, and what it is checked against: as the command line names them.
struct CaseCommand {
  std::string file;
  std::string policy;
  std::string inputs;  // a folder; empty: none
  std::string model;   // of texts: a Hugging Face folder or the file of a pack; empty: none
};
void add_case_options(CLI::App& command, CaseCommand& into, const std::string& what);

struct OpenedCase {
  wire::Trust trust;
  Bytes file;
  std::string_view text() const { return as_text(file); }
};
//   not_found    with what to do about it
Result<OpenedCase> open_case(const CaseCommand& command);

// An engine as wide as the machine.
compute::Engine machine_engine();

// An audit now, against `trust`, that replays nothing. The engine must outlive it. Inputs come out
// of the command's folder by their names in the order, and from its model; content decides.
//   not_found, malformed    the model
Result<verifier::AuditOptions> audit_options(const wire::Trust& trust,
                                             const compute::Engine& engine,
                                             const CaseCommand& command);

}  // namespace assay::cli
