#include "core/compute/dispute/case.h"

namespace assay::compute {
namespace {

Choice choice_of(const wire::Move& move) {
  switch (move.kind) {
    case wire::MoveKind::operation: return {Choice::What::operation, move.choice};
    case wire::MoveKind::state: return {Choice::What::state, 0};
    case wire::MoveKind::output: return {Choice::What::output, 0};
    default: return {Choice::What::child, move.choice};
  }
}

wire::MoveKind kind_of(Choice::What what) {
  switch (what) {
    case Choice::What::operation: return wire::MoveKind::operation;
    case Choice::What::state: return wire::MoveKind::state;
    case Choice::What::output: return wire::MoveKind::output;
    case Choice::What::child: break;
  }
  return wire::MoveKind::child;
}

}  // namespace

Result<std::unique_ptr<DisputeCase>> DisputeCase::open(std::shared_ptr<const Program> program,
                                                       wire::Trace trace, std::uint32_t step,
                                                       const Engine& engine) {
  ASSAY_CHECK(trace.size() == std::size_t{program->plan().steps} + 1, "a trace of another job");
  Result<Tape> tape = tape_of(*program, step, engine);
  if (!tape.ok()) return tape.error().in("dispute");
  return std::unique_ptr<DisputeCase>(
      new DisputeCase(std::move(program), std::make_unique<const Tape>(std::move(tape).value()),
                      std::move(trace), step));
}

Status DisputeCase::move(const wire::Move& move, ByteView blob) {
  const bool has_blob =
      move.kind == wire::MoveKind::answer || move.kind == wire::MoveKind::conviction;
  if (has_blob && sha256(blob) != move.blob) {
    return fail(Code::unbound, "dispute: the bytes do not have the digest that the move names");
  }
  switch (move.kind) {
    case wire::MoveKind::answer: return dispute_.answer(blob);
    case wire::MoveKind::conviction: return dispute_.convict(blob);
    default: return dispute_.choose(choice_of(move));
  }
}

wire::Move move_of(const ChallengerMove& move) {
  if (const Choice* choice = std::get_if<Choice>(&move)) {
    return {kind_of(choice->what), choice->number, Digest{}};
  }
  return {wire::MoveKind::conviction, 0, sha256(std::get<Bytes>(move))};
}

}  // namespace assay::compute
