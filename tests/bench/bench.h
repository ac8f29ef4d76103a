// The cases of assay-bench. Each one holds our code to a peer: first it checks that both give the
// same, and only then does it time them, alternately in the same run. A wrong result has no time.
// Functions of the options; one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace assay::bench {

struct Options {
  bool quick = false;                             // small sizes and few rounds: seconds, for tests
  std::uint64_t tiles = 0;                        // parity: random products on each level
  std::uint64_t jobs = 0;                         // parity: random jobs of each workload
  std::uint64_t seed = 1;                         // of everything random
  std::string model{};                            // generate, attest, replay: a folder; empty: ours
  std::uint32_t seconds = 120;                    // ledger: of intake
  std::uint64_t entries = 0;                      // ledger: of the large log
  std::string folder{};                           // ledger: where its stores lie; empty: temporary
  std::function<void(const std::string&)> say{};  // progress, for people
};

// One line of the table.
struct Row {
  std::string bench{};  // the case: "gemm"
  std::string name{};   // what was done: "avx2 256x256x1024"
  std::string peer{};   // what it is held to
  std::string unit{};   // GOPS, GB/s, tokens/s: more is better; ms: less; tiles, runs: equal ones
  std::string note{};   // what the numbers mean, or what was wrong
  bool correct = false;
  std::optional<double> ours{};  // absent when there is nothing to say: a wrong result has no time
  std::optional<double> theirs{};

  std::optional<double> ratio() const;  // ours / theirs
};
using Rows = std::vector<Row>;

// Every CPU level of this machine against the scalar definition: random products, RX-1's tensor
// operations, then whole jobs of every workload, with 1 to 8 threads; and texts with other chunks
// and without the texts beside them. `ours` counts what was equal, `theirs` what was compared.
Result<Rows> parity(const Options& options);
// The elementary functions and the narrowing of RX-1 on every level against the hashes frozen in
// vectors/rx1/: all 2^32 inputs on AVX2 and AVX-512, 2^24 elsewhere; and their errors against the C
// library's f64 functions, on 2^24 inputs, held to what core/compute/rx1/elementary.h promises.
Result<Rows> elementary(const Options& options);
// igemm8, packing included, on every SIMD level against the scalar definition, and on the best one
// against oneDNN and OpenBLAS where this build has them; one thread.
Result<Rows> gemm(const Options& options);
// Tokens a second of reading a prompt and of generating, against plain f32 with OpenBLAS where this
// build has it; and of checking a text against generating it. One thread.
Result<Rows> generate(const Options& options);
// The digest of a state, and the leaf hashes alone, against OpenSSL's SHA-256; one thread.
Result<Rows> hash(const Options& options);
// A job with its trace and digests against the bare steps of the same program; one thread.
Result<Rows> attest(const Options& options);
// Verifying an attestation against running its job, at standard depth and rung by rung; one thread.
Result<Rows> replay(const Options& options);
// What judges the end of a dispute: of the largest jobs of every workload, the dearest operation's
// unit recomputed from what a conviction opens, against the milliseconds that are promised; and the
// answers it takes to come down to it. Thousands of steps, of which none is run. One thread.
Result<Rows> dispute(const Options& options);
// Reads of a hundred thousand providers in memory: pages that are filtered and sorted, and matches
// with their draw, each against a full scan and sort and against the 20 ms that are promised; 99th
// percentiles. One thread.
Result<Rows> reads(const Options& options);
// A whole service with its store and witnesses on this disk: statements taken in, proofs under a
// quorum, a monitor's pass; then proofs from and a start on a log of options.entries. What is
// promised stands for the peer. Takes minutes and gigabytes; all cores.
Result<Rows> ledger(const Options& options);
// How soon a penalty that is in the log is heard of: by its provider's agent, and by a webhook's
// receiver over HTTP, under load. What is promised stands for the peer. Half a minute; all cores.
Result<Rows> penalties(const Options& options);
// Every score again: 10 million events of thousands of providers, against the seconds that are
// promised; and the leaves of a history by the rules, against the same with their signatures.
// Takes minutes and gigabytes; one thread.
Result<Rows> fold(const Options& options);

}  // namespace assay::bench
