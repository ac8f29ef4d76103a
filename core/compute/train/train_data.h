// What a train job learns from, and which part of it a step sees. Immutable once made; any thread.
//
// A place among `limit` of them, number b of step s: (w * limit) >> 32, where w is the first word
// of Philox block b of tensor 0 at step s. Of tokens t[0 .. N-1], place a is the window
// t[a .. a + T], whose first T tokens are to be followed by its last T: limit = N - T.
//
// Drawn examples (an mlp without inputs): x [N, I] is drawn as a tensor is (layout.h, deviation 1)
// from Philox tensor 1, and a teacher w [O, I] (deviation 1 / sqrt(I)) from tensor 2. Output o of
// an example is z = R128 sum over i of mul(w[o, i], x[i]): y = tanh(z) to regress, and the class is
// the argmax of z, ties to the lowest.
#pragma once

#include <span>
#include <vector>

#include "core/compute/philox.h"
#include "core/compute/train/products.h"
#include "core/compute/train/train_parameters.h"

namespace assay::compute::train {

// Places of the batch, b = 0 .. batch-1. 1 <= limit < 2^32.
std::vector<std::uint64_t> batch_places(PhiloxKey key, std::uint32_t step, std::uint32_t batch,
                                        std::uint64_t limit);

struct Examples {
  std::uint64_t count = 0;
  Numbers x;                           // (count, I)
  std::vector<std::uint16_t> classes;  // (count), to classify
  Numbers y;                           // (count, O), to regress
};

struct TrainData {
  std::vector<std::uint16_t> tokens;  // of a transformer
  Examples examples;                  // of an mlp
  Numbers checkpoint;                 // P parameters, or none
};

// Reads the order's inputs, or draws examples.
//   malformed    names, types, shapes or values outside train.h: says which
Result<TrainData> load_train_data(const TrainParameters& parameters, const wire::WorkloadSpec& spec,
                                  const InputSource& source);

// A transformer's part of it: more tokens than a sequence, each below the vocabulary.
Result<std::vector<std::uint16_t>> read_tokens(const TransformerShape& shape,
                                               const wire::WorkloadSpec& spec,
                                               const InputSource& source);

// The parameters of a safetensors file, in the order of the layout.
//   malformed    tensors missing, left over, of another shape, or with values outside train.h
Result<Numbers> read_checkpoint(const TrainParameters& parameters, ByteView file);

}  // namespace assay::compute::train
