// C2SP tlog-witness: what a log sends a witness, to have a new checkpoint cosigned.
// Values and pure functions; any thread. Vectors: vectors/witness/.
//
//   old 2
//   <base64 of one hash>           of the consistency proof from size 2
//
//   log.example/vcr-test
//   5
//   …                              the checkpoint as a signed note
//
// The witness answers one or more signature lines (parse_signature_lines() in note.h), or with
// status 409 the size that it cosigned last, as decimal digits and a newline.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/wire/checkpoint.h"

namespace assay::wire {

inline constexpr std::size_t kWitnessProofMax = 63;
inline constexpr std::size_t kAddCheckpointBytesMax = kNoteBytesMax + (std::size_t{4} << 10);
inline constexpr const char* kWitnessSizeType = "text/x.tlog.size";

struct AddCheckpoint {
  std::uint64_t old_size = 0;  // that of the checkpoint which the proof begins at
  std::vector<Digest> proof;   // its exact length is verify_consistency()'s to check
  Note note;                   // signed by anybody: see decide() in verifier/witness
  Checkpoint checkpoint;       // what its text says
};

std::string add_checkpoint_text(std::uint64_t old_size, std::span<const Digest> proof,
                                std::string_view note);

// Strict: one text per request.
//   malformed    a line that is not exactly as specified, a proof over kWitnessProofMax, no signed
//                note after it or one that is no checkpoint, more than kAddCheckpointBytesMax bytes
Result<AddCheckpoint> parse_add_checkpoint(std::string_view text);

// The size in a 409, and back.
std::string witness_size_text(std::uint64_t size);
//   malformed    not decimal digits without leading zeroes and a newline
Result<std::uint64_t> parse_witness_size(std::string_view text);

}  // namespace assay::wire
