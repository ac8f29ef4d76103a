// A dispute with all that it stands on, fed by moves as they are logged: what a verifier, a
// challenger and a provider each hold. One thread.
#pragma once

#include <memory>

#include "core/compute/dispute/player.h"
#include "core/compute/program.h"
#include "core/wire/dispute.h"

namespace assay::compute {

class DisputeCase {
 public:
  // `trace` is the attested one, of as many steps as the plan has.
  //   malformed    no such step, or the workload's steps cannot be disputed
  //   others       those of the program
  static Result<std::unique_ptr<DisputeCase>> open(std::shared_ptr<const Program> program,
                                                   wire::Trace trace, std::uint32_t step,
                                                   const Engine& engine);

  // A move, with the bytes that its blob names (empty where it names none). Changes nothing when it
  // fails, so that what must not be logged can be tried.
  //   unbound      the bytes are not those that the move names
  //   others       those of Dispute
  Status move(const wire::Move& move, ByteView blob);

  const Dispute& dispute() const { return dispute_; }
  const Tape& tape() const { return *tape_; }
  const Program& program() const { return *program_; }

 private:
  DisputeCase(std::shared_ptr<const Program> program, std::unique_ptr<const Tape> tape,
              wire::Trace trace, std::uint32_t step)
      : program_(std::move(program)),
        tape_(std::move(tape)),
        dispute_(*tape_, std::move(trace), step) {}

  std::shared_ptr<const Program> program_;
  std::unique_ptr<const Tape> tape_;
  Dispute dispute_;
};

// The challenger's move as it is logged; the file of a conviction is its blob.
wire::Move move_of(const ChallengerMove& move);

}  // namespace assay::compute
