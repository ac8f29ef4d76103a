// Appeals, from their leaf to their end: drawn over like an attestation, decided by fresh replays
// or signatures, and ended by a ruling; then the slash stands, or a reversal takes it back. All of
// it is rebuilt from the ledger. Thread-safe.
//
// What fails on our side is tried again. An appeal that we cannot decide is undecided (DRAWN) when
// an eighth of its time is left; one that we were away for expires (EXPIRED). Neither is ever held
// against the provider. Openings that were withheld may still be delivered until finality: such an
// appeal is decided as late as may be.
#pragma once

#include <deque>
#include <map>
#include <mutex>

#include "verifier/service/appeal_replays.h"
#include "verifier/service/audits.h"

namespace assay::verifier {

class Appeals {
 public:
  Appeals(Context& context, Audits& audits) : context_(context), audits_(audits) {}

  Status load();  // takes up every appeal of the ledger that has not ended
  void logged(std::uint64_t slash_index);
  void tick();  // what time causes; logs
  // Decides one appeal, if one waits for that. Called by the replay threads.
  bool run_replay();
  bool concerns(const Digest& provider) const;

 private:
  struct Waiting {
    Digest provider;
    UnixMillis decide_from;   // not before
    UnixMillis give_up;       // then it is undecided
    UnixMillis decide_until;  // then it has expired
    SteadyMillis not_before;  // of the next try, after a failure of ours
    bool queued = false;      // waits for, or is in, its replays
  };

  Status take_up(std::uint64_t slash_index);
  void look_at(std::uint64_t slash_index, const Waiting& waiting);
  void queue(std::uint64_t slash_index);
  void put_off(std::uint64_t slash_index);
  void forget(std::uint64_t slash_index);
  void rule(std::uint64_t slash_index, const reputation::SlashState& slash,
            const AppealDecision& decision);
  bool log_end(std::uint64_t slash_index, const reputation::SlashState& slash,
               std::vector<reputation::Submission> batch);
  reputation::Submission reversal(std::uint64_t slash_index, const reputation::SlashState& slash,
                                  const char* cause) const;

  Context& context_;
  Audits& audits_;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, Waiting> waiting_;  // by the slash's leaf
  std::deque<std::uint64_t> to_decide_;
  bool look_again_ = false;  // in the ledger, for what could not be read
};

}  // namespace assay::verifier
