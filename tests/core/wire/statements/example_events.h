// Of FORMAT.md's examples, what is said of a provider after a slash, and of its uptime.
#pragma once

#include "core/wire/appeal.h"
#include "core/wire/challenge.h"
#include "core/wire/events.h"

namespace assay::test {

wire::Appeal example_appeal();
wire::Ruling example_ruling(const wire::Challenge& challenge);
wire::Uptime example_uptime();

}  // namespace assay::test
