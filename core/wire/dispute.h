// A dispute as it is logged: somebody with a deposit says that a step of an attested trace does not
// follow from the states before it; the two sides move in turn; the verifier says how it ended.
// What the moves mean, and who is right, is core/compute/dispute/dispute.h; here they are bytes.
// Values; any thread. Bytes: FORMAT.md "dispute". Vectors: vectors/events/.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "core/crypto/ed25519.h"
#include "core/wire/statement.h"

namespace assay::wire {

// By the challenger, any key but the provider's. The deposit covers what the dispute costs others;
// it is forfeited when the challenger loses or falls silent.
struct DisputeOpening {
  std::uint64_t attestation_index = 0;
  Digest attestation;  // PAE digest of that leaf
  Digest job;
  std::uint32_t step = 0;  // 0: the start state
  PublicKey challenger;
  std::uint64_t deposit_micros = 0;  // of the policy's currency; at least the job's price, and 1
};
Statement dispute_statement(const DisputeOpening& opening);  // subject "attestation"
Result<DisputeOpening> parse_dispute(std::string_view payload);

// answer is the provider's, all else the challenger's.
enum class MoveKind { answer, operation, state, output, child, conviction };
std::string_view move_name(MoveKind kind);  // "answer", …
std::optional<MoveKind> parse_move_name(std::string_view name);

// Most moves a dispute can have: 8 answers, a choice after each, and the conviction.
inline constexpr std::uint32_t kDisputeMovesMax = 17;

struct Move {
  MoveKind kind = MoveKind::answer;
  std::uint32_t choice = 0;  // operation, child: which; else 0
  Digest blob;               // answer, conviction: SHA-256 of the bytes; else zeros
  bool operator==(const Move&) const = default;
};
struct DisputeMove {
  std::uint64_t dispute_index = 0;
  std::uint32_t number = 0;  // 0, 1, … below kDisputeMovesMax
  Move move;
};
Statement dispute_move_statement(const DisputeMove& move, const Digest& dispute);  // "dispute"
Result<DisputeMove> parse_dispute_move(std::string_view payload);

// By the verifier.
//   convicted  the last move's conviction shows that the provider lied
//   acquitted  it shows that the provider did not
//   silent     the one whose turn it was let the policy's opening deadline pass; of a provider with
//              the heartbeat that signed for what it was asked
enum class DisputeCause { convicted, acquitted, silent };
std::string_view dispute_cause_name(DisputeCause cause);

struct DisputeEnd {
  std::uint64_t dispute_index = 0;
  bool provider_lost = false;
  DisputeCause cause = DisputeCause::acquitted;
  std::string delivery_proof;  // of a silent provider; else empty
};
Statement dispute_end_statement(const DisputeEnd& end, const Digest& dispute);  // "dispute"
Result<DisputeEnd> parse_dispute_end(std::string_view payload);

// A dispute as its provider is handed it (poll.h): all there is to know, so that an agent that lost
// its memory goes on.
struct DisputeTask {
  std::uint64_t dispute_index = 0;
  Digest dispute;  // PAE digest of its opening
  std::uint64_t attestation_index = 0;
  Digest attestation;
  Digest job;
  std::uint32_t step = 0;
  std::vector<Move> moves;  // so far; the next is the provider's
  UnixMillis deadline;      // informative
};
Json dispute_task_to_json(const DisputeTask& task);
Result<DisputeTask> dispute_task_from_json(const Json& json);

Json move_to_json(const Move& move);
Move read_move(Fields& in);

}  // namespace assay::wire
