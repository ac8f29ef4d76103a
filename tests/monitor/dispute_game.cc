#include "tests/monitor/dispute_game.h"

#include "core/compute/dispute/case.h"
#include "tests/core_dispute/honest.h"

namespace assay::test {
namespace {

using namespace compute;

const Engine& engine() {
  static const Engine one(CpuLevel::scalar, 1);
  return one;
}

std::shared_ptr<const Program> program_of(const wire::WorkloadSpec& spec) {
  return load_program(spec,
                      [](const wire::Input&) -> Result<Bytes> {
                        return fail(Code::no_evidence, "a job without inputs");
                      })
      .value();
}

// One element of one operation comes out otherwise.
Tape wrong_somewhere(const Tape& tape, Random& random) {
  const auto operation = static_cast<std::uint32_t>(random.below(tape.operations.size()));
  return bent_tape(tape, operation, random.below(tape.operations[operation].shape.elements()));
}

// Any move that a challenger may make; at the end, of any element.
ChallengerMove by_chance(const Dispute& dispute, TapeRun& run, Random& random) {
  const auto pick = [&](std::size_t of) { return static_cast<std::uint32_t>(random.below(of)); };
  if (!dispute.tree_chosen()) {
    return Choice{Choice::What::operation, pick(dispute.tape().operations.size())};
  }
  if (dispute.data().empty()) return Choice{Choice::What::child, pick(dispute.children().size())};
  const std::uint32_t leaf = pick(dispute.data().size());
  const std::size_t size =
      dtype_bytes(dispute.tape().operations[dispute.tree().number].shape.dtype);
  const std::uint32_t element = pick(std::max<std::size_t>(1, dispute.data()[leaf].size() / size));
  return conviction_file(
      open_operands(dispute, static_cast<std::uint8_t>(leaf), element, run).value());
}

}  // namespace

DisputeGame play_dispute(const wire::WorkloadSpec& spec, bool provider_lied, Random& random) {
  const Honest honest = run_honestly(program_of(spec), engine());
  DisputeGame out;
  out.provider_lied = provider_lied;
  out.step = 1 + static_cast<std::uint32_t>(random.below(honest.program->plan().steps));
  out.trace = honest.trace;
  const Tape tape = tape_of(*honest.program, out.step, engine()).value();
  const Tape claimed = provider_lied ? wrong_somewhere(tape, random) : tape;
  TapeRun provider(claimed, honest.source(), engine());
  const State state = provider.state().value();
  out.trace[out.step].state = state_digest(state);

  const auto dispute = DisputeCase::open(honest.program, out.trace, out.step, engine()).value();
  TapeRun challenger(tape, honest.source(), engine());
  while (dispute->dispute().turn() != Dispute::Turn::over) {
    wire::Move move;
    Bytes blob;
    if (dispute->dispute().turn() == Dispute::Turn::provider) {
      blob =
          next_answer(dispute->dispute(), provider, {[&]() -> Result<State> { return state; }, {}})
              .value();
      move = {wire::MoveKind::answer, 0, sha256(blob)};
    } else {
      const ChallengerMove next = provider_lied
                                      ? next_challenge(dispute->dispute(), challenger).value()
                                      : by_chance(dispute->dispute(), challenger, random);
      move = move_of(next);
      if (const Bytes* file = std::get_if<Bytes>(&next)) blob = *file;
    }
    const Status moved = dispute->move(move, blob);
    ASSAY_CHECK(moved.ok(), moved.ok() ? "" : moved.error().what);
    out.moves.push_back(move);
    out.blobs.push_back(std::move(blob));
  }
  ASSAY_CHECK(dispute->dispute().provider_lied() == provider_lied, "the dispute ends as it must");
  return out;
}

}  // namespace assay::test
