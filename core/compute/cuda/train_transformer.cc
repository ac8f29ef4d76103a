// The decoder of core/compute/train/transformer.h and attention_training.h, in their order.
#include <algorithm>

#include "core/compute/cuda/train_steps.h"
#include "core/compute/rx1/float_ops.h"
#include "core/compute/rx1/rope.h"
#include "core/compute/train/transformer.h"

namespace assay::compute::cuda {

using namespace train;

void TrainSteps::place_layers() {
  const TransformerShape& t = job_.parameters().transformer;
  const std::uint64_t hidden = t.hidden, ffn = t.ffn;
  std::uint64_t at = t.vocab * hidden;
  const auto take = [&at](std::uint64_t size) {
    at += size;
    return at - size;
  };
  for (std::uint32_t n = 0; n < t.layers; ++n) {
    LayerPlaces& layer = layers_.emplace_back();
    layer.gain1 = take(hidden);
    layer.qkv = take(t.qkv_width() * hidden);
    layer.out = take(hidden * hidden);
    layer.gain2 = take(hidden);
    layer.gate_up = take(2 * ffn * hidden);
    layer.down = take(hidden * ffn);
  }
  kept_.resize(t.layers);
  std::vector<double> frequency(t.head_size() / 2);
  std::vector<float> cosine(t.sequence * frequency.size()), sine(cosine.size());
  rx1::rope_frequencies(t.rope_base, frequency);
  rx1::rope_table(Engine(CpuLevel::scalar, 1), frequency, 0, cosine, sine);
  const std::uint64_t bytes = sine.size() * sizeof(float);
  upload(cosine_, cosine.data(), bytes);
  upload(sine_, sine.data(), bytes);
  std::ranges::transform(sine, sine.begin(), [](float x) { return rx1::negate(x); });
  upload(sine_back_, sine.data(), bytes);
}

float TrainSteps::transformer(std::uint32_t step, const Engine&) {
  const TrainParameters& p = job_.parameters();
  const TransformerShape& t = p.transformer;
  const std::vector<std::uint16_t>& text = job_.data().tokens;
  std::vector<std::uint32_t> next;
  inputs_.clear();
  for (const std::uint64_t at : batch_places(job_.key(), step, p.batch, text.size() - t.sequence)) {
    for (std::uint64_t i = at; i < at + t.sequence; ++i) {
      inputs_.push_back(text[i]);
      next.push_back(text[i + 1]);
    }
  }
  upload(tokens_, inputs_.data(), rows_ * sizeof inputs_[0]);
  upload(targets_, next.data(), rows_ * sizeof next[0]);
  TrainCellsArgs embed{};
  embed.x = parameter(0);
  embed.y = tokens_.at();
  embed.out = room(x_, rows_ * t.hidden);
  embed.rows = rows_;
  embed.cols = t.hidden;
  cells_op(kTrainTakeRows, embed);
  for (std::uint32_t n = 0; n < t.layers; ++n) forward(layers_[n], kept_[n]);
  const float loss = head();
  for (std::uint32_t n = t.layers; n-- > 0;) backward(layers_[n], kept_[n]);
  embed_gradient();
  return loss;
}

void TrainSteps::norm(DevicePtr x, DevicePtr gain, DevicePtr y) {
  const RmsNormArgs args{x, gain, y, kNormEpsilon, rows_, job_.parameters().transformer.hidden};
  call(&ModuleTable::rms_norm, &args);
}

// Adds to dx_.
void TrainSteps::norm_gradient(DevicePtr x, std::uint64_t gain, DevicePtr dy) {
  const std::uint64_t width = job_.parameters().transformer.hidden;
  TrainRowsArgs args{};
  args.x = x;
  args.y = dy;
  args.z = parameter(gain);
  args.dx = dx_.at();
  args.d_gain = room(d_gains_, rows_ * width);
  args.rows = rows_;
  args.width = width;
  args.scale = kNormEpsilon;
  rows_op(kTrainRmsGradient, args);
  column_sums(d_gains_.at(), rows_, width, derivative(gain));
}

void TrainSteps::turn(DevicePtr qkv, const Buffer& sine) {
  const TransformerShape& t = job_.parameters().transformer;
  TrainCellsArgs args{};
  args.x = qkv;
  args.y = cosine_.at();
  args.z = sine.at();
  args.rows = rows_;
  args.half = t.head_size() / 2;
  args.cols = (t.heads + t.kv_heads) * args.half;
  args.stride = t.qkv_width();
  args.period = t.sequence;
  cells_op(kTrainTurn, args);
}

void TrainSteps::forward(const LayerPlaces& w, Kept& kept) {
  const TransformerShape& t = job_.parameters().transformer;
  const std::uint64_t hidden = t.hidden, ffn = t.ffn, all = rows_ * hidden;
  room(kept.x, all);
  std::swap(kept.x, x_);  // x_ is written anew below
  norm(kept.x.at(), parameter(w.gain1), room(kept.n1, all));
  linear(kept.n1.at(), rows_, parameter(w.qkv), t.qkv_width(), hidden,
         room(kept.qkv, rows_ * t.qkv_width()));
  turn(kept.qkv.at(), sine_);
  attend(kept.qkv.at(), room(kept.a, all));
  linear(kept.a.at(), rows_, parameter(w.out), hidden, hidden, room(kept.h, all));
  add(kept.h.at(), kept.x.at(), kept.h.at(), all);
  norm(kept.h.at(), parameter(w.gain2), room(kept.n2, all));
  linear(kept.n2.at(), rows_, parameter(w.gate_up), 2 * ffn, hidden,
         room(kept.gate_up, rows_ * 2 * ffn));
  TrainCellsArgs swiglu{};
  swiglu.x = kept.gate_up.at();
  swiglu.out = room(kept.y, rows_ * ffn);
  swiglu.rows = rows_;
  swiglu.cols = ffn;
  cells_op(kTrainSwiglu, swiglu);
  linear(kept.y.at(), rows_, parameter(w.down), hidden, ffn, room(x_, all));
  add(x_.at(), kept.h.at(), x_.at(), all);
}

// The loss; dx_, and the gradients of the head and the last norm.
float TrainSteps::head() {
  const TransformerShape& t = job_.parameters().transformer;
  const std::uint64_t hidden = t.hidden, vocab = t.vocab, all = rows_ * hidden;
  const std::uint64_t gain = parameters_.bytes() / sizeof(float) - hidden;
  norm(x_.at(), parameter(gain), room(f_, all));
  linear(f_.at(), rows_, parameter(0), vocab, hidden, room(logits_, rows_ * vocab));
  TrainRowsArgs args{};
  args.x = logits_.at();
  args.y = room(losses_, rows_);
  args.z = targets_.at();
  args.rows = rows_;
  args.width = vocab;
  args.scale = rx1::div(1.0F, rx1::from_s32(static_cast<std::int32_t>(rows_)));
  rows_op(kTrainCrossEntropy, args);
  const float loss = mean_loss(losses_.at(), rows_, rows_);
  of_weights(logits_.at(), f_.at(), rows_, vocab, hidden, derivative(0));
  call(&ModuleTable::fill, room(dx_, all), std::uint8_t{0}, all * sizeof(float));
  into(logits_.at(), rows_, parameter(0), vocab, hidden, room(dy_, all));
  norm_gradient(x_.at(), gain, dy_.at());
  return loss;
}

void TrainSteps::backward(const LayerPlaces& w, const Kept& kept) {
  const TransformerShape& t = job_.parameters().transformer;
  const std::uint64_t hidden = t.hidden, ffn = t.ffn, all = rows_ * hidden;
  const std::uint64_t qkv = t.qkv_width();
  const DevicePtr dx = dx_.at(), d_wide = room(wide_, rows_ * std::max(2 * ffn, qkv));
  into(dx, rows_, parameter(w.down), hidden, ffn, room(dy_, rows_ * std::max(hidden, ffn)));
  TrainCellsArgs swiglu{};
  swiglu.x = kept.gate_up.at();
  swiglu.y = dy_.at();
  swiglu.out = d_wide;
  swiglu.rows = rows_;
  swiglu.cols = ffn;
  cells_op(kTrainSwigluGradient, swiglu);
  of_weights(dx, kept.y.at(), rows_, hidden, ffn, derivative(w.down));
  of_weights(d_wide, kept.n2.at(), rows_, 2 * ffn, hidden, derivative(w.gate_up));
  into(d_wide, rows_, parameter(w.gate_up), 2 * ffn, hidden, dy_.at());
  norm_gradient(kept.h.at(), w.gain2, dy_.at());

  of_weights(dx, kept.a.at(), rows_, hidden, hidden, derivative(w.out));
  into(dx, rows_, parameter(w.out), hidden, hidden, room(dy_, all));
  attend_gradient(kept.qkv.at(), dy_.at(), d_wide);
  turn(d_wide, sine_back_);
  of_weights(d_wide, kept.n1.at(), rows_, qkv, hidden, derivative(w.qkv));
  into(d_wide, rows_, parameter(w.qkv), qkv, hidden, dy_.at());
  norm_gradient(kept.x.at(), w.gain1, dy_.at());
}

void TrainSteps::embed_gradient() {
  const TransformerShape& t = job_.parameters().transformer;
  std::vector<std::vector<std::uint32_t>> rows_of(t.vocab);
  for (std::size_t row = 0; row < inputs_.size(); ++row) {
    rows_of[inputs_[row]].push_back(static_cast<std::uint32_t>(row));
  }
  std::vector<std::uint32_t> index, first = {0}, present;
  for (std::uint32_t token = 0; token < t.vocab; ++token) {
    if (rows_of[token].empty()) continue;
    index.insert(index.end(), rows_of[token].begin(), rows_of[token].end());
    first.push_back(static_cast<std::uint32_t>(index.size()));
    present.push_back(token);
  }
  upload(index_, index.data(), index.size() * sizeof index[0]);
  upload(segments_, first.data(), first.size() * sizeof first[0]);
  upload(present_, present.data(), present.size() * sizeof present[0]);
  const SegmentSumsArgs args{dx_.at(),      index_.at(),    segments_.at(), present_.at(),
                             derivative(0), present.size(), t.hidden,       1};
  call(&ModuleTable::segment_sums, &args);
}

// (B, heads, T, d), or turned (B, heads, d, T), from rows.
void TrainSteps::gather(DevicePtr rows, const Heads& heads, bool turned, DevicePtr to) {
  const TransformerShape& t = job_.parameters().transformer;
  const std::uint64_t d = t.head_size(), length = t.sequence, size = length * d;
  const MoveArgs args{rows + heads.first * d * sizeof(float),
                      to,
                      {job_.parameters().batch, heads.count, length, d},
                      {length * heads.row_width, d, heads.row_width, 1},
                      {heads.count * size, size, turned ? 1 : d, turned ? length : 1}};
  call(&ModuleTable::move, &args);
}

void TrainSteps::scatter(DevicePtr from, const Heads& heads, DevicePtr rows) {
  const TransformerShape& t = job_.parameters().transformer;
  const std::uint64_t d = t.head_size(), length = t.sequence, size = length * d;
  const MoveArgs args{from,
                      rows + heads.first * d * sizeof(float),
                      {job_.parameters().batch, heads.count, length, d},
                      {heads.count * size, size, d, 1},
                      {length * heads.row_width, d, heads.row_width, 1}};
  call(&ModuleTable::move, &args);
}

// y of what a_ and b_ hold, without limbs.
void TrainSteps::small(std::uint64_t share, std::uint64_t batch, std::uint64_t m, std::uint64_t n,
                       std::uint64_t k, DevicePtr y) {
  const SmallGemmArgs args{
      a_.q.at(), a_.scale.at(), b_.q.at(), b_.scale.at(), y, batch, share, m, n, k};
  call(&ModuleTable::small_gemm, &args);
}

// weights_[0] = P, from queries in heads_[0] and keys in heads_[1].
void TrainSteps::probabilities() {
  const TransformerShape& t = job_.parameters().transformer;
  const std::uint64_t length = t.sequence, d = t.head_size();
  const std::uint64_t batch = std::uint64_t{job_.parameters().batch} * t.heads;
  const std::uint64_t share = t.heads / t.kv_heads;
  take(a_, heads_[0].at(), batch * length, d);
  take(b_, heads_[1].at(), batch / share * length, d);
  small(share, batch, length, length, d, room(weights_[0], batch * length * length));
  TrainRowsArgs args{};
  args.x = weights_[0].at();
  args.rows = batch * length;
  args.width = args.period = length;
  args.scale = rx1::div(1.0F, rx1::sqrt(rx1::from_s32(static_cast<std::int32_t>(d))));
  rows_op(kTrainSoftmax, args);
}

void TrainSteps::attend(DevicePtr qkv, DevicePtr out) {
  const TransformerShape& t = job_.parameters().transformer;
  const std::uint64_t length = t.sequence, d = t.head_size(), width = t.qkv_width();
  const std::uint64_t batch = std::uint64_t{job_.parameters().batch} * t.heads;
  const std::uint64_t share = t.heads / t.kv_heads;
  for (Buffer& heads : heads_) room(heads, batch * length * d);
  gather(qkv, {width, 0, t.heads}, false, heads_[0].at());
  gather(qkv, {width, t.heads, t.kv_heads}, false, heads_[1].at());
  gather(qkv, {width, t.heads + t.kv_heads, t.kv_heads}, true, heads_[2].at());
  probabilities();
  take(a_, weights_[0].at(), batch * length, length);
  take(b_, heads_[2].at(), batch / share * d, length);
  small(share, batch, length, d, length, heads_[3].at());
  scatter(heads_[3].at(), {t.hidden, 0, t.heads}, out);
}

void TrainSteps::attend_gradient(DevicePtr qkv, DevicePtr d_out, DevicePtr d_qkv) {
  const TransformerShape& t = job_.parameters().transformer;
  const std::uint64_t length = t.sequence, d = t.head_size(), width = t.qkv_width();
  const std::uint64_t batch = std::uint64_t{job_.parameters().batch} * t.heads;
  const std::uint64_t share = t.heads / t.kv_heads, weights = batch * length * length;
  const Heads queries{width, 0, t.heads}, keys{width, t.heads, t.kv_heads};
  const Heads values{width, t.heads + t.kv_heads, t.kv_heads}, outs{t.hidden, 0, t.heads};
  gather(qkv, queries, false, heads_[0].at());
  gather(qkv, keys, false, heads_[1].at());
  probabilities();
  gather(d_out, outs, false, heads_[2].at());
  gather(qkv, values, false, heads_[3].at());
  take(a_, heads_[2].at(), batch * length, d);
  take(b_, heads_[3].at(), batch / share * length, d);
  small(share, batch, length, length, d, room(weights_[1], weights));
  TrainRowsArgs args{};
  args.x = weights_[0].at();
  args.y = weights_[1].at();
  args.rows = batch * length;
  args.width = args.period = length;
  args.scale = rx1::div(1.0F, rx1::sqrt(rx1::from_s32(static_cast<std::int32_t>(d))));
  rows_op(kTrainSoftmaxGradient, args);
  // dq = dS x k^T
  take(a_, weights_[1].at(), batch * length, length);
  gather(qkv, keys, true, heads_[1].at());
  take(b_, heads_[1].at(), batch / share * d, length);
  small(share, batch, length, d, length, heads_[2].at());
  scatter(heads_[2].at(), queries, d_qkv);
  // dk = dS^T x q^T, dv = P^T x do^T
  gather(qkv, queries, true, heads_[0].at());
  of_group(weights_[1].at(), heads_[0].at(), keys, d_qkv);
  gather(d_out, outs, true, heads_[0].at());
  of_group(weights_[0].at(), heads_[0].at(), values, d_qkv);
}

// Weights (B, H, T, T) transposed times `turned` (B, H, d, T), summed over the heads of a group.
void TrainSteps::of_group(DevicePtr weights, DevicePtr turned, const Heads& to, DevicePtr d_qkv) {
  const TransformerShape& t = job_.parameters().transformer;
  const std::uint64_t length = t.sequence, d = t.head_size(), square = length * length;
  const std::uint64_t batch = std::uint64_t{job_.parameters().batch} * t.heads;
  const std::uint64_t share = t.heads / t.kv_heads;
  const MoveArgs transpose{weights,
                           room(weights_[2], batch * square),
                           {1, batch, length, length},
                           {0, square, length, 1},
                           {0, square, 1, length}};
  call(&ModuleTable::move, &transpose);
  take(a_, weights_[2].at(), batch * length, length);
  take(b_, turned, batch * d, length);
  small(1, batch, length, d, length, heads_[2].at());
  TrainCellsArgs sum{};
  sum.x = heads_[2].at();
  sum.out = heads_[3].at();
  sum.rows = batch / share;
  sum.cols = length * d;
  sum.period = share;
  cells_op(kTrainSumShares, sum);
  scatter(heads_[3].at(), to, d_qkv);
}

}  // namespace assay::compute::cuda
