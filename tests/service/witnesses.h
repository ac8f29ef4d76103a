// Witnesses in memory for a service under test: real ones, whose answers are withheld or bent as
// the test says.
// Thread-safe but for `mood`.
#pragma once

#include <atomic>

#include "tests/sim/world.h"
#include "verifier/witness/witness.h"

namespace assay::test {

enum class Mood {
  honest,
  dead,           // no answer
  busy,           // 503
  bad_signature,  // a cosignature whose last byte is changed
  another_key,    // signs well, with a key that nobody knows
  wrong_clock,    // an hour behind
  nonsense,       // 200 and no signature line
  any_size,       // 409 with another size each time, none of them above what the log has
  sizeless,       // 409 without a size
  boastful,       // 409 with a size above what the log has
};

class TestWitness final : public api::WitnessPort {
 public:
  TestWitness(std::string name, Clock& clock, const std::string& origin, const PublicKey& log);

  Result<api::WitnessReply> add_checkpoint(const std::string& body) override;

  std::atomic<Mood> mood{Mood::honest};
  std::atomic<std::int64_t> takes_ms{0};  // by the real clock, before it looks at the request
  std::atomic<std::uint64_t> asked{0};

  wire::NoteKey vkey() const { return witness_.vkey(); }
  std::uint64_t size();  // of the head that it keeps

 private:
  const std::string origin_;
  ManualClock behind_{UnixMillis{0}};
  std::unique_ptr<witness::HeadStore> heads_ = witness::make_memory_head_store();
  witness::Witness witness_;
  witness::Witness stranger_;
  witness::Witness late_;
};

// `count` witnesses w0, w1, …, of which `quorum` must sign ("none" for 0).
struct Witnesses {
  Witnesses(Clock& clock, std::size_t count, std::size_t quorum,
            const std::string& origin = "sim.example/assay");

  TestWitness& operator[](std::size_t i) { return *all[i]; }
  void set_all(Mood mood);

  std::vector<std::shared_ptr<TestWitness>> all;
  verifier::WitnessSetup setup;
  wire::Trust trust;  // of a reader: the log of tests/sim, the witnesses and the quorum
};

}  // namespace assay::test
