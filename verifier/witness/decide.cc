#include "verifier/witness/decide.h"

#include "core/merkle/tree.h"
#include "core/wire/text.h"

namespace assay::witness {

Decision decide(std::span<const wire::NoteKey> logs, const KnownHead& known,
                const wire::AddCheckpoint& request) {
  const wire::Checkpoint& next = request.checkpoint;
  std::vector<wire::NoteKey> keys;
  for (const wire::NoteKey& key : logs) {
    if (key.name == next.origin) keys.push_back(key);
  }
  if (keys.empty()) {
    return {404, "this witness does not know the log " + wire::quoted(next.origin)};
  }
  if (const auto by = wire::verify_note(request.note, keys); !by.ok())
    return {403, by.error().what};
  if (request.old_size > next.size) {
    return {400, "the old size is larger than that of the checkpoint"};
  }
  const Decision conflict{409, wire::witness_size_text(known.size)};
  if (request.old_size != known.size) return conflict;
  if (next.size == known.size && known.size > 0 && next.root != known.root) return conflict;
  const Digest root = known.size == 0 ? merkle_root({}) : known.root;
  const Status grew = verify_consistency(known.size, root, next.size, next.root, request.proof);
  if (!grew.ok()) return {422, grew.error().what};
  return {200, "", next.size != known.size};
}

}  // namespace assay::witness
