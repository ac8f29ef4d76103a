// assay-prover doctor: what a verifier would find out about this provider, found out at home.
// Every check has a name for programs that never changes its meaning. Functions; one thread.
#pragma once

#include <vector>

#include "api/client/client.h"
#include "core/wire/json.h"
#include "prover/main/commands.h"

namespace assay::prover {

enum class Health { pass, warn, fail, skip };
const char* health_name(Health health);

struct Finding {
  std::string check;  // "KEY_FILE"
  Health health = Health::pass;
  Code code = Code::internal;  // of a failure: the exit code, if it is the first
  std::string text;            // what was found
  std::string fix;             // what to do about it; empty: nothing
};
using Findings = std::vector<Finding>;

// Short ways to say one.
Finding passes(const char* check, std::string text);
Finding warns(const char* check, std::string text, std::string fix);
Finding fails(const char* check, const Error& error, std::string fix);
Finding skips(const char* check, std::string text);

// KEY_FILE. The key is null where it cannot be had.
std::optional<SigningKey> check_key(const std::string& path, Findings& out);
// STATE_FOLDER, and what the journal says of the chain: how many attestations it has signed.
// Nothing is created, and a running agent is left alone.
std::optional<std::uint64_t> check_state(const std::string& folder, const PublicKey& provider,
                                         Findings& out);
// FILES_OPEN, MEMORY, DISK.
void check_machine(const std::string& folder, Findings& out);
// CPU_LEVELS, PROOF_GEMM, PROOF_RENDER, PROOF_SIMULATE: jobs of every shape, run, signed with a key
// made for it, and read back as a verifier does; again by the scalar definition, to the last bit.
void check_proofs(const compute::Engine& engine, Findings& out);
// GPU_LISTED, GPU_BACKEND, PROOF_GPU.
void check_gpu(const EngineOptions& options, const compute::Engine& engine, Findings& out);

struct AskedVerifier {
  std::string url;
  std::string device_class;
  std::optional<PublicKey> provider;
  std::optional<std::uint64_t> attestations;  // that the journal has signed
};
// VERIFIER_ANSWERS, VERIFIER_API, POLICY, LOG_HEAD, CLOCK, REGISTERED, CHAIN, JAIL, SLASHES,
// MAINTENANCE. Only reads.
void check_verifier(const AskedVerifier& asked, Findings& out);

}  // namespace assay::prover
