#include <algorithm>

#include "prover/agent.h"

#include "tests/catch.h"
#include "tests/prover/fixture.h"

using namespace assay;
using namespace assay::prover;
using namespace assay::test;

namespace {

// What is attested follows from the order, and the files that were sent are those of the claim.
void check_honest(const FakePort& port, const Digest& job) {
  REQUIRE(port.attested.contains(job));
  const wire::Attestation& claim = port.attested.at(job).claim;
  const Execution expected = honest_run(port.specs.at(job));
  CHECK(claim.result == expected.result_digest);
  CHECK(port.blobs.at(claim.result_blob) == expected.result);
  CHECK(port.blobs.at(claim.trace_blob) == wire::trace_file(expected.trace));
  CHECK(claim.steps == expected.trace.size() - 1);
}

}  // namespace

TEST_CASE("The agent registers, takes jobs of both kinds, attests them and answers challenges") {
  Provider provider;
  provider.start();
  const Digest gemm = offer_gemm(provider, 1);
  const Digest render = provider.port.offer(order_for(render_spec(2), kRenter), kRenter);
  REQUIRE(provider.settle().ok());
  check_honest(provider.port, gemm);
  check_honest(provider.port, render);
  CHECK(provider.agent->jobs_attested() == 2);
  CHECK(provider.port.calls["submit registration"] == 1);
  CHECK(provider.port.next_seq == 3);

  provider.port.challenge_job(gemm, {2, 6}, {0, 9});
  provider.port.challenge_job(render, {1, 3}, {});
  REQUIRE(provider.settle().ok());
  REQUIRE(provider.port.answers[gemm].size() == 1);
  REQUIRE(provider.port.answers[render].size() == 1);
  const wire::Spotcheck& answer = provider.port.answers[gemm][0];
  CHECK(answer.positions == std::vector<std::uint32_t>{2, 6});
  const Bytes& file = provider.port.blobs.at(answer.opening_blob);
  const auto opening = wire::parse_opening_file(file, file.size());
  REQUIRE(opening.ok());
  CHECK(opening_holds(opening.value(), program_of(gemm_spec(1))->plan(),
                      honest_run(gemm_spec(1)).trace, {2, 6}, {0, 9}));
}

TEST_CASE(
    "A job whose audit could ask for more than can be opened is declined before it is taken") {
  Provider provider;
  provider.start();
  const auto offer = [&](std::uint64_t nonce, wire::Assurance assurance) {
    wire::Order order = order_for(gemm_spec(nonce, 2), kRenter);
    order.spec.parameters.set("rows", 700'000).set("cols", 64).set("steps", 6);
    if (assurance == wire::Assurance::full) {
      order.spec.parameters.set("rows", 512).set("cols", 1024).set("steps", 4096);
    }
    order.assurance = assurance;
    return provider.port.offer(order, kRenter);
  };
  const Digest whole_states = offer(1, wire::Assurance::strict);
  const Digest everything = offer(2, wire::Assurance::full);
  const Digest small = offer_gemm(provider, 3);
  REQUIRE(provider.settle().ok());
  check_honest(provider.port, small);
  for (const Digest& job : {whole_states, everything}) {
    CHECK_FALSE(provider.journal->jobs().contains(job));
    CHECK_FALSE(provider.port.acceptances.contains(job));
  }
  CHECK(provider.saw(AgentEvent::Kind::declined, "assurance 'strict'"));
  CHECK(provider.saw(AgentEvent::Kind::declined, "assurance 'full'"));
}

TEST_CASE("Every heartbeat signs the digest and the nonce of the reply handed over before it") {
  Provider provider;
  provider.start();
  offer_gemm(provider, 1);
  Digest last;
  Digest nonce;
  for (int i = 0; i < 5; ++i) {
    REQUIRE(provider.agent->step().ok());
    const wire::Heartbeat& beat = provider.port.heartbeats.back();
    CHECK(beat.handed == last);
    CHECK(beat.nonce == nonce);
    if (i > 0) CHECK(beat.seq > (provider.port.heartbeats.end() - 2)->seq);
    last = sha256(as_bytes(provider.port.last_reply));
    nonce = wire::parse_poll_reply(provider.port.last_reply).value().nonce;
  }
  // A reply that handed something over is remembered by a new process.
  provider.port.notices = {{"warning", "something to know", 0}};
  REQUIRE(provider.agent->step().ok());
  last = sha256(as_bytes(provider.port.last_reply));
  provider.start();
  REQUIRE(provider.agent->step().ok());
  CHECK(provider.port.heartbeats.back().handed == last);
  CHECK(provider.saw(AgentEvent::Kind::notice, "something to know"));
}

TEST_CASE("What the verifier tells is shown once, however often it is said") {
  Provider provider;
  provider.start();
  const auto told = [&] {
    return std::count_if(provider.events.begin(), provider.events.end(),
                         [](const AgentEvent& it) { return it.kind == AgentEvent::Kind::notice; });
  };
  const wire::Notice slash{"slash", "slash 42: appeal with: assay slash appeal 42", 42};
  for (int poll = 0; poll < 3; ++poll) {
    provider.port.notices = {slash};
    REQUIRE(provider.agent->step().ok());
    CHECK(told() == 1);
  }
  provider.start();  // another process on the same folder
  provider.port.notices = {slash, {"ruling", "slash 42 is UPHELD", 50}};
  REQUIRE(provider.agent->step().ok());
  CHECK(told() == 2);
  CHECK(provider.saw(AgentEvent::Kind::notice, "ruling: slash 42 is UPHELD"));
  REQUIRE(provider.journal->notices().size() == 2);
}

TEST_CASE("Polls are jittered around what the verifier asks for") {
  Provider provider;
  provider.port.poll_ms = 10'000;
  provider.start();
  std::set<std::int64_t> waits;
  for (int i = 0; i < 40; ++i) {
    const auto step = provider.agent->step();
    REQUIRE(step.ok());
    CHECK(step.value().wait_ms >= 8'000);
    CHECK(step.value().wait_ms <= 12'000);
    waits.insert(step.value().wait_ms);
    provider.clock.advance(step.value().wait_ms);
  }
  CHECK(waits.size() > 20);
}

TEST_CASE("Trouble on the way is waited out, longer each time, and nothing is lost") {
  Provider provider;
  provider.start();
  const Digest job = offer_gemm(provider, 1);
  int left = 6;
  provider.port.fault = [&](const std::string&, Moment) -> std::optional<Error> {
    if (left-- > 0) return fail(Code::network, "no route");
    return std::nullopt;
  };
  std::vector<std::int64_t> waits;
  for (int i = 0; i < 3; ++i) {
    const auto step = provider.agent->step();
    REQUIRE(step.ok());
    REQUIRE(step.value().trouble.has_value());
    waits.push_back(step.value().wait_ms);
    left = std::max(left, 1);
  }
  CHECK(waits[0] <= 250);
  CHECK(waits[2] >= 500);
  left = 0;
  REQUIRE(provider.settle().ok());
  check_honest(provider.port, job);
}

TEST_CASE("Lost requests, lost replies and refusals now and then change nothing in the end") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    Provider provider;
    provider.start();
    SeededRandom dice(seed);
    provider.port.fault = [&](const std::string&, Moment) -> std::optional<Error> {
      switch (dice.below(8)) {
        case 0: return fail(Code::network, "lost");
        case 1: return fail(Code::rate_limited, "come back in 1 s");
        default: return std::nullopt;
      }
    };
    const Digest first = offer_gemm(provider, 1);
    const Digest second = offer_gemm(provider, 2);
    REQUIRE(provider.settle(200).ok());
    check_honest(provider.port, first);
    check_honest(provider.port, second);
    provider.port.challenge_job(first, {3}, {1});
    REQUIRE(provider.settle(200).ok());
    CHECK(provider.port.answers[first].size() == 1);
    for (const auto& [seq, envelopes] : provider.port.by_seq) CHECK(envelopes.size() == 1);
    for (const auto& [job, envelopes] : provider.port.acceptances) CHECK(envelopes.size() == 1);
  }
}

TEST_CASE("A job past its deadline is given up, and so is one that was cancelled") {
  Provider provider;
  provider.start();
  bool online = true;
  provider.port.fault = [&](const std::string& call, Moment) -> std::optional<Error> {
    if (!online && call == "put_blob") return fail(Code::network, "down");
    return std::nullopt;
  };
  online = false;
  const Digest late = offer_gemm(provider, 1);
  REQUIRE(provider.agent->step().ok());
  CHECK(provider.journal->jobs().at(late).stage == Stage::finished);
  provider.clock.advance(600'001);
  online = true;
  REQUIRE(provider.agent->step().ok());
  CHECK(provider.journal->jobs().at(late).stage == Stage::closed);
  CHECK(provider.port.attested.empty());

  const Digest cancelled = offer_gemm(provider, 2);
  provider.port.cancel(cancelled);
  REQUIRE(provider.settle().ok());
  CHECK(provider.journal->jobs().at(cancelled).stage == Stage::closed);
  CHECK_FALSE(provider.port.attested.contains(cancelled));
}

TEST_CASE("An attestation that is refused for good frees its number for the next job") {
  Provider provider;
  provider.start();
  bool refusing = true;
  provider.port.fault = [&](const std::string& call, Moment moment) -> std::optional<Error> {
    if (refusing && call == "submit attestation" && moment == Moment::before) {
      return fail(Code::conflict, "the job was given to somebody else");
    }
    return std::nullopt;
  };
  const Digest lost = offer_gemm(provider, 1);
  REQUIRE(provider.settle().ok());
  CHECK(provider.journal->jobs().at(lost).stage == Stage::closed);
  CHECK(provider.saw(AgentEvent::Kind::closed, "given to somebody else"));
  refusing = false;
  const Digest next = offer_gemm(provider, 2);
  REQUIRE(provider.settle().ok());
  check_honest(provider.port, next);
  CHECK(provider.port.attested.at(next).claim.seq == 1);
}

TEST_CASE("No more jobs are taken than may be open, nor than were asked for in all") {
  Provider provider;
  provider.options.open_jobs_max = 2;
  provider.start();
  provider.port.fault = [](const std::string& call, Moment) -> std::optional<Error> {
    if (call == "put_blob") return fail(Code::network, "down");
    return std::nullopt;
  };
  for (std::uint64_t i = 1; i <= 5; ++i) offer_gemm(provider, i);
  REQUIRE(provider.agent->step().ok());
  REQUIRE(provider.agent->step().ok());
  CHECK(provider.port.acceptances.size() == 2);
  CHECK_FALSE(provider.port.heartbeats.back().accepts_jobs);

  Provider limited;
  limited.options.jobs_max = 3;
  limited.start();
  for (std::uint64_t i = 1; i <= 5; ++i) offer_gemm(limited, i);
  std::atomic<bool> stop = false;
  REQUIRE(limited.agent->run(stop).ok());
  CHECK(limited.port.attested.size() == 3);
}

TEST_CASE("A long job does not stop the polls: heartbeats and openings go on meanwhile") {
  Provider provider;
  provider.start();
  const Digest first = offer_gemm(provider, 1);
  REQUIRE(provider.settle().ok());

  std::atomic<bool> hold = true;
  provider.options.background_jobs = true;
  provider.options.on_progress = [&](const Digest&, std::uint32_t, std::uint32_t) {
    while (hold) std::this_thread::yield();
  };
  provider.start();
  const Digest second = offer_gemm(provider, 2);
  REQUIRE(provider.agent->step().ok());
  provider.port.challenge_job(first, {4}, {});
  const std::size_t before = provider.port.heartbeats.size();
  for (int i = 0; i < 2000 && provider.port.answers[first].empty(); ++i) {
    REQUIRE(provider.agent->step().ok());
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CHECK(provider.port.answers[first].size() == 1);
  CHECK(provider.port.heartbeats.size() > before);
  CHECK(provider.port.heartbeats.back().load_ppm == 1'000'000);
  CHECK_FALSE(provider.port.attested.contains(second));
  hold = false;
  for (int i = 0; i < 5000 && !provider.port.attested.contains(second); ++i) {
    REQUIRE(provider.agent->step().ok());
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  check_honest(provider.port, second);
}

TEST_CASE("A job that is cancelled while it runs is stopped") {
  Provider provider;
  std::atomic<bool> hold = true;
  std::atomic<std::uint32_t> last = 0;
  provider.options.background_jobs = true;
  provider.options.on_progress = [&](const Digest&, std::uint32_t step, std::uint32_t) {
    last = step;
    while (hold) std::this_thread::yield();
  };
  provider.start();
  const Digest job = offer_gemm(provider, 1);
  REQUIRE(provider.agent->step().ok());
  for (int i = 0; i < 2000 && last == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  REQUIRE(last == 1);
  provider.port.cancel(job);
  REQUIRE(provider.agent->step().ok());
  CHECK(provider.journal->jobs().at(job).stage == Stage::closed);
  hold = false;
  provider.stop();
  CHECK(last == 1);
}
