#include "tests/monitor/honest_log.h"

#include <algorithm>

#include "core/wire/dsse.h"

namespace assay::test {

using reputation::AuditStatus;
using wire::Outcome;

namespace {

SigningKey seeded(const std::string& text) {
  return SigningKey::from_seed(sha256(as_bytes("monitor " + text)).view()).value();
}

std::string witness_name(std::size_t number) {
  return "w" + std::to_string(number) + ".example/w";
}

// Parameters that need no inputs: a plan follows from the order alone.
wire::Json small_gemm() {
  return wire::Json::object({{"rows", 16}, {"cols", 64}, {"steps", 8}, {"weights", "philox"}});
}

}  // namespace

PublicLog::PublicLog() : log_key(seeded("log")) {
  for (int i = 0; i < 3; ++i) witnesses.push_back(seeded("witness " + std::to_string(i)));
}

const Tree& PublicLog::tree() const {
  const auto same = std::mismatch(hashed_.begin(), hashed_.end(), leaves.begin(), leaves.end());
  if (same.first != hashed_.end()) {  // a leaf was changed or taken away: from the start
    tree_ = Tree();
    hashed_.clear();
  }
  while (tree_.size() < leaves.size()) {
    hashed_.push_back(leaves[tree_.size()]);
    tree_.append(leaf_hash(hashed_.back()));
  }
  return tree_;
}

wire::Checkpoint PublicLog::head(std::uint64_t size) const {
  return {kSceneOrigin, size, root_of(size, tree().reader()).value(), ""};
}

std::string PublicLog::note(std::uint64_t size, unsigned cosignatures, UnixMillis seen) const {
  wire::Note note = wire::sign_checkpoint(head(size), log_key);
  for (unsigned i = 0; i < cosignatures; ++i) {
    note.signatures.push_back(wire::cosign_note(witness_name(i), witnesses[i], note.text,
                                                static_cast<std::uint64_t>(seen.ms / 1000)));
  }
  note.signatures.insert(note.signatures.begin(),
                         {"grease.example/unknown", 0x12345678, Bytes(64, 7)});
  return wire::note_text(note);
}

Result<Bytes> PublicLog::tile(const wire::TilePath& path, std::uint64_t size) const {
  if (path.width == 0 || path.width > wire::tile_width(path.level, path.index, size)) {
    return fail(Code::not_found, "no such tile");
  }
  const std::uint64_t first = path.index * wire::kTileWidth;
  if (path.entries) {
    return wire::encode_entries(std::span(leaves).subspan(first, path.width));
  }
  const SubtreeReader read = tree().reader();
  std::vector<Digest> hashes;
  for (unsigned i = 0; i < path.width; ++i) {
    Result<Digest> hash = read(path.level * 8, first + i);
    if (!hash.ok()) return hash.error();
    hashes.push_back(hash.value());
  }
  return wire::encode_tile(hashes);
}

wire::Trust PublicLog::trust(const LedgerScene& scene, bool quorum) const {
  wire::Trust trust;
  trust.logs.push_back({{kSceneOrigin, wire::NoteKeyType::ed25519, log_key.public_key()}, ""});
  trust.verifier = scene.verifier.public_key();
  trust.vrf = scene.vrf.public_key();
  trust.policies = {wire::policy_digest(wire::policy_text(scene.policy))};
  if (!quorum) return trust;
  wire::WitnessGroup group{"most", 2, {}};
  for (std::size_t i = 0; i < witnesses.size(); ++i) {
    const std::string name = "w" + std::to_string(i);
    trust.witnesses.push_back(
        {name, {witness_name(i), wire::NoteKeyType::cosignature, witnesses[i].public_key()}, ""});
    group.members.push_back(name);
  }
  trust.groups.push_back(group);
  trust.quorum = "most";
  return trust;
}

wire::Policy watched_policy(std::uint64_t seed) {
  wire::Policy policy = wire::demo_policy();
  policy.name = "watched";
  policy.first_jobs = 2;
  policy.standard = {2, 1, 2, 4};
  policy.reveal_window_ms = seed % 3 == 0 ? 0 : 1'500;
  policy.draw_deadline_ms = 4'000;
  policy.job_deadline_max_ms = 20'000;
  policy.uptime_window_seconds = 5;
  return policy;
}

Bytes leaf_by(const SigningKey& key, const wire::Statement& statement, UnixMillis time) {
  const std::string payload = wire::statement_text(statement);
  return wire::encode_leaf({.kind = wire::LeafKind::statement,
                            .time = time,
                            .signer = key.public_key(),
                            .pae_digest = wire::statement_digest(payload),
                            .signature = key.sign(wire::pae(wire::kPayloadType, as_bytes(payload))),
                            .payload = payload});
}

HonestLog::HonestLog(std::uint64_t seed)
    : scene(watched_policy(seed)),
      worker(seeded("worker")),
      random(seed),
      plans_(verifier::monitor::plans_from({})) {
  uptime_window_ =
      static_cast<std::uint64_t>(scene.now.ms / 1000) / scene.policy.uptime_window_seconds;
  scene.sign_snapshots();
  enable_worker();
}

void HonestLog::close_period() {
  ASSAY_CHECK(scene.ledger.append({}, scene.now).ok(), "a snapshot was refused");
  copy_leaves();
}

void HonestLog::copy_leaves() {
  const auto txn = scene.store->read();
  const std::uint64_t size = reputation::View(*txn.value()).head().value().size;
  const reputation::LogView view(*txn.value(), size);
  while (log.leaves.size() < size) {
    log.leaves.push_back(view.leaf_bytes(log.leaves.size()).value());
  }
}

void HonestLog::say(const SigningKey& key, const wire::Statement& statement) {
  scene.log(key, statement);
  copy_leaves();
}

verifier::Scope HonestLog::scope(std::uint64_t attestation) {
  const auto txn = scene.store->read();
  const reputation::View view(*txn.value());
  return plans_
      .scope_of(view, *view.attestation(attestation).value(), scene.policy, log.leaves.size())
      .value();
}

const SigningKey& HonestLog::provider_of(std::uint64_t attestation) {
  const PublicKey key = scene.attestation_row(attestation).provider;
  for (const SigningKey* each : {&scene.alice, &scene.bob}) {
    if (each->public_key() == key) return *each;
  }
  const auto cheat = cheats_.find(key);
  return cheat != cheats_.end() ? cheat->second : silents_.at(key);
}

const SigningKey& HonestLog::add_silent() {
  SigningKey key = SigningKey::generate(random);
  const PublicKey name = key.public_key();
  say(key, wire::registration_statement(scene.registration(key)));
  return silents_.emplace(name, std::move(key)).first->second;
}

const SigningKey& HonestLog::add_cheat() {
  SigningKey key = SigningKey::generate(random);
  const PublicKey name = key.public_key();
  say(key, wire::registration_statement(scene.registration(key)));
  return cheats_.emplace(name, std::move(key)).first->second;
}

// Somebody new, who will not do well.
void HonestLog::try_stranger() {
  switch (random.below(4)) {
    case 0: attest(add_silent()); break;
    case 1: attest(add_cheat()); break;
    case 2: dispute(add_cheat(), true); break;
    default: dispute(add_silent(), true, 2 * random.below(3)); break;
  }
}

Digest HonestLog::accepted_order(const SigningKey& provider, wire::WorkloadSpec& spec) {
  wire::Order order = scene.order();
  order.spec.parameters = small_gemm();
  spec = order.spec;
  const Result<reputation::Appended> ordered =
      scene.say(scene.renter, wire::order_statement(order));
  ASSAY_CHECK(ordered.ok(), "an order was refused");
  const Digest job = ordered.value().statement;
  scene.log(provider, wire::acceptance_statement(scene.acceptance(job)));
  if (chance(30)) {
    scene.log(scene.renter, wire::reveal_statement({.job = job, .secret = scene_secret()}));
  }
  pass(static_cast<std::int64_t>(random.below(200)));
  return job;
}

std::uint64_t HonestLog::attest(const SigningKey& provider) {
  wire::WorkloadSpec spec;
  const Digest job = accepted_order(provider, spec);
  const std::uint64_t at =
      scene.log(provider, wire::attestation_statement(scene.attestation(job, provider)));
  copy_leaves();
  return at;
}

// Over all leaves that are older than the newest by the reveal window.
std::optional<wire::Draw> HonestLog::next_draw() {
  const reputation::Head head = scene.head();
  const auto txn = scene.store->read();
  const reputation::View view(*txn.value());
  std::uint64_t to = head.size;
  while (to > head.drawn_to && head.last_time - view.log(head.size).leaf(to - 1).value().time <
                                   scene.policy.reveal_window_ms) {
    --to;
  }
  bool waits = false;
  (void)view.each_attestation(head.drawn_to, [&](std::uint64_t index, const auto&) {
    waits = index < to;
    return false;
  });
  (void)view.each_appeal(head.drawn_to, [&](std::uint64_t index, std::uint64_t) {
    waits = waits || index < to;
    return false;
  });
  (void)view.each_reaudit(head.drawn_to, [&](std::uint64_t cause, std::uint64_t, const auto&) {
    waits = waits || cause < to;
    return false;
  });
  if (!waits) return std::nullopt;
  wire::Draw draw;
  draw.k = head.draws;
  draw.from = head.drawn_to;
  draw.to = to;
  draw.size = head.size;
  draw.root = head.root;
  draw.proof = vrf_prove(scene.vrf, wire::draw_alpha(kSceneOrigin, draw).view()).proof;
  return draw;
}

bool HonestLog::draw() {
  const std::optional<wire::Draw> draw = next_draw();
  if (!draw) return false;
  say(scene.verifier, wire::draw_statement(*draw));
  const std::uint64_t index = log.leaves.size() - 1;
  const auto txn = scene.store->read();
  (void)reputation::View(*txn.value()).each_attestation(0, [&](std::uint64_t at, const auto& row) {
    if (row.audit == AuditStatus::due && row.draw_index == index) due.push_back(at);
    return true;
  });
  return true;
}

wire::Spotcheck HonestLog::spotcheck(std::uint64_t attestation) {
  wire::Spotcheck it = scene.spotcheck(attestation);
  const verifier::Scope drawn = scope(attestation);
  it.positions = drawn.positions;
  it.rows = drawn.rows;
  it.pairs = wire::digest_of_pairs(drawn.pairs);
  return it;
}

wire::Verdict HonestLog::verdict(std::uint64_t attestation, Outcome outcome) {
  wire::Verdict it = scene.verdict(attestation, outcome);
  const verifier::Scope drawn = scope(attestation);
  it.positions = drawn.positions;
  it.rows = drawn.rows;
  it.pairs = wire::digest_of_pairs(drawn.pairs);
  it.position_outcomes.assign(it.positions.size(), outcome);
  it.row_outcomes.assign(it.rows.size(), outcome);
  it.pair_outcomes.assign(it.pairs.count, outcome);
  if (worker_enabled && outcome != Outcome::unavailable && attestation % 2 == 0) {
    it.workers = {{worker.public_key(), "cpu/scalar", "", {}}};
  }
  return it;
}

void HonestLog::open(std::uint64_t attestation) {
  say(provider_of(attestation), wire::spotcheck_statement(spotcheck(attestation)));
  std::erase(due, attestation);
  opened.push_back(attestation);
}

void HonestLog::judge(std::uint64_t attestation, Outcome outcome) {
  const wire::Verdict said = verdict(attestation, outcome);
  scene.log(scene.verifier, wire::verdict_statement(said));
  std::erase(opened, attestation);
  if (outcome == Outcome::inconclusive) {
    due.push_back(attestation);
  } else if (said.reason == wire::Reason::first) {
    scene.log(scene.verifier, wire::summary_statement(scene.summary(said)));
  } else {
    take_up({attestation});  // its first audit may be due again
  }
  if (outcome == Outcome::mismatch && scene.attestation_row(attestation).slash_index == 0) {
    slashed.push_back(
        {attestation, scene.log(scene.verifier, wire::slash_statement(scene.slash(
                                                    attestation, wire::Fault::wrong_result)))});
  }
  copy_leaves();
}

void HonestLog::do_what_is_due() {
  (void)draw();
  go_on_with_disputes();
  go_on_with_appeals();
  const std::vector<std::uint64_t> asked = due;
  for (const std::uint64_t attestation : asked) {
    const reputation::AttestationState row = scene.attestation_row(attestation);
    const UnixMillis drawn = wire::parse_leaf(log.leaves[row.draw_index]).value().time;
    const bool silent = silents_.contains(row.provider);
    // Three askings of a policy of seconds, and what it takes to have them proven delivered.
    if (silent && scene.now - drawn > 13'000) {
      withhold(attestation);
    } else if (!silent && chance(50)) {
      open(attestation);
    }
  }
  const std::vector<std::uint64_t> answered = opened;
  for (const std::uint64_t attestation : answered) {
    if (!chance(60)) continue;
    const bool cheated = cheats_.contains(scene.attestation_row(attestation).provider) &&
                         !acquitted_.contains(attestation);
    judge(attestation, chance(5) ? Outcome::inconclusive
                       : cheated ? Outcome::mismatch
                                 : Outcome::match);
  }
}

void HonestLog::step() {
  const std::uint64_t size = log.leaves.size();
  while (log.leaves.size() == size) {
    pass(100 + static_cast<std::int64_t>(random.below(900)));
    do_what_is_due();
    const std::uint64_t window =
        static_cast<std::uint64_t>(scene.now.ms / 1000) / scene.policy.uptime_window_seconds;
    if (window > uptime_window_) {
      uptime_window_ = window;
      wire::Uptime uptime = scene.uptime();
      // Bob misses a probe now and then, and not so often that he would be jailed for it.
      const std::uint32_t answered = window % 8 == 0 ? 1 : 2;
      uptime.rows = {{scene.alice.public_key(), 2, 2}, {scene.bob.public_key(), answered, 2}};
      std::ranges::sort(uptime.rows, {}, &wire::UptimeRow::provider);
      say(scene.verifier, wire::uptime_statement(uptime));
    }
    if (chance(25)) attest(chance(50) ? scene.alice : scene.bob);
    if (chance(5)) {
      wire::Order order = scene.order();
      order.spec.parameters = small_gemm();
      const auto ordered = scene.say(scene.renter, wire::order_statement(order));
      say(scene.renter, wire::cancel_statement({ordered.value().statement}));
    }
    if (chance(3)) try_stranger();
    if (chance(6)) try_audits_again();
    if (chance(3)) {
      // Of somebody honest: the challenger loses, by what it says or by saying nothing.
      dispute(chance(50) ? scene.alice : scene.bob, false,
              chance(50) ? 99 : 1 + 2 * random.below(3));
    }
    if (!withheld_.empty() && chance(10)) deliver_late();
  }
}

}  // namespace assay::test
