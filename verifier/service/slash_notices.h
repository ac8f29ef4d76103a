// The notices that tell a provider of its slashes: one for the slash itself, with all that it must
// know to contest it, one for each step after it. Made from the ledger alone.
// Reads one transaction; any thread that may. Errors: `storage` as the store's.
#pragma once

#include "core/wire/poll.h"
#include "verifier/service/context.h"
#include "verifier/service/slash_terms.h"

namespace assay::verifier {

wire::Notice slash_notice(const SlashTerms& terms);
// What became of it: of the last of ruling and reversal; nothing while there is neither.
std::optional<wire::Notice> outcome_notice(const SlashTerms& terms);

// Leaves them for the provider's next poll. What cannot be read now is told after the next start.
void tell_slash(const Context& context, std::uint64_t slash_index);
void tell_outcome(const Context& context, std::uint64_t slash_index);
// Every slash from that leaf on, wherever in the service it came from. Where to go on the next
// time.
std::uint64_t tell_new_slashes(const Context& context, std::uint64_t from);
// At start: every slash that is open, and every one that ended within so long.
Status tell_open_slashes(const Context& context, std::int64_t ended_within_ms);

}  // namespace assay::verifier
