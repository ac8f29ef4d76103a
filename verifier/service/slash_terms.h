// What a slash means for its provider right now: its phase, what it costs, and how to appeal. The
// one source of what documents, notices and the command line say about it.
// Reads one transaction; any thread that may. Errors: `storage` as the store's.
#pragma once

#include "core/wire/events.h"
#include "reputation/ledger/slash_effect.h"

namespace assay::verifier {

struct SlashTerms {
  std::uint64_t index = 0;
  reputation::SlashState row;
  wire::Slash said;  // its leaf
  reputation::SlashCase now;
  reputation::SlashEffect effect;
  reputation::SlashEffectNow trust;
  std::uint64_t deposit_micros = 0;  // of the appeal that was made, or that could be
  std::uint64_t free_micros = 0;     // of the provider's stake: covers a deposit
  // Why it cannot be appealed; empty: it can, until row.finality.
  std::string no_appeal;
};
//   not_found    that leaf is not a slash
Result<SlashTerms> slash_terms(const reputation::View& view, std::uint64_t index, UnixMillis now,
                               const wire::Policy& policy);

// "assay slash appeal 42 --key FILE"
std::string appeal_command(std::uint64_t index);

}  // namespace assay::verifier
