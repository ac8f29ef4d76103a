#include "tests/core/wire/statements/examples.h"

#include <algorithm>
#include <array>

#include "core/merkle/tree.h"
#include "core/wire/attestation.h"
#include "core/wire/dsse.h"
#include "core/wire/events.h"
#include "core/wire/leaf.h"
#include "core/wire/order.h"
#include "core/wire/paid_challenge.h"
#include "core/wire/policy.h"
#include "core/wire/poll.h"
#include "core/wire/receipt.h"
#include "core/wire/stake.h"
#include "core/wire/tlog_proof.h"
#include "core/wire/trust.h"
#include "tests/core/wire/statements/example_benchmark.h"
#include "tests/core/wire/statements/example_events.h"
#include "tests/core/wire/statements/example_scores.h"
#include "tests/core/wire/statements/example_workers.h"

namespace assay::test {

using namespace assay::wire;

namespace {

constexpr std::string_view kOrigin = "assay.example/log";
constexpr std::string_view kTensors = "example bytes, not a real file\n";
constexpr UnixMillis kNow{1'795'363'200'000};  // 2026-11-22T16:00:00Z

PublicKey key_of(std::string_view role) {
  return example_key(role).public_key();
}

// Everything that the examples have in common, in the order in which it came about.
struct History {
  std::vector<Device> devices{{"cpu-0", "Example CPU", "none", std::uint64_t{32} << 30}};
  std::string policy = policy_text(demo_policy());
  Registration registration;
  Order order;
  std::string order_payload;
  Digest job;
  Acceptance acceptance;
  Trace trace;
  Attestation attestation;
  std::string attestation_payload;
  std::vector<Bytes> log;
  Draw draw;
  Digest alpha;
  VrfResult vrf;
  Digest seed;
  std::string draw_payload;
  Challenge challenge;
  Opening opening;
  LeasedTask task;
  Spotcheck spotcheck;
  std::string spotcheck_payload;
  Heartbeat heartbeat;
  Summary summary;

  History();
  std::string add(std::string_view role, const Statement& statement, std::int64_t after_ms);
  Tree tree() const;

 private:
  void order_and_run();
  void draw_and_answer();
};

std::string History::add(std::string_view role, const Statement& statement, std::int64_t after_ms) {
  const SigningKey key = example_key(role);
  LogLeaf leaf;
  leaf.time = kNow + after_ms;
  leaf.signer = key.public_key();
  leaf.payload = statement_text(statement);
  leaf.pae_digest = statement_digest(leaf.payload);
  leaf.signature = key.sign(pae(kPayloadType, as_bytes(leaf.payload)));
  log.push_back(encode_leaf(leaf));
  return leaf.payload;
}

Tree History::tree() const {
  Tree tree;
  for (const Bytes& leaf : log) tree.append(leaf_hash(leaf));
  return tree;
}

void History::order_and_run() {
  order.spec.workload = "gemm";
  order.spec.parameters.set("rows", 64).set("cols", 64).set("steps", 2).set("weights", "inputs");
  order.spec.inputs = {{"tensors", sha256(as_bytes(kTensors)), kTensors.size()}};
  order.spec.nonce = example_digest("nonce");
  order.device_class = "cpu";
  order.price_micros = 1'000'000;
  order.deadline_ms = 60'000;
  order.renter = key_of("renter");
  order_payload = add("renter", order_statement(order), 0);
  job = statement_digest(order_payload);
  acceptance = {job, devices, kNow + 30'000};
  add("provider", acceptance_statement(acceptance), 500);

  for (int i = 0; i < 3; ++i) trace.push_back({example_digest("state " + std::to_string(i)), {}});
  attestation.job = job;
  attestation.result = trace.back().state;
  attestation.root = trace_tree(job, key_of("provider"), trace).root();
  attestation.steps = 2;
  attestation.seq = 1;
  attestation.started = kNow + 1'000;
  attestation.finished = kNow + 2'000;
  attestation.devices = devices;
  attestation.backend = "cpu/avx2";
  attestation.result_blob = example_digest("result");
  attestation.trace_blob = sha256(trace_file(trace));
  attestation_payload = add("provider", attestation_statement(attestation), 2'500);
}

void History::draw_and_answer() {
  const Digest leaf = leaf_hash(log[4]);
  draw.to = draw.size = log.size();
  draw.root = tree().root();
  alpha = draw_alpha(kOrigin, draw);
  vrf = vrf_prove(example_key("vrf"), alpha.view());
  draw.proof = vrf.proof;
  seed = draw_seed(vrf.output, 4, leaf, Reason::first, {});
  draw_payload = add("verifier", draw_statement(draw), 3'000);

  challenge.draw = statement_digest(draw_payload);
  challenge.attestation_index = 4;
  challenge.attestation = statement_digest(attestation_payload);
  challenge.job = job;
  challenge.p_ppm = 1'000'000;
  challenge.positions = {1};
  challenge.rows = {3, 17, 40, 41, 42, 43};
  challenge.pairs = {5, 77, 100, 101, 102};
  challenge.deadline = kNow + 6'000;
  opening.parts = {{1, false, 5, {1, 2, 3, 4}, {example_digest("left"), example_digest("right")}},
                   {2, true, 0, to_bytes(as_bytes("abcdef")), {}}};
  const Bytes file = opening_file(opening);
  task = example_task(order.spec, challenge, seed, trace, opening);
  spotcheck = {challenge.draw,
               4,
               challenge.attestation,
               Reason::first,
               0,
               challenge.positions,
               challenge.rows,
               digest_of_pairs(challenge.pairs),
               sha256(file),
               file.size()};
  spotcheck_payload = add("provider", spotcheck_statement(spotcheck), 3'500);
  heartbeat = {example_digest("nonce of a poll"),
               7,
               example_digest("poll reply"),
               kNow + 3'100,
               250'000,
               std::uint64_t{16} << 30,
               true,
               {{job, 3, {{1, 2, 3, 4}, {5, 6, 7, 8}}}}};
}

History::History() {
  registration = {key_of("provider"), "honest-1", "eu-west", "cpu", devices, 250'000};
  add("verifier", policy_change_statement({policy, 0}), -1'000);
  add("provider", registration_statement(registration), -500);
  order_and_run();
  draw_and_answer();
  Verdict verdict;
  verdict.draw = challenge.draw;
  verdict.attestation_index = 4;
  verdict.attestation = challenge.attestation;
  verdict.job = job;
  verdict.provider = key_of("provider");
  verdict.p_ppm = 1'000'000;
  verdict.positions = challenge.positions;
  verdict.position_outcomes = {Outcome::match};
  verdict.rows = challenge.rows;
  verdict.row_outcomes = std::vector<Outcome>(6, Outcome::match);
  verdict.pairs = digest_of_pairs(challenge.pairs);
  verdict.pair_outcomes = std::vector<Outcome>(5, Outcome::match);
  verdict.outcome = Outcome::match;
  verdict.device = "cpu/avx2";
  verdict.replay_ops = 1'048'576;
  add("verifier", verdict_statement(verdict), 4'000);
  summary = summarise(verdict, 2, 64, attestation.result, policy_digest(policy),
                      std::string(kOrigin), kNow + 4'000);
  add("verifier", summary_statement(summary), 4'000);
}

const History& history() {
  static const History instance;
  return instance;
}

std::string wrapped(ByteView bytes) {
  const std::string hex = to_hex(bytes);
  std::string text = hex.substr(0, 96);
  for (std::size_t i = 96; i < hex.size(); i += 96) text += "\n" + hex.substr(i, 96);
  return text;
}

std::string state_example() {
  const std::array<Bytes, 4> leaves{{{1, 2, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0},
                                     {1, 2, 3, 0xFF, 0xFE, 0xFD},
                                     {3, 1, 2, 0, 0, 0, 0, 0, 0, 0},
                                     {7, 0, 0, 0, 9, 0, 0, 0}}};
  std::string text;
  std::vector<Digest> hashes;
  for (const Bytes& leaf : leaves) {
    text += "leaf " + to_hex(leaf) + "\n";
    hashes.push_back(leaf_hash(leaf));
  }
  return text + "digest " + merkle_root(hashes).hex();
}

std::string trace_example(const History& h) {
  std::string text;
  for (std::size_t i = 0; i < h.trace.size(); ++i) {
    text += "leaf " + step_leaf_hash(h.job, key_of("provider"), i, h.trace[i]).hex() + "\n";
  }
  return text + "root " + h.attestation.root.hex();
}

std::string draw_values(const History& h) {
  std::string text =
      "alpha " + h.alpha.hex() + "\nbeta " + h.vrf.output.hex() + "\nseed " + h.seed.hex();
  DrawStream stream(h.seed);
  for (int i = 0; i < 8; ++i) text += "\nword " + std::to_string(stream.word());
  return text;
}

std::string poll_reply_example(const History& h) {
  PollReply reply;
  reply.nonce = example_digest("nonce of the next poll");
  reply.next_poll_ms = 150;
  reply.now = kNow + 3'200;
  reply.next_seq = 2;
  reply.prev = h.challenge.attestation;
  reply.offers = {{h.job, seal(example_key("renter"), h.order_payload)}};
  reply.challenges = {h.challenge};
  reply.notices = {{"verdict", "job 1: match", 7}};
  return poll_reply_text(reply);
}

std::string receipt_example(const History& h) {
  const Tree tree = h.tree();
  TlogProof proof;
  proof.extra = h.log[2];
  proof.index = 2;
  proof.path = tree.inclusion(2);
  const Checkpoint checkpoint{std::string(kOrigin), tree.size(), tree.root(), ""};
  proof.checkpoint = note_text(sign_checkpoint(checkpoint, example_key("log")));
  CaseFile file;
  file.entries = {{"order", tlog_proof_text(proof)}};
  file.policy = h.policy;
  file.trace = trace_file(h.trace);
  file.openings = {{statement_digest(h.spotcheck_payload).hex(), opening_file(h.opening)}};
  file.inputs = {{"tensors", to_bytes(as_bytes(kTensors))}};
  return case_file_text(file);
}

std::string policy_txt_example(const History& h) {
  Trust trust;
  trust.logs = {{{std::string(kOrigin), NoteKeyType::ed25519, key_of("log")}, ""}};
  trust.verifier = key_of("verifier");
  trust.vrf = key_of("vrf");
  trust.policies = {policy_digest(h.policy)};
  return trust_text(trust);
}

std::string key_file_example() {
  Bytes file = to_bytes(as_bytes("ASSAYKEY"));
  append(file, Bytes{1, 0});
  append(file, key_of("provider").view());
  append(file, example_key("provider").seed());
  return wrapped(file);
}

Slash example_slash(const History& h) {
  Slash slash;
  slash.provider = key_of("provider");
  slash.class_name = "cpu/gemm@1";
  slash.fault = Fault::withheld;
  slash.job = h.job;
  slash.attestation = h.challenge.attestation;
  slash.attestation_index = 4;
  slash.evidence_indices = {4, 5};
  slash.delivery_proof =
      seal(example_key("provider"), statement_text(heartbeat_statement(h.heartbeat)));
  slash.finality = kNow + 3'600'000;
  slash.detail = "openings withheld three times";
  return slash;
}

Score example_score(const History& h) {
  return example_preview(h.tree().root(), policy_digest(h.policy));
}

Settlement example_settlement(const History& h) {
  const Score score = example_score(h);
  return {h.job, key_of("provider"), score.origin, score.tree_size, score.root,
          7,     1'000'000,          250'000,      750'000,         kNow + 3'604'000};
}

std::vector<Statement> statements(const History& h) {
  return {
      registration_statement(h.registration),
      order_statement(h.order),
      cancel_statement({h.job}),
      reveal_statement({h.job, example_digest("renter secret")}),
      acceptance_statement(h.acceptance),
      attestation_statement(h.attestation),
      heartbeat_statement(h.heartbeat),
      spotcheck_statement(h.spotcheck),
      draw_statement(h.draw),
      verdict_statement(example_verdict()),
      summary_statement(h.summary),
      timeout_statement({h.job, key_of("provider"), 3, false}),
      uptime_statement(example_uptime()),
      slash_statement(example_slash(h)),
      reversal_statement({9, key_of("provider"), "delivered"}, example_digest("slash")),
      appeal_statement(example_appeal(), example_digest("slash")),
      ruling_statement(example_ruling(h.challenge), example_digest("slash")),
      dispute_statement({4, h.challenge.attestation, h.job, 2, key_of("renter"), 1'000'000}),
      dispute_move_statement({9, 0, {MoveKind::answer, 0, example_digest("answer")}},
                             example_digest("dispute")),
      dispute_end_statement({9, true, DisputeCause::convicted, ""}, example_digest("dispute")),
      stake_statement({key_of("provider"), StakeMove::bond, 100'000'000, "transfer 17"}),
      maintenance_statement({key_of("provider"), kNow + 90'000'000, kNow + 97'200'000}),
      measurement_statement(example_measurement()),
      worker_statement(example_worker()),
      worker_call_statement({key_of("worker"), std::string(kOrigin), kNow + 3'600, {}}),
      worker_result_statement(example_result(h.task)),
      paid_challenge_statement({4, h.challenge.attestation, h.job, key_of("renter"), 1'000'000}),
      policy_change_statement({h.policy, 0}),
      snapshot_statement(example_snapshot(h.tree().root(), policy_digest(h.policy))),
      score_statement(example_score(h)),
      settlement_statement(example_settlement(h))};
}

std::string without_last_newline(std::string text) {
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

SigningKey example_key(std::string_view role) {
  return SigningKey::from_seed(sha256({as_bytes("assay example key "), as_bytes(role)}).view())
      .value();
}

Digest example_digest(std::string_view what) {
  return sha256({as_bytes("assay example "), as_bytes(what)});
}

Verdict example_verdict() {
  const LogLeaf leaf = parse_leaf(history().log[7]).value();
  return parse_verdict(leaf.payload).value();
}

std::map<std::string, std::string> examples() {
  const History& h = history();
  std::map<std::string, std::string> out;
  for (const Statement& statement : statements(h)) {
    out[std::string(kind_name(statement.kind))] = statement_text(statement);
  }
  const Snapshot snapshot = example_snapshot(h.tree().root(), policy_digest(h.policy));
  out["score-final"] =
      statement_text(score_statement(example_final_score(example_score(h), snapshot)));
  out["score-state"] = wrapped(example_states()[0]);
  out["envelope"] = seal(example_key("renter"), h.order_payload);
  out["leaf"] = wrapped(h.log[2]);
  out["policy-document"] = h.policy;
  out["poll-reply"] = poll_reply_example(h);
  out["benchmark"] = benchmark_to_json(example_benchmark()).dump();
  out["benchmark-values"] = benchmark_values(h.trace.back().state);
  out["challenge"] = challenge_to_json(h.challenge).dump();
  out["lease"] = lease_reply_text({Lease{example_digest("lease"), kNow + 33'600, h.task}, 0});
  out["lease-task"] = task_digest(h.task).hex();
  out["opening"] = wrapped(opening_file(h.opening));
  out["trace-file"] = wrapped(trace_file(h.trace));
  out["trace"] = trace_example(h);
  out["state"] = state_example();
  out["draw-values"] = draw_values(h);
  out["receipt"] = without_last_newline(receipt_example(h));
  out["policy-txt"] = without_last_newline(policy_txt_example(h));
  out["key-file"] = key_file_example();
  return out;
}

}  // namespace assay::test
