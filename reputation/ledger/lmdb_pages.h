// Reads the pages of a closed LMDB data file and says whether LMDB can walk them safely. LMDB
// believes its own pages: one flipped bit in a page header or a node offset makes it read outside
// the map and stops the program, and a flipped separator hides records that are there. The values
// are not looked at: their seals guard them (store.h).
// Format: LMDB 0.9, data version 1, native byte order and 64 bits.
#pragma once

#include <string>

#include "core/base/result.h"

namespace assay::reputation {

// Walks every tree from the newest state, the list of free pages included: page numbers, kinds,
// bounds, depth, order of keys, counts of records, and that no page is used twice. Nothing may
// write to the file meanwhile. A missing or empty file is fine: there is no store yet.
//   storage      damaged, and where; or the file cannot be read
Status check_lmdb_pages(const std::string& data_path);

}  // namespace assay::reputation
