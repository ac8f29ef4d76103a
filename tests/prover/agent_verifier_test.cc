// What the agent does when the verifier is wrong, lies, or knows better than the journal.
#include "prover/agent.h"
#include "tests/catch.h"
#include "tests/prover/fixture.h"

using namespace assay;
using namespace assay::prover;
using namespace assay::test;

TEST_CASE("A verifier that lies about its offers gets nothing accepted") {
  Provider provider;
  provider.start();
  wire::Order other_class = order_for(gemm_spec(2), kRenter);
  other_class.device_class = "h100-sxm";
  wire::Order other_provider = order_for(gemm_spec(3), kRenter);
  other_provider.provider = key_of(55).public_key();
  wire::Order too_large = order_for(gemm_spec(4, 4096), kRenter);
  too_large.spec.parameters.set("rows", 65536).set("cols", 65536);
  wire::Order no_input = order_for(render_spec(5), kRenter);
  no_input.spec.inputs[0].sha256 = sha256(as_bytes("never uploaded"));
  wire::Order wrong_input = order_for(render_spec(6), kRenter);
  wrong_input.spec.inputs[0].size_bytes += 1;
  for (const wire::Order& order : {other_class, other_provider, too_large, no_input, wrong_input}) {
    provider.port.offer(order, kRenter);
  }
  provider.port.offer(order_for(gemm_spec(7), kRenter), key_of(101));  // somebody else's signature
  provider.port.edit_reply = [](wire::PollReply& reply) {
    for (wire::Offer& offer : reply.offers) {
      if (offer.job.bytes[0] < 64) offer.job.bytes[1] ^= 1;
    }
  };
  REQUIRE(provider.settle().ok());
  CHECK(provider.port.acceptances.empty());
  CHECK(provider.port.attested.empty());
  std::size_t declined = 0;
  for (const AgentEvent& event : provider.events) {
    declined += event.kind == AgentEvent::Kind::declined;
  }
  CHECK(declined == 6);  // each is looked at once, however often it is offered
}

TEST_CASE("A verifier that lies about its challenges gets no opening and stops nothing") {
  Provider provider;
  provider.start();
  const Digest job = offer_gemm(provider, 1);
  REQUIRE(provider.settle().ok());
  provider.port.challenge_job(job, {7}, {});
  provider.port.challenge_job(job, {}, {16});
  provider.port.challenge_job(job, {1}, {});
  provider.port.challenges[2].attestation = sha256(as_bytes("another"));
  provider.port.challenge_job(job, {1}, {});
  provider.port.challenges[3].job = sha256(as_bytes("another job"));
  for (int i = 0; i < 4; ++i) REQUIRE(provider.agent->step().ok());
  CHECK(provider.port.answers.empty());
  CHECK(provider.journal->challenges().empty());
  provider.port.challenges.clear();
  provider.port.challenge_job(job, {1}, {});
  REQUIRE(provider.settle().ok());
  CHECK(provider.port.answers[job].size() == 1);
}

TEST_CASE("The same challenge handed over again and again is answered once") {
  Provider provider;
  provider.start();
  const Digest job = offer_gemm(provider, 1);
  REQUIRE(provider.settle().ok());
  provider.port.challenge_job(job, {2}, {});
  const wire::Challenge asked = provider.port.challenges[0];
  provider.port.edit_reply = [&](wire::PollReply& reply) { reply.challenges = {asked, asked}; };
  for (int i = 0; i < 5; ++i) REQUIRE(provider.agent->step().ok());
  CHECK(provider.port.calls["submit spotcheck"] == 1);
}

TEST_CASE("A log that disagrees about the chain stops the agent before it signs anything") {
  Provider provider;
  provider.start();
  offer_gemm(provider, 1);
  REQUIRE(provider.settle().ok());
  struct Case {
    std::uint64_t seq;
    const char* prev;
  };
  for (const Case& c : {Case{1, "0"}, Case{2, "x"}, Case{5, "x"}}) {
    provider.port.edit_reply = [&](wire::PollReply& reply) {
      reply.next_seq = c.seq;
      reply.prev = sha256(as_bytes(c.prev));
    };
    provider.clock.advance(1);
    provider.start();
    offer_gemm(provider, 2);
    const auto step = provider.agent->step();
    REQUIRE(!step.ok());
    CHECK(step.error().code == Code::conflict);
    CHECK(provider.port.by_seq.size() == 1);
    CHECK(provider.port.acceptances.size() == 1);
    CHECK(!provider.agent->step().ok());
  }
}

TEST_CASE("An old copy of the state folder is noticed, not signed over") {
  Provider provider;
  TemporaryFolder backup;
  provider.start();
  offer_gemm(provider, 1);
  REQUIRE(provider.settle().ok());
  provider.stop();
  const auto copy =
      std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing;
  std::filesystem::copy(provider.folder.path(), backup.path(), copy);
  provider.start();
  offer_gemm(provider, 2);
  REQUIRE(provider.settle().ok());
  provider.stop();
  std::filesystem::copy(backup.path(), provider.folder.path(), copy);
  provider.start();
  offer_gemm(provider, 3);
  const auto step = provider.agent->step();
  REQUIRE(!step.ok());
  CHECK(step.error().code == Code::conflict);
  for (const auto& [seq, envelopes] : provider.port.by_seq) CHECK(envelopes.size() == 1);
}

TEST_CASE("A lost folder goes on from the log only when told to") {
  Provider provider;
  provider.start();
  offer_gemm(provider, 1);
  REQUIRE(provider.settle().ok());
  provider.stop();
  std::filesystem::remove_all(provider.folder.path());
  provider.start();
  REQUIRE(!provider.agent->step().ok());
  provider.options.adopt_chain = true;
  provider.start();
  const Digest second = offer_gemm(provider, 2);
  REQUIRE(provider.settle().ok());
  REQUIRE(provider.port.attested.contains(second));
  CHECK(provider.port.attested.at(second).claim.seq == 2);
}
