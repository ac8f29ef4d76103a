// A challenge: which parts of one attested trace a provider must open, by when. Derived from a
// draw, handed out in a poll reply; and the opening file that answers it. Values and pure
// functions; any thread. Bytes: FORMAT.md "Challenge", "Opening". Vectors: vectors/challenge/,
// vectors/opening/, vectors/spotcheck/.
#pragma once

#include <span>
#include <vector>

#include "core/wire/draw.h"
#include "core/wire/provider.h"
#include "core/wire/trace.h"

namespace assay::wire {

// Positions and rows travel as ascending lists in which three or more neighbours are one
// [first,last] pair, so that "everything" stays short. A list has one spelling (runs.h).
inline constexpr std::size_t kRowsMax = 65'536;        // rows in one list
inline constexpr std::uint64_t kRowLast = UINT32_MAX;  // the highest row number

// One row of one step, to be micro-checked, travels as the number (step - 1) * M + row of a job of
// M rows.
inline constexpr std::size_t kPairsMax = 1024;  // in one challenge
inline constexpr std::uint64_t kPairLast = kTraceStepsMax * (kRowLast + 1) - 1;

// Pairs as signed statements name them, which so stay small: an auditor derives them from the draw.
struct PairsDigest {
  std::uint32_t count = 0;
  Digest digest;  // of the numbers, u64 BE, ascending: SHA-256("assay/pairs/v1\n" || ...)
  bool operator==(const PairsDigest&) const = default;
};
// Zeros when there are none.
PairsDigest digest_of_pairs(std::span<const std::uint64_t> pairs);

struct Challenge {
  Digest draw;                          // PAE digest of the draw statement
  std::uint64_t attestation_index = 0;  // its leaf in the log
  Digest attestation;                   // PAE digest
  Digest job;
  Reason reason = Reason::first;
  std::uint32_t ordinal = 0;  // 0 for the first asking; counts redraws of the same reason
  std::uint32_t p_ppm = 0;    // the probability the coin was thrown with
  std::vector<std::uint32_t> positions;  // steps 1..N, ascending
  std::vector<std::uint64_t> rows;       // rows to follow through the chain, ascending
  std::vector<std::uint64_t> pairs;      // row micro-checks, ascending
  UnixMillis deadline;                   // of this asking; informative to the provider
};

// Parts of a finished job that somebody wants opened beside its audits, to compute them again
// himself. The provider is handed it as a challenge with the reason `paid`, the request's id for a
// draw and p_ppm 0. Nothing follows from the answer, or from there being none.
struct OpeningRequest {
  std::vector<std::uint32_t> positions;
  std::vector<std::uint64_t> rows;
  std::vector<std::uint64_t> pairs;
};
std::string opening_request_text(const OpeningRequest& request);
//   malformed    not the schema, or nothing asked for
Result<OpeningRequest> parse_opening_request(std::string_view text);
// SHA-256("assay/opening-request/v1\n" || job || text in its one spelling).
Digest opening_request_id(const Digest& job, const OpeningRequest& request);

Json challenge_to_json(const Challenge& challenge);
Result<Challenge> challenge_from_json(const Json& json);

// One opened piece of one state of a chain: a whole state, or one leaf of its tree with its path.
inline constexpr std::size_t kOpenedLeafBytesMax = 1024;
inline constexpr std::size_t kOpenedPathMax = 63;

struct OpenedPart {
  std::uint32_t state = 0;  // index of the state, 0..N
  bool whole = false;
  std::uint64_t leaf = 0;    // when not whole: number among the state's leaves
  Bytes data;                // the state's bytes (core/compute state_bytes), or the leaf's data
  std::vector<Digest> path;  // when not whole: inclusion path to the state digest
};

// What a prover answers with: exactly the parts the challenge asks for, in ascending
// (state, whole first, leaf) order, none twice. Empty for independent units, whose outputs are
// already bound by the trace and the delivered result.
struct Opening {
  std::vector<OpenedPart> parts;
};

Bytes opening_file(const Opening& opening);
//   malformed    not an opening file, out of order, or beyond bytes_max
Result<Opening> parse_opening_file(ByteView bytes, std::size_t bytes_max);

// The provider's signed answer: these blobs are my openings for that challenge.
struct Spotcheck {
  Digest draw;
  std::uint64_t attestation_index = 0;
  Digest attestation;
  Reason reason = Reason::first;
  std::uint32_t ordinal = 0;
  std::vector<std::uint32_t> positions;
  std::vector<std::uint64_t> rows;
  PairsDigest pairs;
  Digest opening_blob;  // SHA-256 of the opening file
  std::uint64_t opening_bytes = 0;
};
// Subject: "attestation", its PAE digest.
Statement spotcheck_statement(const Spotcheck& spotcheck);
Result<Spotcheck> parse_spotcheck(std::string_view payload);
Result<Spotcheck> parse_spotcheck(const Statement& statement);

}  // namespace assay::wire
