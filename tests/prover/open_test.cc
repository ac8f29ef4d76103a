#include "prover/open.h"

#include <fstream>

#include "prover/attest.h"
#include "prover/checkpoints.h"
#include "tests/catch.h"
#include "tests/prover/fixture.h"

using namespace assay;
using namespace assay::prover;
using namespace assay::test;

namespace {

const OwnClaim kClaim{sha256(as_bytes("job")), sha256(as_bytes("attestation")), 42};

wire::Challenge challenge_of(std::vector<std::uint32_t> positions, std::vector<std::uint64_t> rows,
                             std::vector<std::uint64_t> pairs = {}) {
  wire::Challenge out;
  out.job = kClaim.job;
  out.attestation = kClaim.attestation;
  out.attestation_index = kClaim.log_index;
  out.positions = std::move(positions);
  out.rows = std::move(rows);
  out.pairs = std::move(pairs);
  return out;
}

}  // namespace

TEST_CASE("Openings hold whatever is asked for, with or without checkpoints") {
  const auto program = program_of(gemm_spec(1));
  const Engine engine(compute::best_cpu_level(), 1);
  struct Case {
    std::vector<std::uint32_t> positions;
    std::vector<std::uint64_t> rows;
    std::vector<std::uint64_t> pairs;
  };
  const std::vector<Case> cases = {
      {{1}, {}, {}},
      {{6}, {}, {}},
      {{2, 5}, {}, {}},
      {{}, {0}, {}},
      {{}, {3, 7, 15}, {}},
      {{4}, {0, 15}, {}},
      {{1, 2, 3, 4, 5, 6}, {0}, {}},
      {{}, {}, {0}},
      {{}, {}, {5, 21, 95}},
      {{3}, {2}, {2, 33, 40, 41, 80}},
  };
  for (const std::uint64_t states_kept : {0u, 1u, 2u, 6u}) {
    TemporaryFolder folder;
    Checkpoints keeper(folder.path(), program->plan(), states_kept * program->plan().result_bytes);
    RunOptions options;
    options.keeper = &keeper;
    const Execution run = std::move(run_job(*program, engine, options)).value();
    for (const Case& c : cases) {
      const wire::Challenge challenge = challenge_of(c.positions, c.rows, c.pairs);
      REQUIRE(check_challenge(challenge, kClaim, program->plan()).ok());
      const auto opening = open_states(*program, engine, run.trace, keeper, challenge);
      REQUIRE(opening.ok());
      CHECK(
          opening_holds(opening.value(), program->plan(), run.trace, c.positions, c.rows, c.pairs));
      const Bytes file = wire::opening_file(opening.value());
      CHECK(wire::parse_opening_file(file, file.size()).ok());
      const wire::Spotcheck answer = spotcheck_for(challenge, file);
      CHECK(answer.opening_blob == sha256(file));
      CHECK(answer.opening_bytes == file.size());
      CHECK(answer.positions == c.positions);
      CHECK(answer.rows == c.rows);
      CHECK(answer.pairs == wire::digest_of_pairs(c.pairs));
    }
  }
}

TEST_CASE("A pair asks for its row after the step, and before it unless that is the start") {
  const auto program = program_of(gemm_spec(1));  // 6 steps of 16 rows
  const compute::Plan& plan = program->plan();
  CHECK(compute::pair_count(plan) == 96);
  CHECK(compute::pair_at(plan, 0) == compute::Pair{1, 0});
  CHECK(compute::pair_at(plan, 17) == compute::Pair{2, 1});
  CHECK(compute::pair_at(plan, 95) == compute::Pair{6, 15});
  const auto states = [&](std::vector<std::uint32_t> positions, std::vector<std::uint64_t> pairs) {
    std::string text;
    for (const compute::PartRef& part : compute::opening_parts(plan, positions, {}, pairs)) {
      const std::string name = std::to_string(part.state) + (part.whole ? "w" : "");
      if (!text.ends_with(name)) text += " " + name;
    }
    return text;
  };
  CHECK(states({}, {3}) == " 1");
  CHECK(states({}, {17}) == " 1 2");
  CHECK(states({}, {17, 33}) == " 1 2 3");
  CHECK(states({2}, {17, 33}) == " 1w 2w 3");
}

TEST_CASE("Independent units open to nothing: their outputs are bound already") {
  const wire::WorkloadSpec spec = render_spec(1);
  const auto program = program_of(spec);
  TemporaryFolder folder;
  const Checkpoints keeper(folder.path(), program->plan(), 1 << 20);
  const Engine engine(compute::CpuLevel::scalar, 1);
  const auto opening =
      open_states(*program, engine, honest_run(spec).trace, keeper, challenge_of({1, 2}, {}));
  REQUIRE(opening.ok());
  CHECK(opening.value().parts.empty());
}

TEST_CASE("A challenge that is not about our attestation, or asks too much, is refused") {
  const auto chain = program_of(gemm_spec(1));
  const auto units = program_of(render_spec(1));
  const auto refused = [&](wire::Challenge challenge, const Program& program) {
    const Status status = check_challenge(challenge, kClaim, program.plan());
    return status.ok() ? Code::internal : status.error().code;
  };
  wire::Challenge other = challenge_of({1}, {});
  other.attestation = sha256(as_bytes("another"));
  CHECK(refused(other, *chain) == Code::unbound);
  other = challenge_of({1}, {});
  other.attestation_index = 43;
  CHECK(refused(other, *chain) == Code::unbound);
  other = challenge_of({1}, {});
  other.job = sha256(as_bytes("another"));
  CHECK(refused(other, *chain) == Code::unbound);

  CHECK(refused(challenge_of({}, {}), *chain) == Code::malformed);
  CHECK(refused(challenge_of({0}, {}), *chain) == Code::malformed);
  CHECK(refused(challenge_of({7}, {}), *chain) == Code::malformed);
  CHECK(refused(challenge_of({2, 2}, {}), *chain) == Code::malformed);
  CHECK(refused(challenge_of({3, 2}, {}), *chain) == Code::malformed);
  CHECK(refused(challenge_of({}, {16}), *chain) == Code::malformed);
  CHECK(refused(challenge_of({}, {UINT64_MAX}), *chain) == Code::malformed);
  CHECK(refused(challenge_of({}, {4, 3}), *chain) == Code::malformed);
  CHECK(refused(challenge_of({1}, {0}), *units) == Code::malformed);
  CHECK(refused(challenge_of({}, {}, {96}), *chain) == Code::malformed);
  CHECK(refused(challenge_of({}, {}, {4, 4}), *chain) == Code::malformed);
  CHECK(refused(challenge_of({1}, {}, {0}), *units) == Code::malformed);
}

TEST_CASE("An opening beyond the limit is refused before any work, from the plan alone") {
  compute::Plan plan = program_of(gemm_spec(1))->plan();
  plan.steps = 4096;
  plan.state_shape = {{compute::DType::s8, {1024, 4096}}};
  plan.rows = 1024;
  std::vector<std::uint32_t> all(4096);
  for (std::uint32_t i = 0; i < 4096; ++i) all[i] = i + 1;
  const Status status = check_challenge(challenge_of(all, {}), kClaim, plan);
  REQUIRE(!status.ok());
  CHECK(status.error().code == Code::malformed);
  CHECK(check_challenge(challenge_of({1, 4096}, {0, 1023}), kClaim, plan).ok());
}

TEST_CASE("A damaged checkpoint is computed again; a machine that computes wrongly says so") {
  const auto program = program_of(gemm_spec(1));
  const Engine engine(compute::best_cpu_level(), 1);
  TemporaryFolder folder;
  Checkpoints keeper(folder.path(), program->plan(), 1 << 30);
  RunOptions options;
  options.keeper = &keeper;
  Execution run = std::move(run_job(*program, engine, options)).value();
  {
    std::fstream file(folder / "4", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(100);
    file.put('\x55');
  }
  const wire::Challenge challenge = challenge_of({4}, {2});
  const auto opening = open_states(*program, engine, run.trace, keeper, challenge);
  REQUIRE(opening.ok());
  CHECK(opening_holds(opening.value(), program->plan(), run.trace, {4}, {2}));

  run.trace[5].state.bytes[0] ^= 1;
  const auto wrong = open_states(*program, engine, run.trace, keeper, challenge_of({5}, {}));
  REQUIRE(!wrong.ok());
  CHECK(wrong.error().code == Code::internal);
}

TEST_CASE("Our own proof is checked as a stranger would, and every damage to it is found") {
  const SigningKey key = key_of(3);
  const Digest job = sha256(as_bytes("job"));
  const Engine engine(compute::best_cpu_level(), 1);
  for (const wire::WorkloadSpec& spec : {gemm_spec(1), render_spec(1)}) {
    const auto program = program_of(spec);
    const Execution run = honest_run(spec);
    const Bytes trace = wire::trace_file(run.trace);
    const ChainPlace place{5, sha256(as_bytes("before"))};
    const wire::Attestation claim =
        make_attestation(job, key.public_key(), run, trace, place, {{1}, {2}, {}, "cpu/scalar"});
    const auto check = [&](const wire::Attestation& said, ByteView trace_file, ByteView result) {
      SeededRandom random(1);
      const std::string text = wire::statement_text(wire::attestation_statement(said));
      return check_own_proof(wire::seal(key, text), key.public_key(), job, place, *program, engine,
                             trace_file, result, random)
          .ok();
    };
    CHECK(check(claim, trace, run.result));

    Bytes bad_trace = trace;
    bad_trace.back() ^= 1;
    CHECK_FALSE(check(claim, bad_trace, run.result));
    Bytes bad_result = run.result;
    bad_result[bad_result.size() / 2] ^= 1;
    CHECK_FALSE(check(claim, trace, bad_result));
    const auto changed = [&](auto change) {
      wire::Attestation said = claim;
      change(said);
      return check(said, trace, run.result);
    };
    CHECK_FALSE(changed([](wire::Attestation& said) { said.root.bytes[3] ^= 1; }));
    CHECK_FALSE(changed([](wire::Attestation& said) { said.result.bytes[3] ^= 1; }));
    CHECK_FALSE(changed([](wire::Attestation& said) { said.job.bytes[3] ^= 1; }));
    CHECK_FALSE(changed([](wire::Attestation& said) { ++said.seq; }));
    CHECK_FALSE(changed([](wire::Attestation& said) { said.prev.bytes[3] ^= 1; }));
    CHECK_FALSE(changed([](wire::Attestation& said) { --said.steps; }));
    CHECK_FALSE(changed([](wire::Attestation& said) { said.trace_blob.bytes[3] ^= 1; }));

    SeededRandom random(1);
    const std::string text = wire::statement_text(wire::attestation_statement(claim));
    CHECK_FALSE(check_own_proof(wire::seal(key_of(4), text), key.public_key(), job, place, *program,
                                engine, trace, run.result, random)
                    .ok());
  }
}
