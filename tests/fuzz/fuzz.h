// Fuzzing: every parser of bytes that strangers wrote, fed with bytes that strangers might write.
//
// One harness per group of formats, <group>_fuzz.cc, each a function that libFuzzer knows:
//
//   scene       scene files, OBJ meshes, and whole render jobs out of them
//   tensors     .npy, .safetensors, gemm parameters, and whole gemm jobs out of them
//   model       language models: configurations, tokenizers, indexes, manifests, packs, checkpoints
//   train       train jobs, their inputs, and states that strangers claim
//   simulate    lattices and bodies, likewise
//   statements  JSON, DSSE envelopes, every kind of statement, policies, poll replies, journals
//   log         signed notes, checkpoints, proofs, tiles, leaves, trust files, receipts
//   witness     add-checkpoint requests up to a witness's answer, and what logs read of one
//   dispute     answers, choices and convictions of disputes, played by strangers
//   scores      states of scores, and final score statements with their proofs
//   blobs       traces, openings, states, key files, the ledger's rows
//   requests    HTTP requests up to the port, query strings, addresses
//   queries     filters and sorts over providers, counted histories
//
// A harness does not only run the parser, it checks promises: what is refused is refused with a
// documented code and a message that a person can read; what is accepted keeps the limits that the
// header states and is written again as the same bytes, where it has one spelling; and one parse
// never holds more memory than a stated multiple of its input and a constant.
//
// Two ways to run them:
//   ./run test, or any build   <group>_fuzz, a program that feeds the harness with all files of
//                              tests/fuzz/corpus/<group>/ and a fixed number of seeded mutations of
//                              them: the same ones every time (replay.cc). A finding is written to
//                              the current folder and named with how to repeat it.
//                                build/release/tests/scene_fuzz --seed 7 --mutations 1000000
//                                build/release/tests/scene_fuzz finding-scene-7-1234
//   libFuzzer                  needs clang++ and its runtime (Debian: clang libclang-rt-14-dev).
//                                cmake --preset fuzz && cmake --build --preset fuzz
//                                build/fuzz/tests/scene_fuzz -max_total_time=120 -timeout=10
//                                    -malloc_limit_mb=512 new-inputs tests/fuzz/corpus/scene
//                              To keep what is new: -merge=1 tests/fuzz/corpus/scene new-inputs.
//
// Several files in one input (a scene and its meshes) stand one after another, each under a line
// "=== NAME" (bundle.h). The corpus that is not plain text is made by make_corpus.py.
// One thread.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/result.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace assay::fuzz {

// A finding: says what was broken and stops the program with SIGABRT.
[[noreturn]] void finding(std::string_view promise, std::string_view detail);

// The promise held, or it is a finding.
inline void require(bool held, std::string_view promise, std::string_view detail = {}) {
  if (!held) finding(promise, detail);
}

// The promises about a refusal: one of these codes, and 1..kMessageBytesMax bytes of UTF-8 without
// control characters.
inline constexpr std::size_t kMessageBytesMax = 1024;
void check_refusal(const Error& error, std::initializer_list<Code> documented);

// Whether it was accepted; if not, the refusal is checked.
template <class T>
bool accepted(const Result<T>& result, std::initializer_list<Code> documented = {Code::malformed}) {
  if (result.ok()) return true;
  check_refusal(result.error(), documented);
  return false;
}

// While it lives, more than `bytes` of new heap memory held at one time are a finding: at once, in
// the allocation that goes beyond. Counted are the allocations of operator new in this thread.
class MemoryBound {
 public:
  explicit MemoryBound(std::size_t bytes);
  MemoryBound(const MemoryBound&) = delete;
  MemoryBound& operator=(const MemoryBound&) = delete;
  ~MemoryBound();
};

// What a parser of text or of a binary file may hold per byte of it, and besides. JSON is the
// hungriest: two bytes ("1,") become one value of 40, in a vector that doubles.
inline constexpr std::size_t kMemoryPerByte = 128;
inline constexpr std::size_t kMemoryBesides = std::size_t{1} << 20;
inline std::size_t memory_for(std::size_t input_bytes) {
  return kMemoryPerByte * input_bytes + kMemoryBesides;
}

}  // namespace assay::fuzz
