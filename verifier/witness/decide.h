// What a witness says to a log that wants a checkpoint cosigned (C2SP tlog-witness).
// Pure; any thread. Vectors: vectors/witness/.
#pragma once

#include <span>
#include <string>

#include "core/wire/add_checkpoint.h"

namespace assay::witness {

// The head of one log that the witness cosigned last.
struct KnownHead {
  std::uint64_t size = 0;  // 0: none yet, or an empty tree
  Digest root;             // of a size above 0
};

// The status is HTTP's, as the specification gives it:
//   200   to be cosigned: the checkpoint grew out of the known head, or is that head once more
//   400   the old size is larger than the checkpoint's
//   403   no signature by a key that this witness knows the origin by, or one that does not hold
//   404   an origin that it does not know
//   409   the old size is not that of the known head, or there is another tree of the same size:
//         `text` is the size of the known head
//   422   the consistency proof does not lead from the known head to the checkpoint
struct Decision {
  int status = 0;
  std::string text;     // but for 200 and 409: why, for a person
  bool is_new = false;  // 200 alone: this head must be on the disk before it is cosigned
};

// `logs` are all keys of all logs that it witnesses; a key's name is its log's origin.
Decision decide(std::span<const wire::NoteKey> logs, const KnownHead& known,
                const wire::AddCheckpoint& request);

}  // namespace assay::witness
