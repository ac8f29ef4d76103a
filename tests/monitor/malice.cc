#include "tests/monitor/malice.h"

#include "tests/monitor/malice_table.h"

namespace assay::test {
namespace malice {

Begun::Begun(std::uint64_t seed, bool seen, bool quorum, std::int64_t max_age_ms)
    : honest(seed), watched(honest, {.quorum = quorum, .max_age_ms = max_age_ms}) {
  honest.steps(10 + honest.random.below(30));
  while (honest.scene.head().draws < 2) honest.step();
  const std::vector<std::uint64_t> waiting = honest.opened;
  for (const std::uint64_t attestation : waiting) honest.judge(attestation, wire::Outcome::match);
  honest.end_disputes();
  honest.end_appeals();
  while (honest.draw()) {
  }
  watched.show_all(honest);
  if (seen) {
    const std::string before = watched.finds();
    ASSAY_CHECK(before == "none", before);
  }
}

std::uint64_t Begun::drawn_size() const {
  for (auto leaf = honest.log.leaves.rbegin();; ++leaf) {
    const wire::LogLeaf parsed = wire::parse_leaf(*leaf).value();
    const Result<wire::Draw> draw = wire::parse_draw(parsed.payload);
    if (draw.ok()) return draw.value().size;
  }
}

void Begun::force(const SigningKey& key, const wire::Statement& statement) {
  honest.close_period();
  force_first(key, statement);
}

void Begun::force_first(const SigningKey& key, const wire::Statement& statement) {
  watched.show_all(honest);
  watched.log.leaves.push_back(leaf_by(key, statement, honest.scene.now));
  watched.size = watched.log.leaves.size();
}

std::string Begun::finds(std::int64_t later_ms) {
  watched.show_all(honest);
  return watched.finds(later_ms);
}

}  // namespace malice

const std::vector<Malice>& malices() {
  using namespace malice;
  static const std::vector<Malice> table = {
      {"two heads of one size", other_head_of_one_size, {"split_view"}},
      {"a fork that grows", fork_that_grows, {"split_view"}},
      {"a fork that is smaller", fork_that_is_smaller, {"split_view"}},
      {"rolled back", smaller_than_before, {"rolled_back"}},
      {"an entry dropped before anybody saw it",
       dropped_before_it_was_seen,
       {"wrong_draw", "broken_rule", "unopened_verdict", "missing_snapshot"}},
      {"an entry dropped from its bundle", dropped_from_its_bundle, {"wrong_tiles"}},
      {"a tile not served", tile_not_served, {"wrong_tiles"}},
      {"a bit flipped in a bundle", bit_flipped_in_a_bundle, {"altered_entry", "wrong_tiles"}},
      {"a bit flipped in a hash tile", bit_flipped_in_a_hash_tile, {"wrong_tiles"}},
      {"a leaf altered and committed to", altered_and_committed, {"not_a_leaf"}},
      {"a signature altered", signature_altered, {"bad_signature"}},
      {"two entries swapped",
       two_entries_swapped,
       {"wrong_draw", "broken_rule", "unopened_verdict", "missing_snapshot"}},
      {"log time that runs backwards", time_runs_backwards, {"broken_rule", "wrong_draw"}},
      {"a statement logged twice", logged_twice, {"broken_rule", "wrong_draw"}},
      {"a head by another key", signed_by_another, {"bad_head"}},
      {"a head short of witnesses", too_few_witnesses, {"bad_head"}},
      {"a forged cosignature", cosignature_forged, {"bad_head"}},
      {"a log gone silent", nothing_new_any_more, {"stale_log"}},
      {"a draw by another key", drawn_by_another_key, {"wrong_draw"}},
      {"a draw over another root", drawn_over_another_root, {"wrong_draw"}},
      {"a draw that leaves a gap", draw_with_a_gap, {"wrong_draw"}},
      {"a draw again of the same", draw_again_of_the_same, {"wrong_draw"}},
      {"a draw before secrets were revealed", drawn_before_the_window, {"wrong_draw"}},
      {"a draw over an old head", drawn_over_an_old_head, {"wrong_draw"}},
      {"no draw", never_drawn, {"missing_draw"}},
      {"an audit never asked for", never_asked, {"missing_verdict"}},
      {"an opening never judged", opened_and_never_judged, {"missing_verdict"}},
      {"a verdict on what was never opened", judged_unopened, {"unopened_verdict"}},
      {"a verdict on other positions", judged_elsewhere, {"wrong_verdict"}},
      {"an opening of other positions", opened_elsewhere, {"wrong_opening"}},
      {"a verdict though the coin said no", judged_though_passed_over, {"broken_rule"}},
      {"a verdict by somebody else", judged_by_another, {"broken_rule"}},
      {"a summary that claims too much", summed_up_too_well, {"wrong_summary"}},
      {"a cheat not slashed", cheat_not_slashed, {"missing_slash"}},
      {"a slash for nothing", slashed_for_nothing, {"broken_rule"}},
      {"a slash harder than the policy", slashed_too_hard, {"wrong_slash"}},
      {"a slash without proof of delivery", slashed_without_delivery, {"wrong_slash"}},
      {"a challenge never drawn over", challenge_never_drawn, {"missing_draw"}},
      {"a challenge never asked for", challenge_never_asked, {"missing_verdict"}},
      {"a challenge judged as a first audit", challenge_judged_as_first, {"broken_rule"}},
      {"a challenge that found a cheat, not slashed",
       challenge_found_wrong_not_slashed,
       {"missing_slash"}},
      {"an unbonding never drawn over", unbonding_never_drawn, {"missing_draw"}},
      {"retro-audits never asked for", unbonding_never_asked, {"missing_verdict"}},
      {"what is void never judged again", voided_and_never_judged, {"missing_verdict"}},
      {"a worker suspended by somebody else", voided_by_another, {"broken_rule"}},
      {"a verdict that rests on a suspended worker", named_a_suspended_worker, {"broken_rule"}},
      {"a verdict that rests on nobody known", named_an_unknown_worker, {"broken_rule"}},
      {"a liar acquitted in a dispute", acquitted_though_wrong, {"wrong_dispute"}},
      {"somebody convicted who was right", convicted_though_right, {"wrong_dispute"}},
      {"a conviction never judged", conviction_never_judged, {"missing_dispute_end"}},
      {"a conviction judged late", conviction_judged_late, {"missing_dispute_end"}},
      {"a silent challenger let off", silent_challenger_let_off, {"missing_dispute_end"}},
      {"a silent provider let off", silent_provider_let_off, {"missing_dispute_end"}},
      {"a side called silent too early", silenced_too_early, {"broken_rule"}},
      {"the other side called silent", silenced_out_of_turn, {"broken_rule"}},
      {"silence without proof of delivery", silenced_without_delivery, {"wrong_dispute"}},
      {"an answer taken that is none", took_no_answer, {"wrong_dispute"}},
      {"a dispute lost and not slashed", lost_and_not_slashed, {"missing_slash"}},
      {"a dispute slashed for another fault", slashed_for_another_fault, {"broken_rule"}},
      {"a slash though a dispute was won", slashed_though_acquitted, {"broken_rule"}},
      {"a move by somebody else", moved_by_another, {"broken_rule"}},
      {"a dispute ended by somebody else", ended_by_another, {"broken_rule"}},
      {"an appeal never decided", never_ruled, {"missing_ruling"}},
      {"a reversal that a ruling owes", reversal_owed, {"missing_ruling"}},
      {"an appeal decided by other positions", ruled_elsewhere, {"wrong_ruling"}},
      {"a liar let off upon appeal", liar_let_off, {"wrong_ruling"}},
      {"a proof of delivery denied", delivery_denied, {"wrong_ruling"}},
      {"a silent provider refuted without proof", refuted_without_delivery, {"wrong_ruling"}},
      {"a ruling against its replays", ruled_against_replays, {"broken_rule"}},
      {"a ruling by too few replays", ruled_by_few, {"broken_rule"}},
      {"a ruling too late", ruled_too_late, {"broken_rule", "missing_ruling"}},
      {"a ruling by somebody else", ruled_by_another, {"broken_rule"}},
      {"a reversal without a cause", reversed_without_cause, {"broken_rule"}},
      {"an expiry before its time", expired_too_early, {"broken_rule"}},
      {"a reversal about another slash's statement", reversed_in_anothers_name, {"broken_rule"}},
      {"an appeal by somebody else", appealed_by_another, {"broken_rule"}},
      {"found wrong again after a granted appeal", found_wrong_again, {"broken_rule"}},
      {"a snapshot of another root", snapshot_of_another_root, {"broken_rule"}},
      {"a snapshot without somebody's state", snapshot_without_somebody, {"broken_rule"}},
      {"a snapshot with a state raised", snapshot_with_a_state_raised, {"broken_rule"}},
      {"a snapshot with a state made up", snapshot_with_somebody_more, {"broken_rule"}},
      {"a snapshot with two states swapped", snapshot_in_another_order, {"broken_rule"}},
      {"a snapshot of another epoch", snapshot_of_another_epoch, {"broken_rule"}},
      {"a snapshot by another policy", snapshot_by_another_policy, {"broken_rule"}},
      {"a snapshot of another history", snapshot_of_another_history, {"broken_rule"}},
      {"a snapshot of another size", snapshot_of_another_size, {"broken_rule"}},
      {"a snapshot that counts wrongly", snapshot_that_counts_wrongly, {"broken_rule"}},
      {"a snapshot by somebody else", snapshot_by_another, {"broken_rule"}},
      {"a snapshot before its epoch is over", snapshot_too_early, {"broken_rule"}},
      {"a second snapshot of a period", snapshot_again, {"broken_rule"}},
      {"a snapshot after the first leaf of a period", snapshot_too_late, {"missing_snapshot"}},
      {"a snapshot never written", snapshot_never_written, {"missing_snapshot"}},
      {"an attestation over other steps", attested_other_steps, {"wrong_steps"}},
      {"another policy", ran_by_another_policy, {"other_policy"}},
  };
  return table;
}

}  // namespace assay::test
