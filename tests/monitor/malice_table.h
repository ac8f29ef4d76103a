// The single kinds of dishonesty. For the sources of malice only.
#pragma once

#include <algorithm>

#include "core/wire/dsse.h"
#include "tests/monitor/malice.h"

namespace assay::test::malice {

// An honest log some way on, and whoever watches it; by then two draws were made.
struct Begun {
  explicit Begun(std::uint64_t seed, bool seen = true, bool quorum = false,
                 std::int64_t max_age_ms = 0);
  HonestLog honest;
  Watched watched;

  std::uint64_t drawn_size() const;  // of the log, as the last draw saw it
  // Appends a statement that no rule was asked about.
  void force(const SigningKey& key, const wire::Statement& statement);
  // The same in place of a snapshot that is due.
  void force_first(const SigningKey& key, const wire::Statement& statement);
  std::string finds(std::int64_t later_ms = 0);        // of everything that was logged since
  std::string finds_now() { return watched.finds(); }  // of what was forced
};

constexpr std::int64_t kLongMs = 60'000;  // longer than anything of the policy may take

// Somebody registers again: a leaf that says nothing, but that time has passed.
void filler(HonestLog& honest, const SigningKey& key);

// About the log.
std::string other_head_of_one_size(std::uint64_t seed);
std::string fork_that_grows(std::uint64_t seed);
std::string fork_that_is_smaller(std::uint64_t seed);
std::string smaller_than_before(std::uint64_t seed);
std::string dropped_before_it_was_seen(std::uint64_t seed);
std::string dropped_from_its_bundle(std::uint64_t seed);
std::string tile_not_served(std::uint64_t seed);
std::string bit_flipped_in_a_bundle(std::uint64_t seed);
std::string bit_flipped_in_a_hash_tile(std::uint64_t seed);
std::string altered_and_committed(std::uint64_t seed);
std::string signature_altered(std::uint64_t seed);
std::string two_entries_swapped(std::uint64_t seed);
std::string time_runs_backwards(std::uint64_t seed);
std::string logged_twice(std::uint64_t seed);
std::string signed_by_another(std::uint64_t seed);
std::string too_few_witnesses(std::uint64_t seed);
std::string cosignature_forged(std::uint64_t seed);
std::string nothing_new_any_more(std::uint64_t seed);

// About draws.
std::string drawn_by_another_key(std::uint64_t seed);
std::string drawn_over_another_root(std::uint64_t seed);
std::string draw_with_a_gap(std::uint64_t seed);
std::string draw_again_of_the_same(std::uint64_t seed);
std::string drawn_before_the_window(std::uint64_t seed);
std::string drawn_over_an_old_head(std::uint64_t seed);
std::string never_drawn(std::uint64_t seed);

// About audits.
std::string never_asked(std::uint64_t seed);
std::string opened_and_never_judged(std::uint64_t seed);
std::string judged_unopened(std::uint64_t seed);
std::string judged_elsewhere(std::uint64_t seed);
std::string opened_elsewhere(std::uint64_t seed);
std::string judged_though_passed_over(std::uint64_t seed);
std::string judged_by_another(std::uint64_t seed);
std::string summed_up_too_well(std::uint64_t seed);
std::string cheat_not_slashed(std::uint64_t seed);
std::string slashed_for_nothing(std::uint64_t seed);
std::string slashed_too_hard(std::uint64_t seed);
std::string slashed_without_delivery(std::uint64_t seed);

// About audits made again, and workers.
std::string challenge_never_drawn(std::uint64_t seed);
std::string challenge_never_asked(std::uint64_t seed);
std::string challenge_judged_as_first(std::uint64_t seed);
std::string challenge_found_wrong_not_slashed(std::uint64_t seed);
std::string unbonding_never_drawn(std::uint64_t seed);
std::string unbonding_never_asked(std::uint64_t seed);
std::string voided_and_never_judged(std::uint64_t seed);
std::string voided_by_another(std::uint64_t seed);
std::string named_a_suspended_worker(std::uint64_t seed);
std::string named_an_unknown_worker(std::uint64_t seed);

// About disputes.
std::string acquitted_though_wrong(std::uint64_t seed);
std::string convicted_though_right(std::uint64_t seed);
std::string conviction_never_judged(std::uint64_t seed);
std::string conviction_judged_late(std::uint64_t seed);
std::string silent_challenger_let_off(std::uint64_t seed);
std::string silent_provider_let_off(std::uint64_t seed);
std::string silenced_too_early(std::uint64_t seed);
std::string silenced_out_of_turn(std::uint64_t seed);
std::string silenced_without_delivery(std::uint64_t seed);
std::string took_no_answer(std::uint64_t seed);
std::string lost_and_not_slashed(std::uint64_t seed);
std::string slashed_for_another_fault(std::uint64_t seed);
std::string slashed_though_acquitted(std::uint64_t seed);
std::string moved_by_another(std::uint64_t seed);
std::string ended_by_another(std::uint64_t seed);

// About appeals.
std::string never_ruled(std::uint64_t seed);
std::string reversal_owed(std::uint64_t seed);
std::string ruled_elsewhere(std::uint64_t seed);
std::string liar_let_off(std::uint64_t seed);
std::string delivery_denied(std::uint64_t seed);
std::string refuted_without_delivery(std::uint64_t seed);
std::string ruled_against_replays(std::uint64_t seed);
std::string ruled_by_few(std::uint64_t seed);
std::string ruled_too_late(std::uint64_t seed);
std::string ruled_by_another(std::uint64_t seed);
std::string reversed_without_cause(std::uint64_t seed);
std::string expired_too_early(std::uint64_t seed);
std::string reversed_in_anothers_name(std::uint64_t seed);
std::string appealed_by_another(std::uint64_t seed);
std::string found_wrong_again(std::uint64_t seed);

// About snapshots.
std::string snapshot_of_another_root(std::uint64_t seed);
std::string snapshot_without_somebody(std::uint64_t seed);
std::string snapshot_with_a_state_raised(std::uint64_t seed);
std::string snapshot_with_somebody_more(std::uint64_t seed);
std::string snapshot_in_another_order(std::uint64_t seed);
std::string snapshot_of_another_epoch(std::uint64_t seed);
std::string snapshot_by_another_policy(std::uint64_t seed);
std::string snapshot_of_another_history(std::uint64_t seed);
std::string snapshot_of_another_size(std::uint64_t seed);
std::string snapshot_that_counts_wrongly(std::uint64_t seed);
std::string snapshot_by_another(std::uint64_t seed);
std::string snapshot_too_early(std::uint64_t seed);
std::string snapshot_again(std::uint64_t seed);
std::string snapshot_too_late(std::uint64_t seed);
std::string snapshot_never_written(std::uint64_t seed);

// About the rest.
std::string attested_other_steps(std::uint64_t seed);
std::string ran_by_another_policy(std::uint64_t seed);

}  // namespace assay::test::malice
