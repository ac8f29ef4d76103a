// One validated job, ready to be run or replayed: the interface every workload implements.
// Immutable after load_program(); const methods may run on several threads, each with an Engine of
// its own.
//
// Three shapes of job:
//   independent  step i (1..N) yields an output that depends on the job alone: replay needs nothing
//                from the prover. The state digest of every leaf is that of the start state.
//   chained      step i turns state i-1 into state i: replay needs the opened state i-1. There are
//                no outputs (zeros in the leaf); the last state is the result.
//   appended     step i adds state i to those before it, and yields an output, as a text grows by
//                the keys and values of its tokens: replay needs states 1..i-1. The outputs are the
//                result.
// In all of them the trace has N+1 leaves; leaf 0 is the start state, which anyone can rebuild.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "core/compute/engine.h"
#include "core/compute/inputs.h"
#include "core/compute/tensor.h"
#include "core/wire/order.h"

namespace assay::compute {

enum class Shape { independent, chained, appended };

// What a thin check reads: a check of one row of one step, which costs about 1/rows of it. Always
// that row in the state after the step, and besides
enum class Reach {
  none,         // nothing: there is no such check, only whole steps
  same_row,     // that row of the state before: rows can be followed from the inputs to the result
  neighbours,   // the rows around it in the state before: Plan::grid, Plan::halo
  whole_state,  // all of the state before
  history,      // appended: all of states 1..i
};

inline constexpr std::uint32_t kStepsMax = 4096;

// What validate() derives from an order, and nothing but the order: no number here is ever taken
// from a provider.
struct Plan {
  Shape shape = Shape::independent;
  std::uint32_t steps = 0;  // N, 1..kStepsMax
  Reach reach = Reach::none;
  std::uint64_t rows = 0;     // with a reach: rows of a state, the first dimension of its tensors
  std::uint64_t columns = 0;  // same_row: values in a row that check_rows() picks from; else 0
  // neighbours: rows are the bricks of a grid {z, y, x}, number (z * Y + y) * X + x, which closes
  // on itself at its ends; a check reads all bricks up to `halo` away in each direction.
  std::array<std::uint64_t, 3> grid{};
  std::uint64_t halo = 0;
  std::uint64_t step_ops = 0;        // multiply-adds (or the like) of the dearest step
  std::uint64_t result_bytes = 0;    // size of what is delivered
  std::uint64_t reference_cost = 0;  // step_ops * steps, the plan-metered cost of the whole job
  StateShape state_shape;  // chained: of every state; appended: of states 1..N; else of the start
};

// Upper bounds that keep any replay short: an order beyond them is refused before work.
struct Caps {
  std::uint64_t step_ops_max = std::uint64_t{1} << 34;
  std::uint64_t job_ops_max = std::uint64_t{1} << 46;  // kStepsMax of the dearest steps
  std::uint64_t state_bytes_max = std::uint64_t{64} << 20;
  std::uint64_t result_bytes_max = std::uint64_t{128} << 20;
  std::uint64_t input_bytes_max = std::uint64_t{64} << 20;  // all inputs together
};

// A result as a file for people: "picture.png", "result.npy".
struct Artefact {
  std::string file_name;
  Bytes bytes;
};

// What a device needs to run the steps itself, borrowed from the program; all null where only a CPU
// can run them.
struct GemmParameters;
class GemmTensors;
namespace generate {
class TextJob;
}
namespace render {
struct Job;
}
namespace simulate {
class Bodies;
class Lattice;
}  // namespace simulate
namespace train {
class TrainJob;
}
struct DeviceJob {
  const GemmParameters* gemm = nullptr;
  const GemmTensors* tensors = nullptr;
  const render::Job* render = nullptr;
  const simulate::Lattice* lattice = nullptr;
  const simulate::Bodies* bodies = nullptr;
  const generate::TextJob* text = nullptr;
  const train::TrainJob* train = nullptr;
};

// What a step of an appended job adds.
struct Added {
  State state;    // plan().state_shape
  Tensor output;  // unit_shape()
};

// One row of one step. Its number among all of a job's is (step - 1) * plan.rows + row.
struct Pair {
  std::uint32_t step = 0;  // 1..N
  std::uint64_t row = 0;
  bool operator==(const Pair&) const = default;
};

// Committed states as an opening holds them; state 0 is rebuilt from the order. Any thread.
class OpenedStates {
 public:
  virtual ~OpenedStates() = default;
  //   no_evidence  not opened; others: our own failure
  virtual Result<State> whole(std::uint32_t state) const = 0;
  // A row's bytes are its slices of the state's tensors, concatenated in tensor order.
  virtual Result<Bytes> row(std::uint32_t state, std::uint64_t row) const = 0;
};

class Program {
 public:
  virtual ~Program() = default;

  const Plan& plan() const { return plan_; }

  // State 0, from the order's inputs.
  //   inconclusive our own failure (memory); never the provider's
  virtual Result<State> start(const Engine& engine) const = 0;

  // Chained: turns state step-1 into state `step`, 1..N. `state` has plan().state_shape.
  //   malformed    the state holds a value outside the contract (s8 -128, a scale outside its
  //                range): no honest run produces one
  virtual Status advance(std::uint32_t step, State& state, const Engine& engine) const;

  // Independent: the output of step 1..N.
  virtual Result<Tensor> unit(std::uint32_t step, const Engine& engine) const;
  // Independent and appended: an output's shape (edge tiles are smaller).
  virtual TensorShape unit_shape(std::uint32_t step) const;

  // Appended: state and output of step 1..N after states 1..step-1, which `before` holds.
  //   malformed    a state holds a value outside the contract
  virtual Result<Added> append_step(std::uint32_t step, std::span<const State> before,
                                    const Engine& engine) const;
  // The same, told what the step is claimed to have added. What the claim says is never believed,
  // but may show a faster way (the tokens of a text, all at once). Honest claims give what
  // append_step() gives; others give something else than claimed, or `malformed`.
  virtual Result<Added> append_step_again(std::uint32_t step, std::span<const State> before,
                                          const State& claimed, const Engine& engine) const;
  // The output that follows from a committed state.
  //   malformed    the state holds a value outside the contract
  virtual Result<Tensor> output_of(std::uint32_t step, const State& state) const;
  // Rows that must be checked whatever was drawn, in ascending order, as the committed states
  // 1..N themselves show: that a text ends early.
  //   malformed    the states contradict each other or the order: no honest run produces them
  virtual Result<std::vector<Pair>> always(std::span<const State> states) const;

  // Reach::same_row: one row of the state, by the scalar definition alone.
  virtual Result<Bytes> start_row(std::uint64_t row) const;
  virtual Result<Bytes> advance_row(std::uint32_t step, ByteView row_bytes) const;
  // Several rows together, by the engine: for a thin check, which is fast because what the step
  // needs of its own (the weights of a GEMM) is made once, with every instruction at hand. The
  // results are those of advance_row(), which alone convicts.
  //   malformed    a row holds a value outside the contract
  virtual Result<std::vector<Bytes>> advance_rows(std::uint32_t step, std::span<const Bytes> rows,
                                                  const Engine& engine) const;

  virtual DeviceJob device_job() const { return {}; }

  // Any reach: does each of these rows of state `step` follow from what it reaches? Of a long row
  // (plan().columns > 0) as far as some of its values show: those in `columns` (ascending, below
  // plan().columns), and those that decide what all the row's values have in common. A right row is
  // always found right; a wrong one is found wrong when a value looked at differs. One answer per
  // row. With a scalar engine, and all of the row where there are columns, this is the definition.
  //   malformed    no such step, row or column, or committed bytes outside the contract that the
  //                rows read
  //   others       those of `states`, and our own failures
  virtual Result<std::vector<bool>> check_rows(std::uint32_t step,
                                               std::span<const std::uint64_t> rows,
                                               const OpenedStates& states,
                                               std::span<const std::uint64_t> columns,
                                               const Engine& engine) const;

  // The delivered result as a file for people.
  virtual Result<Artefact> artefact(ByteView result) const = 0;

 protected:
  explicit Program(Plan plan) : plan_(std::move(plan)) {}

 private:
  Plan plan_;
};

std::uint64_t pair_count(const Plan& plan);  // 0 without a reach
Pair pair_at(const Plan& plan, std::uint64_t number);

// Reach::neighbours: the rows that a check of `row` reads in the state before, ascending, itself
// among them.
std::vector<std::uint64_t> neighbours_of(const Plan& plan, std::uint64_t row);

// Where each row lies: the slices of every tensor of the state whose first dimension is `rows`.
// Leaf runs in tensor order; their data is what a thin check opens.
std::vector<LeafRun> row_leaves(const Plan& plan, std::uint64_t row);
// The row's bytes out of the data of those leaves (concatenated per run, in order).
//   malformed    a leaf's data has the wrong size
Result<Bytes> row_from_leaves(const Plan& plan, std::uint64_t row, std::span<const Bytes> leaves);
// The same from a whole state, whose first tensor has one row per row.
Bytes row_of_state(const State& state, std::uint64_t row);
// The same from state_bytes(), of which there are as many as the plan says.
Bytes row_of_state_bytes(const Plan& plan, ByteView state, std::uint64_t row);

// a * b, or the largest value when that overflows: what saturates lies beyond every cap.
std::uint64_t saturating_mul(std::uint64_t a, std::uint64_t b);
// Every number of the plan against the caps; loaders call it before they allocate anything.
//   malformed    says which number, and what is allowed
Status check_caps(const Plan& plan, const Caps& caps);

// Validates an order's workload against the caps and builds the program. The loaders of the
// workloads get an InputSource that has already checked size and digest.
//   malformed    parameters or inputs outside the schema or the caps: says which, and what may be
//   no_evidence  an input could not be had, or its bytes do not have its digest
Result<std::unique_ptr<Program>> load_program(const wire::WorkloadSpec& spec,
                                              const InputSource& inputs, const Caps& caps = {});

// The seed of everything random in a job: SHA-256("assay/job-seed/v1\n" || nonce).
Digest job_seed(const Digest& nonce);

// What the renter gets, from the outputs or the last state: concatenated tensor bytes; and the
// digest the attestation must have as its subject: for chains the last state's digest, for all else
// the RFC 6962 root over the output digests as leaf data. The output digest of a step is the state
// digest of its one tensor.
//   malformed    wrong number of bytes
Result<Digest> result_digest(const Program& program, ByteView result);
Digest digest_of_outputs(std::span<const Digest> outputs);

}  // namespace assay::compute
