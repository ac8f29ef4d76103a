// The disputes of an Agent: what a challenger asks, answered from kept states.
#include "core/base/memory.h"
#include "core/compute/dispute/case.h"
#include "core/wire/dsse.h"
#include "prover/agent_parts.h"

namespace assay::prover {
namespace {

constexpr std::size_t kTraceBytesMax = std::size_t{1} << 20;

Result<compute::State> claimed_output(const compute::Program& program, std::uint32_t step,
                                      const compute::StateSource& states,
                                      const compute::Engine& engine) {
  if (program.plan().shape == compute::Shape::independent) {
    Result<compute::Tensor> unit = program.unit(step, engine);
    if (!unit.ok()) return unit.error();
    return compute::State{std::move(unit).value()};
  }
  const Result<compute::State> state = states(step);
  if (!state.ok()) return state.error();
  Result<compute::Tensor> output = program.output_of(step, state.value());
  if (!output.ok()) return output.error();
  return compute::State{std::move(output).value()};
}

// The moves so far replayed, and the next answer: all that takes time.
Result<Bytes> make_answer(const std::shared_ptr<const compute::Program>& program,
                          const wire::Trace& trace, const wire::DisputeTask& task,
                          const std::vector<Bytes>& blobs, const StateKeeper& keeper,
                          const Cheat& cheat, const compute::Engine& engine,
                          const std::atomic<bool>* cancelled) {
  Result<std::unique_ptr<compute::DisputeCase>> opened =
      compute::DisputeCase::open(program, trace, task.step, engine);
  if (!opened.ok()) return opened.error();
  for (std::size_t i = 0; i < task.moves.size(); ++i) {
    const Status moved = opened.value()->move(task.moves[i], blobs[i]);
    if (!moved.ok()) return moved.error();
  }
  const compute::StateSource states = committed_states(*program, engine, trace, keeper, cancelled);
  compute::Tape tape = opened.value()->tape();
  if (cheat.taped) cheat.taped(tape);
  compute::TapeRun run(tape, states, engine);
  return compute::next_answer(
      opened.value()->dispute(), run,
      {[&] { return states(task.step); },
       [&] { return claimed_output(*program, task.step, states, engine); }});
}

}  // namespace

Status Agent::answer_disputes() {
  if (!options_.cheat.disputes) return {};
  if (disputing_) {
    if (dispute_task_.active()) {
      if (!dispute_task_.done()) return {};
      dispute_task_.collect();
    }
    const Status sent = send_answer();
    give_back_memory();
    return sent;
  }
  for (const wire::DisputeTask& task : disputes_) {
    if (moves_made_.contains({task.dispute_index, task.moves.size()})) continue;
    if (Status started = start_dispute(task); !started.ok()) return started;
    if (!options_.background_jobs && disputing_) return answer_disputes();
    break;
  }
  return {};
}

Status Agent::start_dispute(const wire::DisputeTask& task) {
  const auto job = journal_.jobs().find(task.job);
  if (job == journal_.jobs().end() || job->second.stage != Stage::attested ||
      job->second.attestation != task.attestation ||
      job->second.log_index != task.attestation_index) {
    tell(AgentEvent::Kind::declined, task.job,
         "dispute about an attestation that is not of this folder");
    moves_made_.insert({task.dispute_index, task.moves.size()});
    return {};
  }
  const Result<wire::Order> order = order_of(task.job);
  if (!order.ok()) return order.error().in("dispute");
  Result<std::unique_ptr<compute::Program>> program = load(task.job, order.value().spec);
  if (!program.ok()) return program.error().in("dispute");
  const compute::Plan& plan = program.value()->plan();
  const Result<Bytes> file = journal_.read(task.job, "trace", kTraceBytesMax);
  if (!file.ok()) return file.error().in("dispute");
  Result<wire::Trace> trace = wire::parse_trace_file(file.value(), plan.steps);
  if (!trace.ok()) return trace.error().in("dispute");
  std::vector<Bytes> blobs;
  for (const wire::Move& move : task.moves) {
    Result<Bytes> blob =
        move.blob == Digest{} ? Result<Bytes>(Bytes{}) : ports_.port.get_blob(move.blob);
    if (!blob.ok()) return blob.error().in("dispute");
    blobs.push_back(std::move(blob).value());
  }
  Checkpoints kept(journal_.path(task.job, "states"), plan, options_.checkpoint_bytes);
  disputing_ = std::make_unique<Disputing>(Disputing{task, std::move(program).value(),
                                                     std::move(trace).value(), std::move(kept),
                                                     std::move(blobs), std::nullopt});
  dispute_task_.start(
      [this, work = disputing_.get()](const std::atomic<bool>& cancelled) {
        const compute::Engine alone(opening_engine_.level(), 1);
        work->outcome = make_answer(work->program, work->trace, work->task, work->blobs,
                                    work->checkpoints, options_.cheat, alone, &cancelled);
      },
      options_.background_jobs);
  return {};
}

// What cannot be answered is not tried again by itself; the verifier goes on asking, and an agent
// started anew tries once more.
Status Agent::drop_dispute(const Error& error) {
  tell(AgentEvent::Kind::trouble, disputing_->task.job, error.in("dispute").what);
  moves_made_.insert({disputing_->task.dispute_index, disputing_->task.moves.size()});
  disputing_.reset();
  return {};
}

Status Agent::send_answer() {
  const Result<Bytes>& answer = *disputing_->outcome;
  if (!answer.ok()) return drop_dispute(answer.error());
  const wire::DisputeTask& task = disputing_->task;
  const auto number = static_cast<std::uint32_t>(task.moves.size());
  const wire::Move move{wire::MoveKind::answer, 0, sha256(answer.value())};
  Status sent = ports_.port.put_blob(move.blob, answer.value());
  const std::string text = wire::statement_text(
      wire::dispute_move_statement({task.dispute_index, number, move}, task.dispute));
  if (sent.ok()) {
    const Result<api::Accepted> accepted =
        ports_.port.submit(wire::Kind::dispute_move, wire::seal(key_, text));
    if (!accepted.ok()) sent = accepted.error();
  }
  const Digest about = wire::statement_digest(text);
  if (!sent.ok()) {
    if (tried_again(sent.error().code) || !refused_for_good(about, sent.error())) {
      return sent.error().in("dispute");
    }
    return drop_dispute(sent.error());
  }
  refusals_.erase(about);
  tell(AgentEvent::Kind::opened, task.job,
       "move " + std::to_string(number) + " of dispute " + std::to_string(task.dispute_index) +
           ", " + std::to_string(answer.value().size()) + " bytes");
  moves_made_.insert({task.dispute_index, task.moves.size()});
  disputing_.reset();
  return {};
}

}  // namespace assay::prover
