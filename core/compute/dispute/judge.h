// The end of a dispute: one unit of one operation, recomputed from what was opened. Pure; any
// thread.
#pragma once

#include "core/compute/dispute/dispute.h"

namespace assay::compute {

// The next digest; zeros after a failure.
Digest take_digest(Reader& in);

// Is the leaf's element (of a state or output: the leaf) something else than what the operation
// gives? `dispute` has its leaves' data, of which conviction.leaf is one.
//   malformed    the leaf has no such element
//   proof        something opened is not what was committed to
//   no_evidence  the unit reads what was not opened
Result<bool> is_wrong(const Dispute& dispute, const Conviction& conviction);

// What the conviction of this element must open, of a run of the tape whose tensors are those that
// were committed to. Calls run.tensor() for the dispute's operation.
Result<Conviction> open_operands(const Dispute& dispute, std::uint8_t leaf, std::uint32_t element,
                                 TapeRun& run);

}  // namespace assay::compute
