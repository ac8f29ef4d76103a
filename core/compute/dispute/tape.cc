#include "core/compute/dispute/tape.h"

#include <algorithm>
#include <cstring>

#include "core/compute/dispute/dispute.h"
#include "core/compute/program.h"

namespace assay::compute {
namespace {

constexpr std::uint64_t kElementsAtOnce = 4096;  // by one thread, or one unit

// Does a dispute about it end within its moves?
Status check_depth(const Tape& tape) {
  if (tape.operations.size() > kOperationsMax) {
    return fail(Code::malformed, "unsupported: a step of this job has " +
                                     std::to_string(tape.operations.size()) +
                                     " operations, and one of at most " +
                                     std::to_string(kOperationsMax) + " can be disputed");
  }
  std::uint64_t leaves = leaf_count(tape.state_shape);
  for (const Operation& operation : tape.operations) {
    leaves = std::max(leaves, leaf_count({operation.shape}));
  }
  if (answers_for(leaves) <= kAnswersMax) return {};
  return fail(Code::malformed, "unsupported: a step of this job has a tensor of " +
                                   std::to_string(leaves) + " leaves, which takes " +
                                   std::to_string(answers_for(leaves)) + " answers of at most " +
                                   std::to_string(kAnswersMax) + " in a dispute");
}

}  // namespace

TensorRef Tape::add(std::string name, TensorShape shape, std::uint64_t unit,
                    std::vector<TensorRef> reads, Compute compute) {
  const std::uint64_t elements = shape.elements();
  ASSAY_CHECK(unit >= 1 && elements >= 1 && elements % unit == 0, "an operation of whole units");
  operations.push_back(
      {std::move(name), std::move(shape), unit, std::move(reads), std::move(compute)});
  return {TensorRef::Of::operation, static_cast<std::uint32_t>(operations.size() - 1), 0};
}

const TensorShape& Tape::shape(const TensorRef& ref) const {
  if (ref.of == TensorRef::Of::operation) return operations[ref.number].shape;
  return states.at(ref.number)[ref.tensor];
}

StateShape Tape::tree_shape(const TensorRef& ref) const {
  if (ref.of == TensorRef::Of::operation) return {operations[ref.number].shape};
  return states.at(ref.number);
}

Tape tape_of_state(std::shared_ptr<const State> state) {
  Tape tape;
  tape.state_shape = shape_of(*state);
  for (std::size_t i = 0; i < state->size(); ++i) {
    const std::size_t size = dtype_bytes((*state)[i].shape.dtype);
    tape.state.push_back(tape.add("start", (*state)[i].shape, 1, {},
                                  [state, i, size](std::uint64_t first, std::uint64_t count,
                                                   Operands&, std::span<std::uint8_t> out) {
                                    std::memcpy(out.data(), (*state)[i].data.data() + first * size,
                                                count * size);
                                  }));
  }
  return tape;
}

Result<Tape> tape_of(const Program& program, std::uint32_t step, const Engine& engine) {
  if (step > program.plan().steps) {
    return fail(Code::malformed, "there is no step " + std::to_string(step) + ": the job has " +
                                     std::to_string(program.plan().steps));
  }
  if (step > 0) {
    const auto* disputed = dynamic_cast<const DisputedSteps*>(&program);
    if (disputed == nullptr) {
      return fail(Code::malformed, "unsupported: steps of this workload cannot be disputed");
    }
    Result<Tape> tape = disputed->step_tape(step);
    if (!tape.ok()) return tape;
    const Status deep = check_depth(tape.value());
    return deep.ok() ? std::move(tape) : deep.error();
  }
  Result<State> state = program.start(engine);
  if (!state.ok()) return state.error();
  return tape_of_state(std::make_shared<const State>(std::move(state).value()));
}

// Tensors of a run, all at hand.
class TapeRun::Memory final : public Operands {
 public:
  explicit Memory(const TapeRun& run) : run_(run) {}

  ByteView read_bytes(const TensorRef& ref, std::uint64_t offset, std::uint64_t count) override {
    const Tensor& tensor = ref.of == TensorRef::Of::operation
                               ? run_.tensors_[ref.number]
                               : run_.states_.at(ref.number)[ref.tensor];
    ASSAY_CHECK(offset <= tensor.data.size() && count <= tensor.data.size() - offset,
                "an operation reads beyond a tensor, or one it does not name");
    return ByteView(tensor.data).subspan(offset, count);
  }

 private:
  const TapeRun& run_;
};

TapeRun::TapeRun(const Tape& tape, StateSource states, const Engine& engine)
    : tape_(tape),
      source_(std::move(states)),
      engine_(engine),
      last_use_(tape.operations.size()),
      tensors_(tape.operations.size()) {
  const auto size = static_cast<std::uint32_t>(tape.operations.size());
  for (std::uint32_t i = 0; i < size; ++i) {
    last_use_[i] = i;
    for (const TensorRef& ref : tape.operations[i].reads) {
      if (ref.of != TensorRef::Of::operation) continue;
      ASSAY_CHECK(ref.number < i, "an operation reads a later one");
      last_use_[ref.number] = i;
    }
  }
  for (const std::vector<TensorRef>* refs : {&tape.state, &tape.output}) {
    for (const TensorRef& ref : *refs) {
      if (ref.of == TensorRef::Of::operation) last_use_[ref.number] = size;
    }
  }
}

TapeRun::~TapeRun() = default;

Status TapeRun::load_states() {
  for (const auto& [number, shape] : tape_.states) {
    if (states_.contains(number)) continue;
    Result<State> state = source_(number);
    if (!state.ok()) return state.error();
    if (shape_of(state.value()) != shape) {
      return fail(Code::malformed, "state " + std::to_string(number) + " has another shape");
    }
    states_.emplace(number, std::move(state).value());
  }
  return {};
}

// Runs operations up to and including `last`, from where this stands or from the beginning.
Status TapeRun::run_to(std::uint32_t last) try {
  if (Status loaded = load_states(); !loaded.ok()) return loaded;
  if (at_ > last) {
    for (Tensor& tensor : tensors_) tensor = {};
    at_ = 0;
  }
  for (; at_ <= last; ++at_) {
    const Operation& operation = tape_.operations[at_];
    State made{Tensor{operation.shape, Bytes(operation.shape.bytes())}};
    const std::uint64_t elements = operation.shape.elements();
    const std::uint64_t size = dtype_bytes(operation.shape.dtype);
    const std::uint64_t part =
        std::max(operation.unit, kElementsAtOnce / operation.unit * operation.unit);
    engine_.parallel_for((elements + part - 1) / part, [&](std::uint64_t i) {
      Memory memory(*this);
      const std::uint64_t first = i * part, count = std::min(part, elements - first);
      operation.compute(first, count, memory,
                        std::span(made[0].data).subspan(first * size, count * size));
    });
    if (digests_.size() == at_) digests_.push_back(state_digest(made, engine_));
    tensors_[at_] = std::move(made[0]);
    if (at_ == last) continue;  // with all that it read
    for (const TensorRef& ref : operation.reads) {
      if (ref.of == TensorRef::Of::operation && last_use_[ref.number] == at_) {
        tensors_[ref.number] = {};
      }
    }
  }
  return {};
} catch (const std::bad_alloc&) {
  return fail(Code::inconclusive, "a dispute's tape: out of memory");
}

State TapeRun::collect(const std::vector<TensorRef>& refs) const {
  State out;
  for (const TensorRef& ref : refs) {
    out.push_back(ref.of == TensorRef::Of::operation ? tensors_[ref.number]
                                                     : states_.at(ref.number)[ref.tensor]);
  }
  return out;
}

Result<std::vector<Digest>> TapeRun::digests() {
  if (digests_.size() == tape_.operations.size() && !(state_.empty() && !tape_.state.empty())) {
    return digests_;
  }
  if (tape_.operations.empty()) {
    if (Status loaded = load_states(); !loaded.ok()) return loaded.error();
  } else if (Status ran = run_to(static_cast<std::uint32_t>(tape_.operations.size()) - 1);
             !ran.ok()) {
    return ran.error();
  }
  state_ = collect(tape_.state);
  output_ = collect(tape_.output);
  return digests_;
}

Result<State> TapeRun::state() {
  if (Result<std::vector<Digest>> all = digests(); !all.ok()) return all.error();
  return state_;
}

Result<State> TapeRun::output() {
  if (Result<std::vector<Digest>> all = digests(); !all.ok()) return all.error();
  return output_;
}

Result<const Tensor*> TapeRun::tensor(std::uint32_t operation) {
  ASSAY_CHECK(operation < tape_.operations.size(), "no such operation");
  if (at_ != operation + 1) {
    if (Status ran = run_to(operation); !ran.ok()) return ran.error();
  }
  return &tensors_[operation];
}

Result<const Tensor*> TapeRun::operand(const TensorRef& ref) const {
  const Tensor& tensor = ref.of == TensorRef::Of::operation ? tensors_[ref.number]
                                                            : states_.at(ref.number)[ref.tensor];
  if (tensor.data.empty()) return fail(Code::internal, "a tensor of a tape that is not kept");
  return &tensor;
}

}  // namespace assay::compute
