// Runs one validated job step by step and writes down the digest of every step.
// run_job() has its Engine to itself while it runs; progress, output and keeper are called on its
// thread.
#pragma once

#include <atomic>
#include <functional>
#include <optional>

#include "core/compute/program.h"
#include "core/wire/trace.h"
#include "prover/self_check.h"

namespace assay::prover {

// Where some states of a chain are kept, so that openings need not start from the beginning.
// Keeping is an optimisation: a state that was lost or damaged is computed again.
class StateKeeper {
 public:
  struct Kept {
    std::uint32_t index = 0;
    compute::State state;
  };

  virtual ~StateKeeper() = default;
  virtual bool wants(std::uint32_t index) const = 0;
  virtual void keep(std::uint32_t index, const compute::State& state) = 0;
  // The kept state with the largest index <= `index`, if there is one. Its bytes are not trusted:
  // the caller compares its digest with the trace.
  virtual std::optional<Kept> nearest(std::uint32_t index) const = 0;
};

struct RunOptions {
  StateKeeper* keeper = nullptr;                     // of states after the first
  std::function<void(std::uint32_t step)> progress;  // after each step, 1..N
  // Each step's output, before the job is done: what a renter may watch. Not of chains.
  std::function<void(std::uint32_t step, ByteView output)> output;
  const std::atomic<bool>* cancelled = nullptr;  // looked at before each step
  SelfCheck self_check;                          // where a device runs the steps
};

// All that a job yields: what is committed and what is delivered.
struct Execution {
  wire::Trace trace;  // N+1 entries
  Bytes result;       // plan().result_bytes
  Digest result_digest;
};

//   interrupted  `cancelled` was set
//   inconclusive the device failed, or the self-check shows that it computes wrongly
//   others       those of the program: our own failure, never a claim
Result<Execution> run_job(const compute::Program& program, const compute::Engine& engine,
                          const RunOptions& options = {});

// What a result's digest must be, from the trace alone: the last state's for a chain, the root over
// the outputs of any other job.
Digest result_digest_of_trace(compute::Shape shape, const wire::Trace& trace);

}  // namespace assay::prover
