// What the sources of Agent share. For agent*.cc only.
#pragma once

#include "prover/agent.h"
#include "prover/benchmark.h"
#include "prover/open.h"

namespace assay::prover {

// Errors that say nothing about what was sent: it is sent again. All others are refusals.
bool tried_again(Code code);

struct Agent::Running {
  Digest job;
  UnixMillis started;
  std::shared_ptr<const compute::Program> program;  // on the device, where one is used
  Checkpoints checkpoints;
  std::shared_ptr<const compute::Program> definition;  // the same on the CPU
  SelfCheck self_check;
  std::string backend;
  std::vector<wire::Device> devices;
  std::optional<Result<Execution>> outcome;  // the task's until it is collected
};

struct Agent::Answering {
  Digest key;
  wire::Challenge challenge;
  std::unique_ptr<compute::Program> program;
  wire::Trace trace;
  Checkpoints checkpoints;
  std::optional<Result<wire::Opening>> outcome;  // the task's until it is collected
  Bytes file;                                    // once collected
};

struct Agent::Disputing {
  wire::DisputeTask task;
  std::shared_ptr<const compute::Program> program;
  wire::Trace trace;
  Checkpoints checkpoints;
  std::vector<Bytes> blobs;              // of the moves so far
  std::optional<Result<Bytes>> outcome;  // the task's until it is collected
};

struct Agent::Measuring {
  Digest round;
  wire::Benchmark task;
  std::optional<Result<BenchmarkRun>> outcome;  // the task's until it is collected
  Digest opening_blob;                          // once it is put
};

}  // namespace assay::prover
