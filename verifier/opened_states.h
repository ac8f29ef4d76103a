// The committed states of a claim as its opening holds them, for checks that read some of their
// rows. The opening must have passed check_opening(). Borrows everything; any thread.
#pragma once

#include "core/compute/program.h"
#include "core/wire/challenge.h"

namespace assay::verifier {

class OpenedStates final : public compute::OpenedStates {
 public:
  // `start` is state 0 rebuilt from the order; it may be null where nothing reads it.
  OpenedStates(const compute::Program& program, const wire::Opening& opening,
               const compute::State* start)
      : program_(program), opening_(opening), start_(start) {}

  //   no_evidence  not opened
  Result<compute::State> whole(std::uint32_t state) const override;
  Result<Bytes> row(std::uint32_t state, std::uint64_t row) const override;

 private:
  const compute::Program& program_;
  const wire::Opening& opening_;
  const compute::State* start_;
};

}  // namespace assay::verifier
