// A step of a job as a tape: operations in a fixed order, each a pure function of tensors that both
// sides of a dispute have committed to. Immutable; any thread.
//
// The tape follows from the order alone (shapes, how many operations, what each reads), never from
// data. Every tensor is assigned once. What an operation yields is computed `unit` elements at a
// time, and one unit is little work whatever the step's size: that is what a dispute comes down to.
// The tape is the step's definition a second time, in scalar code: the state it ends with is the
// one that Program::advance() gives, bit for bit (tests hold them together).
//
// Operations are total: bytes outside the contract give some result, the same on every machine. A
// step whose honest computation fails has no honest claim to compare with, and is not disputed.
#pragma once

#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/compute/tensor.h"

namespace assay::compute {

// A committed tensor: number `tensor` of a state in the trace, or what an operation yields (its
// only one).
struct TensorRef {
  enum class Of : std::uint8_t { state = 0, operation = 1 };
  Of of = Of::operation;
  std::uint32_t number = 0;
  std::uint32_t tensor = 0;
  bool operator==(const TensorRef&) const = default;
};

// What a computation reads, and the only way it may. A read that cannot be served gives zeros and
// is remembered, so that computations need not look after each.
class Operands {
 public:
  virtual ~Operands() = default;

  // Elements [first, first + count) of a tensor whose elements are T; valid as long as this is.
  // They must exist: a computation bounds what it makes of data before it reads by it.
  template <class T>
  std::span<const T> read(const TensorRef& ref, std::uint64_t first, std::uint64_t count) {
    const ByteView bytes = read_bytes(ref, first * sizeof(T), count * sizeof(T));
    return {reinterpret_cast<const T*>(bytes.data()), count};
  }
  template <class T>
  T at(const TensorRef& ref, std::uint64_t element) {
    return read<T>(ref, element, 1)[0];
  }
  virtual ByteView read_bytes(const TensorRef& ref, std::uint64_t offset, std::uint64_t count) = 0;

  // The first read that could not be served.
  const Status& status() const { return status_; }

 protected:
  void failed(Status status) {
    if (status_.ok()) status_ = std::move(status);
  }

 private:
  Status status_;
};

// Writes elements [first, first + count), whole units, of what an operation yields to `out`.
using Compute = std::function<void(std::uint64_t first, std::uint64_t count, Operands& operands,
                                   std::span<std::uint8_t> out)>;

// Element by element: f(element, operands) gives a T.
template <class T, class F>
Compute each(F f) {
  return [f = std::move(f)](std::uint64_t first, std::uint64_t count, Operands& operands,
                            std::span<std::uint8_t> out) {
    for (std::uint64_t i = 0; i < count; ++i) {
      const T value = f(first + i, operands);
      std::memcpy(out.data() + i * sizeof value, &value, sizeof value);
    }
  };
}
// Row by row, of operations whose unit is a row: f(row, operands, out) fills `width` of T.
template <class T, class F>
Compute by_rows(std::uint64_t width, F f) {
  return [width, f = std::move(f)](std::uint64_t first, std::uint64_t count, Operands& operands,
                                   std::span<std::uint8_t> out) {
    std::vector<T> row(width);
    for (std::uint64_t i = 0; i < count / width; ++i) {
      f(first / width + i, operands, std::span<T>(row));
      std::memcpy(out.data() + i * width * sizeof(T), row.data(), width * sizeof(T));
    }
  };
}

struct Operation {
  std::string name;  // for people: "igemm8"
  TensorShape shape;
  std::uint64_t unit = 1;        // divides the number of elements
  std::vector<TensorRef> reads;  // all that `compute` may read
  Compute compute;
};

// A longer tape is not disputed: its digests, all in one answer, would be more than 16 MiB.
inline constexpr std::size_t kOperationsMax = std::size_t{1} << 19;

struct Tape {
  std::map<std::uint32_t, StateShape> states;  // those that operations may read
  std::vector<Operation> operations;
  StateShape state_shape;         // of the state after the step
  std::vector<TensorRef> state;   // its tensors, in order
  std::vector<TensorRef> output;  // the step's one output tensor, or none

  TensorRef add(std::string name, TensorShape shape, std::uint64_t unit,
                std::vector<TensorRef> reads, Compute compute);
  const TensorShape& shape(const TensorRef& ref) const;
  // The tensors that are committed together with this one.
  StateShape tree_shape(const TensorRef& ref) const;
};

// A tape that yields this state and reads nothing: how a start state, which anyone can rebuild from
// the order, is held against a claim.
Tape tape_of_state(std::shared_ptr<const State> state);

class Program;  // core/compute/program.h

// What programs have whose steps can be disputed: all workloads of this version.
class DisputedSteps {
 public:
  virtual ~DisputedSteps() = default;
  // Of steps 1..N. Borrows the program.
  virtual Result<Tape> step_tape(std::uint32_t step) const = 0;
};
// The tape of step 0..N of a program; of step 0 it yields the start state.
//   malformed    there is no such step, or the workload's steps cannot be disputed ("unsupported")
//   others       those of Program::start()
Result<Tape> tape_of(const Program& program, std::uint32_t step, const Engine& engine);

// The states of the trace that a tape reads. Errors are its own.
using StateSource = std::function<Result<State>(std::uint32_t number)>;

// One side's own run of a tape: the digests of all tensors, and any of them when asked. Keeps what
// later operations still read, no more; a tensor asked for is computed again, and kept with what it
// reads until another is asked for. One thread; borrows all three.
class TapeRun {
 public:
  TapeRun(const Tape& tape, StateSource states, const Engine& engine);
  ~TapeRun();

  const Tape& tape() const { return tape_; }
  //   inconclusive out of memory; others: those of the states
  Result<std::vector<Digest>> digests();  // state_digest() of each operation's tensor
  Result<State> state();                  // the state after the step
  Result<State> output();                 // of one tensor, or none
  Result<const Tensor*> tensor(std::uint32_t operation);

  // What a unit of an operation reads, as it lies here: for openings. Calls tensor() itself.
  Result<const Tensor*> operand(const TensorRef& ref) const;  // of the operation last asked for

 private:
  class Memory;
  Status run_to(std::uint32_t last);
  Status load_states();
  State collect(const std::vector<TensorRef>& refs) const;

  const Tape& tape_;
  StateSource source_;
  const Engine& engine_;
  std::vector<std::uint32_t> last_use_;  // by operation: the last one that reads it
  std::map<std::uint32_t, State> states_;
  std::vector<Tensor> tensors_;  // empty data where it is not kept
  std::vector<Digest> digests_;  // all of them once the tape ran to its end
  State state_, output_;
  std::uint32_t at_ = 0;  // operations that have run
};

}  // namespace assay::compute
