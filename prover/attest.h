// The signed claim about a finished job, and the check of our own proof before it leaves the house.
// Pure functions; any thread.
#pragma once

#include "core/base/random.h"
#include "core/wire/attestation.h"
#include "prover/execute.h"

namespace assay::prover {

// Where an attestation stands in its provider's chain.
struct ChainPlace {
  std::uint64_t seq = 1;
  Digest prev;  // PAE digest of attestation seq-1; zeros for the first
};

// What the machine says about itself in an attestation.
struct RunRecord {
  UnixMillis started;
  UnixMillis finished;
  std::vector<wire::Device> devices;
  std::string backend;  // "cpu/avx512"
};

wire::Attestation make_attestation(const Digest& job, const PublicKey& provider,
                                   const Execution& execution, ByteView trace_file,
                                   const ChainPlace& place, const RunRecord& record);

// Reads the signed envelope and the files back as a stranger would: the signature, the schema, the
// place, the trace against the root, the result against the trace, the start state against the
// order, and a few inclusion paths at random.
//   proof        what was written does not say what was computed: a fault of this machine's disk or
//                memory; nothing was sent
Status check_own_proof(std::string_view envelope, const PublicKey& provider, const Digest& job,
                       const ChainPlace& place, const compute::Program& program,
                       const compute::Engine& engine, ByteView trace_file, ByteView result,
                       Random& random);

}  // namespace assay::prover
