// The openings that wait to be replayed, in the order in which they are taken: fair among
// providers, so that none can keep the others waiting, and with at most half of the takes for
// newcomers while others wait, so that new keys cost an attacker more than they cost everybody
// else. One thread.
#pragma once

#include <deque>
#include <list>
#include <map>
#include <optional>

#include "core/base/time.h"
#include "core/crypto/sha256.h"

namespace assay::verifier {

struct WaitingReplay {
  std::uint64_t attestation = 0;
  Digest provider;
  bool newcomer = false;
  bool here_only = false;  // no worker may have it: it confirms one, or too many have failed at it
  SteadyMillis since;
};

class ReplayQueue {
 public:
  // Who takes: a worker elsewhere; this process; this process, what no worker may have.
  enum class Taker { worker, here, here_only };

  void add(const WaitingReplay& replay);
  // Before all others of here_only: somebody waits for its confirmation.
  std::optional<WaitingReplay> take(Taker taker);
  // Takes one out, whoever's turn it is. Returns whether it was there.
  bool drop(std::uint64_t attestation);

  std::size_t size() const;
  std::optional<SteadyMillis> oldest() const;

 private:
  // Providers in turn, each with what waits of it in the order in which it came.
  struct Lane {
    std::list<Digest> turns;
    std::map<Digest, std::deque<WaitingReplay>> waiting;

    bool empty() const { return turns.empty(); }
    void add(const WaitingReplay& replay);
    WaitingReplay take();
  };

  std::deque<WaitingReplay> here_only_;
  Lane established_;
  Lane newcomers_;
  bool newcomer_was_last_ = false;
};

}  // namespace assay::verifier
