// The end of the demo: what was proven, as files, and checked with the verifier stopped.
// One thread.
#pragma once

#include "api/cli/demo/watch.h"

namespace assay::cli {

// Fetches policy.txt and evidence.assay into the folder.
Status collect_files(api::Port& port, const std::vector<Actor>& cast, const std::string& folder);

// Checks the fraud proof; no verifier is asked. Adds to the text what it shows.
//   the code of the check that did not come out as it must
Status check_fraud_proof(const Console& console, const std::string& folder, std::string& text);

// What happened, for people: the table, and one sentence on each question the demo answers.
Table outcome_table(const std::vector<Actor>& cast);
std::string outcome_text(const std::vector<Actor>& cast);

// What was written, and the commands to go on with.
std::string next_steps(const std::string& folder, bool with_story);

}  // namespace assay::cli
