// What a witness's reply to a checkpoint of ours means. Nothing that it says is believed unproven,
// but that it has seen more than we have.
// Pure; any thread.
#pragma once

#include "api/port/witness_port.h"
#include "core/base/time.h"
#include "core/wire/checkpoint.h"

namespace assay::verifier {

// Its cosignature's time may be so far from ours; more is a clock that nobody should rely on.
inline constexpr std::int64_t kWitnessClockApartMs = 300'000;

enum class Heard {
  cosigned,    // `signature` holds
  other_size,  // it wants the proof to begin at `size`, which is not what it was given
  disagrees,   // it cosigned a tree that ours did not grow out of
  useless,     // a refusal, a signature that does not hold, or no sense
};

struct WitnessWord {
  Heard heard = Heard::useless;
  wire::NoteSignature signature;
  std::uint64_t size = 0;
  std::string detail;  // of the last two: for a person
};

struct SentCheckpoint {
  std::uint64_t old_size = 0;
  wire::Checkpoint checkpoint;
};

WitnessWord hear(const wire::NoteKey& witness, const SentCheckpoint& sent,
                 const api::WitnessReply& reply, UnixMillis now);

}  // namespace assay::verifier
