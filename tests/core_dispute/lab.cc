#include "tests/core_dispute/lab.h"

#include <chrono>
#include <map>

#include "tests/catch.h"

namespace assay::test {

using namespace compute;

namespace {

const Engine& engine() {
  static const Engine one;
  return one;
}

}  // namespace

const Honest& run_of(const NamedJob& job) {
  static std::map<std::string, Honest> ran;
  const auto found = ran.find(job.name);
  if (found != ran.end()) return found->second;
  INFO(job.name);
  return ran.emplace(job.name, run_honestly(job.program, engine())).first->second;
}

Claim honest_claim(const Honest& honest, std::uint32_t step) {
  return {honest.trace, honest.states[step], honest.outputs[step],
          tape_of(*honest.program, step, engine()).value()};
}

Claim bent_claim(const Honest& honest, std::uint32_t step, std::uint32_t operation,
                 std::uint64_t element) {
  Claim claim = honest_claim(honest, step);
  claim.tape = bent_tape(std::move(claim.tape), operation, element);
  TapeRun run(claim.tape, honest.source(), engine());
  claim.state = run.state().value();
  claim.output = run.output().value();
  claim.trace[step] = {state_digest(claim.state), digest_or_zeros(claim.output)};
  return claim;
}

Played play(const Honest& honest, const Claim& claim, std::uint32_t step) {
  Played out;
  const Tape tape = tape_of(*honest.program, step, engine()).value();
  Dispute dispute(tape, claim.trace, step);
  TapeRun provider(claim.tape, honest.source(), engine());
  TapeRun challenger(tape, honest.source(), engine());
  const ClaimedStep claimed{[&]() -> Result<State> { return claim.state; },
                            [&]() -> Result<State> { return claim.output; }};
  const auto failed = [&out](const Error& error) {
    out.problem = error.what;
    return out;
  };
  while (dispute.turn() != Dispute::Turn::over) {
    if (dispute.turn() == Dispute::Turn::provider) {
      const Result<Bytes> answer = next_answer(dispute, provider, claimed);
      if (!answer.ok()) return failed(answer.error());
      const Status taken = dispute.answer(answer.value());
      if (!taken.ok()) return failed(taken.error());
      continue;
    }
    const Result<ChallengerMove> next = next_challenge(dispute, challenger);
    if (!next.ok()) return failed(next.error());
    Status moved;
    if (const Choice* choice = std::get_if<Choice>(&next.value())) {
      moved = dispute.choose(*choice);
    } else {
      const Bytes& file = std::get<Bytes>(next.value());
      const auto begin = std::chrono::steady_clock::now();
      moved = dispute.convict(file);
      const std::chrono::duration<double, std::milli> took =
          std::chrono::steady_clock::now() - begin;
      out.check_ms = took.count();
      out.conviction_bytes = file.size();
    }
    if (!moved.ok()) return failed(moved.error());
  }
  out.over = true;
  out.provider_lied = dispute.provider_lied();
  out.answers = dispute.answers();
  return out;
}

}  // namespace assay::test
