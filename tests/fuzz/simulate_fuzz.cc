// Orders of lattices and bodies, whole small simulations, and states that somebody else sent.
#include <algorithm>

#include "tests/fuzz/bundle.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/jobs.h"

namespace assay::fuzz {
namespace {

using namespace compute;

constexpr std::size_t kPicture = std::size_t{48} << 20;  // what drawing one takes, of any size

// The states before and after a step, as an opening would show them: whole.
class TwoStates final : public OpenedStates {
 public:
  TwoStates(const Plan& plan, const State& before, const State& after)
      : plan_(plan), before_(before), after_(after) {}
  Result<State> whole(std::uint32_t state) const override { return of(state); }
  Result<Bytes> row(std::uint32_t state, std::uint64_t row) const override {
    return row_of_state_bytes(plan_, state_bytes(of(state)), row);
  }

 private:
  const State& of(std::uint32_t state) const { return state == 1 ? after_ : before_; }

  const Plan& plan_;
  const State& before_;
  const State& after_;
};

// What the thin checks of step 1 say of all rows, by one engine.
Result<std::vector<bool>> checked(const Program& program, const OpenedStates& states,
                                  CpuLevel level) {
  std::vector<std::uint64_t> rows(program.plan().rows);
  for (std::uint64_t row = 0; row < rows.size(); ++row) rows[row] = row;
  return program.check_rows(1, rows, states, {}, Engine(level));
}

// Thin checks judge alike on every level: by the definition, and as fast as they can.
void check_alike(const Program& program, const State& before, const State& after, bool follows) {
  const TwoStates states(program.plan(), before, after);
  const auto slow = checked(program, states, CpuLevel::scalar);
  const auto fast = checked(program, states, best_cpu_level());
  require(slow.ok() == fast.ok(), "all levels judge rows, or refuse them, alike");
  if (!slow.ok()) return check_refusal(slow.error(), {Code::malformed});
  require(slow.value() == fast.value(), "all levels judge rows alike");
  const bool all = std::ranges::all_of(slow.value(), [](bool right) { return right; });
  require(all == follows, "rows are right exactly where the state after the step is");
}

// The bytes as a state of the plan's shape: advanced alike by all levels, or refused; and never
// taken for what follows from the start.
void advance_foreign(const Program& program, const State& start, const State& honest,
                     ByteView bytes) {
  const Result<State> state = state_from_bytes(program.plan().state_shape, bytes);
  if (!accepted(state)) return;
  const Result<State> after = same_advance(program, 1, state.value());
  if (!after.ok()) check_refusal(after.error(), {Code::malformed});
  const bool same = state_bytes(state.value()) == state_bytes(honest);
  const TwoStates states(program.plan(), start, state.value());
  const auto judged = checked(program, states, CpuLevel::scalar);
  if (judged.ok()) check_alike(program, start, state.value(), same);
}

void simulate_bundle(const BundledJob& job, ByteView state) {
  const MemoryBound bound(memory_for(job.bytes()) + 64 * kSmallCaps.state_bytes_max + kPicture);
  const Result<std::unique_ptr<Program>> loaded = load_program(job.spec, job.source(), kSmallCaps);
  if (!accepted(loaded)) return;
  const Program& program = *loaded.value();
  check_program(program, kSmallCaps);
  const State start = program.start(Engine(CpuLevel::scalar)).value();
  const Result<State> first = same_advance(program, 1, start);
  // A flow may leave what its numbers hold: that is said, and the same on every level.
  if (!first.ok()) return check_refusal(first.error(), {Code::malformed});
  check_alike(program, start, first.value(), true);
  if (!state.empty()) advance_foreign(program, start, first.value(), state);
  if (program.plan().steps > 1) return;
  const Result<Artefact> artefact = program.artefact(state_bytes(first.value()));
  require(artefact.ok() && !artefact.value().bytes.empty(), "a result has a picture");
}

}  // namespace
}  // namespace assay::fuzz

// In a bundle, "state" is no input but a state that somebody claims.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::fuzz;
  std::vector<BundledFile> files = split_bundle(assay::ByteView(data, size));
  assay::Bytes state;
  if (!files.empty() && files.back().name == "state") {
    state = std::move(files.back().bytes);
    files.pop_back();
  }
  if (std::optional<BundledJob> job = bundled_job("simulate", std::move(files))) {
    simulate_bundle(*job, state);
  }
  return 0;
}
