#include "verifier/service/slash_notices.h"

#include <algorithm>

namespace assay::verifier {

using reputation::SlashPhase;

namespace {

constexpr std::size_t kJobDigits = 12;

std::string micros(std::uint64_t amount) {
  return std::to_string(amount) + " micros";
}

std::string how_to_contest(const SlashTerms& terms) {
  if (!terms.no_appeal.empty()) return "No appeal: " + terms.no_appeal + ".";
  return "Until " + to_rfc3339(terms.row.finality) +
         " appeal with: " + appeal_command(terms.index) +
         (terms.deposit_micros > 0 ? " (deposit " + micros(terms.deposit_micros) + ")" : "") + "." +
         (terms.now.withheld ? " Or deliver the openings by then." : "");
}

std::string trust_text(const SlashTerms& terms) {
  return "Trust " + std::to_string(terms.trust.trust_ppm) + " ppm, without it " +
         std::to_string(terms.trust.without_ppm) + ".";
}

Result<SlashTerms> read_terms(const Context& context, std::uint64_t slash_index) {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context.read();
  if (!txn.ok()) return txn.error();
  return slash_terms(reputation::View(*txn.value()), slash_index, context.clock.unix_now(),
                     context.policy());
}

}  // namespace

// What must not be lost comes first: a notice that is too long is cut at its end.
wire::Notice slash_notice(const SlashTerms& terms) {
  const std::string index = std::to_string(terms.index);
  std::string text =
      "slash " + index + ": " + std::string(wire::fault_name(terms.row.fault)) + ", " +
      to_rfc3339(terms.row.logged) + ", job " + terms.said.job.hex().substr(0, kJobDigits) + " (" +
      terms.row.class_name + "). " + how_to_contest(terms) + " " + trust_text(terms) + " " +
      micros(terms.row.amount_micros()) + " of stake are held. Evidence: /v1/slashes/" + index +
      (terms.said.evidence_blob == Digest{} ? "" : "/evidence") + ". Reason: " + terms.said.detail;
  return {"slash", std::move(text), terms.index};
}

std::optional<wire::Notice> outcome_notice(const SlashTerms& terms) {
  const std::uint64_t leaf = std::max(terms.row.ruling_index, terms.row.reversal_index);
  if (leaf == 0) return std::nullopt;
  const bool reversed = terms.row.reversal_index != 0;
  std::string text =
      "slash " + std::to_string(terms.index) + " is " + slash_phase_name(terms.now.phase) + ": ";
  if (reversed) {
    text +=
        "it counts no longer, " + micros(terms.row.amount_micros()) + " of stake are given back" +
        (terms.row.deposit_micros > 0 ? " and the deposit of " + micros(terms.row.deposit_micros)
                                      : "") +
        ". " + trust_text(terms);
  } else if (terms.now.phase == SlashPhase::upheld) {
    text += "the fault was shown again. " + micros(terms.row.amount_micros()) +
            " of stake are taken" +
            (terms.row.deposit_micros > 0
                 ? ", and the deposit of " + micros(terms.row.deposit_micros) + " is lost"
                 : "") +
            ". " + trust_text(terms);
  } else {
    text += "it will be reversed at once.";
  }
  return wire::Notice{reversed ? "reversal" : "ruling",
                      text + " All of it: /v1/slashes/" + std::to_string(terms.index), leaf};
}

void tell_slash(const Context& context, std::uint64_t slash_index) {
  const Result<SlashTerms> terms = read_terms(context, slash_index);
  if (!terms.ok()) return;
  context.notices.add(reputation::provider_id(terms.value().row.provider),
                      slash_notice(terms.value()));
}

void tell_outcome(const Context& context, std::uint64_t slash_index) {
  const Result<SlashTerms> terms = read_terms(context, slash_index);
  if (!terms.ok()) return;
  std::optional<wire::Notice> notice = outcome_notice(terms.value());
  if (!notice) return;
  context.notices.add(reputation::provider_id(terms.value().row.provider), std::move(*notice));
}

std::uint64_t tell_new_slashes(const Context& context, std::uint64_t from) {
  std::vector<std::uint64_t> slashes;
  std::uint64_t size = from;
  {
    Result<std::unique_ptr<reputation::ReadTxn>> txn = context.read();
    if (!txn.ok()) return from;
    const reputation::View view(*txn.value());
    Result<reputation::Head> head = view.head();
    if (!head.ok() || head.value().size <= from) return from;
    size = head.value().size;
    const Status scanned = view.each_slash(from, [&](std::uint64_t index, const auto&) {
      slashes.push_back(index);
      return true;
    });
    if (!scanned.ok()) return from;
  }
  for (const std::uint64_t index : slashes) tell_slash(context, index);
  return size;
}

Status tell_open_slashes(const Context& context, std::int64_t ended_within_ms) {
  std::vector<std::uint64_t> slashes;
  {
    Result<std::unique_ptr<reputation::ReadTxn>> txn = context.read();
    if (!txn.ok()) return txn.error();
    const UnixMillis now = context.clock.unix_now();
    const Status scanned =
        reputation::View(*txn.value()).each_slash(0, [&](std::uint64_t index, const auto& row) {
          const UnixMillis ends = std::max(row.finality, row.decide_until);
          if (now - ends <= ended_within_ms) slashes.push_back(index);
          return true;
        });
    if (!scanned.ok()) return scanned;
  }
  for (const std::uint64_t index : slashes) {
    tell_slash(context, index);
    tell_outcome(context, index);
  }
  return {};
}

}  // namespace assay::verifier
