// The subcommands of assay-prover. Each returns the exit code.
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "core/compute/cuda/backend.h"
#include "core/compute/engine.h"
#include "core/crypto/ed25519.h"
#include "prover/main/console.h"

namespace assay::prover {

struct InitOptions {
  std::string key;
  bool encrypt = false;
};
int init_command(const InitOptions& options, Console& console);

struct EngineOptions {
  std::string backend = "auto";
  std::string cuda_module;  // empty: the default one
  unsigned threads = 0;     // 0: as many as the machine has
};

struct RunOptionsCli {
  std::string verifier;
  std::string key;
  std::string state;  // empty: "<key>.state"
  std::string name;
  std::string region;
  std::string device_class = "cpu";
  double price = 0;  // per hour
  double claim = 0;  // multiply-adds a second; 0: nothing is claimed
  EngineOptions engine;
  unsigned poll_jitter_percent = 20;
  std::string misbehave;
  std::string peer;
  bool once = false;
  std::uint64_t max_jobs = 0;
  bool no_previews = false;
  bool adopt_chain = false;
  std::uint64_t keep_mib = 256;
};
int run_command(const RunOptionsCli& options, Console& console, const std::atomic<bool>& stop);

struct ProveOptions {
  std::string order;
  std::string key;
  std::string inputs;
  std::string out;
  EngineOptions engine;
  std::uint64_t seq = 1;
  std::string prev;
};
int prove_command(const ProveOptions& options, Console& console, const std::atomic<bool>& stop);

// How fast this machine does what hardware rounds ask for.
int measure_command(const EngineOptions& options, Console& console);

// Every check that a verifier would make, and what the machine itself needs.
struct DoctorOptions {
  std::string verifier;  // empty: it is not asked
  std::string key;       // empty: nothing about a provider
  std::string state;     // empty: "<key>.state"
  std::string device_class = "cpu";
  std::string bundle;  // empty: none is written
  EngineOptions engine;
};
// The code of the first check that fails, or 0.
int doctor_command(const DoctorOptions& options, Console& console);

// Shared by them.
//   usage        more threads than make sense here
Result<unsigned> engine_threads(const EngineOptions& options);
// The GPU, or null for the CPU. Says which, and what is missing; lists the GPUs that NVML shows.
//   usage        no such backend
//   not_found, conflict, inconclusive   `cuda` was asked for and cannot be had
Result<std::shared_ptr<const compute::cuda::Device>> choose_device(const EngineOptions& options,
                                                                   Console& console);
// Loads a key file, asking for its passphrase where it has one.
Result<SigningKey> load_key(const std::string& path);

}  // namespace assay::prover
