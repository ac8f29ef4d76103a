// The operations of a transformer's loss and gradient: transformer.cc and attention_training.cc,
// one by one. R rows, a token each; H query heads of size d in groups of G; T tokens a sequence.
#include <algorithm>
#include <memory>

#include "core/compute/rx1/float_ops.h"
#include "core/compute/rx1/rope.h"
#include "core/compute/rx1/row_math.h"
#include "core/compute/rx1/sum.h"
#include "core/compute/train/train_kernels.h"
#include "core/compute/train/train_tape.h"
#include "core/compute/train/transformer.h"

namespace assay::compute::train {
namespace {

const TrainKernels& scalar() {
  return train_kernels(CpuLevel::scalar);
}

// Tables and tokens that every operation of a step may look at.
struct Constants {
  std::vector<std::uint32_t> token, next;           // (R)
  std::vector<std::vector<std::uint32_t>> rows_of;  // by token, ascending
  std::vector<float> cosine, sine, sine_back;       // (T, d / 2)
};

struct LayerParameters {
  Matrix gain1, qkv, out, gain2, gate_up, down;
};

struct Kept {
  Matrix x, n1, qkv, a, h, n2, gate_up, y;
};

class Operations {
 public:
  Operations(Tape& tape, const TapeJob& job, std::uint32_t step, const TensorRef& parameters)
      : tape_(tape), t_(job.parameters.transformer), parameters_(parameters) {
    read_constants(job, step);
    embed_ = take(t_.vocab, t_.hidden);
    for (std::uint32_t n = 0; n < t_.layers; ++n) {
      LayerParameters layer;
      layer.gain1 = take(1, t_.hidden);
      layer.qkv = take(t_.qkv_width(), t_.hidden);
      layer.out = take(t_.hidden, t_.hidden);
      layer.gain2 = take(1, t_.hidden);
      layer.gate_up = take(2 * std::uint64_t{t_.ffn}, t_.hidden);
      layer.down = take(t_.hidden, t_.ffn);
      layers_.push_back(layer);
    }
    gain_ = take(1, t_.hidden);
  }

  Backward run() {
    Matrix x = embedded();
    std::vector<Kept> kept;
    for (const LayerParameters& layer : layers_) kept.push_back(forward(layer, x));
    Backward out{head(x), {}};
    for (std::size_t n = layers_.size(); n-- > 0;) backward(layers_[n], kept[n]);
    embed_gradient();
    out.gradient = std::move(gradient_);
    std::ranges::sort(out.gradient, {}, &GradientPart::offset);
    return out;
  }

 private:
  Matrix take(std::uint64_t rows, std::uint64_t width) {
    const Matrix out{parameters_, rows, width, taken_};
    taken_ += out.size();
    return out;
  }
  void read_constants(const TapeJob& job, std::uint32_t step);

  Quantised rows16(const Matrix& x) { return quantise(tape_, x, DType::s16); }
  Quantised turned(const Matrix& x, std::uint64_t rows) {
    return rows16(transposed(tape_, x, rows));
  }
  Matrix linear(const Matrix& x, const Matrix& w) { return product(tape_, rows16(x), rows16(w)); }
  Matrix into(const Matrix& dy, const Matrix& w) {
    return product(tape_, rows16(dy), turned(w, w.rows));
  }
  void of_weights(const Matrix& dy, const Matrix& x, const Matrix& w) {
    gradient_.push_back({w.offset, product(tape_, turned(dy, dy.rows), turned(x, x.rows))});
  }

  Matrix embedded();
  Matrix turn(const Matrix& qkv, bool back);
  Matrix heads(const Matrix& x, std::uint64_t first, std::uint64_t heads);
  Matrix probabilities(const Matrix& q, const Quantised& k);
  Matrix attend(const Matrix& qkv);
  Matrix attend_gradient(const Matrix& qkv, const Matrix& d_out);
  Matrix swiglu(const Matrix& gate_up);
  Matrix swiglu_gradient(const Matrix& gate_up, const Matrix& dy);
  void norm_gradient(const Matrix& x, const Matrix& gain, const Matrix& dy);
  Kept forward(const LayerParameters& w, Matrix& x);
  Matrix head(const Matrix& x);
  void backward(const LayerParameters& w, const Kept& kept);
  void embed_gradient();

  // Of a batch of queries, which keys.
  Batches to_groups(std::uint64_t a_rows, std::uint64_t b_rows) const {
    return {a_rows, b_rows, [h = t_.heads, g = t_.kv_heads](std::uint64_t batch) {
              return batch / h * g + batch % h / (h / g);
            }};
  }
  static Batches same(std::uint64_t a_rows, std::uint64_t b_rows) {
    return {a_rows, b_rows, [](std::uint64_t batch) { return batch; }};
  }
  float score_scale() const {
    return rx1::div(1.0F, rx1::sqrt(rx1::from_s32(static_cast<std::int32_t>(t_.head_size()))));
  }

  Tape& tape_;
  const TransformerShape& t_;
  TensorRef parameters_;
  std::uint64_t taken_ = 0;
  std::uint64_t rows_ = 0;
  std::shared_ptr<const Constants> constants_;
  Matrix embed_, gain_;
  std::vector<LayerParameters> layers_;
  Matrix dx_;  // (R, D), where the backward pass stands
  Matrix d_embed_;
  std::vector<GradientPart> gradient_;
};

void Operations::read_constants(const TapeJob& job, std::uint32_t step) {
  auto out = std::make_shared<Constants>();
  const std::size_t sequence = t_.sequence, half = t_.head_size() / 2;
  out->rows_of.resize(t_.vocab);
  const std::uint64_t limit = job.data.tokens.size() - sequence;
  for (const std::uint64_t place : batch_places(job.key, step, job.parameters.batch, limit)) {
    for (std::size_t i = 0; i < sequence; ++i) {
      const std::uint32_t token = job.data.tokens[place + i];
      out->rows_of[token].push_back(static_cast<std::uint32_t>(out->token.size()));
      out->token.push_back(token);
      out->next.push_back(job.data.tokens[place + i + 1]);
    }
  }
  rows_ = out->token.size();
  std::vector<double> frequency(half);
  rx1::rope_frequencies(t_.rope_base, frequency);
  out->cosine.resize(sequence * half);
  out->sine.resize(sequence * half);
  rx1::rope_table(Engine(CpuLevel::scalar), frequency, 0, out->cosine, out->sine);
  for (const float sine : out->sine) out->sine_back.push_back(rx1::negate(sine));
  constants_ = std::move(out);
}

Matrix Operations::embedded() {
  return add_each(tape_, "embed", rows_, t_.hidden, {embed_.ref},
                  [constants = constants_, embed = embed_](std::uint64_t at, Operands& operands) {
                    const std::uint64_t token = constants->token[at / embed.width];
                    return embed.at(operands, token * embed.width + at % embed.width);
                  });
}

// Queries and keys turned by their positions, forwards or back.
Matrix Operations::turn(const Matrix& qkv, bool back) {
  const std::uint64_t half = t_.head_size() / 2, sequence = t_.sequence;
  const std::uint64_t turning = std::uint64_t{t_.heads + t_.kv_heads} * t_.head_size();
  return add_each(tape_, "rope", qkv.rows, qkv.width, {qkv.ref},
                  [=, constants = constants_](std::uint64_t at, Operands& operands) {
                    const std::uint64_t column = at % qkv.width;
                    if (column >= turning) return qkv.at(operands, at);
                    const std::uint64_t within = column % (2 * half), i = within % half;
                    const std::uint64_t first = at - within + i;
                    const std::uint64_t place = at / qkv.width % sequence * half + i;
                    const float sine = back ? constants->sine_back[place] : constants->sine[place];
                    const rx1::Rotated turned =
                        rx1::rotated(qkv.at(operands, first), qkv.at(operands, first + half),
                                     constants->cosine[place], sine);
                    return within < half ? turned.x : turned.y;
                  });
}

// [B * heads * T, d]: heads `first`, first + 1, … of each row, head by head.
Matrix Operations::heads(const Matrix& x, std::uint64_t first, std::uint64_t heads) {
  const std::uint64_t sequence = t_.sequence, size = t_.head_size();
  return add_each(
      tape_, "heads", rows_ * heads, size, {x.ref}, [=](std::uint64_t at, Operands& operands) {
        const std::uint64_t row = at / size, batch = row / sequence;
        const std::uint64_t token = batch / heads * sequence + row % sequence;
        return x.at(operands, token * x.width + (first + batch % heads) * size + at % size);
      });
}

Matrix Operations::probabilities(const Matrix& q, const Quantised& k) {
  const std::uint64_t sequence = t_.sequence;
  const Matrix scores = product(tape_, rows16(q), k, to_groups(sequence, sequence));
  return add_rows(tape_, "softmax", scores.rows, sequence, {scores.ref},
                  [scores, sequence, scale = score_scale()](std::uint64_t row, Operands& operands,
                                                            std::span<float> out) {
                    std::ranges::copy(scores.row(operands, row), out.begin());
                    scalar().softmax(out.data(), row % sequence + 1, sequence, scale);
                  });
}

Matrix Operations::attend(const Matrix& qkv) {
  const std::uint64_t sequence = t_.sequence, size = t_.head_size(), count = t_.heads;
  const Matrix q = heads(qkv, 0, t_.heads), k = heads(qkv, t_.heads, t_.kv_heads);
  const Matrix v = heads(qkv, t_.heads + t_.kv_heads, t_.kv_heads);
  const Matrix p = probabilities(q, rows16(k));
  const Matrix o = product(tape_, rows16(p), turned(v, sequence), to_groups(sequence, size));
  return add_each(
      tape_, "attention", rows_, t_.hidden, {o.ref}, [=](std::uint64_t at, Operands& operands) {
        const std::uint64_t row = at / (count * size), column = at % (count * size);
        const std::uint64_t batch = row / sequence * count + column / size;
        return o.at(operands, (batch * sequence + row % sequence) * size + column % size);
      });
}

Matrix Operations::attend_gradient(const Matrix& qkv, const Matrix& d_out) {
  const std::uint64_t sequence = t_.sequence, size = t_.head_size();
  const std::uint64_t count = t_.heads, groups = t_.kv_heads, width = t_.qkv_width();
  const Matrix q = heads(qkv, 0, count), k = heads(qkv, count, groups);
  const Matrix v = heads(qkv, count + groups, groups), d_head = heads(d_out, 0, count);
  const Matrix p = probabilities(q, rows16(k));
  const Matrix dp = product(tape_, rows16(d_head), rows16(v), to_groups(sequence, sequence));
  const Matrix ds = add_rows(tape_, "softmax gradient", p.rows, sequence, {p.ref, dp.ref},
                             [p, dp, sequence, scale = score_scale()](
                                 std::uint64_t row, Operands& operands, std::span<float> out) {
                               std::ranges::copy(dp.row(operands, row), out.begin());
                               scalar().softmax_gradient(p.row(operands, row).data(), out.data(),
                                                         row % sequence + 1, sequence, scale);
                             });
  const Matrix dq = product(tape_, rows16(ds), turned(k, sequence), to_groups(sequence, size));
  const Matrix dk = product(tape_, turned(ds, sequence), turned(q, sequence), same(sequence, size));
  const Matrix dv =
      product(tape_, turned(p, sequence), turned(d_head, sequence), same(sequence, size));
  return add_each(tape_, "attention gradient", rows_, width, {dq.ref, dk.ref, dv.ref},
                  [=](std::uint64_t at, Operands& operands) {
                    const std::uint64_t row = at / width, column = at % width, head = column / size;
                    const auto of = [&](const Matrix& x, std::uint64_t h) {
                      const std::uint64_t batch = row / sequence * count + h;
                      return x.at(operands,
                                  (batch * sequence + row % sequence) * size + column % size);
                    };
                    if (head < count) return of(dq, head);
                    const Matrix& x = head < count + groups ? dk : dv;
                    const std::uint64_t each_group = count / groups;
                    const std::uint64_t first = (head - count) % groups * each_group;
                    float sum = of(x, first);
                    for (std::uint64_t h = first + 1; h < first + each_group; ++h) {
                      sum = rx1::canonical(rx1::add(sum, of(x, h)));
                    }
                    return sum;
                  });
}

Matrix Operations::swiglu(const Matrix& gate_up) {
  const std::uint64_t ffn = t_.ffn;
  return add_each(tape_, "swiglu", rows_, ffn, {gate_up.ref},
                  [gate_up, ffn](std::uint64_t at, Operands& operands) {
                    const std::uint64_t gate = at / ffn * 2 * ffn + at % ffn;
                    return rx1::gated(gate_up.at(operands, gate), gate_up.at(operands, gate + ffn));
                  });
}

Matrix Operations::swiglu_gradient(const Matrix& gate_up, const Matrix& dy) {
  const std::uint64_t ffn = t_.ffn;
  return add_each(tape_, "swiglu gradient", rows_, 2 * ffn, {gate_up.ref, dy.ref},
                  [gate_up, dy, ffn](std::uint64_t at, Operands& operands) {
                    const std::uint64_t row = at / (2 * ffn), i = at % ffn;
                    const float gate = gate_up.at(operands, row * 2 * ffn + i);
                    const float up = gate_up.at(operands, row * 2 * ffn + ffn + i);
                    const float d = dy.at(operands, row * ffn + i);
                    float d_gate = 0, d_up = 0;
                    scalar().swiglu_gradient(&gate, &up, &d, 1, &d_gate, &d_up);
                    return at % (2 * ffn) < ffn ? d_gate : d_up;
                  });
}

// Adds to dx_ (zeros at first: a null reference).
void Operations::norm_gradient(const Matrix& x, const Matrix& gain, const Matrix& dy) {
  std::vector<TensorRef> reads{x.ref, gain.ref, dy.ref};
  const bool begins = dx_.rows == 0;
  if (!begins) reads.push_back(dx_.ref);
  const auto both = [x, gain, dy, dx = dx_, begins](std::uint64_t row, Operands& operands,
                                                    std::span<float> to_x,
                                                    std::span<float> to_gain) {
    const std::span<const float> from = x.row(operands, row);
    const float mean =
        rx1::div(rx1::sum_of_squares(from), rx1::from_s32(static_cast<std::int32_t>(x.width)));
    const float r = rx1::div(1.0F, rx1::sqrt(rx1::add(mean, kNormEpsilon)));
    std::ranges::fill(to_x, 0.0F);
    if (!begins) std::ranges::copy(dx.row(operands, row), to_x.begin());
    scalar().rms_gradient(from.data(), gain.row(operands, 0).data(), dy.row(operands, row).data(),
                          x.width, r, to_x.data(), to_gain.data());
  };
  dx_ = add_rows(tape_, "rms norm gradient", x.rows, x.width, reads,
                 [both](std::uint64_t row, Operands& operands, std::span<float> out) {
                   std::vector<float> unused(out.size());
                   both(row, operands, out, unused);
                 });
  const Matrix d_gains =
      add_rows(tape_, "gain gradient", x.rows, x.width, reads,
               [both](std::uint64_t row, Operands& operands, std::span<float> out) {
                 std::vector<float> unused(out.size());
                 both(row, operands, unused, out);
               });
  gradient_.push_back({gain.offset, column_sums(tape_, d_gains)});
}

Kept Operations::forward(const LayerParameters& w, Matrix& x) {
  Kept kept;
  kept.x = x;
  kept.n1 = rms_norm(tape_, x, w.gain1, kNormEpsilon);
  kept.qkv = turn(linear(kept.n1, w.qkv), false);
  kept.a = attend(kept.qkv);
  kept.h = sum_of(tape_, linear(kept.a, w.out), x);
  kept.n2 = rms_norm(tape_, kept.h, w.gain2, kNormEpsilon);
  kept.gate_up = linear(kept.n2, w.gate_up);
  kept.y = swiglu(kept.gate_up);
  x = sum_of(tape_, linear(kept.y, w.down), kept.h);
  return kept;
}

// The loss; dx_, and the gradients of the head and the last norm.
Matrix Operations::head(const Matrix& x) {
  const Matrix f = rms_norm(tape_, x, gain_, kNormEpsilon);
  const Matrix logits = linear(f, embed_);
  const float factor = rx1::div(1.0F, rx1::from_s32(static_cast<std::int32_t>(rows_)));
  const CrossEntropy entropy =
      cross_entropy(tape_, logits, {constants_, &constants_->next}, factor);
  d_embed_ = product(tape_, turned(entropy.gradient, rows_), turned(f, rows_));
  norm_gradient(x, gain_, into(entropy.gradient, embed_));
  return mean_of(tape_, entropy.losses, rows_);
}

void Operations::backward(const LayerParameters& w, const Kept& kept) {
  const Matrix d_gate_up = swiglu_gradient(kept.gate_up, into(dx_, w.down));
  of_weights(dx_, kept.y, w.down);
  of_weights(d_gate_up, kept.n2, w.gate_up);
  norm_gradient(kept.h, w.gain2, into(d_gate_up, w.gate_up));

  of_weights(dx_, kept.a, w.out);
  const Matrix d_qkv = turn(attend_gradient(kept.qkv, into(dx_, w.out)), true);
  of_weights(d_qkv, kept.n1, w.qkv);
  norm_gradient(kept.x, w.gain1, into(d_qkv, w.qkv));
}

// Rows of the head's gradient, and to those of the batch's tokens what came back to them.
void Operations::embed_gradient() {
  const Matrix turned_dx = transposed(tape_, dx_, dx_.rows);
  const Matrix sum =
      add_each(tape_, "embed gradient", t_.vocab, t_.hidden, {d_embed_.ref, turned_dx.ref},
               [constants = constants_, turned_dx, d_embed = d_embed_](std::uint64_t at,
                                                                       Operands& operands) {
                 const float own = d_embed.at(operands, at);
                 const std::vector<std::uint32_t>& rows = constants->rows_of[at / d_embed.width];
                 if (rows.empty()) return own;
                 const std::span<const float> column = turned_dx.row(operands, at % d_embed.width);
                 std::vector<float> picked;
                 for (const std::uint32_t row : rows) picked.push_back(column[row]);
                 return rx1::canonical(rx1::add(own, rx1::sum(picked)));
               });
  gradient_.push_back({embed_.offset, sum});
}

}  // namespace

Backward transformer_operations(Tape& tape, const TapeJob& job, std::uint32_t step,
                                const TensorRef& parameters) {
  return Operations(tape, job, step, parameters).run();
}

}  // namespace assay::compute::train
