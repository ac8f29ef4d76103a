// `assay provider list`.
#pragma once

#include "api/cli/session.h"

namespace assay::cli {

void add_provider_list(CLI::App& provider, Chosen& chosen);

// What the command line gave as words of a query, as one; checked before anything is sent.
//   malformed    says at which character, and what was expected there
Result<std::string> query_of(const std::vector<std::string>& words);

// "unaudited", or the trust of a provider's or a row's score in percent.
std::string trust_text(const wire::Json& provider);

}  // namespace assay::cli
