#include "core/wire/attestation.h"

#include "core/wire/predicate.h"

namespace assay::wire {

Statement attestation_statement(const Attestation& attestation) {
  Json trace;
  trace.set("root", attestation.root.hex()).set("steps", attestation.steps);
  Json json;
  json.set("job", attestation.job.hex())
      .set("trace", std::move(trace))
      .set("seq", u64_text(attestation.seq))
      .set("prev", attestation.prev.hex())
      .set("started", time_text(attestation.started))
      .set("finished", time_text(attestation.finished))
      .set("devices", devices_to_json(attestation.devices))
      .set("backend", attestation.backend)
      .set("result_blob", attestation.result_blob.hex())
      .set("trace_blob", attestation.trace_blob.hex());
  return {Kind::attestation, "result", attestation.result, std::move(json)};
}

template <class From>
static Result<Attestation> attestation_from(const From& from) {
  return parse_predicate<Attestation>(from, Kind::attestation,
                                      [](Fields& in, const Statement& statement) {
                                        Attestation attestation;
                                        attestation.job = in.fixed<Digest>("job");
                                        attestation.result = statement.subject;
                                        Fields trace(in.value("trace"), "trace");
                                        attestation.root = trace.fixed<Digest>("root");
                                        attestation.steps = trace.u32("steps", 1, kTraceStepsMax);
                                        if (Status status = trace.close(); !status.ok())
                                          in.note("trace", status.error().what);
                                        attestation.seq = u64_from(in, "seq", 1);
                                        attestation.prev = in.fixed<Digest>("prev");
                                        attestation.started = read_time(in, "started");
                                        attestation.finished = read_time(in, "finished");
                                        attestation.devices = read_devices(in, "devices");
                                        attestation.backend = some_text(in, "backend", 64);
                                        attestation.result_blob = in.fixed<Digest>("result_blob");
                                        attestation.trace_blob = in.fixed<Digest>("trace_blob");
                                        expect_subject(in, statement, "result", attestation.result);
                                        return attestation;
                                      });
}

Result<Attestation> parse_attestation(std::string_view payload) {
  return attestation_from(payload);
}
Result<Attestation> parse_attestation(const Statement& statement) {
  return attestation_from(statement);
}

}  // namespace assay::wire
