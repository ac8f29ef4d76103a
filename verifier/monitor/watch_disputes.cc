// Disputes, from their opening to the slash of whoever lied. Whose turn it is, and that nobody is
// called silent before a deadline, are rules of the log; here is what has to come, and whether an
// end is what the moves come to.
#include "core/wire/poll.h"
#include "verifier/monitor/watch_seen.h"

namespace assay::verifier::monitor {

using reputation::AttestationState;
using reputation::DisputeState;

std::int64_t Watch::ending_ms() const {
  return asking_ms() * policy_->openings_asked_max;
}

void Watch::check_dispute(std::uint64_t index, Disputed& dispute, std::int64_t now_ms) {
  if (dispute.told) return;
  const std::int64_t waited_ms = now_ms - dispute.moved_ms;
  std::string why;
  if (dispute.decided) {
    if (waited_ms > ending_ms()) why = "came to a conviction that nobody judged in ";
  } else if (dispute.provider_turn) {
    if (dispute.asked > policy_->openings_asked_max) {
      why = "waits for its provider, who was there to be asked " + std::to_string(dispute.asked) +
            " times, for ";
    }
  } else if (waited_ms > std::int64_t{policy_->opening_deadline_ms} + ending_ms()) {
    why = "waits for its challenger, who has lost it, for ";
  }
  if (why.empty()) return;
  dispute.told = true;
  tell_missing(
      FindingKind::missing_dispute_end, dispute.attestation,
      "is disputed: the dispute of leaf " + std::to_string(index) + " " + why + seconds(waited_ms));
}

void Watch::note_asked(Disputed& dispute, std::int64_t time_ms) {
  if (!dispute.provider_turn || dispute.decided || time_ms < dispute.next_ask_ms) return;
  ++dispute.asked;
  dispute.next_ask_ms = time_ms + asking_ms();
}

// The row of a dispute that the rules have just made or changed.
Status Watch::dispute_moved(const Seen& seen, std::uint64_t index) {
  Result<DisputeState> row = seen.dispute(index);
  if (!row.ok()) return row.error();
  const DisputeState& it = row.value();
  Result<AttestationState> about = seen.attestation(it.attestation_index);
  if (!about.ok()) return about.error();
  const auto known = disputes_.find(index);
  if (known != disputes_.end()) check_dispute(index, known->second, seen.time_ms());
  disputes_.insert_or_assign(index,
                             Disputed{about.value().provider, it.attestation_index, seen.time_ms(),
                                      it.provider_turn, it.decided, 0, seen.time_ms(), false});
  return {};
}

Status Watch::dispute_move(const Seen& seen) {
  Result<wire::DisputeMove> said = wire::parse_dispute_move(seen.payload());
  return said.ok() ? dispute_moved(seen, said.value().dispute_index) : Status(said.error());
}

// Whether a fault was slashed already, though it may have been reversed.
Result<bool> Watch::was_slashed(const Seen& seen, std::uint64_t attestation) const {
  bool found = false;
  const Status scanned =
      seen.view.each_slash(attestation, [&](std::uint64_t, const reputation::SlashState& slash) {
        found = slash.attestation_index == attestation;
        return !found;
      });
  if (!scanned.ok()) return scanned.error();
  return found;
}

Status Watch::dispute_end(const Seen& seen) {
  Result<wire::DisputeEnd> said = wire::parse_dispute_end(seen.payload());
  if (!said.ok()) return said.error();
  const wire::DisputeEnd& it = said.value();
  const auto known = disputes_.find(it.dispute_index);
  if (known != disputes_.end()) {
    check_dispute(known->first, known->second, seen.time_ms());
    disputes_.erase(known);
  }
  Result<DisputeState> row = seen.dispute(it.dispute_index);
  if (!row.ok()) return row.error();
  const std::uint64_t attestation = row.value().attestation_index;
  Result<AttestationState> about = seen.attestation(attestation);
  if (!about.ok()) return about.error();
  if (it.provider_lost && it.cause == wire::DisputeCause::silent &&
      !wire::proves_delivery(it.delivery_proof, about.value().provider)) {
    tell(FindingKind::wrong_dispute, seen,
         "its proof that a provider was asked is no heartbeat that the provider signed");
  }
  const Status follows =
      check_end(seen.view, seen.head.size, it.dispute_index, row.value(), dispute_source_);
  if (follows.ok()) {
    ++totals_.replayed;
  } else if (follows.error().code == Code::mismatch) {
    tell(FindingKind::wrong_dispute, seen, follows.error().what);
  } else if (follows.error().code == Code::no_evidence) {
    ++totals_.unchecked;
  } else {
    return follows;
  }
  if (!it.provider_lost) return {};
  Result<bool> slashed = was_slashed(seen, attestation);
  if (!slashed.ok()) return slashed.error();
  if (!slashed.value()) guilty_.try_emplace(attestation, Guilty{seen.time_ms(), false});
  return {};
}

}  // namespace assay::verifier::monitor
