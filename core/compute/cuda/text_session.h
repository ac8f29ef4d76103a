// One step of a job of texts on a device: generate::Decoder over a TextDecoder. Keys and values
// that a cache of the host holds are uploaded when a run first needs them, and what runs add is
// downloaded once, by finish(). Borrows the decoder, and the caches for as long as it lives. One
// thread. Every error is `inconclusive`.
#pragma once

#include "core/compute/cuda/text_decoder.h"
#include "core/compute/generate/decoder.h"

namespace assay::compute::cuda {

class TextSession final : public generate::Decoder {
 public:
  explicit TextSession(TextDecoder& decoder) : d_(decoder), device_(decoder.device_) {}

  const generate::ModelConfig& config() const override { return d_.config_; }
  // CacheUse::fill alone: rows are held against caches on the CPU.
  Result<std::vector<bool>> forward(const Engine& engine, std::span<const generate::Run> runs,
                                    generate::CacheUse use) override;
  Result<std::vector<float>> logits(const Engine& engine,
                                    std::span<const std::size_t> rows) override;
  Status finish() override;

  // Whether anything was computed on the device.
  bool is_used() const { return used_; }

 private:
  using Linear = TextDecoder::Linear;

  // What the device holds of one cache: positions [0, end), of which those from `added` on the host
  // has not.
  struct Mirror {
    generate::KeyValues* cache;
    std::uint64_t end = 0, added = 0;
  };
  struct Part {
    std::size_t mirror;
    std::uint64_t first, count, row;  // positions, and the number of the first among the rows
  };
  enum class Direction { to_device, to_host };

  Result<std::size_t> mirror_of(const generate::Run& run);
  Status copy(std::size_t number, std::uint64_t first, std::uint64_t end, Direction direction);
  Status begin(const Engine& engine, std::span<const generate::Run> runs);
  Status layer(std::size_t number);
  Status attend(std::size_t number, const Part& part);
  Status normalize(DevicePtr x, DevicePtr gain, DevicePtr y, std::uint64_t rows);
  Status act(DevicePtr x, std::uint64_t rows, std::uint64_t width);
  Status linear(const Linear& layer, DevicePtr y);
  Status quantize(DevicePtr x, DevicePtr q, DevicePtr scale, std::uint64_t rows,
                  std::uint64_t width, std::uint32_t limbs);
  Status rotate(DevicePtr x, std::uint64_t heads);
  Status elementwise(ElementwiseOp op, DevicePtr x, DevicePtr y, DevicePtr out,
                     std::uint64_t count);

  TextDecoder& d_;
  const Device& device_;
  std::vector<Mirror> mirrors_;
  std::vector<Part> parts_;  // of the last forward()
  std::uint64_t rows_ = 0;
  bool used_ = false;
};

}  // namespace assay::compute::cuda
