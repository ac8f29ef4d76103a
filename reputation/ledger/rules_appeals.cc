// Rules for appeals against slashes, and for what decides them. Whether a ruling is right is not
// looked at here: the log knows no programs. Whoever doubts one runs its replays again.
#include <algorithm>

#include "core/wire/appeal.h"
#include "reputation/ledger/rules.h"

namespace assay::reputation::rules {
namespace {

Status may_be_appealed(const Scene& scene, const SlashState& slash) {
  if (slash.reversal_index != 0) {
    return fail(Code::conflict,
                "that slash is reversed already: leaf " + std::to_string(slash.reversal_index));
  }
  if (slash.appeal_index != 0) {
    return fail(Code::conflict, "that slash was appealed already, with leaf " +
                                    std::to_string(slash.appeal_index) + ": once is all");
  }
  if (scene.entry.time <= slash.finality) return {};
  return fail(Code::conflict, "too late: that slash could be appealed until " +
                                  to_rfc3339(slash.finality) + ", and is UPHELD");
}

// Who looks at what: results are the definition's business, the rest is in signatures.
Status check_replays(const SlashState& slash, const wire::Ruling& it) {
  const bool computed = slash.fault == wire::Fault::wrong_result;
  const std::string_view others = computed ? wire::kSignaturesDevice : wire::kScalarDevice;
  const bool mixed = std::ranges::any_of(
      it.replays, [&](const wire::AppealReplay& replay) { return replay.device == others; });
  if (mixed) {
    return fail(Code::conflict, computed ? "a wrong result is not decided by signatures"
                                         : "no replay decides about signed messages");
  }
  if (it.outcome == wire::RulingOutcome::undecided) return {};
  const bool positions = !it.positions.empty() || !it.rows.empty() || it.pairs.count > 0;
  const bool replayed = computed && slash.dispute_index == 0;
  if (positions != replayed) {
    return fail(Code::conflict, replayed ? "a ruling about an audit names what was replayed"
                                         : "there is nothing to replay positions of");
  }
  if (replayed && it.replays.size() < kAppealReplays) {
    return fail(Code::conflict, "an appeal against an audit takes " +
                                    std::to_string(kAppealReplays) + " replays, not " +
                                    std::to_string(it.replays.size()));
  }
  return {};
}

Status check_draw(const SlashState& slash, const wire::Ruling& it) {
  if (it.draw != slash.appeal_draw) {
    return fail(Code::conflict, "the ruling names another draw than the one over the appeal");
  }
  if (it.draw == Digest{} && it.outcome != wire::RulingOutcome::undecided) {
    return fail(Code::conflict, "the appeal has not been drawn over yet");
  }
  return {};
}

SlashEvent event_of(wire::RulingOutcome outcome) {
  switch (outcome) {
    case wire::RulingOutcome::granted: return SlashEvent::granted;
    case wire::RulingOutcome::refuted: return SlashEvent::refuted;
    case wire::RulingOutcome::undecided: return SlashEvent::undecided;
  }
  return SlashEvent::undecided;
}

}  // namespace

Status appeal(Scene& scene) {
  Result<wire::Appeal> said = wire::parse_appeal(scene.payload());
  if (!said.ok()) return said.error();
  const wire::Appeal& it = said.value();
  Result<SlashState> found = need_slash(scene.txn, it.slash_index);
  if (!found.ok()) return found.error();
  SlashState& slash = found.value();
  if (it.provider != scene.signer()) {
    return fail(Code::permission, "an appeal is signed by the provider that it names");
  }
  if (it.provider != slash.provider) {
    return fail(Code::permission, "not your slash: leaf " + std::to_string(it.slash_index) +
                                      " is about provider " + key_id(slash.provider));
  }
  if (Status about = is_about(scene, slash); !about.ok()) return about;
  if (Status may = may_be_appealed(scene, slash); !may.ok()) return may;
  Result<SlashCase> after =
      advance(case_of(slash), SlashEvent::appeal, scene.entry.time, appeal_window_ms(scene.policy));
  if (!after.ok()) return after.error();
  const bool asked_for = scene.policy.stake_required_micros > 0;
  const std::uint64_t deposit = asked_for ? appeal_deposit(slash.amount_micros()) : 0;
  if (it.deposit_micros != deposit) {
    return fail(Code::conflict, "the deposit of this appeal is " + std::to_string(deposit) +
                                    " micros, not " + std::to_string(it.deposit_micros));
  }
  slash.phase = after.value().phase;
  slash.appeal_index = scene.entry.index;
  slash.decide_until = after.value().decide_until;
  slash.deposit_micros = deposit;
  if (Status locked = lock_deposit(scene, slash); !locked.ok()) return locked;
  if (Status put =
          scene.txn.put(tables::kAppeals, index_key(scene.entry.index), index_key(it.slash_index));
      !put.ok()) {
    return put;
  }
  return put_slash(scene.txn, it.slash_index, slash);
}

Status ruling(Scene& scene) {
  Result<wire::Ruling> said = wire::parse_ruling(scene.payload());
  if (!said.ok()) return said.error();
  const wire::Ruling& it = said.value();
  Result<SlashState> found = need_slash(scene.txn, it.slash_index);
  if (!found.ok()) return found.error();
  SlashState& slash = found.value();
  if (Status about = is_about(scene, slash); !about.ok()) return about;
  if (it.provider != slash.provider || it.appeal_index != slash.appeal_index) {
    return fail(Code::conflict, "the ruling names another provider or appeal");
  }
  Result<SlashCase> after = advance(case_of(slash), event_of(it.outcome), scene.entry.time,
                                    appeal_window_ms(scene.policy));
  if (!after.ok()) return after.error();
  if (Status drawn = check_draw(slash, it); !drawn.ok()) return drawn;
  if (Status replays = check_replays(slash, it); !replays.ok()) return replays;

  const bool lost = it.outcome == wire::RulingOutcome::refuted;
  if (lost) {  // the stake changes: what it was until now is kept first
    Result<ProviderState> provider = changing_provider(scene, slash.provider);
    if (!provider.ok()) return provider.error();
    const Status put = put_provider(scene.txn, provider_id(slash.provider), provider.value());
    if (!put.ok()) return put;
  }
  if (Status released = release_deposit(scene, slash, lost); !released.ok()) return released;
  slash.phase = after.value().phase;
  slash.ruling_index = scene.entry.index;
  return put_slash(scene.txn, it.slash_index, slash);
}

}  // namespace assay::reputation::rules
