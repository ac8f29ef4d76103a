// An appeal against a slash, and how it was decided. Values and pure functions; any thread. Bytes:
// FORMAT.md "appeal, ruling". Vectors: vectors/events/. Who may say what, when and how often:
// reputation/policy/slashing.h.
#pragma once

#include "core/wire/verdict.h"

namespace assay::wire {

inline constexpr std::size_t kRemarkMax = 500;
inline constexpr std::size_t kAppealReplaysMax = 16;

// By the slashed provider, once for a slash.
struct Appeal {
  std::uint64_t slash_index = 0;
  PublicKey provider;                // the signer
  std::uint64_t deposit_micros = 0;  // of its free stake, locked until the ruling; the log says how
                                     // much, and the provider that it knows
  Digest nonce;                      // 32 fresh bytes: nobody knows the draw that follows before
  std::string remark;                // for people, 0..kRemarkMax bytes
};
Statement appeal_statement(const Appeal& appeal, const Digest& slash);  // subject "slash"
Result<Appeal> parse_appeal(std::string_view payload);

// One independent look at the fault. Outcomes: match, there is none; mismatch or unavailable, it is
// there again; inconclusive, we failed.
struct AppealReplay {
  std::string device;  // 1..128 bytes; one of the two below decides, all others are told only
  Outcome outcome = Outcome::inconclusive;
  bool operator==(const AppealReplay&) const = default;
};
// The definition of every program: it alone convicts or acquits of a wrong result.
inline constexpr std::string_view kScalarDevice = "cpu/scalar";
// Signed messages that are the whole proof: two attestations, or a heartbeat after a challenge.
inline constexpr std::string_view kSignaturesDevice = "signatures";

enum class RulingOutcome { granted, refuted, undecided };
std::string_view ruling_outcome_name(RulingOutcome outcome);  // "granted", …

// What follows from the replays: refuted as soon as one that decides shows the fault; granted when
// all that decide, one at least, show none; else undecided.
RulingOutcome ruling_of(std::span<const AppealReplay> replays);

// By the verifier: how an appeal was decided, and by what. Its outcome is that of its replays.
struct Ruling {
  std::uint64_t slash_index = 0;
  std::uint64_t appeal_index = 0;
  PublicKey provider;
  RulingOutcome outcome = RulingOutcome::undecided;
  Digest draw;  // that covers the appeal's leaf; zeros when nobody got so far
  // What was looked at, as the seed of that draw has it; all empty where signatures decide.
  std::vector<std::uint32_t> positions;
  std::vector<std::uint64_t> rows;
  PairsDigest pairs;
  std::vector<AppealReplay> replays;  // up to kAppealReplaysMax
  std::string detail;                 // for people; written as 512 bytes of ASCII at most
};
Statement ruling_statement(const Ruling& ruling, const Digest& slash);  // subject "slash"
Result<Ruling> parse_ruling(std::string_view payload);

}  // namespace assay::wire
