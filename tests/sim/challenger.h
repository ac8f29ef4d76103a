// A challenger in a World: what `assay slash dispute` does, a move at a time. It keeps nothing but
// the number of its dispute: everything else is run and fetched again, as after a crash.
#pragma once

#include "core/compute/dispute/case.h"
#include "tests/sim/world.h"
#include "verifier/rerun.h"

namespace assay::test {

class Challenger {
 public:
  // Runs the job itself, to the first step that differs or to step `last` (0: all).
  Challenger(World& world, const Digest& job, std::uint32_t last = 0);

  const std::optional<std::uint32_t>& departs() const { return rerun_->departs(); }
  std::uint32_t steps() const { return program_->plan().steps; }
  // Opens a dispute about this step; an error is the service's.
  Result<std::uint64_t> open(std::uint32_t step, std::uint64_t deposit_micros = 1'000'000);
  // Makes the move that is due, if it is this side's.
  void move(std::uint64_t dispute);
  // Any move at all, signed.
  Result<api::Accepted> say(std::uint64_t dispute, const wire::Move& move, ByteView blob = {});

  // The file that opens what this element of the last answer follows from.
  Bytes opened(const compute::DisputeCase& state, std::uint8_t leaf, std::uint32_t element);

  wire::Json document(std::uint64_t dispute);
  std::string text(std::uint64_t dispute, const char* member);
  std::uint32_t answers(std::uint64_t dispute);
  // The dispute as it stands in the log.
  std::unique_ptr<compute::DisputeCase> replayed(std::uint64_t dispute);

  const SigningKey key;

 private:
  World& world_;
  Digest job_;
  std::uint64_t attestation_index_ = 0;
  Digest attestation_;
  wire::Trace trace_;
  std::shared_ptr<const compute::Program> program_;
  std::optional<verifier::Rerun> rerun_;
  compute::Engine engine_;
};

// A world in which the audit's coin passed over a provider's job: that of the first seed from 1 on
// that has it so, which one depends on the machine, as attestations name what they ran on. No
// policy audits a newcomer with less than its tier's floor, 50 %, so that one of a few seeds does.
struct Spared {
  std::unique_ptr<World> world;
  Digest job;
};
Spared spared(const std::string& provider, const std::function<prover::Cheat()>& cheat,
              const std::function<wire::Order(World&)>& order);

}  // namespace assay::test
