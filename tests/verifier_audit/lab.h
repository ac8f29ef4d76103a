// A small world that has run one job, and what a renter then holds: the receipt, the trusted policy
// file, the result. Each lab is made once and shared by the tests.
#pragma once

#include "core/wire/receipt.h"
#include "tests/sim/world.h"
#include "verifier/audit.h"
#include "verifier/evidence.h"

namespace assay::test {

struct Lab {
  explicit Lab(WorldOptions options = {}) : world(std::move(options)) {}

  World world;
  Digest job;
  std::string receipt;
  wire::Trust trust;
  Bytes result;
};

// One honest job of each shape, audited and settled.
Lab& gemm_lab();
Lab& render_lab();

// Runs one job of this order with that provider in a world of its own, to its end.
std::unique_ptr<Lab> run_job(std::optional<prover::Misbehave> cheat = {},
                             wire::Policy policy = wire::demo_policy());

// The keys of tests/sim: whoever holds them can sign anything.
SigningKey sim_key(const std::string& name);  // "verifier", "log", "renter", "provider alice"

verifier::AuditOptions options_for(const Lab& lab);

// What failed, as "layer: name", or "" when nothing did.
std::string failed_check(const std::vector<verifier::Check>& checks);
const verifier::Check* find_check(const std::vector<verifier::Check>& checks,
                                  const std::string& name);

}  // namespace assay::test
