#include "core/wire/lease.h"

#include "core/wire/predicate.h"
#include "core/wire/runs.h"

namespace assay::wire {

namespace {

constexpr JsonLimits kLimits{.bytes_max = kLeaseReplyBytesMax};

Json task_to_json(const LeasedTask& task) {
  Json json;
  set_spec(json, task.spec);
  json.set("steps", task.steps)
      .set("trace", task.trace.hex())
      .set("opening", task.opening.hex())
      .set("opening_bytes", u64_text(task.opening_bytes))
      .set("positions", numbers_to_json(task.positions))
      .set("rows", numbers_to_json(task.rows))
      .set("pairs", numbers_to_json(task.pairs))
      .set("seed", task.seed.hex())
      .set("micro_columns", task.micro_columns);
  return json;
}

LeasedTask read_task(Fields& in) {
  LeasedTask task;
  task.spec = read_spec(in);
  task.steps = in.u32("steps", 1, kTraceStepsMax);
  task.trace = in.fixed<Digest>("trace");
  task.opening = in.fixed<Digest>("opening");
  task.opening_bytes = in.u64("opening_bytes");
  task.positions = read_positions(in, "positions");
  task.rows = read_rows(in, "rows");
  task.pairs = read_numbers(in, "pairs", 0, kPairLast, kPairsMax);
  if (task.positions.empty() && task.rows.empty() && task.pairs.empty()) {
    in.note("positions", "and rows and pairs are all empty: asks for nothing");
  }
  task.seed = in.fixed<Digest>("seed");
  task.micro_columns = in.u32("micro_columns");
  return task;
}

}  // namespace

Digest task_digest(const LeasedTask& task) {
  const std::string text = task_to_json(task).dump();
  return sha256({as_bytes("assay/replay-task/v1\n"), as_bytes(text)});
}

std::string lease_reply_text(const LeaseReply& reply) {
  Json lease;
  if (reply.lease) {
    lease.set("id", reply.lease->id.hex())
        .set("ends", time_text(reply.lease->ends))
        .set("task", task_to_json(reply.lease->task));
  }
  Json json;
  json.set("lease", std::move(lease)).set("wait_ms", reply.wait_ms);
  return json.dump();
}

Result<LeaseReply> parse_lease_reply(std::string_view text) {
  Result<Json> json = parse_json(text, kLimits);
  if (!json.ok()) return json.error().in("lease");
  Fields in(json.value(), "lease reply");
  LeaseReply reply;
  reply.wait_ms = in.u32("wait_ms");
  const Json& lease = in.value("lease");
  if (!lease.is_null()) {
    Fields of_lease(lease, "lease");
    Lease it;
    it.id = of_lease.fixed<Digest>("id");
    it.ends = read_time(of_lease, "ends");
    Fields of_task(of_lease.value("task"), "task");
    it.task = read_task(of_task);
    if (Status status = of_task.close(); !status.ok()) of_lease.note("task", status.error().what);
    if (Status status = of_lease.close(); !status.ok()) in.note("lease", status.error().what);
    reply.lease = std::move(it);
  }
  return closed(in, std::move(reply));
}

}  // namespace assay::wire
