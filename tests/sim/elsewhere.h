// A worker elsewhere in a World: the real one, and by hand. What it answers may be bent. One
// thread.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "core/wire/dsse.h"
#include "core/wire/worker.h"
#include "tests/sim/world.h"
#include "verifier/service/remote_worker.h"

namespace assay::test {

// Replays are left to workers while they call.
verifier::LeaseOptions first_to_workers();

// One of the service's metrics; without labels.
std::uint64_t metric(World& world, const std::string& name);

class Elsewhere {
 public:
  using Bend =
      std::function<verifier::ReplayAnswer(verifier::ReplayAnswer, const verifier::ReplayTask&)>;
  // Enabled by the verifier. Its key follows from its name.
  Elsewhere(World& world, const std::string& name, Bend bend = {});

  // Its turn, again and again while the world goes on, until `done` or `max_ms` have passed.
  bool work_until(const std::function<bool()>& done, std::int64_t max_ms = 120'000);
  void work();

  // By hand: a call for a lease, or about one; and the right answer to it.
  Result<wire::LeaseReply> ask(const Digest& lease = {});
  void answer(const wire::Lease& lease);

  reputation::WorkerState row();
  bool is_enabled() { return row().enabled; }

  const SigningKey key;
  std::map<wire::Outcome, int> outcomes;
  std::optional<Code> last_error;

 private:
  World& world_;
  verifier::ReplayRunner replay_;
};

}  // namespace assay::test
