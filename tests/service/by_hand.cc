#include "tests/service/by_hand.h"

#include "core/wire/dsse.h"
#include "core/wire/events.h"

namespace assay::test {

Result<api::Accepted> ByHand::say(const wire::Statement& statement, const SigningKey& key) {
  return port_.submit(statement.kind, wire::seal(key, wire::statement_text(statement)));
}

Result<api::Accepted> ByHand::register_as(const std::string& name) {
  wire::Registration registration;
  registration.provider = key_.public_key();
  registration.name = name;
  registration.device_class = "cpu";
  return say(wire::registration_statement(registration), key_);
}

Result<Digest> ByHand::take(wire::Order order, const SigningKey& renter) {
  order.provider = key_.public_key();
  order.renter = renter.public_key();
  const Result<api::Accepted> ordered = say(wire::order_statement(order), renter);
  if (!ordered.ok()) return ordered.error().in("order");
  wire::Acceptance acceptance;
  acceptance.job = ordered.value().statement;
  acceptance.expected_end.ms = ordered.value().log_time_ms + 1000;
  const Result<api::Accepted> accepted = say(wire::acceptance_statement(acceptance), key_);
  if (!accepted.ok()) return accepted.error().in("acceptance");
  return acceptance.job;
}

Result<wire::Attestation> ByHand::work(const Digest& job, const wire::Order& order,
                                       const prover::ChainPlace& place) {
  const Result<std::unique_ptr<compute::Program>> program =
      compute::load_program(order.spec, compute::InputSource{}, {});
  if (!program.ok()) return program.error();
  const compute::Engine engine(compute::best_cpu_level(), 1);
  const Result<prover::Execution> done = prover::run_job(*program.value(), engine);
  if (!done.ok()) return done.error();
  const Bytes trace = wire::trace_file(done.value().trace);
  for (const Bytes* file : {&trace, &done.value().result}) {
    if (const Status put = port_.put_blob(sha256(*file), *file); !put.ok()) return put.error();
  }
  prover::RunRecord record;
  record.backend = "cpu";
  return prover::make_attestation(job, key_.public_key(), done.value(), trace, place, record);
}

std::string ByHand::seal(const wire::Attestation& claim) const {
  return wire::seal(key_, wire::statement_text(wire::attestation_statement(claim)));
}

Digest digest_of(const wire::Attestation& claim) {
  return wire::statement_digest(wire::statement_text(wire::attestation_statement(claim)));
}

}  // namespace assay::test
