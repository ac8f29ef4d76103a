// The attestations of an Agent: signed once, checked, sent until the log has them.
#include "core/wire/dsse.h"
#include "prover/agent_parts.h"

namespace assay::prover {
namespace {

constexpr std::size_t kTraceBytesMax = std::size_t{1} << 20;

}  // namespace

Status Agent::send_blobs(const Digest& job) {
  for (const char* name : {"result", "trace"}) {
    const Result<Bytes> bytes = journal_.read(job, name, options_.caps.result_bytes_max);
    if (!bytes.ok()) return keep(bytes.error());
    const Status put = ports_.port.put_blob(sha256(bytes.value()), bytes.value());
    if (!put.ok()) return put.error().in(name);
  }
  return {};
}

Status Agent::attest(const Digest& job) {
  if (!options_.cheat.attests || journal_.pending()) return {};  // one after the other
  const Status sent = send_blobs(job);
  if (!sent.ok()) {
    if (final_ || !refused_for_good(job, sent.error())) return sent;
    close_job(job, "the verifier does not take its files: " + sent.error().what);
    return {};
  }
  if (Status s = sign_attestation(job); !s.ok()) return s;
  return send_pending();
}

Status Agent::sign_attestation(const Digest& job) {
  Result<Bytes> trace_file = journal_.read(job, "trace", kTraceBytesMax);
  Result<Bytes> result = journal_.read(job, "result", options_.caps.result_bytes_max);
  const Result<wire::Order> order = order_of(job);
  if (!trace_file.ok()) return keep(trace_file.error());
  if (!result.ok()) return keep(result.error());
  if (!order.ok()) return keep(order.error());
  const Result<std::unique_ptr<compute::Program>> program = load(job, order.value().spec);
  if (!program.ok()) return program.error();
  const compute::Plan& plan = program.value()->plan();
  const Result<wire::Trace> trace = wire::parse_trace_file(trace_file.value(), plan.steps);
  if (!trace.ok()) return keep(trace.error());
  Execution execution{trace.value(), std::move(result).value(),
                      result_digest_of_trace(plan.shape, trace.value())};

  const JobStatus status = journal_.jobs().at(job);
  const ChainPlace place = journal_.next();
  wire::Attestation claim =
      make_attestation(job, key_.public_key(), execution, trace_file.value(), place,
                       {status.started, status.finished,
                        status.devices.empty() ? options_.profile.devices : status.devices,
                        status.backend.empty() ? cpu_name() : status.backend});
  if (options_.cheat.claimed) options_.cheat.claimed(claim);
  const std::string text = wire::statement_text(wire::attestation_statement(claim));
  const std::string envelope = wire::seal(key_, text);
  if (!options_.cheat.active) {
    const compute::Engine engine(engine_.level(), 1);  // the others may be busy
    const Status proven =
        check_own_proof(envelope, key_.public_key(), job, place, *program.value(), engine,
                        trace_file.value(), execution.result, ports_.random);
    if (!proven.ok()) return redo(job, proven.error());
  }
  return keep(journal_.record_pending({job, place, wire::statement_digest(text), envelope}));
}

// Our own proof does not hold: the job is run again, and given up when that does not help.
Status Agent::redo(const Digest& job, const Error& error) {
  if (refused_for_good(job, error)) {
    close_job(job, error.what);
    return error;
  }
  JobStatus status = journal_.jobs().at(job);
  status.stage = Stage::accepted;
  if (Status s = keep(journal_.set_status(job, status)); !s.ok()) return s;
  return error;
}

Status Agent::send_pending() {
  if (!journal_.pending()) return {};
  const PendingAttestation pending = *journal_.pending();
  if (refusals_.contains(pending.digest)) {  // perhaps it lacked the files
    if (Status s = send_blobs(pending.job); !s.ok()) return s;
  }
  const std::string& envelope = pending.envelope;
  const Result<api::Accepted> accepted = ports_.port.submit(
      wire::Kind::attestation, options_.cheat.sent ? options_.cheat.sent(envelope) : envelope);
  if (!accepted.ok()) return pending_refused(pending, accepted.error());
  if (!options_.cheat.active && accepted.value().statement != pending.digest) {
    return fail(Code::internal, "attestation: the verifier acknowledged another statement");
  }
  const Status settled =
      keep(journal_.settle_pending(accepted.value().log_index, ports_.clock.unix_now()));
  if (!settled.ok()) return settled;
  refusals_.erase(pending.digest);
  refusals_.erase(pending.job);
  orders_.erase(pending.job);
  ++jobs_attested_;
  tell(AgentEvent::Kind::attested, pending.job,
       "seq " + std::to_string(pending.place.seq) + ", leaf " +
           std::to_string(accepted.value().log_index));
  if (options_.cheat.second) send_second(pending);
  return {};
}

// Equivocation: whatever the answer is, nothing is kept of it.
void Agent::send_second(const PendingAttestation& first) {
  const Result<wire::Envelope> envelope = wire::parse_envelope(first.envelope);
  if (!envelope.ok()) return;
  const Result<wire::Attestation> claim =
      wire::parse_attestation(as_text(envelope.value().payload));
  if (!claim.ok()) return;
  wire::Attestation other = options_.cheat.second(claim.value());
  other.seq = first.place.seq + 1;
  other.prev = first.digest;
  const std::string text = wire::statement_text(wire::attestation_statement(other));
  const auto ignored = ports_.port.submit(wire::Kind::attestation, wire::seal(key_, text));
  if (!ignored.ok()) tell(AgentEvent::Kind::trouble, first.job, ignored.error().what);
}

Status Agent::pending_refused(const PendingAttestation& pending, const Error& error) {
  if (!refused_for_good(pending.digest, error)) return error.in("attestation");
  refusals_.erase(pending.digest);
  orders_.erase(pending.job);
  const std::string why = "attestation refused: " + error.what;
  if (Status s = keep(journal_.release_pending(why, ports_.clock.unix_now())); !s.ok()) return s;
  tell(AgentEvent::Kind::closed, pending.job, why);
  return {};
}

}  // namespace assay::prover
