// The outputs of the job that runs now, on their way to its renter: the job's thread puts them in,
// the agent's takes what the next heartbeat shows. Memory: at most kShownJobBytesMax.
// Thread-safe.
//
// What is shown is a preview (core/wire/poll.h). When it cannot go on, because a step yields more
// than a heartbeat holds or the job more than a verifier keeps, it stops where it is: nothing of
// the job depends on it.
#pragma once

#include <deque>
#include <mutex>

#include "core/wire/poll.h"

namespace assay::prover {

class Previews {
 public:
  // From now on outputs are those of this job, from step 1. What there was of another is dropped.
  void begin(const Digest& job);
  // Nothing more of this job is shown. No effect when another has begun.
  void end(const Digest& job);

  // The output of the next step; ignored unless it is of the job that has begun.
  void add(const Digest& job, std::uint32_t step, ByteView output);

  bool waiting() const;  // is there something to show?
  // What the next heartbeat shows: the same again until taken() says that it has arrived.
  std::vector<wire::ShownOutputs> next() const;
  void taken(const std::vector<wire::ShownOutputs>& shown);

 private:
  mutable std::mutex mutex_;
  Digest job_;               // zeros: none
  std::uint32_t first_ = 1;  // the step of outputs_.front()
  std::deque<Bytes> outputs_;
  std::size_t bytes_ = 0;  // of all outputs since begin()
};

}  // namespace assay::prover
