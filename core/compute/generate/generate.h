// The workload "generate", version 1: texts that follow prompts, by a language model.
//
// parameters {"model": hex of the pack's Merkle root, "max_tokens": 1..2^20, "chunk": 1..512 = 32,
//             "precision": "w8a8" (default) | "a16w8" (transformer.h),
//             "temperature_ppm": 0 = greedy (default), or 1000..16,000,000,
//             "top_k": 0 = all (default), "top_p_ppm": 1..1,000,000 = 1,000,000 (sampler.h),
//             "stop": true (default) | false: whether the model's stop tokens end a text}
// inputs     "model", the pack's manifest (manifest.h); and "prompt", or "prompt-0", "prompt-1", …:
//            any bytes, tokenised by the model's tokenizer with its begin token in front where it
//            has one. Chunk i of the pack is asked for as an input of the name "model/<i>", by the
//            digest and size that the manifest says
//
// With B prompts, P_b tokens in prompt b, and chunks of C:
//
// positions  0 .. P_b + max_tokens - 2 of text b run, until it ends (texts.h): the token at each is
//            the prompt's or the one chosen before, and from P_b - 1 on a token is chosen
// steps      appended; step i covers positions [(i-1) * C, i * C) of every text;
//            N = ceil(max over b of (P_b + max_tokens - 1) / C)
// state 0    {s32 [sum of P_b] all prompts' tokens, s32 [B] their lengths}
// state i    text_state.h: token, choice, keys and values, rows b * C + j, blank where none runs
// output i   s32 [B, C]: the choices of state i, -1 for none
// result     the outputs one after the other; as a file text.txt, or with several prompts
// texts.json
//
// A thin check of a row is one token through all layers, from the keys and values before it, which
// are committed: 1/(B*C) of a step, and it shows token, choice, keys and values bit for bit. Where
// a text ends early the row that says so is always checked (Program::always).
//
// Memory of a run: the model; keys and values of all positions twice, as states and in place; about
// 256 rows of activations. A model shaped like Llama-2-7B has 6.7 GB of weights (s8) and 401 KB of
// keys and values per token, with 8 heads of keys 100 KB.
#pragma once

#include <functional>

#include "core/compute/generate/manifest.h"
#include "core/compute/generate/pack.h"
#include "core/compute/generate/sampler.h"
#include "core/compute/generate/texts.h"
#include "core/compute/generate/transformer.h"
#include "core/compute/program.h"

namespace assay::compute::generate {

inline constexpr std::uint32_t kChunkMax = 512;
inline constexpr std::uint32_t kMaxTokensMax = 1 << 20;
// Keys, values and tokens of all states together: what a checker holds at once.
inline constexpr std::uint64_t kHistoryBytesMax = std::uint64_t{2} << 30;

// What assemble_model() takes.
inline constexpr std::uint64_t kModelBytesMax = std::uint64_t{16} << 30;

struct GenerateParameters {
  Digest model;
  std::uint32_t max_tokens = 1;
  std::uint32_t chunk = 32;
  Precision precision = Precision::w8a8;
  Sampling sampling;
  bool stop = true;
};
//   malformed    not the schema, or a value outside its range
Result<GenerateParameters> parse_generate_parameters(const wire::Json& parameters);

// A job whose inputs have been read.
struct GenerateJob {
  GenerateParameters parameters;
  ModelView model;
  std::shared_ptr<const void> owner;  // of what the model borrows
  std::vector<std::vector<std::uint32_t>> prompts;
  PhiloxKey key{};
  // The bytes that tokens stand for when they follow a prompt.
  std::function<Result<std::string>(std::span<const std::uint32_t>)> decode;
};

// The pack in memory, put together from its chunks each time.
//   malformed    no pack
//   no_evidence  a chunk could not be had, or is not what the manifest says
Result<std::shared_ptr<const Pack>> assemble_model(const Digest& root, const Manifest& manifest,
                                                   const InputSource& chunks);

// The program of a job.
//   malformed    a prompt of no tokens or with one outside the vocabulary, more than the model's
//                context or the caps allow: says how much, and what is allowed
Result<std::unique_ptr<Program>> make_generate_program(GenerateJob job, const Caps& caps);

}  // namespace assay::compute::generate

namespace assay::compute {

// `inputs` has checked size and digest of what it gives.
//   malformed    parameters, inputs or model outside the schema or the caps: says which
//   no_evidence  an input could not be had (handed on)
Result<std::unique_ptr<Program>> load_generate(const wire::WorkloadSpec& spec,
                                               const InputSource& inputs, const Caps& caps);

}  // namespace assay::compute
