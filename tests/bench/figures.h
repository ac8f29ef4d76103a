// The README's figures, out of committed results: what `assay-bench -o json` printed, in files
// named <machine>-<year>-<month>-<day>.json. Pure; any thread.
#pragma once

#include "tests/bench/bench.h"

namespace assay::bench {

struct ResultFile {
  std::string stem;  // the name without ".json"
  std::string text;
};

// The README with everything between its lines "<!-- figures: begin … -->" and
// "<!-- figures: end -->" replaced by the tables of the newest file of each machine.
//   malformed    the README has not exactly these two lines, in this order; or a file has another
//                name or other contents, or a row that is not correct: says which
Result<std::string> with_figures(const std::string& readme, std::vector<ResultFile> files);

}  // namespace assay::bench
