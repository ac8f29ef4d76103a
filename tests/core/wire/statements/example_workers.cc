#include "tests/core/wire/statements/example_workers.h"

#include "tests/core/wire/statements/examples.h"

namespace assay::test {

using namespace assay::wire;

Worker example_worker() {
  Worker worker;
  worker.worker = example_key("worker").public_key();
  worker.name = "rack-2";
  worker.device = "cuda/Example GPU";
  worker.driver = "570.00";
  worker.enabled = false;
  worker.cause = "missed-canary";
  worker.void_from = 6;
  worker.after = 5;
  return worker;
}

LeasedTask example_task(const WorkloadSpec& spec, const Challenge& challenge, const Digest& seed,
                        const Trace& trace, const Opening& opening) {
  LeasedTask task;
  task.spec = spec;
  task.steps = 2;
  task.trace = sha256(trace_file(trace));
  task.opening = sha256(opening_file(opening));
  task.opening_bytes = opening_file(opening).size();
  task.positions = challenge.positions;
  task.rows = challenge.rows;
  task.pairs = challenge.pairs;
  task.seed = seed;
  task.micro_columns = 32;
  return task;
}

WorkerResult example_result(const LeasedTask& task) {
  WorkerResult result;
  result.worker = example_key("worker").public_key();
  result.lease = example_digest("lease");
  result.task = task_digest(task);
  result.outcome = Outcome::match;
  result.positions.assign(1, Outcome::match);
  result.rows.assign(6, Outcome::match);
  result.pairs.assign(5, Outcome::match);
  result.device = "cuda/Example GPU";
  result.driver = "570.00";
  result.replay_ops = 1'048'576;
  return result;
}

}  // namespace assay::test
