// What it takes to fold every score again: of ten million events, and of the leaves that say them.
#include <chrono>

#include "core/wire/attestation.h"
#include "core/wire/events.h"
#include "reputation/ledger/apply.h"
#include "reputation/ledger/memory_store.h"
#include "reputation/ledger/replay.h"
#include "reputation/ledger/tables.h"
#include "tests/bench/bench.h"

namespace assay::bench {
namespace {

using reputation::EventKind;
using reputation::EventState;
using reputation::View;

constexpr std::uint64_t kEvents = 10'000'000;
constexpr double kFoldSeconds = 120;  // the promise, of so many events on one core
constexpr std::uint64_t kProviders = 2'000;
constexpr std::size_t kEventsAtOnce = 20'000;
constexpr UnixMillis kBegin{1'780'000'000'000};

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  }

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

SigningKey key_of(const std::string& who) {
  return SigningKey::from_seed(sha256(as_bytes("bench fold " + who)).view()).value();
}

// A log in memory and its verifier, by the usual policy.
struct FoldWorld {
  FoldWorld() { log(verifier, wire::policy_change_statement({wire::policy_text(policy), 0})); }

  Result<reputation::Appended> say(const SigningKey& key, const wire::Statement& statement) {
    const auto envelope = wire::parse_envelope(wire::seal(key, wire::statement_text(statement)));
    if (!envelope.ok()) return envelope.error();
    auto opened = wire::open_envelope(envelope.value(), key.public_key());
    if (!opened.ok()) return opened.error();
    const reputation::Submission one{statement.kind, std::move(opened).value()};
    const auto answers = ledger.append({&one, 1}, now);
    if (!answers.ok()) return answers.error();
    return answers.value().front();
  }
  reputation::Appended log(const SigningKey& key, const wire::Statement& statement) {
    const auto said = say(key, statement);
    ASSAY_CHECK(said.ok(), said.ok() ? "" : said.error().what);
    return said.value();
  }

  const wire::Policy policy;
  SigningKey verifier = key_of("verifier"), vrf = key_of("vrf"), renter = key_of("renter");
  std::unique_ptr<reputation::Store> store =
      reputation::make_memory_store(reputation::tables::names());
  reputation::Ledger ledger{*store,
                            {"bench.example/fold", verifier.public_key(), vrf.public_key()}};
  UnixMillis now = kBegin;
};

void register_provider(FoldWorld& world, const SigningKey& key) {
  wire::Registration it;
  it.provider = key.public_key();
  it.name = "p";
  it.device_class = "cpu";
  world.log(key, wire::registration_statement(it));
}

// So many events of the two classes of so many providers, an hour apart in groups, counted as the
// rules count them: the rows are kept up at every event. Now and then a failure.
Status count_events(const Options& options, FoldWorld& world, std::uint64_t events,
                    std::uint64_t providers) {
  std::vector<Digest> ids;
  for (std::uint64_t i = 0; i < providers; ++i) {
    const SigningKey key = key_of("provider " + std::to_string(i));
    register_provider(world, key);
    ids.push_back(reputation::provider_id(key.public_key()));
  }
  SeededRandom random(options.seed);
  for (std::uint64_t done = 0; done < events;) {
    auto begun = world.store->write();
    if (!begun.ok()) return begun.error();
    reputation::WriteTxn& txn = *begun.value();
    for (std::size_t i = 0; i < kEventsAtOnce && done < events; ++i, ++done) {
      const UnixMillis time =
          kBegin + static_cast<std::int64_t>(done / (providers * 4)) * 3'600'000;
      const Digest& id = ids[done % providers];
      const std::uint64_t dice = random.below(10'000);
      const EventState event = dice == 0   ? EventState{EventKind::proven, 0, 1'000'000}
                               : dice < 50 ? EventState{EventKind::soft, 0, 0}
                                           : EventState{EventKind::pass, 16, 0};
      Status counted;
      if (event.kind == EventKind::proven) {
        counted = reputation::count_fault(txn, id, event, 1 + done, time, world.policy);
      } else {
        const std::string name = done / providers % 2 == 0 ? "cpu/gemm@1" : "cpu/render@1";
        auto row = View(txn).class_of(id, name);
        if (!row.ok()) return row.error();
        reputation::ClassState state = row.value().value_or(reputation::ClassState{});
        state.name = name;
        counted = reputation::count_event(txn, id, state, event, 1 + done, time, world.policy);
      }
      if (!counted.ok()) return counted;
    }
    if (Status committed = txn.commit(); !committed.ok()) return committed;
    if (options.say && done % 1'000'000 == 0) {
      options.say("fold: " + std::to_string(done) + " events counted");
    }
  }
  return {};
}

Result<Row> events_again(const Options& options) {
  const std::uint64_t events = options.quick ? 20'000 : kEvents;
  Row row{.bench = "fold",
          .name = std::to_string(events) + " events folded again",
          .peer = "promised",
          .unit = "ms"};
  FoldWorld world;
  const Stopwatch counting;
  const Status counted = count_events(options, world, events, options.quick ? 50 : kProviders);
  if (!counted.ok()) return counted.error();
  const double kept_up = counting.seconds();
  const auto txn = world.store->read();
  if (!txn.ok()) return txn.error();
  const Stopwatch folding;
  const Result<std::uint64_t> folded = reputation::check_scores(*txn.value());
  const double seconds = folding.seconds();
  row.correct = folded.ok() && folded.value() == events;
  if (!row.correct) {
    row.note = folded.ok() ? "not all events are there" : folded.error().what;
    return row;
  }
  row.ours = seconds * 1e3;
  row.theirs = kFoldSeconds * 1e3 * static_cast<double>(events) / static_cast<double>(kEvents);
  char text[160];
  std::snprintf(text, sizeof text,
                "all classes of all providers from their events alone, on one core; keeping them "
                "up event by event took %.1f s",
                kept_up);
  row.note = text;
  return row;
}

// Jobs of one provider each from order to verdict, four leaves a job and a draw for all.
void jobs(FoldWorld& world, const SigningKey& provider, std::uint64_t count, std::uint64_t& nonce) {
  std::vector<std::uint64_t> attestations;
  const Digest id = reputation::provider_id(provider.public_key());
  for (std::uint64_t i = 0; i < count; ++i) {
    wire::Order order;
    order.spec.workload = "gemm";
    order.spec.parameters = wire::Json::object();
    order.spec.nonce = sha256(as_bytes("nonce " + std::to_string(nonce++)));
    order.device_class = "cpu";
    order.price_micros = world.policy.reference_value_micros;
    order.deadline_ms = 10'000;
    order.renter = world.renter.public_key();
    const Digest job = world.log(world.renter, wire::order_statement(order)).statement;
    world.log(provider, wire::acceptance_statement(
                            {.job = job, .devices = {}, .expected_end = world.now + 1'000}));
    const auto txn = world.store->read();
    const reputation::ProviderState row = *View(*txn.value()).provider(id).value();
    wire::Attestation it;
    it.job = job;
    it.steps = 8;
    it.seq = row.next_seq;
    it.prev = row.prev;
    it.started = it.finished = world.now;
    it.backend = "cpu/scalar";
    attestations.push_back(world.log(provider, wire::attestation_statement(it)).index);
    world.now = world.now + 60'000;
  }
  const reputation::Head head = View(*world.store->read().value()).head().value();
  wire::Draw draw;
  draw.k = head.draws;
  draw.from = head.drawn_to;
  draw.to = draw.size = head.size;
  draw.root = head.root;
  draw.proof =
      vrf_prove(world.vrf, wire::draw_alpha(world.ledger.roles().origin, draw).view()).proof;
  world.log(world.verifier, wire::draw_statement(draw));
  for (const std::uint64_t index : attestations) {
    const auto txn = world.store->read();
    const reputation::AttestationState row = *View(*txn.value()).attestation(index).value();
    if (row.audit != reputation::AuditStatus::due) continue;
    wire::Verdict it;
    it.draw = row.draw;
    it.attestation_index = index;
    it.attestation = row.statement;
    it.job = row.job;
    it.provider = row.provider;
    it.p_ppm = row.p_ppm;
    it.positions = {1};
    it.position_outcomes = {wire::Outcome::match};
    it.outcome = wire::Outcome::match;
    it.device = "cpu/scalar";
    world.log(world.verifier, wire::verdict_statement(it));
  }
}

Result<Row> leaves_again(const Options& options) {
  FoldWorld world;
  const std::uint64_t providers = options.quick ? 4 : 200;
  std::uint64_t nonce = 0;
  for (std::uint64_t i = 0; i < providers; ++i) {
    const SigningKey key = key_of("worker " + std::to_string(i));
    register_provider(world, key);
    jobs(world, key, 20, nonce);
  }
  const auto txn = world.store->read();
  if (!txn.ok()) return txn.error();
  const reputation::Head head = View(*txn.value()).head().value();
  Row row{.bench = "fold",
          .name = std::to_string(head.size) + " leaves by the rules",
          .peer = "with their signatures",
          .unit = "entries/s"};
  std::vector<reputation::LoggedLeaf> leaves;
  for (std::uint64_t i = 0; i < head.size; ++i) {
    auto leaf = View(*txn.value()).log(head.size).leaf(i);
    if (!leaf.ok()) return leaf.error();
    auto logged = reputation::logged_leaf(std::move(leaf).value());
    if (!logged.ok()) return logged.error();
    leaves.push_back(std::move(logged).value());
  }
  const auto into = reputation::make_memory_store(reputation::tables::names());
  const Stopwatch alone;
  const auto done = reputation::replay(*into, world.ledger.roles(), leaves);
  const double seconds = alone.seconds();
  if (!done.ok()) return done.error();
  const auto with = reputation::make_memory_store(reputation::tables::names());
  const Stopwatch checked;
  const Status refolded = reputation::refold(*txn.value(), world.ledger.roles(), *with);
  const double seconds_checked = checked.seconds();
  if (!refolded.ok()) return refolded.error();
  const Status same = reputation::compare_tables(*into->read().value(), *with->read().value(),
                                                 reputation::tables::kAll);
  row.correct = !done.value().refused && done.value().leaves == head.size && same.ok();
  if (!row.correct) {
    row.note = done.value().refused ? done.value().refused->what : "another state";
    return row;
  }
  row.ours = static_cast<double>(head.size) / seconds;
  row.theirs = static_cast<double>(head.size) / seconds_checked;
  char text[120];
  std::snprintf(text, sizeof text, "on one core; 10 million in %.0f s, with signatures in %.0f s",
                1e7 / *row.ours, 1e7 / *row.theirs);
  row.note = text;
  return row;
}

}  // namespace

Result<Rows> fold(const Options& options) {
  Rows rows;
  for (const auto measure : {events_again, leaves_again}) {
    Result<Row> row = measure(options);
    if (!row.ok()) return row.error();
    rows.push_back(std::move(row).value());
  }
  return rows;
}

}  // namespace assay::bench
