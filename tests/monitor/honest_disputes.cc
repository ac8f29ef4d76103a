// The disputes of an honest log.
#include "tests/monitor/honest_log.h"

namespace assay::test {

using wire::DisputeCause;

OpenDispute& HonestLog::dispute(const SigningKey& provider, bool provider_lied,
                                std::size_t silent) {
  OpenDispute it;
  it.silent = silent;
  wire::WorkloadSpec spec;
  const Digest job = accepted_order(provider, spec);
  it.game = play_dispute(spec, provider_lied, random);
  const Bytes trace = wire::trace_file(it.game.trace);
  wire::Attestation attestation = scene.attestation(job, provider);
  attestation.trace_blob = sha256(trace);
  attestation.root = wire::trace_tree(job, provider.public_key(), it.game.trace).root();
  it.attestation = scene.log(provider, wire::attestation_statement(attestation));
  blobs[attestation.trace_blob] = trace;
  pass(static_cast<std::int64_t>(random.below(200)));
  const wire::DisputeOpening opening{it.attestation,
                                     scene.attestation_row(it.attestation).statement,
                                     job,
                                     it.game.step,
                                     scene.stranger.public_key(),
                                     scene.policy.reference_value_micros};
  const Result<reputation::Appended> logged =
      scene.say(scene.stranger, wire::dispute_statement(opening));
  ASSAY_CHECK(logged.ok(), logged.ok() ? "" : logged.error().what);
  it.index = logged.value().index;
  it.statement = logged.value().statement;
  it.moved = scene.now;
  copy_leaves();
  return disputes.emplace_back(std::move(it));
}

void HonestLog::move(OpenDispute& dispute) {
  const wire::Move& move = dispute.game.moves[dispute.moves];
  if (move.blob != Digest{}) blobs[move.blob] = dispute.game.blobs[dispute.moves];
  const SigningKey& mover =
      dispute.provider_turn() ? provider_of(dispute.attestation) : scene.stranger;
  say(mover,
      wire::dispute_move_statement({dispute.index, static_cast<std::uint32_t>(dispute.moves), move},
                                   dispute.statement));
  ++dispute.moves;
  dispute.moved = scene.now;
}

void HonestLog::play_out(OpenDispute& dispute) {
  while (!dispute.decided() && !dispute.lapses()) {
    pass(static_cast<std::int64_t>(random.below(200)));
    move(dispute);
  }
}

wire::DisputeEnd HonestLog::end_of(const OpenDispute& dispute) {
  if (dispute.decided()) {
    const bool lied = dispute.game.provider_lied;
    return {dispute.index, lied, lied ? DisputeCause::convicted : DisputeCause::acquitted, ""};
  }
  const bool provider = dispute.provider_turn();
  return {dispute.index, provider, DisputeCause::silent,
          provider ? heartbeat_of(provider_of(dispute.attestation)) : ""};
}

void HonestLog::end(OpenDispute& dispute) {
  const wire::DisputeEnd end = end_of(dispute);
  say(scene.verifier, wire::dispute_end_statement(end, dispute.statement));
  if (end.provider_lost && scene.attestation_row(dispute.attestation).slash_index == 0) {
    say(scene.verifier,
        wire::slash_statement(end.cause == DisputeCause::silent
                                  ? withheld_slash(dispute.attestation)
                                  : scene.slash(dispute.attestation, wire::Fault::wrong_result)));
    slashed.push_back({dispute.attestation, log.leaves.size() - 1});
  }
}

// A move each, or none; what lapses is ended, after the policy's deadline.
void HonestLog::go_on_with_disputes() {
  for (std::size_t i = 0; i < disputes.size();) {
    OpenDispute& it = disputes[i];
    const bool over =
        it.decided() ||
        (it.lapses() && scene.now - it.moved >= std::int64_t{scene.policy.opening_deadline_ms});
    if (over && chance(60)) {
      end(it);
      disputes.erase(disputes.begin() + static_cast<std::ptrdiff_t>(i));
      continue;
    }
    if (!over && !it.lapses() && chance(50)) move(it);
    ++i;
  }
}

void HonestLog::end_disputes() {
  for (OpenDispute& it : disputes) {
    play_out(it);
    (void)draw();  // what falls due meanwhile
  }
  pass(scene.policy.opening_deadline_ms);
  for (OpenDispute& it : disputes) end(it);
  disputes.clear();
}

}  // namespace assay::test
