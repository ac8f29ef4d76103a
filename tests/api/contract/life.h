// A life in which every route is used for what it is for, over HTTP: providers honest and not, a
// worker, a renter, a challenger, an operator. One thread.
#pragma once

#include <map>
#include <string>

#include "tests/sim/elsewhere.h"

namespace assay::test {

WorldOptions contract_world();

// Lives it, by world.via. Returns what it was about: "provider", "job", "slash", "dispute",
// "challenge", "worker_result", "policy", "blob", "running_job", "opening" and so on, each with the
// id that the paths of api/openapi.yaml take.
std::map<std::string, std::string> live(World& world);

}  // namespace assay::test
