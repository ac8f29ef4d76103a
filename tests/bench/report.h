// The rows as text. Pure; any thread.
#pragma once

#include "core/wire/json.h"
#include "tests/bench/bench.h"

namespace assay::bench {

// For people: aligned columns and, below them, the notes.
std::string table(const Rows& rows);

// An array of {bench, case, peer, ours, theirs, unit, ratio, correct, note}; what is absent is
// null.
wire::Json to_json(const Rows& rows);
// The rows again.
//   malformed    not such an array
Result<Rows> rows_from_json(std::string_view text);

bool all_correct(const Rows& rows);

}  // namespace assay::bench
