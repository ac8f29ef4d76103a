#include "tests/bench/text_models.h"

#include <algorithm>
#include <cmath>
#include <deque>

#include "core/compute/generate/checkpoint_folder.h"
#include "core/compute/rx1/rope.h"

namespace assay::bench {
namespace {

using namespace compute::generate;
using compute::Engine;

constexpr std::uint64_t kStepOpsMax = std::uint64_t{1} << 37;  // as in jobs.cc
constexpr std::size_t kPrompts = 4;
constexpr std::size_t kPromptTokens = 16;

std::string millions(std::uint64_t count) {
  const std::uint64_t tenths = (count + 50'000) / 100'000;
  return tenths >= 100 ? std::to_string((tenths + 5) / 10) + " M"
                       : std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " M";
}

std::uint64_t parameters_of(const ModelView& view) {
  std::uint64_t count = view.embedding.q.size() + view.final_norm.size();
  if (!view.config.tied) count += view.head.q.size();
  for (const LayerView& l : view.layers) {
    for (const Linear* linear : {&l.q, &l.k, &l.v, &l.o, &l.gate, &l.up, &l.down}) {
      count += linear->weight.q.size() + linear->bias.size();
    }
    count += l.attention_norm.size() + l.mlp_norm.size();
  }
  return count;
}

std::vector<std::uint32_t> random_tokens(SeededRandom& random, std::size_t count,
                                         std::uint32_t vocabulary) {
  std::vector<std::uint32_t> out(count);
  for (std::uint32_t& token : out) token = static_cast<std::uint32_t>(random.below(vocabulary));
  return out;
}

// Owns the numbers of a random model.
class RandomWeights {
 public:
  RandomWeights(const ModelConfig& config, std::uint64_t seed)
      : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
        ones_(config.hidden, 1.0F),
        frequency_(config.head_size / 2) {
    const std::size_t d = config.hidden, f = config.intermediate;
    const std::size_t q = std::size_t{config.heads} * config.head_size;
    const std::size_t kv = std::size_t{config.kv_heads} * config.head_size;
    compute::rx1::rope_frequencies(10'000, frequency_);
    view_.config = config;
    view_.embedding = matrix(config.vocabulary, d, 1);
    for (std::uint32_t i = 0; i < config.layers; ++i) {
      LayerView layer{.attention_norm = ones_,
                      .q = {},
                      .k = {},
                      .v = {},
                      .o = {},
                      .mlp_norm = ones_,
                      .gate = {},
                      .up = {},
                      .down = {}};
      layer.q.weight = matrix(q, d, 1.5F);
      layer.k.weight = matrix(kv, d, 1.5F);
      layer.v.weight = matrix(kv, d, 1);
      layer.o.weight = matrix(d, q, 0.7F);
      layer.gate.weight = matrix(f, d, 1);
      layer.up.weight = matrix(f, d, 1);
      layer.down.weight = matrix(d, f, 1);
      view_.layers.push_back(layer);
    }
    view_.final_norm = ones_;
    view_.head = config.tied ? view_.embedding : matrix(config.vocabulary, d, 4);
    view_.rope_frequency = frequency_;
  }

  const ModelView& view() const { return view_; }

 private:
  // Rows whose products with a row of deviation 1 have deviation `gain`.
  compute::rx1::RowsS8 matrix(std::size_t rows, std::size_t width, float gain) {
    constexpr float kDeviation = 73.6F;  // of a stream byte as s8
    std::vector<std::int8_t>& q = values_.emplace_back(rows * width);
    compute::philox_s8({key_, static_cast<std::uint32_t>(values_.size()), 0}, 0, q,
                       compute::best_cpu_level());
    const float scale = gain / (kDeviation * std::sqrt(static_cast<float>(width)));
    return {q, scales_.emplace_back(rows, scale)};
  }

  compute::PhiloxKey key_;
  std::vector<float> ones_;
  std::vector<double> frequency_;
  std::deque<std::vector<std::int8_t>> values_;
  std::deque<std::vector<float>> scales_;
  ModelView view_;
};

Result<std::shared_ptr<const Pack>> pack_of_folder(const std::string& folder) {
  const Result<CheckpointFolder> opened = CheckpointFolder::open(folder);
  if (!opened.ok()) return opened.error();
  const Engine engine;
  Bytes bytes;
  const auto sink = [&](ByteView part) {
    append(bytes, part);
    return Status();
  };
  const Result<PackConfig> written = write_pack(engine, opened.value().checkpoint(), sink);
  if (!written.ok()) return written.error();
  Result<Pack> pack = Pack::from_bytes(engine, std::move(bytes));
  if (!pack.ok()) return pack.error();
  return std::make_shared<const Pack>(std::move(pack).value());
}

GenerateJob job_of(const TextModel& model) {
  GenerateJob job;
  job.model = model.view;
  job.owner = model.owner;
  job.key = {7, 11};
  job.decode = [](std::span<const std::uint32_t> tokens) -> Result<std::string> {
    std::string out;
    for (const std::uint32_t token : tokens) out += "<" + std::to_string(token) + ">";
    return out;
  };
  return job;
}

Result<Job> make_job(std::string name, GenerateJob job) {
  compute::Caps caps;
  caps.step_ops_max = kStepOpsMax;
  auto program = make_generate_program(std::move(job), caps);
  if (!program.ok()) return program.error().in(name);
  return Job{std::move(name), std::move(program).value()};
}

}  // namespace

const char* precision_name(Precision precision) {
  return precision == Precision::w8a8 ? "w8a8" : "a16w8";
}

Result<TextModel> folder_model(const Options& options) {
  const std::string folder =
      options.model.empty() ? std::string(ASSAY_VECTORS "/models/stories") : options.model;
  const std::string where = "the model to generate with, " + folder +
                            " (--model FOLDER names another: config.json, tokenizer.json and " +
                            "model.safetensors, as Hugging Face has them)";
  const auto pack = pack_of_folder(folder);
  if (!pack.ok()) return pack.error().in(where);
  const Result<Tokenizer> tokenizer = pack.value()->tokenizer();
  if (!tokenizer.ok()) return tokenizer.error().in(where);
  TextModel out{.name = {}, .view = pack.value()->model(), .owner = pack.value(), .prompts = {}};
  const std::size_t name = folder.find_last_not_of('/');
  const std::string base = folder.substr(0, name == std::string::npos ? name : name + 1);
  out.name = base.substr(base.find_last_of('/') + 1) + ", " + millions(parameters_of(out.view));
  for (const char* text : {"Once upon a time there was a kind boy named Max. His friend",
                           "One day a little girl went to the park with her red kite",
                           "There was an old man who lived near the sea. Every morning he",
                           "Rosie was sad. She could not find her blue ball, so she asked"}) {
    std::vector<std::uint32_t>& prompt = out.prompts.emplace_back();
    if (out.view.config.begin_token) prompt.push_back(*out.view.config.begin_token);
    const std::vector<std::uint32_t> tokens = tokenizer.value().encode(text);
    prompt.insert(prompt.end(), tokens.begin(), tokens.end());
  }
  return out;
}

TextModel random_model(const ModelConfig& config, std::uint64_t seed) {
  const auto weights = std::make_shared<const RandomWeights>(config, seed);
  TextModel out{.name = {}, .view = weights->view(), .owner = weights, .prompts = {}};
  out.name = "random, " + millions(parameters_of(out.view));
  SeededRandom random(seed);
  for (std::size_t i = 0; i < kPrompts; ++i) {
    out.prompts.push_back(random_tokens(random, kPromptTokens, config.vocabulary));
  }
  return out;
}

ModelConfig large_config(bool quick) {
  ModelConfig c;
  c.vocabulary = quick ? 300 : 8192;
  c.layers = quick ? 2 : 12;
  c.heads = c.kv_heads = quick ? 3 : 12;
  c.head_size = quick ? 32 : 64;
  c.hidden = c.heads * c.head_size;
  c.intermediate = quick ? 250 : 2048;
  c.context = 2048;
  c.norm_epsilon = 1e-5F;
  return c;
}

Result<Job> text_job(const TextModel& model, const TextSize& size) {
  GenerateJob job = job_of(model);
  job.parameters.max_tokens = size.tokens;
  job.parameters.chunk = size.chunk;
  job.parameters.precision = size.precision;
  job.parameters.stop = false;
  job.prompts = {model.prompts.begin(),
                 model.prompts.begin() + static_cast<std::ptrdiff_t>(size.texts)};
  return make_job("generate " + model.name + ", " + precision_name(size.precision) + ", " +
                      std::to_string(size.texts) + " x " + std::to_string(size.tokens) + " tokens",
                  std::move(job));
}

Result<std::vector<std::vector<std::int32_t>>> plain_texts(const TextModel& model,
                                                           const TextSize& size,
                                                           const Engine& engine) {
  const Transformer transformer(model.view, size.precision);
  const Sampler sampler({}, {});
  const std::size_t width = model.view.config.hidden, vocabulary = model.view.config.vocabulary;
  std::vector<KeyValues> caches;
  std::vector<std::vector<std::uint32_t>> next(
      model.prompts.begin(), model.prompts.begin() + static_cast<std::ptrdiff_t>(size.texts));
  std::vector<std::uint64_t> places(size.texts, 0);
  for (const auto& prompt : next) {
    caches.emplace_back(model.view.config, prompt.size() + size.tokens);
  }
  std::vector<std::vector<std::int32_t>> out(size.texts);
  for (std::uint32_t i = 0; i < size.tokens; ++i) {
    std::vector<Run> runs;
    for (std::size_t text = 0; text < size.texts; ++text) {
      runs.push_back({&caches[text], places[text], next[text]});
    }
    const Transformer::Rows rows = transformer.forward(engine, runs, CacheUse::fill);
    std::vector<float> last;  // of each text
    std::size_t end = 0;
    for (std::size_t text = 0; text < size.texts; ++text) {
      end += next[text].size();
      const auto row = rows.hidden.begin() + static_cast<std::ptrdiff_t>((end - 1) * width);
      last.insert(last.end(), row, row + static_cast<std::ptrdiff_t>(width));
    }
    const std::vector<float> logits = transformer.logits(engine, last);
    for (std::size_t text = 0; text < size.texts; ++text) {
      places[text] += next[text].size();
      const Result<std::uint32_t> token =
          sampler.choose(std::span(logits).subspan(text * vocabulary, vocabulary),
                         static_cast<std::uint32_t>(text),
                         static_cast<std::uint32_t>(places[text] - 1), engine.level());
      if (!token.ok()) return token.error();
      out[text].push_back(static_cast<std::int32_t>(token.value()));
      next[text] = {token.value()};
    }
  }
  return out;
}

std::vector<std::vector<std::int32_t>> choices(const compute::Program& program, ByteView result) {
  const std::vector<std::uint64_t> dims = program.unit_shape(1).dims;  // texts, chunk
  std::vector<std::vector<std::int32_t>> out(dims[0]);
  Reader in(result);
  for (std::uint64_t i = 0; i < result.size() / sizeof(std::int32_t); ++i) {
    const auto choice = static_cast<std::int32_t>(in.u32_le());
    if (choice >= 0) out[i % (dims[0] * dims[1]) / dims[1]].push_back(choice);
  }
  return out;
}

Result<Job> random_text_job(const RandomTexts& which) {
  SeededRandom random(which.seed);
  const auto below = [&](std::uint64_t limit) {
    return static_cast<std::uint32_t>(random.below(limit));
  };
  ModelConfig c;
  c.vocabulary = 20 + below(90);
  c.layers = 1 + below(2);
  c.kv_heads = 1 + below(2);
  c.heads = c.kv_heads * (1 + below(2));
  c.head_size = 2 * (1 + below(7));
  c.hidden = 5 + below(50);
  c.intermediate = 3 + below(70);
  c.context = 4096;
  c.norm_epsilon = 1e-5F;
  c.tied = below(2) == 0;
  c.stop_tokens = {below(c.vocabulary)};
  GenerateJob job = job_of(random_model(c, random.u64()));
  GenerateParameters& p = job.parameters;
  p.max_tokens = 1 + below(12);
  p.chunk = 1 + below(8);
  if (which.chunk > 0) p.chunk = which.chunk;
  p.precision = below(2) == 0 ? Precision::w8a8 : Precision::a16w8;
  if (below(2) == 0) {
    p.sampling = {200'000 + below(1'500'000), below(9), 500'000 + below(500'001)};
  }
  p.stop = below(4) > 0;
  const std::size_t texts = 1 + below(3);
  for (std::size_t i = 0; i < std::min(texts, which.texts_max); ++i) {
    job.prompts.push_back(random_tokens(random, 1 + below(12), c.vocabulary));
  }
  std::string name = "texts: " + std::to_string(job.prompts.size()) + ", chunks of " +
                     std::to_string(p.chunk) + ", " + precision_name(p.precision);
  return make_job(std::move(name), std::move(job));
}

}  // namespace assay::bench
