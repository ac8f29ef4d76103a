#include "core/compute/simulate/simulate.h"

#include <algorithm>
#include <cstring>

#include "core/compute/files/npy.h"
#include "core/compute/simulate/picture.h"
#include "core/compute/simulate/simulate_tape.h"

namespace assay::compute {
namespace simulate {
namespace {

constexpr std::uint64_t kCellOps = 200, kPairOps = 20;

// Numbers of a state in place: its bytes are theirs, little-endian as every machine of ours, and
// aligned as allocated memory is.
template <class Number>
std::span<Number> numbers_of(Bytes& bytes) {
  return {reinterpret_cast<Number*>(bytes.data()), bytes.size() / sizeof(Number)};
}
template <class Number>
std::vector<Number> numbers_of(ByteView bytes) {
  std::vector<Number> out(bytes.size() / sizeof(Number));
  std::memcpy(out.data(), bytes.data(), out.size() * sizeof(Number));
  return out;
}
template <class Number>
bool equal(std::span<const Number> numbers, ByteView bytes) {
  return bytes.size() == numbers.size_bytes() &&
         std::memcmp(numbers.data(), bytes.data(), bytes.size()) == 0;
}

Plan plan_of(const LatticeParameters& p) {
  Plan plan;
  plan.shape = Shape::chained;
  plan.steps = p.steps;
  plan.reach = Reach::neighbours;
  plan.rows = p.bricks();
  plan.grid = p.grid();
  plan.halo = (p.steps_per_commit + 3) / 4;
  plan.step_ops = saturating_mul(p.cells(), p.steps_per_commit * kCellOps);
  plan.reference_cost = saturating_mul(plan.step_ops, plan.steps);
  plan.state_shape = {{DType::s32, {p.bricks(), kDirections, kBrickCells}}};
  plan.result_bytes = p.bricks() * kBrickBytes;
  return plan;
}

Plan plan_of(const BodiesParameters& p) {
  Plan plan;
  plan.shape = Shape::chained;
  plan.steps = p.steps;
  plan.reach = Reach::whole_state;
  plan.rows = p.blocks();
  plan.step_ops = std::uint64_t{p.bodies} * p.bodies * kPairOps;
  plan.reference_cost = saturating_mul(plan.step_ops, plan.steps);
  plan.state_shape = {{DType::s64, {p.blocks(), 6, kBlockBodies}}};
  plan.result_bytes = p.blocks() * kBlockBytes;
  return plan;
}

// The order's one input, which must have this name, type and shape; or none.
Result<Bytes> read_input(const wire::WorkloadSpec& spec, const InputSource& inputs,
                         std::string_view name, NumberType type,
                         const std::vector<std::uint64_t>& dims) {
  if (spec.inputs.size() != 1 || spec.inputs[0].name != name) {
    return fail(Code::malformed, "inputs: there must be one, named \"" + std::string(name) + "\"");
  }
  const Result<Bytes> file = inputs(spec.inputs[0]);
  if (!file.ok()) return file.error();
  const std::string where = "input \"" + std::string(name) + "\"";
  const Result<NumberArray> array = parse_npy(file.value());
  if (!array.ok()) return array.error().in(where);
  if (array.value().type != type || array.value().dims != dims) {
    std::string shape;
    for (const std::uint64_t dim : dims) shape += (shape.empty() ? "" : ", ") + std::to_string(dim);
    return fail(Code::malformed, where + ": must be " + (type == NumberType::s8 ? "|i1" : "<f4") +
                                     " of shape [" + shape + "]");
  }
  return to_bytes(array.value().data);
}

// Common to both programs: where a row's check gets its bytes, and what it compares.
template <class System, class Number>
class SystemProgram : public Program, public DisputedSteps {
 public:
  SystemProgram(Plan plan, System system) : Program(std::move(plan)), system_(std::move(system)) {}

 protected:
  State empty_state() const {
    return {Tensor{plan().state_shape[0], Bytes(plan().state_shape[0].bytes())}};
  }
  Status check_state(std::uint32_t step, const State& state) const {
    if (step >= 1 && step <= plan().steps && shape_of(state) == plan().state_shape) return {};
    return fail(Code::malformed, "simulate: no such step, or a state of another shape");
  }
  Status check_question(std::uint32_t step, std::span<const std::uint64_t> rows,
                        std::span<const std::uint64_t> columns) const {
    const bool known =
        std::ranges::all_of(rows, [&](std::uint64_t row) { return row < plan().rows; });
    if (step >= 1 && step <= plan().steps && known && columns.empty()) return {};
    return fail(Code::malformed, "simulate: no such step or row, or columns, which rows have not");
  }
  Result<std::vector<Number>> whole_result(ByteView result) const {
    if (result.size() == plan().result_bytes) return numbers_of<Number>(result);
    return fail(Code::malformed, "simulate: a state has " + std::to_string(result.size()) +
                                     " bytes where " + std::to_string(plan().result_bytes) +
                                     " are needed");
  }

  const System system_;
};

class LatticeProgram final : public SystemProgram<Lattice, std::int32_t> {
 public:
  using SystemProgram::SystemProgram;

  DeviceJob device_job() const override { return {.lattice = &system_}; }
  Result<Tape> step_tape(std::uint32_t step) const override {
    return lattice_tape(plan(), system_, step);
  }

  Result<State> start(const Engine& engine) const override try {
    State state = empty_state();
    system_.start(numbers_of<std::int32_t>(state[0].data), engine);
    return state;
  } catch (const std::bad_alloc&) {
    return fail(Code::inconclusive, "simulate: out of memory");
  }

  Status advance(std::uint32_t step, State& state, const Engine& engine) const override try {
    const Status valid = check_state(step, state);
    if (!valid.ok()) return valid;
    system_.advance(numbers_of<std::int32_t>(state[0].data), engine);
    return {};
  } catch (const std::bad_alloc&) {
    return fail(Code::inconclusive, "simulate: out of memory");
  }

  Result<std::vector<bool>> check_rows(std::uint32_t step, std::span<const std::uint64_t> rows,
                                       const OpenedStates& states,
                                       std::span<const std::uint64_t> columns,
                                       const Engine& engine) const override try {
    const Status valid = check_question(step, rows, columns);
    if (!valid.ok()) return valid.error();
    std::vector<bool> out;
    for (const std::uint64_t row : rows) {
      const Result<Bytes> claimed = states.row(step, row);
      if (!claimed.ok()) return claimed.error();
      const Result<std::vector<std::int32_t>> brick = system_.advance_brick(
          row, [&](std::uint64_t at) { return states.row(step - 1, at); }, engine);
      if (!brick.ok()) return brick.error().in("simulate");
      out.push_back(equal<std::int32_t>(brick.value(), claimed.value()));
    }
    return out;
  } catch (const std::bad_alloc&) {
    return fail(Code::inconclusive, "simulate: out of memory");
  }

  Result<Artefact> artefact(ByteView result) const override {
    const Result<std::vector<std::int32_t>> state = whole_result(result);
    if (!state.ok()) return state.error();
    Result<Bytes> png = lattice_picture(system_, state.value());
    if (!png.ok()) return png.error();
    return Artefact{"picture.png", std::move(png).value()};
  }
};

class BodiesProgram final : public SystemProgram<Bodies, std::int64_t> {
 public:
  using SystemProgram::SystemProgram;

  DeviceJob device_job() const override { return {.bodies = &system_}; }
  Result<Tape> step_tape(std::uint32_t step) const override {
    return bodies_tape(plan(), system_, step);
  }

  Result<State> start(const Engine&) const override try {
    State state = empty_state();
    system_.start(numbers_of<std::int64_t>(state[0].data));
    return state;
  } catch (const std::bad_alloc&) {
    return fail(Code::inconclusive, "simulate: out of memory");
  }

  Status advance(std::uint32_t step, State& state, const Engine& engine) const override try {
    const Status valid = check_state(step, state);
    if (!valid.ok()) return valid;
    check_float_mode();
    system_.advance(numbers_of<std::int64_t>(state[0].data), engine);
    return {};
  } catch (const std::bad_alloc&) {
    return fail(Code::inconclusive, "simulate: out of memory");
  }

  Result<std::vector<bool>> check_rows(std::uint32_t step, std::span<const std::uint64_t> rows,
                                       const OpenedStates& states,
                                       std::span<const std::uint64_t> columns,
                                       const Engine& engine) const override try {
    const Status valid = check_question(step, rows, columns);
    if (!valid.ok()) return valid.error();
    check_float_mode();
    const Result<State> before = states.whole(step - 1);
    if (!before.ok()) return before.error();
    if (shape_of(before.value()) != plan().state_shape) {
      return fail(Code::malformed, "simulate: a state of another shape");
    }
    const std::vector<std::int64_t> after = system_.advance_blocks(
        numbers_of<std::int64_t>(ByteView(before.value()[0].data)), rows, engine);
    std::vector<bool> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const Result<Bytes> claimed = states.row(step, rows[i]);
      if (!claimed.ok()) return claimed.error();
      out.push_back(
          equal(std::span(after).subspan(i * kBlockNumbers, kBlockNumbers), claimed.value()));
    }
    return out;
  } catch (const std::bad_alloc&) {
    return fail(Code::inconclusive, "simulate: out of memory");
  }

  Result<Artefact> artefact(ByteView result) const override {
    const Result<std::vector<std::int64_t>> state = whole_result(result);
    if (!state.ok()) return state.error();
    Result<Bytes> png = bodies_picture(system_, state.value());
    if (!png.ok()) return png.error();
    return Artefact{"picture.png", std::move(png).value()};
  }
};

}  // namespace

Result<Lattice> load_lattice(const wire::WorkloadSpec& spec, const InputSource& inputs,
                             const Caps& caps) {
  Result<LatticeParameters> parsed = parse_lattice_parameters(spec.parameters);
  if (!parsed.ok()) return parsed.error();
  LatticeParameters& p = parsed.value();
  const Status within = check_caps(plan_of(p), caps);
  if (!within.ok()) return within.error();
  Bytes mask;
  if (!spec.inputs.empty()) {
    Result<Bytes> bytes =
        read_input(spec, inputs, "mask", NumberType::s8, {p.size[2], p.size[1], p.size[0]});
    if (!bytes.ok()) return bytes.error();
    mask = std::move(bytes).value();
  }
  return Lattice(std::move(p), numbers_of<std::int8_t>(ByteView(mask)),
                 philox_key(job_seed(spec.nonce)));
}

Result<Bodies> load_bodies(const wire::WorkloadSpec& spec, const InputSource& inputs,
                           const Caps& caps) {
  const Result<BodiesParameters> parsed = parse_bodies_parameters(spec.parameters);
  if (!parsed.ok()) return parsed.error();
  const BodiesParameters& p = parsed.value();
  const Status within = check_caps(plan_of(p), caps);
  if (!within.ok()) return within.error();
  Bytes bytes;
  if (p.start == BodiesStart::inputs) {
    Result<Bytes> read = read_input(spec, inputs, "bodies", NumberType::f32, {p.bodies, 7});
    if (!read.ok()) return read.error();
    bytes = std::move(read).value();
  } else if (!spec.inputs.empty()) {
    return fail(Code::malformed, "inputs: none can be used unless start is \"inputs\"");
  }
  return Bodies::make(p, numbers_of<float>(ByteView(bytes)), philox_key(job_seed(spec.nonce)));
}

}  // namespace simulate

Result<std::unique_ptr<Program>> load_simulate(const wire::WorkloadSpec& spec,
                                               const InputSource& inputs, const Caps& caps) {
  using namespace simulate;
  const wire::Json* system = spec.parameters.find("system");
  const std::string name =
      system != nullptr && system->is_string() ? system->as_string() : std::string();
  if (name == "lattice") {
    Result<Lattice> lattice = load_lattice(spec, inputs, caps);
    if (!lattice.ok()) return lattice.error();
    Plan plan = plan_of(lattice.value().parameters());
    return std::unique_ptr<Program>(
        std::make_unique<LatticeProgram>(std::move(plan), std::move(lattice).value()));
  }
  if (name == "bodies") {
    Result<Bodies> bodies = load_bodies(spec, inputs, caps);
    if (!bodies.ok()) return bodies.error();
    Plan plan = plan_of(bodies.value().parameters());
    return std::unique_ptr<Program>(
        std::make_unique<BodiesProgram>(std::move(plan), std::move(bodies).value()));
  }
  return fail(Code::malformed, "parameters: system: must be one of lattice, bodies");
}

}  // namespace assay::compute
