// Hardware rounds: what a provider claims of its machine, measured. The challenge and its answer
// travel with the polls; what came of it is logged. Values and pure functions; any thread.
// Bytes: FORMAT.md "measurement", "Benchmark". Vectors: vectors/events/, vectors/heartbeat/.
//
// Statistical evidence and no more: the time is the verifier's word, nobody can replay it, and
// which device did the work is not proven.
#pragma once

#include <vector>

#include "core/wire/provider.h"

namespace assay::wire {

struct MeasuredPart {
  Part part = Part::gpu;
  std::uint64_t claimed = 0;   // >= 1; as the registration in force has it
  std::uint64_t measured = 0;  // in the same unit
  bool operator==(const MeasuredPart&) const = default;
};

// By the verifier: one round of one provider in one class.
struct Measurement {
  PublicKey provider;
  std::string class_name;           // 1..128 bytes
  Digest round;                     // names it: benchmark_round()
  std::vector<MeasuredPart> parts;  // 1..5, ascending, none twice
  std::uint64_t took_ms = 0;        // by the verifier's steady clock
  std::string how;                  // for people; written as 256 bytes of ASCII at most
};
// Subject: "provider".
Statement measurement_statement(const Measurement& measurement);
Result<Measurement> parse_measurement(std::string_view payload);

// A benchmark is a chain of ordinary jobs, its links: same workload and parameters, each seeded by
// how the one before ended, so that none can be begun before the last is done, and nothing of any
// before the nonce is known.
inline constexpr std::uint32_t kLinksMax = 16;
inline constexpr std::size_t kLinkRowsMax = 16;

struct LinkRows {
  std::uint32_t link = 1;           // 1..links
  std::vector<std::uint64_t> rows;  // of its last state, ascending
  bool operator==(const LinkRows&) const = default;
};

struct Benchmark {
  Digest nonce;              // fresh, the verifier's
  std::uint64_t number = 0;  // of this provider's rounds
  std::string workload;
  std::uint32_t version = 1;
  Json parameters;          // of every link
  std::uint32_t links = 1;  // 1..16
  UnixMillis deadline;      // of the answer; informative
  // Once the answer is there, what of it is to be opened; empty before. Ascending by link.
  std::vector<LinkRows> open;
};
Json benchmark_to_json(const Benchmark& benchmark);
Result<Benchmark> benchmark_from_json(const Json& json);

// SHA-256("assay/benchmark/v1\n" || nonce[32] || provider key[32] || number u64).
Digest benchmark_round(const Benchmark& benchmark, const PublicKey& provider);
// The nonce of a link: SHA-256("assay/benchmark-link/v1\n" || round[32] || last[32]), `last` the
// digest of the last state of the link before, zeros for the first.
Digest benchmark_link_nonce(const Digest& round, const Digest& last);

// The answer, in a heartbeat.
struct BenchmarkAnswer {
  Digest round;
  std::vector<Digest> results;  // of each link its last state's
  Digest opening_blob;          // SHA-256 of the opening file, once it is asked for; else zeros
  bool operator==(const BenchmarkAnswer&) const = default;
};
Json benchmark_answer_to_json(const BenchmarkAnswer& answer);
Result<BenchmarkAnswer> benchmark_answer_from_json(const Json& json);

}  // namespace assay::wire
