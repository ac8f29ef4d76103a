// A folder of packs, each under its identity: <root>.pack, and beside it <root>.list, its manifest.
// Files get these names only when they are whole, checked and on the disk. Several programs may use
// one folder. A value; any thread.
#pragma once

#include <functional>
#include <string>

#include "core/compute/generate/manifest.h"
#include "core/compute/generate/pack.h"
#include "core/compute/generate/pack_writer.h"

namespace assay::compute::generate {

// Gives the bytes of one chunk; the store checks them.
using ChunkSource = std::function<Result<Bytes>(std::uint64_t chunk)>;

class ModelStore {
 public:
  // The folder must be there. A pack of more than bytes_max is refused before any of it is written.
  // Before fetch() writes one, the packs that were opened longest ago make room for it, until all
  // together have at most all_bytes_max: 0 for a folder whose packs are its owner's to remove.
  explicit ModelStore(std::string folder, std::uint64_t bytes_max = kPackBytesMax,
                      std::uint64_t all_bytes_max = 0)
      : folder_(std::move(folder)), bytes_max_(bytes_max), all_bytes_max_(all_bytes_max) {}

  // Maps the pack and checks all of it against its manifest, and that against the root, each time:
  // about 1 s for 2 GB and a core.
  //   not_found    this model is not here
  //   malformed    a manifest of another root, a pack of another size, a damaged chunk (its number
  //                is said), or no pack (Pack::from_file)
  //   permission, storage   as MappedFile::open()
  Result<Pack> open(const Digest& root, const Engine& engine) const;

  // Forgets a model; whoever has it open keeps it.
  void remove(const Digest& root) const;

  // The manifest of a pack that is here.
  //   not_found, malformed, permission, storage   as above
  Result<Manifest> manifest(const Digest& root) const;

  // Makes a pack of a checkpoint (write_pack()) and returns its root. One at a time: `new.part`.
  //   malformed    as write_pack(), or larger than bytes_max
  //   conflict     another program is at it
  //   storage, not_found, permission   the disk
  Result<Digest> convert(const Checkpoint& checkpoint, const Engine& engine) const;

  // Gets a pack chunk by chunk. What an earlier attempt has got is kept in <root>.part, checked,
  // and not asked for again. Nothing happens where the pack is here already.
  //   malformed    the manifest is of another root, or the pack is larger than bytes_max
  //   no_evidence  a chunk is not what the manifest says (its number is said)
  //   conflict     another program is getting it
  //   storage, not_found, permission   the disk
  //   or the source's own error
  Status fetch(const Digest& root, const Manifest& manifest, const ChunkSource& source) const;

 private:
  std::string path(const Digest& root, const char* ending) const;
  Status check_size(std::uint64_t bytes) const;
  void make_room(const Digest& root, std::uint64_t bytes) const;

  std::string folder_;
  std::uint64_t bytes_max_;
  std::uint64_t all_bytes_max_;
};

}  // namespace assay::compute::generate
