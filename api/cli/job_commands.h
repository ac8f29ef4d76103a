// assay job submit | status | watch | receipt | result | cancel
#pragma once

#include "api/cli/session.h"

namespace assay::cli {

void add_job_commands(CLI::App& app, Chosen& chosen);

// The job as rows for people.
Table job_table(const wire::Json& job);

// What follows from how a job stands: nothing while it may still come right, else why it did not.
Status job_verdict(const wire::Json& job);

}  // namespace assay::cli
