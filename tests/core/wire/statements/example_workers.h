// Of FORMAT.md's examples, what is said of a worker, to it and by it.
#pragma once

#include "core/wire/challenge.h"
#include "core/wire/lease.h"
#include "core/wire/worker.h"

namespace assay::test {

wire::Worker example_worker();
wire::LeasedTask example_task(const wire::WorkloadSpec& spec, const wire::Challenge& challenge,
                              const Digest& seed, const wire::Trace& trace,
                              const wire::Opening& opening);
wire::WorkerResult example_result(const wire::LeasedTask& task);

}  // namespace assay::test
