// The end of the demo: what was proven, as files, and checked with the verifier stopped.
// One thread.
#pragma once

#include "api/cli/demo/watch.h"

namespace assay::cli {

// Fetches receipt.assay, policy.txt, picture.png and evidence.assay into the folder.
Status collect_files(api::Port& port, const std::vector<Actor>& cast, const Picture& picture,
                     const std::string& folder);

// Audits the picture's receipt, with a replay, and the fraud proof; no verifier is asked. The
// text says what was checked.
//   the code of the check that did not come out as it must
Status audit_files(const Console& console, const std::string& folder, std::string& text);

// What happened, for people: the table, and one sentence on each question the demo answers.
Table outcome_table(const std::vector<Actor>& cast);
std::string outcome_text(const std::vector<Actor>& cast);

// What was written, and the commands to go on with.
std::string next_steps(const std::string& folder);

}  // namespace assay::cli
