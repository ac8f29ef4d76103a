// What an agent shows of a text while it makes it.
#include "prover/previews.h"

#include <thread>

#include "tests/catch.h"
#include "tests/prover/fixture.h"

using namespace assay;
using namespace assay::prover;
using namespace assay::test;

namespace {

constexpr std::uint32_t kSteps = 6;

Bytes letter(std::uint32_t step) {
  return Bytes(4, static_cast<std::uint8_t>('a' + step));
}

// An appended job whose outputs are four equal letters each.
class Letters final : public Program {
 public:
  Letters() : Program(plan_of()) {}

  Result<compute::State> start(const Engine&) const override { return state(0); }
  Result<compute::Added> append_step(std::uint32_t step, std::span<const compute::State>,
                                     const Engine&) const override {
    return compute::Added{state(step), compute::Tensor{shape(), letter(step)}};
  }
  compute::TensorShape unit_shape(std::uint32_t) const override { return shape(); }
  Result<compute::Artefact> artefact(ByteView) const override { return compute::Artefact{}; }

 private:
  static compute::TensorShape shape() { return {compute::DType::s8, {4}}; }
  static compute::State state(std::uint32_t step) {
    return {compute::Tensor{shape(), letter(step)}};
  }
  static compute::Plan plan_of() {
    compute::Plan plan;
    plan.shape = compute::Shape::appended;
    plan.steps = kSteps;
    plan.step_ops = 1;
    plan.reference_cost = kSteps;
    plan.result_bytes = 4 * kSteps;
    plan.state_shape = {shape()};
    return plan;
  }
};

// An agent at a job of letters that makes one more whenever it is told to.
struct Writing {
  Writing() {
    provider.options.background_jobs = true;
    provider.options.cheat.program = [](const CheatJob&, std::unique_ptr<Program>) {
      return std::make_unique<Letters>();
    };
    provider.options.on_progress = [this](const Digest&, std::uint32_t step, std::uint32_t) {
      made = step;
      while (step >= wanted) std::this_thread::yield();
    };
  }
  ~Writing() { wanted = kSteps + 1; }

  void begin() {
    provider.start();
    job = provider.port.offer(order_for(gemm_spec(1), kRenter), kRenter);
    REQUIRE(provider.agent->step().ok());
  }
  void write_to(std::uint32_t step) {
    wanted = step;
    while (made < step) std::this_thread::yield();
  }
  std::vector<wire::ShownOutputs> poll() {
    REQUIRE(provider.agent->step().ok());
    return provider.port.heartbeats.back().outputs;
  }
  std::vector<wire::ShownOutputs> letters(std::uint32_t from, std::uint32_t to) const {
    wire::ShownOutputs shown{job, from, {}};
    for (std::uint32_t step = from; step <= to; ++step) shown.outputs.push_back(letter(step));
    return {shown};
  }

  std::atomic<std::uint32_t> wanted = 1;
  std::atomic<std::uint32_t> made = 0;
  Digest job;
  Provider provider;  // last: its agent's threads end first
};

const std::vector<wire::ShownOutputs> kNothing;

}  // namespace

TEST_CASE("Previews: outputs wait in order until they have arrived") {
  const Digest job = sha256(as_bytes("job"));
  const Digest other = sha256(as_bytes("other"));
  Previews previews;
  previews.add(job, 1, letter(1));
  CHECK_FALSE(previews.waiting());  // it has not begun

  previews.begin(job);
  previews.add(job, 1, letter(1));
  previews.add(other, 2, letter(2));
  previews.add(job, 3, letter(3));  // not the next
  const auto first = previews.next();
  REQUIRE(first.size() == 1);
  CHECK(first[0] == wire::ShownOutputs{job, 1, {letter(1)}});
  previews.add(job, 2, letter(2));
  CHECK(previews.next()[0].outputs.size() == 2);
  previews.taken(first);
  CHECK(previews.next()[0] == wire::ShownOutputs{job, 2, {letter(2)}});
  previews.taken(first);  // long gone
  CHECK(previews.next()[0].step == 2);

  previews.end(other);
  CHECK(previews.waiting());
  previews.end(job);
  CHECK_FALSE(previews.waiting());
  CHECK(previews.next() == kNothing);

  previews.begin(job);
  previews.add(job, 1, letter(9));
  previews.taken(previews.next());
  previews.begin(job);  // run again, while nobody looked
  previews.add(job, 1, letter(1));
  CHECK(previews.next()[0] == wire::ShownOutputs{job, 1, {letter(1)}});
}

TEST_CASE("Previews: a heartbeat takes so much, a job shows so much, and then it stops") {
  const Digest job = sha256(as_bytes("job"));
  Previews previews;
  previews.begin(job);
  for (std::uint32_t step = 1; step <= 300; ++step) previews.add(job, step, Bytes(1));
  CHECK(previews.next()[0].outputs.size() == wire::kShownOutputsMax);

  previews.begin(job);
  previews.add(job, 1, Bytes(wire::kShownBytesMax));
  previews.add(job, 2, Bytes(1));
  CHECK(previews.next()[0].outputs.size() == 1);
  previews.taken(previews.next());
  CHECK(previews.next()[0].step == 2);

  previews.begin(job);
  previews.add(job, 1, Bytes(wire::kShownBytesMax + 1));
  previews.add(job, 2, Bytes(1));
  CHECK_FALSE(previews.waiting());

  previews.begin(job);
  std::size_t shown = 0;
  for (std::uint32_t step = 1; step <= 400; ++step) {
    previews.add(job, step, Bytes(4096));
    for (const wire::ShownOutputs& entry : previews.next()) {
      for (const Bytes& output : entry.outputs) shown += output.size();
    }
    previews.taken(previews.next());
  }
  CHECK(shown == wire::kShownJobBytesMax);
}

TEST_CASE("A text is shown in the heartbeats while it is made, each piece until it has arrived") {
  Writing w;
  w.begin();
  w.write_to(2);
  CHECK(w.poll() == w.letters(1, 2));
  CHECK(w.poll() == kNothing);
  w.write_to(3);
  bool lost = false;
  w.provider.port.fault = [&](const std::string& call, Moment moment) -> std::optional<Error> {
    if (lost || call != "poll" || moment != Moment::after) return std::nullopt;
    lost = true;
    return fail(Code::network, "the reply is lost");
  };
  CHECK(w.poll() == w.letters(3, 3));
  w.write_to(4);
  CHECK(w.poll() == w.letters(3, 4));
  w.wanted = kSteps + 1;
  for (int i = 0; i < 5000 && !w.provider.port.attested.contains(w.job); ++i) {
    REQUIRE(w.provider.agent->step().ok());
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CHECK(w.provider.port.attested.contains(w.job));
  CHECK(w.poll() == kNothing);
}

TEST_CASE("Nothing is shown where it is turned off, of a closed job, or of a job that is no text") {
  Writing off;
  off.provider.options.previews = false;
  off.begin();
  off.write_to(2);
  CHECK(off.poll() == kNothing);

  Writing closed;
  closed.begin();
  closed.write_to(2);
  closed.provider.port.fault = [](const std::string& call, Moment) -> std::optional<Error> {
    if (call == "poll") return fail(Code::network, "down");
    return std::nullopt;
  };
  closed.provider.port.cancel(closed.job);
  REQUIRE(closed.provider.agent->step().ok());
  closed.provider.port.fault = nullptr;
  CHECK(closed.poll() == kNothing);

  Writing chain;
  chain.provider.options.cheat.program = nullptr;
  chain.begin();
  chain.write_to(2);
  CHECK(chain.poll() == kNothing);
}

TEST_CASE("While there is something to show, polls come sooner, but not without end") {
  Writing w;
  w.provider.port.poll_ms = 60'000;
  w.provider.options.jobs_max = 1;
  std::vector<std::int64_t> times;
  // Each poll finds the next letter written, so that time stands still while it is.
  w.provider.port.edit_reply = [&](wire::PollReply&) {
    times.push_back(w.provider.clock.steady_now().ms);
    if (w.made > 0 && w.made < kSteps) w.write_to(w.made + 1);
    if (w.made < kSteps) return;
    w.wanted = kSteps + 1;
    w.provider.port.poll_ms = 20;  // its deadline must not pass while the job's thread ends
  };
  w.begin();
  w.write_to(1);
  std::atomic<bool> stop = false;
  REQUIRE(w.provider.agent->run(stop).ok());
  REQUIRE(times.size() >= kSteps);
  for (std::size_t i = 2; i < kSteps; ++i) {
    CHECK(times[i] - times[i - 1] >= 250);
    CHECK(times[i] - times[i - 1] < 1000);
  }
  CHECK(w.provider.port.attested.contains(w.job));
}
