// The cheats a provider can be told to play, by the names of the corpus (tests/cheats): for the
// demo and the tests, never for a real verifier.
// Functions are pure; a Cheat belongs to one Agent and remembers earlier jobs.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "prover/cheat.h"

namespace assay::prover {

enum class Misbehave {
  skip_steps,
  repeat_first_step,
  zero_state,
  wild_state,
  splice_cached_trajectory,
  bad_rows_only,
  random_output,
  lower_precision,
  fewer_samples,
  inflated_scale,
  rank_2_forge,
  forged_columns,
  one_row_in_a_hundred,
  smaller_model,
  four_bit_weights,
  truncated_text,
  forged_early_end,
  prefill_forge,
  skip_one_step,
  repeat_one_step,
  fewer_time_steps,
  garbage_inputs,
  wrong_seed,
  stale_result,
  poisoned_result_honest_trace,
  copy_from_peer,
  wrong_device_uuid,
  never_attest,
  withhold_when_sampled,
  answer_late,
  empty_openings,
  extra_openings,
  wrong_path_length,
  opening_of_another_job,
  equivocate,
  replay_old,
  sequence_gap,
  backdate,
  silent_in_dispute,
  lying_in_dispute,
};

struct CheatOptions {
  std::string peer_folder;  // copy-from-peer: the state folder of the provider it copies from
};

struct MisbehaveInfo {
  Misbehave kind;
  std::string_view name;   // "skip-steps"
  std::string_view saves;  // what the cheat does and what that saves it
  Cheat (*make)(const CheatOptions& options);
};

// All of them, in the order of the enum.
std::span<const MisbehaveInfo> misbehaviours();
const MisbehaveInfo& misbehave_info(Misbehave kind);

//   usage        not one of them; the message lists the names
Result<Misbehave> parse_misbehave(std::string_view name);

Cheat make_cheat(Misbehave kind, const CheatOptions& options = {});

// http(s)://127.x.x.x, [::1] or localhost, any port and path: the only verifiers one may cheat.
bool is_loopback_url(std::string_view url);

}  // namespace assay::prover
