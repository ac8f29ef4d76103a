// The language models that assay-bench generates texts with, and jobs of them. Values; any thread.
#pragma once

#include <memory>

#include "core/compute/generate/generate.h"
#include "tests/bench/bench.h"
#include "tests/bench/jobs.h"

namespace assay::bench {

struct TextModel {
  std::string name;  // "stories, 0.9 M"
  compute::generate::ModelView view;
  std::shared_ptr<const void> owner;  // of what the view borrows
  std::vector<std::vector<std::uint32_t>> prompts;
};

// The model of options.model, a folder as Hugging Face has them, with four prompts.
//   not_found    no such folder, or a file of it is missing: says which, and how to name another
//   malformed    not a model that the workload takes
Result<TextModel> folder_model(const Options& options);
// Weights by Philox, as s8, with one scale for each matrix; four prompts by chance.
TextModel random_model(const compute::generate::ModelConfig& config, std::uint64_t seed);
// Llama-shaped: 12 layers of 768, 97 million parameters; or, to be quick, 2 of 96.
compute::generate::ModelConfig large_config(bool quick);

struct TextSize {
  std::size_t texts = 1;  // the first of the model's prompts
  std::uint32_t tokens = 1;
  std::uint32_t chunk = 32;
  compute::generate::Precision precision = compute::generate::Precision::w8a8;
};
const char* precision_name(compute::generate::Precision precision);

// Greedy, and nothing ends a text early, so that all tokens are generated.
Result<Job> text_job(const TextModel& model, const TextSize& size);
// The same choices without a job: one cache a text, no states, no outputs, no digests.
//   malformed    the model's numbers overflow
Result<std::vector<std::vector<std::int32_t>>> plain_texts(const TextModel& model,
                                                           const TextSize& size,
                                                           const compute::Engine& engine);
// The choices of each text, from the result of its job; without the places that have none.
std::vector<std::vector<std::int32_t>> choices(const compute::Program& program, ByteView result);

// A small model and job of any kind: odd sizes, texts that end early, every precision and way of
// choosing. Of the same seed with other chunks, or with the first text alone, the first text is the
// same.
struct RandomTexts {
  std::uint64_t seed = 0;
  std::size_t texts_max = 3;
  std::uint32_t chunk = 0;  // 0: by chance
};
Result<Job> random_text_job(const RandomTexts& which);

}  // namespace assay::bench
