// Disputes: what is asked of their providers, the deadlines of both sides, and how they end. What
// was said lies in the log and the blobs and nowhere else: every move is judged by replaying those
// before it, so that a restart forgets nothing but clocks, which run anew. Thread-safe.
//
// Intake refuses a move that says nothing (an answer whose hashes do not follow, a conviction that
// opens something else): the mover's clock runs on. A provider's clock starts when its heartbeat
// has signed for the question; one that never polls again is not silent but away, and its dispute
// stays open. A challenger's starts at once.
#pragma once

#include <map>
#include <mutex>

#include "core/compute/dispute/case.h"
#include "verifier/service/intake.h"

namespace assay::verifier {

// A dispute as it stands in the log.
struct LoggedDispute {
  std::uint64_t index = 0;
  reputation::DisputeState state;
  std::vector<wire::Move> moves;
  OpenAudit audit;  // of its attestation
};
//   not_found    no such dispute
//   inconclusive what it rests on cannot be had: our failure
Result<LoggedDispute> load_dispute(const Reading& context, std::uint64_t index);
// Its moves replayed. The same errors.
Result<std::unique_ptr<compute::DisputeCase>> replay_dispute(const Reading& context,
                                                             const LoggedDispute& dispute);

// Can this be disputed; does this move say something? For intake.
Status check_dispute(const Context& context, const Received& received);
Status check_dispute_move(const Context& context, const Received& received);

// What anybody may know of a dispute: GET /v1/disputes/{index}.
Result<wire::Json> dispute_document(const Reading& context, const std::string& id);

class Disputes {
 public:
  explicit Disputes(Context& context) : context_(context) {}

  // Takes up all open disputes of the ledger, and what follows from those that ended.
  Status load();
  // An opening or a move has been logged.
  void logged(const Received& received, std::uint64_t log_index);

  // What this provider is to be handed now.
  std::vector<wire::DisputeTask> tasks_for(const Digest& provider);
  struct Handed {
    std::uint64_t dispute = 0;
    std::size_t moves = 0;
  };
  void delivered(const std::vector<Handed>& handed, const std::string& heartbeat);

  void excuse();  // we were away: all clocks run anew
  void check_deadlines();

 private:
  struct Open {
    Digest provider;
    bool provider_turn = true;
    wire::DisputeTask task;
    std::optional<SteadyMillis> deadline;
    std::string delivery_proof;
  };

  void changed(std::uint64_t index);
  Status take_up(std::uint64_t index);
  void end(std::uint64_t index, bool provider_lost, wire::DisputeCause cause,
           const std::string& delivery_proof);
  Status slash(const LoggedDispute& dispute, const std::string& delivery_proof);
  void try_again();

  Context& context_;
  std::mutex mutex_;
  std::map<std::uint64_t, Open> open_;
  std::optional<SteadyMillis> look_again_;
};

}  // namespace assay::verifier
