// The agent's process dies at every call it makes, before and after the other side did it. Whatever
// happens, a sequence number and an acceptance have one spelling, and every job and challenge is
// finished by the process that comes after.
#include "tests/catch.h"
#include "tests/prover/fixture.h"

using namespace assay;
using namespace assay::prover;
using namespace assay::test;

namespace {

// Runs two jobs and a challenge with one crash at the given call; false when there was none left.
bool run_with_crash_at(int call_number, Moment where) {
  const SigningKey renter = key_of(100);
  Provider provider;
  int calls = 0;
  bool crashed = false;
  provider.port.on_call = [&](const std::string&, Moment moment) {
    if (moment != where) return;
    if (++calls == call_number) {
      crashed = true;
      throw Crash{};
    }
  };
  const auto settle = [&] {
    try {
      const Status settled = provider.settle();
      if (!settled.ok()) FAIL(settled.error().what);
    } catch (const Crash&) {
      provider.start();
      const Status settled = provider.settle();
      if (!settled.ok()) FAIL(settled.error().what);
    }
  };
  provider.start();
  const Digest gemm = provider.port.offer(order_for(gemm_spec(1, 3), renter), renter);
  const Digest render = provider.port.offer(order_for(render_spec(2), renter), renter);
  settle();
  REQUIRE(provider.port.attested.size() == 2);
  provider.port.challenge_job(gemm, {1, 3}, {5});
  settle();

  CHECK(provider.port.by_seq.size() == 2);
  for (const auto& [seq, envelopes] : provider.port.by_seq) CHECK(envelopes.size() == 1);
  CHECK(provider.port.acceptances.size() == 2);
  for (const auto& [job, envelopes] : provider.port.acceptances) CHECK(envelopes.size() == 1);
  CHECK(provider.port.attested.at(gemm).claim.result == honest_run(gemm_spec(1, 3)).result_digest);
  CHECK(provider.port.attested.at(render).claim.result == honest_run(render_spec(2)).result_digest);
  CHECK(provider.port.answers[gemm].size() == 1);
  CHECK(provider.journal->challenges().empty());
  CHECK(provider.journal->next().seq == 3);
  return crashed;
}

}  // namespace

TEST_CASE("A crash at any call loses nothing and signs nothing twice") {
  const Moment where = GENERATE(Moment::before, Moment::after);
  int crashes = 0;
  while (run_with_crash_at(crashes + 1, where)) ++crashes;
  CHECK(crashes >= 15);
}

TEST_CASE("A crash between signing and sending sends the same bytes, even after the clock moved") {
  const SigningKey renter = key_of(100);
  Provider provider;
  provider.port.on_call = [](const std::string& call, Moment) {
    if (call == "submit attestation") throw Crash{};
  };
  provider.start();
  const Digest job = provider.port.offer(order_for(gemm_spec(1, 3), renter), renter);
  CHECK_THROWS_AS(provider.settle(), Crash);
  const std::string signed_bytes = provider.journal->pending()->envelope;
  provider.port.on_call = nullptr;
  provider.clock.advance(123'456);
  provider.start();
  REQUIRE(provider.settle().ok());
  REQUIRE(provider.port.attested.contains(job));
  CHECK(provider.port.by_seq.at(1) == std::set<std::string>{signed_bytes});
}
