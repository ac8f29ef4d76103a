// How fast the service takes statements in, how soon each is proven under its witnesses, what a
// log of millions of entries costs to prove from and to start on, and what a monitor's pass takes.
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <filesystem>
#include <thread>

#include "core/base/random.h"
#include "core/wire/tlog_proof.h"
#include "tests/bench/folder.h"
#include "tests/bench/ledger_log.h"
#include "tests/bench/ledger_world.h"
#include "tests/bench/load.h"
#include "verifier/monitor/monitor.h"

namespace assay::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned kClients = 64;
// As many as the writer takes into one batch: a commit's syncs are shared by all that wait.
constexpr unsigned kIntakeClients = 256;
constexpr std::size_t kEntriesAtOnce = 20'000;
constexpr double kEntriesPerCoreSecond = 4000;  // the promises
constexpr double kProofMillis = 250;
constexpr unsigned kOrdersPerSecond = 1000;

double seconds_since(Clock::time_point began) {
  return std::chrono::duration<double>(Clock::now() - began).count();
}

double process_seconds() {
  rusage used{};
  ASSAY_CHECK(getrusage(RUSAGE_SELF, &used) == 0, "no times of this process");
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

struct Spent {
  double wall = 0;
  double processor = 0;
  std::uint64_t entries = 0;
  std::optional<Error> failure;
};

// All clients send what is next, each waiting for its answer.
void send_all(verifier::Service& service, const std::vector<std::string>& entries, Spent& spent) {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  const double processor = process_seconds();
  const Clock::time_point began = Clock::now();
  on_clients(kIntakeClients, [&](unsigned) {
    for (std::size_t i = next++; i < entries.size() && !failed; i = next++) {
      const auto accepted = service.submit(wire::Kind::registration, entries[i]);
      if (accepted.ok() && !accepted.value().already_known) continue;
      const std::scoped_lock lock(mutex);
      failed = true;
      spent.failure =
          accepted.ok() ? fail(Code::internal, "an entry was there already") : accepted.error();
    }
  });
  spent.wall += seconds_since(began);
  spent.processor += process_seconds() - processor;
  spent.entries += entries.size();
}

Result<Row> intake(const Options& options, LedgerWorld& world, std::uint64_t& number) {
  Row row{.bench = "ledger",
          .name = "intake of 1 KiB entries, durable, 256 clients",
          .peer = "promised",
          .unit = "entries/s"};
  const double wanted = options.quick ? 0.3 : static_cast<double>(options.seconds);
  const std::size_t at_once = options.quick ? 500 : kEntriesAtOnce;
  const std::uint64_t before = world.service().context().writer.checkpoint().size;
  // Newcomers first, whose keys take longer to check.
  Spent newcomers;
  send_all(world.service(), signed_entries(number, kLedgerSigners), newcomers);
  number += kLedgerSigners;
  if (newcomers.failure) return newcomers.failure->in(row.name);
  Spent spent;
  while (spent.wall < wanted) {
    options.say("ledger: intake, " + std::to_string(spent.entries) + " entries");
    const std::vector<std::string> entries = signed_entries(number, at_once);
    number += entries.size();
    send_all(world.service(), entries, spent);
    if (spent.failure) return spent.failure->in(row.name);
  }
  const std::uint64_t after = world.service().context().writer.checkpoint().size;
  row.correct = after >= before + newcomers.entries + spent.entries;
  if (!row.correct) {
    row.note = "the log has fewer leaves than were acknowledged";
    return row;
  }
  row.ours = static_cast<double>(spent.entries) / spent.processor;
  row.theirs = kEntriesPerCoreSecond;
  char text[160];
  std::snprintf(text, sizeof text,
                "a second of processor time; %llu entries in %.1f s: %.0f/s, %.2f cores busy",
                static_cast<unsigned long long>(spent.entries), spent.wall,
                static_cast<double>(spent.entries) / spent.wall, spent.processor / spent.wall);
  row.note = text;
  return row;
}

// Entries on their way: acknowledged, not yet seen under a published checkpoint.
struct Underway {
  std::mutex mutex;
  std::deque<std::pair<std::uint64_t, Clock::time_point>> entries;  // leaf, when it was due
  std::atomic<bool> sending{true};
  std::optional<Error> failure;  // under the mutex
};

void send_all_at_rate(verifier::Service& service, const std::vector<std::string>& entries,
                      Underway& underway) {
  const Status sent = send_at_rate(service, entries, kOrdersPerSecond, kClients,
                                   [&](std::uint64_t index, Clock::time_point due) {
                                     const std::scoped_lock lock(underway.mutex);
                                     underway.entries.emplace_back(index, due);
                                   });
  const std::scoped_lock lock(underway.mutex);
  if (!sent.ok()) underway.failure = sent.error();
  underway.sending = false;
}

// The proof of one entry under a published note, checked as a reader would.
Status prove(LedgerWorld& world, const std::string& note, const wire::Checkpoint& head,
             std::uint64_t index) {
  const auto txn = world.store().read();
  if (!txn.ok()) return txn.error();
  const reputation::LogView log(*txn.value(), head.size);
  const auto leaf = log.leaf_bytes(index);
  if (!leaf.ok()) return leaf.error();
  const auto path = inclusion_path(index, head.size, log.subtrees());
  if (!path.ok()) return path.error();
  const auto proof =
      wire::parse_tlog_proof(wire::tlog_proof_text({leaf.value(), index, path.value(), note}));
  if (!proof.ok()) return proof.error();
  return verify_inclusion(leaf_hash(*proof.value().extra), proof.value().index, head.size,
                          proof.value().path, head.root);
}

// Until nothing is sent or under way any more: how long each entry took, in milliseconds.
Result<std::vector<double>> watch_proofs(LedgerWorld& world, Underway& underway) {
  std::vector<double> millis;
  std::string last;
  while (true) {
    const bool over = !underway.sending;
    const auto note = world.service().checkpoint();
    if (!note.ok()) return note.error();
    if (note.value() != last) {
      last = note.value();
      const auto head = wire::check_checkpoint(world.trust(), last);
      if (!head.ok()) return head.error();
      std::vector<std::pair<std::uint64_t, Clock::time_point>> covered;
      {
        const std::scoped_lock lock(underway.mutex);
        const auto middle = std::partition(
            underway.entries.begin(), underway.entries.end(),
            [&](const auto& entry) { return entry.first >= head.value().checkpoint.size; });
        covered.assign(middle, underway.entries.end());
        underway.entries.erase(middle, underway.entries.end());
      }
      for (const auto& [index, due] : covered) {
        if (Status proven = prove(world, last, head.value().checkpoint, index); !proven.ok()) {
          return proven.error();
        }
        millis.push_back(seconds_since(due) * 1e3);
      }
    }
    const std::scoped_lock lock(underway.mutex);
    if (underway.failure) return *underway.failure;
    if (over && underway.entries.empty()) return millis;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

Result<Row> witnessed(const Options& options, LedgerWorld& world, std::uint64_t& number) {
  Row row{.bench = "ledger",
          .name = "a proof under 2 of 3 witnesses at 1,000/s, p99",
          .peer = "promised",
          .unit = "ms"};
  const std::size_t count =
      options.quick ? 200 : kOrdersPerSecond * static_cast<std::size_t>(options.seconds) / 4;
  options.say("ledger: " + std::to_string(count) + " entries at " +
              std::to_string(kOrdersPerSecond) + "/s under witnesses");
  const std::vector<std::string> entries = signed_entries(number, count);
  number += count;
  Underway underway;
  std::thread sender([&] { send_all_at_rate(world.service(), entries, underway); });
  Result<std::vector<double>> watched = watch_proofs(world, underway);
  sender.join();
  if (!watched.ok()) return watched.error().in(row.name);
  std::vector<double>& millis = watched.value();
  std::sort(millis.begin(), millis.end());
  row.correct = millis.size() == count;
  if (!row.correct) {
    row.note = "entries were acknowledged, but never proven";
    return row;
  }
  row.ours = millis[millis.size() * 99 / 100];
  row.theirs = kProofMillis;
  char text[120];
  std::snprintf(text, sizeof text,
                "from when an entry was due to its proof, checked: median %.1f ms, longest %.1f ms",
                millis[millis.size() / 2], millis.back());
  row.note = text;
  return row;
}

// A monitor that starts from nothing, against the signatures of its leaves alone.
Result<Row> monitored(const Options& options, LedgerWorld& world, const std::string& folder) {
  Row row{.bench = "ledger",
          .name = "a monitor's first pass",
          .peer = "the signatures alone",
          .unit = "entries/s"};
  options.say("ledger: a monitor's first pass");
  auto state = verifier::monitor::open_state(folder + "/monitor");
  if (!state.ok()) return state.error();
  verifier::Service& service = world.service();
  auto monitor = verifier::monitor::Monitor::open(
      {*state.value(), [&service] { return service.checkpoint(); },
       [&service](const wire::TilePath& path) { return service.tile(wire::tile_path_text(path)); },
       system_clock(), verifier::monitor::plans_from({})},
      world.trust(), {});
  if (!monitor.ok()) return monitor.error().in(row.name);
  const Clock::time_point began = Clock::now();
  const auto look = monitor.value()->look();
  const double seconds = seconds_since(began);
  if (!look.ok()) return look.error().in(row.name);
  const std::uint64_t size = look.value().update.size;
  row.correct = look.value().exit_code == 0 && size == look.value().update.head.checkpoint.size;
  if (!row.correct) {
    row.note =
        look.value().fresh.empty() ? "it did not reach the head" : look.value().fresh.front().text;
    return row;
  }
  const auto alone = signatures_alone(world.store(), options.quick ? 500 : 40'000);
  if (!alone.ok()) return alone.error().in(row.name);
  row.ours = static_cast<double>(size) / seconds;
  row.theirs = alone.value();
  char text[120];
  std::snprintf(text, sizeof text,
                "on all cores; %llu entries in %.1f s, so 10 million in %.0f minutes",
                static_cast<unsigned long long>(size), seconds, 1e7 / *row.ours / 60);
  row.note = text;
  return row;
}

}  // namespace

Result<Rows> ledger(const Options& options) {
  Result<Folder> folder = Folder::make(options.folder);
  if (!folder.ok()) return folder.error();
  const std::string& path = folder.value().path();
  Rows rows;
  {
    Result<std::unique_ptr<LedgerWorld>> made = LedgerWorld::make(path);
    if (!made.ok()) return made.error();
    LedgerWorld& world = *made.value();
    std::uint64_t number = 0;
    for (Result<Row>& row :
         std::array{intake(options, world, number), witnessed(options, world, number),
                    monitored(options, world, path)}) {
      if (!row.ok()) return row.error();
      rows.push_back(std::move(row).value());
    }
  }
  Result<Rows> large = large_log(options, path + "/large");
  if (!large.ok()) return large.error();
  rows.insert(rows.end(), large.value().begin(), large.value().end());
  return rows;
}

}  // namespace assay::bench
