// Every cheat of the table really departs from the honest provider, in what it claims, sends or
// withholds; and what it commits to it can open, so that it takes a replay to catch it.
#include "prover/misbehave.h"

#include "tests/catch.h"
#include "tests/prover/fixture.h"

using namespace assay;
using namespace assay::prover;
using namespace assay::test;

namespace {

struct Played {
  Digest job;  // the one that counts: the last
  Digest first;
};

// Two jobs of one shape (some cheats need an earlier one), then a challenge of the last.
Played play(Provider& provider, Misbehave kind, bool render) {
  provider.options.cheat = make_cheat(kind);
  provider.start();
  Played out;
  const auto spec = [&](std::uint64_t nonce) {
    return render ? render_spec(nonce) : gemm_spec(nonce);
  };
  out.first = provider.port.offer(order_for(spec(1), kRenter), kRenter);
  REQUIRE(provider.settle(8).ok());
  if (provider.port.attested.contains(out.first) && !render) {
    provider.port.challenge_job(out.first, {1}, {});
    REQUIRE(provider.settle(8).ok());
    provider.port.challenges.clear();
  }
  out.job = provider.port.offer(order_for(spec(2), kRenter), kRenter);
  REQUIRE(provider.settle(8).ok());
  return out;
}

std::optional<wire::Opening> challenge(Provider& provider, const Digest& job,
                                       std::vector<std::uint32_t> positions,
                                       std::vector<std::uint64_t> rows) {
  provider.port.challenge_job(job, std::move(positions), std::move(rows));
  REQUIRE(provider.settle(8).ok());
  if (provider.port.answers[job].empty()) return std::nullopt;
  const Bytes& file = provider.port.blobs.at(provider.port.answers[job].back().opening_blob);
  return std::move(wire::parse_opening_file(file, file.size())).value();
}

wire::Trace claimed_trace(const Provider& provider, const Digest& job) {
  const wire::Attestation& claim = provider.port.attested.at(job).claim;
  return wire::parse_trace_file(provider.port.blobs.at(claim.trace_blob), claim.steps).value();
}

}  // namespace

TEST_CASE("The table of cheats names each kind once, and every name is understood") {
  std::set<std::string_view> names;
  for (const MisbehaveInfo& info : misbehaviours()) {
    CHECK(names.insert(info.name).second);
    CHECK(!info.saves.empty());
    CHECK(parse_misbehave(info.name).value() == info.kind);
    CHECK(misbehave_info(info.kind).name == info.name);
    CHECK(make_cheat(info.kind).active);
  }
  CHECK(names.size() == 40);
  CHECK(parse_misbehave("be-nice").error().code == Code::usage);
}

TEST_CASE("Cheats in the computation claim other states, can open them, and start honestly") {
  struct Case {
    Misbehave kind;
    bool gemm, render;
  };
  using enum Misbehave;
  for (const Case& c : {Case{skip_steps, true, true}, Case{repeat_first_step, true, true},
                        Case{zero_state, true, true}, Case{wild_state, true, true},
                        Case{splice_cached_trajectory, true, true}, Case{bad_rows_only, true, true},
                        Case{random_output, true, true}, Case{lower_precision, true, true},
                        Case{fewer_samples, false, true}, Case{inflated_scale, true, false},
                        Case{rank_2_forge, true, false}, Case{forged_columns, true, false},
                        Case{one_row_in_a_hundred, true, false}, Case{garbage_inputs, true, true},
                        Case{wrong_seed, true, true}, Case{stale_result, true, true}}) {
    for (const bool render : {false, true}) {
      if (render ? !c.render : !c.gemm) continue;
      CAPTURE(misbehave_info(c.kind).name, render);
      Provider provider;
      const Played played = play(provider, c.kind, render);
      REQUIRE(provider.port.attested.contains(played.job));
      const wire::Attestation& claim = provider.port.attested.at(played.job).claim;
      const wire::WorkloadSpec spec = render ? render_spec(2) : gemm_spec(2);
      const Execution honest = honest_run(spec);
      const wire::Trace trace = claimed_trace(provider, played.job);
      CHECK(trace != honest.trace);
      CHECK(trace[0] == honest.trace[0]);
      CHECK(claim.result != honest.result_digest);
      const auto program = program_of(spec);
      CHECK(compute::result_digest(*program, provider.port.blobs.at(claim.result_blob)).value() ==
            claim.result);
      if (render) continue;
      const std::vector<std::uint32_t> positions = {2, 6};
      const std::vector<std::uint64_t> rows = {0, 8};
      const auto opening = challenge(provider, played.job, positions, rows);
      REQUIRE(opening.has_value());
      CHECK(opening_holds(*opening, program->plan(), trace, positions, rows));
    }
  }
}

TEST_CASE("A zeroed state makes every later link right, and a tenth of the rows is a tenth") {
  Provider zero;
  const Digest zeroed = play(zero, Misbehave::zero_state, false).job;
  const auto program = program_of(gemm_spec(2));
  const Engine engine(compute::CpuLevel::scalar, 1);
  const wire::Trace trace = claimed_trace(zero, zeroed);
  compute::State state = program->start(engine).value();
  for (compute::Tensor& tensor : state) std::ranges::fill(tensor.data, std::uint8_t{0});
  CHECK(trace[3].state == compute::state_digest(state));
  CHECK(trace[6].state == compute::state_digest(state));

  Provider rows;
  const Digest bad = play(rows, Misbehave::bad_rows_only, false).job;
  const Bytes& result = rows.port.blobs.at(rows.port.attested.at(bad).claim.result_blob);
  const compute::State got = compute::state_from_bytes(program->plan().state_shape, result).value();
  const compute::State want =
      compute::state_from_bytes(program->plan().state_shape, honest_run(gemm_spec(2)).result)
          .value();
  int wrong = 0;
  for (std::uint64_t row = 0; row < 16; ++row) {
    wrong += compute::row_of_state(got, row) != compute::row_of_state(want, row);
  }
  CHECK(wrong == 1);
}

TEST_CASE("A stale result and a splice are those of the earlier job") {
  Provider stale;
  const Played again = play(stale, Misbehave::stale_result, false);
  CHECK(stale.port.attested.at(again.job).claim.result ==
        stale.port.attested.at(again.first).claim.result);
  Provider splice;
  const Played spliced = play(splice, Misbehave::splice_cached_trajectory, false);
  CHECK(claimed_trace(splice, spliced.job)[3] == claimed_trace(splice, spliced.first)[3]);
  CHECK(claimed_trace(splice, spliced.job)[6] != claimed_trace(splice, spliced.first)[6]);
}

TEST_CASE("A poisoned result leaves trace and subject honest and delivers other bytes") {
  for (const bool render : {false, true}) {
    Provider provider;
    const Digest job = play(provider, Misbehave::poisoned_result_honest_trace, render).job;
    const wire::Attestation& claim = provider.port.attested.at(job).claim;
    const Execution honest = honest_run(render ? render_spec(2) : gemm_spec(2));
    CHECK(claim.result == honest.result_digest);
    CHECK(claimed_trace(provider, job) == honest.trace);
    const Bytes& delivered = provider.port.blobs.at(claim.result_blob);
    CHECK(delivered.size() == honest.result.size());
    CHECK(delivered != honest.result);
  }
}

TEST_CASE("Copying a peer attests its trace, result and root under another key") {
  Provider peer(8);
  peer.start();
  const Digest theirs = peer.port.offer(order_for(gemm_spec(1), kRenter), kRenter);
  REQUIRE(peer.settle().ok());
  peer.stop();

  Provider copier(9);
  copier.options.cheat = make_cheat(Misbehave::copy_from_peer, {peer.folder.path()});
  copier.start();
  const Digest ours = copier.port.offer(order_for(gemm_spec(2), kRenter), kRenter);
  REQUIRE(copier.settle().ok());
  const wire::Attestation& copied = copier.port.attested.at(ours).claim;
  const wire::Attestation& original = peer.port.attested.at(theirs).claim;
  CHECK(copied.job == ours);
  CHECK(copied.root == original.root);
  CHECK(copied.result == original.result);
  CHECK(copied.trace_blob == original.trace_blob);
  CHECK(copied.root !=
        wire::trace_tree(ours, copier.port_key(), claimed_trace(copier, ours)).root());
}

TEST_CASE("Cheats in what is signed sign what they say they do") {
  using enum Misbehave;
  SECTION("another card") {
    Provider provider;
    const Digest job = play(provider, wrong_device_uuid, false).job;
    CHECK(provider.port.attested.at(job).claim.devices[0].uuid == "cpu-0-another");
  }
  SECTION("an hour ago") {
    Provider provider;
    const UnixMillis before = provider.clock.unix_now();
    const Digest job = play(provider, backdate, false).job;
    CHECK(provider.port.attested.at(job).claim.finished < before);
  }
  SECTION("a gap in the sequence") {
    Provider provider;
    const Digest job = play(provider, sequence_gap, false).job;
    CHECK_FALSE(provider.port.attested.contains(job));
    CHECK(provider.port.by_seq.contains(2));
    CHECK_FALSE(provider.port.by_seq.contains(1));
  }
  SECTION("an old attestation again") {
    Provider provider;
    const Played played = play(provider, replay_old, false);
    CHECK(provider.port.attested.contains(played.first));
    CHECK_FALSE(provider.port.attested.contains(played.job));
    CHECK(provider.port.calls["submit attestation"] >= 2);
    CHECK(provider.port.by_seq.size() == 1);
  }
  SECTION("two attestations of one job") {
    Provider provider;
    provider.options.cheat = make_cheat(equivocate);
    provider.start();
    const Digest job = provider.port.offer(order_for(gemm_spec(1), kRenter), kRenter);
    REQUIRE(provider.settle(4).ok());
    CHECK(provider.port.attested.contains(job));
    REQUIRE(provider.port.by_seq.contains(2));
    const auto envelope = wire::parse_envelope(*provider.port.by_seq.at(2).begin()).value();
    const auto second = wire::parse_attestation(as_text(envelope.payload)).value();
    CHECK(second.job == job);
    CHECK(second.result != provider.port.attested.at(job).claim.result);
  }
}

TEST_CASE("Cheats in what is delivered withhold it, or send something else") {
  using enum Misbehave;
  const std::vector<std::uint32_t> positions = {2, 6};
  const std::vector<std::uint64_t> rows = {0, 8};
  const auto program = program_of(gemm_spec(2));
  SECTION("no attestation at all") {
    Provider provider;
    play(provider, never_attest, false);
    CHECK(provider.port.acceptances.size() == 2);
    CHECK(provider.port.by_seq.empty());
  }
  SECTION("no openings") {
    Provider provider;
    const Digest job = play(provider, withhold_when_sampled, false).job;
    CHECK_FALSE(challenge(provider, job, positions, rows).has_value());
    CHECK(provider.port.heartbeats.back().handed != Digest{});  // delivery is proven all the same
  }
  SECTION("openings after the deadline") {
    Provider provider;
    provider.options.cheat = make_cheat(answer_late);
    provider.start();
    const Digest job = provider.port.offer(order_for(gemm_spec(1), kRenter), kRenter);
    REQUIRE(provider.settle(8).ok());
    CHECK_FALSE(challenge(provider, job, positions, rows).has_value());
    provider.clock.advance(120'000);
    REQUIRE(provider.settle(8).ok());
    CHECK(provider.port.answers[job].size() == 1);
  }
  for (const Misbehave kind :
       {empty_openings, extra_openings, wrong_path_length, opening_of_another_job}) {
    DYNAMIC_SECTION(misbehave_info(kind).name) {
      Provider provider;
      const Digest job = play(provider, kind, false).job;
      const auto opening = challenge(provider, job, positions, rows);
      REQUIRE(opening.has_value());
      const wire::Trace trace = claimed_trace(provider, job);
      CHECK(trace == honest_run(gemm_spec(2)).trace);
      CHECK_FALSE(opening_holds(*opening, program->plan(), trace, positions, rows));
    }
  }
}

TEST_CASE("Cheating is for verifiers on this machine only") {
  for (const char* url : {"http://127.0.0.1:8790", "http://127.1.2.3", "http://localhost:1/v1",
                          "https://[::1]:9", "127.0.0.1:80", "http://localhost"}) {
    CAPTURE(url);
    CHECK(is_loopback_url(url));
  }
  for (const char* url :
       {"http://verifier.example", "http://127.example.org", "http://localhost.example",
        "http://localhost@evil.example", "http://127.0.0.1@evil.example", "http://[::2]",
        "http://10.0.0.1", "", "http://", "http://[::1].example.org:1/"}) {
    CAPTURE(url);
    CHECK_FALSE(is_loopback_url(url));
  }
}
