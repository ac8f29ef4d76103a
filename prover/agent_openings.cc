// The challenges of an Agent: noted, computed, answered.
#include "core/base/memory.h"
#include "core/wire/dsse.h"
#include "prover/agent_parts.h"

namespace assay::prover {
namespace {

constexpr std::size_t kTraceBytesMax = std::size_t{1} << 20;
constexpr std::size_t kChallengesMax = 256;  // waiting at a time; the verifier asks again

// An opening beside the audits, which nothing depends on.
bool is_asked_for(const wire::Challenge& challenge) {
  return challenge.reason == wire::Reason::paid && challenge.p_ppm == 0;
}

}  // namespace

void Agent::note_challenges(const std::vector<wire::Challenge>& challenges) {
  for (const wire::Challenge& challenge : challenges) {
    const Digest key = challenge_key(challenge);
    if (answered_.contains(key) || journal_.challenges().contains(key)) continue;
    const auto job = journal_.jobs().find(challenge.job);
    if (job == journal_.jobs().end() || job->second.stage != Stage::attested) {
      tell(AgentEvent::Kind::declined, challenge.job,
           "challenge about a job that this folder has not attested");
      continue;
    }
    if (journal_.challenges().size() >= kChallengesMax) {
      tell(AgentEvent::Kind::declined, challenge.job, "too many challenges are waiting");
      continue;
    }
    if (!keep(journal_.add_challenge(challenge)).ok()) return;
  }
}

// The most urgent one that may be answered now: audits before what somebody asks for himself.
std::optional<Digest> Agent::next_challenge() {
  std::optional<Digest> best;
  std::pair<bool, UnixMillis> urgency;
  for (const auto& [key, challenge] : journal_.challenges()) {
    // Late by the verifier's count too, which begins at the heartbeat after the handout.
    if (options_.cheat.answers_late && log_now() - challenge.deadline <= 2 * next_poll_ms_) {
      continue;
    }
    const std::pair own{is_asked_for(challenge), challenge.deadline};
    if (best && urgency <= own) continue;
    best = key;
    urgency = own;
  }
  return best;
}

Status Agent::answer_challenges() {
  if (!options_.cheat.answers) return {};
  while (true) {
    if (final_) return *final_;
    if (opening_task_.active()) {
      if (!opening_task_.done()) {
        make_way();
        return {};
      }
      collect_opening();
    }
    if (answering_) {
      if (Status s = send_opening(); !s.ok()) return s;
      give_back_memory();
      continue;
    }
    const std::optional<Digest> next = next_challenge();
    if (!next) return {};
    if (Status s = start_opening(*next); !s.ok()) return s;
  }
}

// An audit's deadline runs: what somebody asks for himself is put off.
void Agent::make_way() {
  if (!is_asked_for(answering_->challenge)) return;
  for (const auto& [key, challenge] : journal_.challenges()) {
    if (!is_asked_for(challenge)) return opening_task_.cancel();
  }
}

Status Agent::start_opening(const Digest& key) {
  const wire::Challenge challenge = journal_.challenges().at(key);
  const auto job = journal_.jobs().find(challenge.job);
  if (job == journal_.jobs().end()) {
    journal_.drop_challenge(key);
    return {};
  }
  const Result<wire::Order> order = order_of(challenge.job);
  if (!order.ok()) return drop_unless_again(challenge, order.error());
  Result<std::unique_ptr<compute::Program>> program = load(challenge.job, order.value().spec);
  if (!program.ok()) return drop_unless_again(challenge, program.error());
  const compute::Plan& plan = program.value()->plan();
  const OwnClaim claim{challenge.job, job->second.attestation, job->second.log_index};
  const Status sane = check_challenge(challenge, claim, plan);
  if (!sane.ok()) return drop_unless_again(challenge, sane.error());
  const Result<Bytes> file = journal_.read(challenge.job, "trace", kTraceBytesMax);
  if (!file.ok()) return drop_unless_again(challenge, file.error());
  Result<wire::Trace> trace = wire::parse_trace_file(file.value(), plan.steps);
  if (!trace.ok()) return drop_unless_again(challenge, trace.error());

  answering_ = std::make_unique<Answering>(Answering{
      key,
      challenge,
      std::move(program).value(),
      std::move(trace).value(),
      Checkpoints(journal_.path(challenge.job, "states"), plan, options_.checkpoint_bytes),
      std::nullopt,
      {}});
  opening_task_.start(
      [this, work = answering_.get()](const std::atomic<bool>& cancelled) {
        work->outcome = open_states(*work->program, opening_engine_, work->trace, work->checkpoints,
                                    work->challenge, &cancelled);
      },
      options_.background_jobs);
  return {};
}

void Agent::collect_opening() {
  opening_task_.collect();
  if (!answering_->outcome->ok()) {
    const Error error = answering_->outcome->error();
    if (error.code == Code::interrupted) return answering_.reset();  // make_way(): later again
    // Our own states do not come out again: asking this machine once more would not help.
    tell(AgentEvent::Kind::trouble, answering_->challenge.job, error.what);
    journal_.drop_challenge(answering_->key);
    answering_.reset();
    return;
  }
  wire::Opening opening = std::move(*answering_->outcome).value();
  if (options_.cheat.opened) options_.cheat.opened(answering_->challenge.job, opening);
  answering_->file = wire::opening_file(opening);
}

Status Agent::send_opening() {
  const wire::Challenge& challenge = answering_->challenge;
  const Digest key = answering_->key;
  const Status sent = is_asked_for(challenge)
                          ? ports_.port.give_opening(challenge.draw, answering_->file)
                          : send_spotcheck(challenge);
  if (!sent.ok()) {
    if (!refused_for_good(key, sent.error())) return sent.error().in("opening");
    const wire::Challenge refused = challenge;
    answering_.reset();
    return drop_unless_again(refused, sent.error());
  }
  tell(AgentEvent::Kind::opened, challenge.job,
       std::to_string(challenge.positions.size()) + " positions, " +
           std::to_string(challenge.rows.size()) + " rows, " +
           std::to_string(challenge.pairs.size()) + " row micro-checks, " +
           std::to_string(answering_->file.size()) + " bytes");
  if (!is_asked_for(challenge)) answered_.insert(key);  // those may come again
  refusals_.erase(key);
  journal_.drop_challenge(key);
  answering_.reset();
  return {};
}

Status Agent::send_spotcheck(const wire::Challenge& challenge) {
  const wire::Spotcheck answer = spotcheck_for(challenge, answering_->file);
  if (Status put = ports_.port.put_blob(answer.opening_blob, answering_->file); !put.ok()) {
    return put;
  }
  const std::string text = wire::statement_text(wire::spotcheck_statement(answer));
  const Result<api::Accepted> accepted =
      ports_.port.submit(wire::Kind::spotcheck, wire::seal(key_, text));
  return accepted.ok() ? Status{} : Status(accepted.error());
}

// What cannot be answered is dropped, so that it does not stand in the way of the others.
Status Agent::drop_unless_again(const wire::Challenge& challenge, const Error& error) {
  if (tried_again(error.code)) return error.in("opening");
  const Digest key = challenge_key(challenge);
  tell(AgentEvent::Kind::declined, challenge.job, error.what);
  if (!is_asked_for(challenge)) answered_.insert(key);
  refusals_.erase(key);
  journal_.drop_challenge(key);
  return {};
}

}  // namespace assay::prover
