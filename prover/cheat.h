// Where a dishonest provider departs from the honest one: hooks that are all empty in a real agent.
// misbehave.h fills them. They exist so that the corpus of cheats runs through the very same agent.
#pragma once

#include <functional>
#include <memory>

#include "core/compute/dispute/tape.h"
#include "core/wire/attestation.h"
#include "core/wire/challenge.h"
#include "prover/execute.h"

namespace assay::prover {

struct CheatJob {
  const Digest& job;
  const wire::WorkloadSpec& spec;
  const compute::InputSource& inputs;
  const compute::Caps& caps;
};

struct Cheat {
  bool active =
      false;  // an active cheat skips the checks of its own proof and follows the log's seq

  // The program to run and to open from, in place of the honest one.
  std::function<std::unique_ptr<compute::Program>(const CheatJob&,
                                                  std::unique_ptr<compute::Program>)>
      program;
  std::function<void(const CheatJob&, Execution&)> executed;  // before trace and result are written
  std::function<void(wire::Attestation&)> claimed;            // before it is signed
  std::function<std::string(std::string envelope)> sent;      // what is sent instead
  // A second attestation, signed and sent after the first.
  std::function<wire::Attestation(const wire::Attestation&)> second;
  std::function<void(const Digest& job, wire::Opening&)> opened;  // before an opening is sent

  std::function<void(compute::Tape&)> taped;  // the operations of a disputed step
  bool disputes = true;                       // false: silent in disputes
  bool attests = true;                        // false: takes jobs and never delivers
  bool answers = true;                        // false: withholds openings
  bool answers_late = false;                  // answers only after the deadline
};

}  // namespace assay::prover
