// Where each of a model's parameters lies in the flat array, what it is called in a file, and what
// it starts as. Values; any thread.
//
// Transformer, V, D, H, G, F and the head size d of train.h, for n = 0 .. L-1:
//   model.embed_tokens.weight                        [V, D]
//   model.layers.n.input_layernorm.weight            [D]        starts as ones
//   model.layers.n.self_attn.{q,k,v}_proj.weight     [H d | G d | G d, D], in this order
//   model.layers.n.self_attn.o_proj.weight           [D, H d]   deviation / sqrt(2 L)
//   model.layers.n.post_attention_layernorm.weight   [D]        starts as ones
//   model.layers.n.mlp.{gate,up}_proj.weight         [F, D]
//   model.layers.n.mlp.down_proj.weight              [D, F]     deviation / sqrt(2 L)
//   model.norm.weight                                [D]        starts as ones
// So q, k and v are one matrix of rows, and gate and up.
// MLP, for n = 0, 1, … and widths w:
//   layers.n.weight                                  [w[n+1], w[n]]
//   layers.n.bias                                    [w[n+1]]   starts as zeros
//
// Start by Philox. Element e of tensor number i (in this order, from 0) is
//   mul(f32(sum of the eight 16-bit halves of block e of Philox tensor 16 + i, less 262140), unit)
//   unit = f32(deviation / 53509.9…): the sum's deviation, sqrt(8 * (65536^2 - 1) / 12), in double
// where deviation = 1 / sqrt(columns), for an MLP sqrt(2) / sqrt(columns), but 1 / sqrt(columns)
// for its last matrix.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/compute/philox.h"
#include "core/compute/train/train_parameters.h"

namespace assay::compute::train {

struct ParameterTensor {
  std::string name;
  std::vector<std::uint64_t> dims;  // one or two
  std::uint64_t offset = 0;
  float unit = 0;   // of a drawn tensor
  float first = 0;  // what a tensor that is not drawn (unit 0) starts as

  std::uint64_t size() const { return dims.size() == 2 ? dims[0] * dims[1] : dims[0]; }
  bool is_matrix() const { return dims.size() == 2; }
};

std::vector<ParameterTensor> layout_of(const TrainParameters& parameters);
// P, as saturating_mul() counts.
std::uint64_t parameter_count(const TrainParameters& parameters);

// One drawn tensor.
void draw_tensor(const PhiloxStream& stream, double deviation, std::span<float> to);
// `to` has P elements.
void draw_parameters(const std::vector<ParameterTensor>& layout, PhiloxKey key,
                     const Engine& engine, std::span<float> to);

}  // namespace assay::compute::train
