// The steps of a train job on one device: train::Trainer from the kernels of RX-1's operations and
// of training. Parameters and moments are uploaded and downloaded with each step, since a state is;
// all between stays on the device. Equal bit for bit, because each operation is. One thread. Every
// error is `inconclusive`.
//
// Memory: the activations of the forward pass, as on the CPU, and besides three times all attention
// weights of a layer (B * H * T * T f32).
#pragma once

#include "core/compute/cuda/limb_gemm.h"
#include "core/compute/train/trainer.h"

namespace assay::compute::cuda {

class TrainSteps final : public train::Trainer {
 public:
  // Borrows both.
  static Result<std::unique_ptr<TrainSteps>> open(const Device& device, const train::TrainJob& job);

  Result<float> gradient(std::uint32_t step, ByteView parameters, const Engine& engine) override;
  Result<float> square(const Engine& engine) override;
  Status move(std::uint32_t step, float square, const train::Moved& state,
              const Engine& engine) override;

 private:
  // Rows quantised to s16, as products take them.
  struct Operand {
    Buffer q, scale;
    LimbRows limbs;
  };
  // What the backward pass needs of a layer's forward pass.
  struct Kept {
    Buffer x, n1, qkv, a, h, n2, gate_up, y;
  };
  // Where a layer's matrices and gains lie among the parameters, in elements.
  struct LayerPlaces {
    std::uint64_t gain1, qkv, out, gain2, gate_up, down;
  };
  // Heads of all sequences, gathered from or scattered to rows of qkv or of its gradient.
  struct Heads {
    std::uint64_t row_width, first, count;  // elements of a row; heads
  };

  TrainSteps(const Device& device, const train::TrainJob& job)
      : device_(device), job_(job), gemm_(device) {}

  // A sequence of work: after the first that fails, the rest is skipped.
  template <class... Parameters, class... Arguments>
  void call(std::int32_t (*ModuleTable::*entry)(Context*, Parameters...), Arguments... arguments) {
    if (status_.ok()) status_ = device_.call(entry, arguments...);
  }
  DevicePtr room(Buffer& buffer, std::uint64_t elements);
  void upload(Buffer& to, const void* from, std::uint64_t bytes);
  float download_one(DevicePtr at);

  DevicePtr parameter(std::uint64_t at) const { return parameters_.at() + at * sizeof(float); }
  DevicePtr derivative(std::uint64_t at) const { return gradient_.at() + at * sizeof(float); }

  // products.h on the device: y = a x b of what was quantised, and split into limbs.
  void take(Operand& operand, DevicePtr x, std::uint64_t rows, std::uint64_t width);
  void take_transposed(Operand& operand, DevicePtr x, std::uint64_t rows, std::uint64_t columns);
  void split(Operand& operand, std::uint64_t rows, std::uint64_t width);
  void multiply(DevicePtr y, DevicePtr bias = 0);
  // y (rows, outputs) = x x w;  dx = dy x w^T;  dw = dy^T x x^T
  void linear(DevicePtr x, std::uint64_t rows, DevicePtr w, std::uint64_t outputs,
              std::uint64_t inputs, DevicePtr y, DevicePtr bias = 0);
  void into(DevicePtr dy, std::uint64_t rows, DevicePtr w, std::uint64_t outputs,
            std::uint64_t inputs, DevicePtr dx);
  void of_weights(DevicePtr dy, DevicePtr x, std::uint64_t rows, std::uint64_t outputs,
                  std::uint64_t inputs, DevicePtr dw);
  void column_sums(DevicePtr x, std::uint64_t rows, std::uint64_t columns, DevicePtr out);
  void add(DevicePtr x, DevicePtr y, DevicePtr out, std::uint64_t count);
  void rows_op(TrainRowsOp op, const TrainRowsArgs& args);
  void cells_op(TrainCellsOp op, const TrainCellsArgs& args);
  // The mean of `count` losses, as f32 of `divisor`.
  float mean_loss(DevicePtr losses, std::uint64_t count, std::uint64_t divisor);

  // train_transformer.cc
  float transformer(std::uint32_t step, const Engine& engine);
  void place_layers();
  void norm(DevicePtr x, DevicePtr gain, DevicePtr y);
  void norm_gradient(DevicePtr x, std::uint64_t gain, DevicePtr dy);
  void turn(DevicePtr qkv, const Buffer& sine);
  void forward(const LayerPlaces& w, Kept& kept);
  float head();
  void backward(const LayerPlaces& w, const Kept& kept);
  void embed_gradient();
  void gather(DevicePtr rows, const Heads& heads, bool turned, DevicePtr to);
  void scatter(DevicePtr from, const Heads& heads, DevicePtr rows);
  void small(std::uint64_t share, std::uint64_t batch, std::uint64_t m, std::uint64_t n,
             std::uint64_t k, DevicePtr y);
  void probabilities();
  void attend(DevicePtr qkv, DevicePtr out);
  void attend_gradient(DevicePtr qkv, DevicePtr d_out, DevicePtr d_qkv);
  void of_group(DevicePtr weights, DevicePtr turned, const Heads& to, DevicePtr d_qkv);

  // train_mlp.cc
  float mlp(std::uint32_t step);

  const Device& device_;
  const train::TrainJob& job_;
  Status status_;
  LimbGemm gemm_;
  Operand a_, b_;
  Buffer parameters_, gradient_, moments_[2], scalar_;
  Buffer turned_;  // what take_transposed() quantises
  Buffer first_;   // u32 {0, rows} of column_sums()
  Buffer losses_, targets_, d_gains_;
  std::uint64_t rows_ = 0;

  std::vector<LayerPlaces> layers_;
  std::vector<Kept> kept_;
  std::vector<std::uint32_t> inputs_;  // the batch's tokens
  Buffer tokens_, cosine_, sine_, sine_back_;
  Buffer x_, dx_, dy_, logits_, f_, wide_;
  Buffer heads_[4], weights_[3];  // of attention: (B, heads, T, d) and (B, H, T, T)
  Buffer index_, segments_, present_;

  std::vector<Buffer> h_;
  Buffer y_;
};

}  // namespace assay::compute::cuda
