// Checking a log from its tiles, as anybody can who sees them: that it grew out of what was seen
// before, and that what it holds is what it commits to. Pure but for the fetcher; any thread.
#pragma once

#include <map>

#include "core/wire/checkpoint.h"
#include "core/wire/statement.h"
#include "core/wire/tile.h"

namespace assay::verifier {

// The hash tiles give the head's root, and the root of the log as it was at `old`. An `old` of
// size 0 fits every log.
//   equivocation the two are of one origin but disagree: at one size, or because the old log is no
//                prefix of the new one
//   stale        the new head is smaller than the old one: rolled back, or an old answer
//   unbound      different origins
//   proof        the tiles do not give the head's own root
//   malformed    a tile of the wrong width; errors of the fetcher
Status check_growth(const wire::Checkpoint& old, const wire::Checkpoint& head,
                    const wire::TileFetcher& fetch);

struct EntryCounts {
  std::uint64_t entries = 0;
  std::map<wire::Kind, std::uint64_t> statements;  // by kind
  std::uint64_t not_inline = 0;                    // detached leaves and evidence: digests only
  std::int64_t first_time_ms = 0;                  // log times
  std::int64_t last_time_ms = 0;
};

// Reads the entry bundles that hold the leaves [from, to) of a log of `size` leaves and checks
// every entry of them: it hashes to its place in the level-0 tile, is a leaf whose signature holds,
// and its statement is of a kind that is logged; log times never decrease. The level-0 tiles are
// tied to a root by check_growth(), which goes before. to <= size.
//   proof        an entry that is not what its tile says
//   signature    a statement that its signer did not sign
//   malformed    not a bundle, a leaf or a statement; times that run backwards; errors of the
//                fetcher; a range beyond the log
Result<EntryCounts> check_entries(std::uint64_t size, std::uint64_t from, std::uint64_t to,
                                  const wire::TileFetcher& fetch);

}  // namespace assay::verifier
