// What takes tokens through a model while texts are computed or checked: the forward pass of
// transformer.h on the CPU, or its twin on a device. One thread; for the texts of one step.
#pragma once

#include "core/compute/generate/transformer.h"
#include "core/compute/program.h"

namespace assay::compute::generate {

class Decoder {
 public:
  virtual ~Decoder() = default;

  virtual const ModelConfig& config() const = 0;

  // Transformer::forward(): keeps the rows for logits(), and gives Rows::same. Positions that a run
  // of this decoder has had are the same as then when a later run of the same cache begins after
  // them.
  //   inconclusive a device failed
  virtual Result<std::vector<bool>> forward(const Engine& engine, std::span<const Run> runs,
                                            CacheUse use) = 0;
  // Logits (rows.size(), V) of rows of the last forward(), ascending.
  virtual Result<std::vector<float>> logits(const Engine& engine,
                                            std::span<const std::size_t> rows) = 0;
  // Only now must the caches hold what CacheUse::fill put there.
  virtual Status finish() = 0;
};

class CpuDecoder final : public Decoder {
 public:
  // Borrows the model.
  explicit CpuDecoder(const Transformer& model) : model_(model) {}

  const ModelConfig& config() const override { return model_.config(); }
  Result<std::vector<bool>> forward(const Engine& engine, std::span<const Run> runs,
                                    CacheUse use) override {
    Transformer::Rows rows = model_.forward(engine, runs, use);
    hidden_ = std::move(rows.hidden);
    return std::move(rows.same);
  }
  Result<std::vector<float>> logits(const Engine& engine,
                                    std::span<const std::size_t> rows) override {
    const std::size_t width = config().hidden;
    std::vector<float> x;
    for (const std::size_t row : rows) {
      const auto from = std::span<const float>(hidden_).subspan(row * width, width);
      x.insert(x.end(), from.begin(), from.end());
    }
    return model_.logits(engine, x);
  }
  Status finish() override { return {}; }

 private:
  const Transformer& model_;
  std::vector<float> hidden_;
};

// A job of texts to those who bring a decoder of their own (DeviceJob).
class TextJob {
 public:
  virtual ~TextJob() = default;
  virtual const ModelView& model() const = 0;
  virtual Precision precision() const = 0;
  // Program::append_step() and append_step_again().
  virtual Result<Added> append_by(Decoder& decoder, std::uint32_t step,
                                  std::span<const State> before, const Engine& engine) const = 0;
  virtual Result<Added> append_again_by(Decoder& decoder, std::uint32_t step,
                                        std::span<const State> before, const State& claimed,
                                        const Engine& engine) const = 0;
};

}  // namespace assay::compute::generate
