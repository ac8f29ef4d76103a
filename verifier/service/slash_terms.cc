#include "verifier/service/slash_terms.h"

namespace assay::verifier {

using reputation::SlashEvent;
using reputation::SlashPhase;
using reputation::SlashState;
using reputation::View;

namespace {

reputation::SlashCase case_by_now(const SlashState& row, UnixMillis now) {
  const reputation::SlashCase as_logged = case_of(row);
  Result<reputation::SlashCase> by_now = advance(as_logged, SlashEvent::time_passes, now, 0);
  return by_now.ok() ? by_now.value() : as_logged;  // time is refused by no phase
}

std::string why_no_appeal(const SlashTerms& terms) {
  const std::string phase = slash_phase_name(terms.now.phase);
  if (terms.row.appeal_index != 0) {
    return "it was appealed already, with leaf " + std::to_string(terms.row.appeal_index) +
           ": once is all";
  }
  if (terms.now.phase == SlashPhase::upheld) {
    return "too late: it could be appealed until " + to_rfc3339(terms.row.finality) + ", and is " +
           phase;
  }
  if (terms.now.phase != SlashPhase::pending) return "it is " + phase + " already";
  if (terms.deposit_micros > terms.free_micros) {
    return "the deposit of " + std::to_string(terms.deposit_micros) +
           " micros is not covered: " + std::to_string(terms.free_micros) +
           " micros of the provider's stake are free";
  }
  return "";
}

}  // namespace

Result<SlashTerms> slash_terms(const View& view, std::uint64_t index, UnixMillis now,
                               const wire::Policy& policy) {
  Result<std::optional<SlashState>> row = view.slash(index);
  if (!row.ok()) return row.error();
  if (!row.value()) {
    return fail(Code::not_found, "leaf " + std::to_string(index) + " is not a slash record");
  }
  SlashTerms terms;
  terms.index = index;
  terms.row = std::move(*row.value());
  Result<wire::LogLeaf> leaf = view.log(index + 1).leaf(index);
  if (!leaf.ok()) return leaf.error();
  Result<wire::Slash> said = wire::parse_slash(leaf.value().payload);
  if (!said.ok()) return said.error();
  terms.said = std::move(said).value();
  terms.now = case_by_now(terms.row, now);
  terms.effect = effect_of(terms.now);
  Result<reputation::SlashEffectNow> trust = effect_now(view, index, terms.row, now, policy);
  if (!trust.ok()) return trust.error();
  terms.trust = trust.value();
  Result<reputation::StakeState> stake = view.stake(reputation::provider_id(terms.row.provider));
  if (!stake.ok()) return stake.error();
  terms.free_micros = stake.value().free();
  const bool asked_for = policy.stake_required_micros > 0;
  terms.deposit_micros = terms.row.appeal_index != 0 ? terms.row.deposit_micros
                         : asked_for ? reputation::appeal_deposit(terms.row.amount_micros())
                                     : 0;
  terms.no_appeal = why_no_appeal(terms);
  return terms;
}

std::string appeal_command(std::uint64_t index) {
  return "assay slash appeal " + std::to_string(index) + " --key FILE";
}

}  // namespace assay::verifier
