// Writes the tape of a step of texts: what the sources of text_tape.h share. One thread.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/compute/generate/text_tape.h"

namespace assay::compute::generate {

// A position of a text that may run: where it is in the step, and where among its group.
struct Slot {
  std::size_t text = 0;
  std::uint64_t j = 0;  // position begin + j
};

struct LayerCache {
  Quantised k, v;  // rows slot * K + head
};

struct Group {
  std::vector<Slot> slots;
  bool prompts = false;
  TensorRef token, choice;
  std::vector<std::size_t> chosen;  // slots with a choice, ascending: rows of `choice`
  std::vector<LayerCache> layers;
};

struct Place {
  bool known = false;
  std::size_t group = 0, slot = 0;
};

struct History {
  TensorRef k, k_scale, v, v_scale;
};

class TextTapeWriter {
 public:
  TextTapeWriter(const TextTapeJob& job, std::uint32_t step)
      : job_(job), c_(job.model.config), step_(step), chunk_(job.plan.chunk) {
    begin_ = std::uint64_t{step - 1} * chunk_;
    rows_ = job.plan.rows();
    tape_.state_shape = text_state_shape(c_, rows_);
    for (std::uint32_t i = 1; i < step; ++i) tape_.states[i] = tape_.state_shape;
    make_groups();
    make_tables();
  }

  Tape run() {
    if (begin_ > 0) {
      for (std::size_t layer = 0; layer < c_.layers; ++layer) history_.push_back(lay_out(layer));
    }
    for (std::size_t i = 0; i < groups_.size(); ++i) run_group(i);
    put_together();
    return std::move(tape_);
  }

 private:
  struct Cache;
  void make_groups();
  void add_group(std::vector<Slot> slots, bool prompts);
  void make_tables();
  History lay_out(std::size_t layer);
  template <class T>
  TensorRef lay_out_heads(std::size_t layer, std::uint32_t tensor, DType dtype,
                          std::uint64_t width);
  void run_group(std::size_t number);
  TensorRef tokens_of(const Group& group);
  Matrix embed(const Group& group);
  Matrix layer(std::size_t number, std::size_t layer, const Matrix& x);
  Matrix attend(std::size_t number, std::size_t layer, const Quantised& q);
  TensorRef attend_blocks(std::size_t number, std::size_t layer, const Quantised& q,
                          std::uint64_t block, std::uint64_t count);
  Matrix rotate(const Group& group, const Matrix& x, std::uint64_t heads);
  Matrix norm(const Matrix& x, std::span<const float> gain);
  Matrix linear(const Quantised& a, const Linear& layer);
  Quantised act(const Matrix& x) {
    return quantise(tape_, x, job_.precision == Precision::w8a8 ? DType::s8 : DType::s16);
  }
  void choose(Group& group, const Matrix& x);
  void put_together();
  template <class T, class F>
  TensorRef put_rows(const char* name, std::uint32_t tensor, std::vector<TensorRef> reads, F f);

  const TextTapeJob job_;
  const ModelConfig& c_;
  std::uint32_t step_;
  std::uint64_t chunk_, begin_ = 0, rows_ = 0;
  Tape tape_;
  std::vector<Group> groups_;
  // By row of the state; of many operations.
  std::shared_ptr<std::vector<Place>> places_ = std::make_shared<std::vector<Place>>();
  std::vector<History> history_;
  std::shared_ptr<const std::vector<float>> cosine_, sine_;  // (chunk, S / 2)
};

}  // namespace assay::compute::generate
