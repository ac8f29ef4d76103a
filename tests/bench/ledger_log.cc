#include "tests/bench/ledger_log.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "core/base/random.h"
#include "core/wire/tlog_proof.h"
#include "reputation/ledger/lmdb_store.h"
#include "reputation/ledger/tables.h"
#include "reputation/ledger/view.h"
#include "tests/bench/timing.h"
#include "verifier/service/writer.h"

namespace assay::bench {
namespace {

using reputation::Store;

constexpr const char* kOrigin = "bench.example/large";
constexpr std::size_t kLeafBytes = 200;
constexpr std::uint64_t kLeavesAtOnce = 8192;  // a transaction
constexpr double kProofMillis = 1;             // the promises
constexpr double kProofBytes = 2048;
constexpr double kStartMillis = 1000;

double seconds_since(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

// As `assay-verifier serve` opens its store.
reputation::LmdbOptions options_of(const std::string& folder) {
  return {.folder = folder, .tables = reputation::tables::names(), .check_in_background = true};
}

// Nobody reads these leaves: they only have to be there, and each another one.
Bytes leaf_number(std::uint64_t index) {
  Bytes out;
  put_u64_be(out, index);
  out.resize(kLeafBytes, 'x');
  return out;
}

Status fill(const Options& options, Store& store) {
  reputation::Head head;
  while (head.size < options.entries) {
    auto txn = store.write();
    if (!txn.ok()) return txn.error();
    reputation::LogAppender log(*txn.value());
    const std::uint64_t end = std::min(options.entries, head.size + kLeavesAtOnce);
    for (; head.size < end; ++head.size) {
      const Bytes leaf = leaf_number(head.size);
      if (Status put = log.append(head.size, leaf, leaf_hash(leaf)); !put.ok()) return put;
    }
    if (Status flushed = log.flush(); !flushed.ok()) return flushed;
    const Result<Digest> root =
        root_of(head.size, reputation::LogView(*txn.value(), head.size).subtrees());
    if (!root.ok()) return root.error();
    head.root = root.value();
    const Status put =
        txn.value()->put(reputation::tables::kHead, as_bytes("head"), reputation::encode(head));
    if (!put.ok()) return put;
    if (Status done = txn.value()->commit(); !done.ok()) return done;
    if (head.size % (kLeavesAtOnce * 64) == 0) {
      options.say("ledger: a log of " + std::to_string(head.size) + " leaves");
    }
  }
  return {};
}

// The proof of one leaf, as text.
Result<std::string> proof_of(const Store& store, const std::string& note, std::uint64_t size,
                             std::uint64_t index) {
  const auto txn = const_cast<Store&>(store).read();
  if (!txn.ok()) return txn.error();
  const reputation::LogView log(*txn.value(), size);
  Result<Bytes> leaf = log.leaf_bytes(index);
  if (!leaf.ok()) return leaf.error();
  Result<std::vector<Digest>> path = inclusion_path(index, size, log.subtrees());
  if (!path.ok()) return path.error();
  return wire::tlog_proof_text({std::move(leaf).value(), index, std::move(path).value(), note});
}

Rows rows_of(std::uint64_t entries) {
  const std::string log = ", log of " + std::to_string(entries) + " entries";
  return {{.bench = "ledger", .name = "inclusion proof" + log, .peer = "promised", .unit = "ms"},
          {.bench = "ledger",
           .name = "the proof's text without the leaf" + log,
           .peer = "promised",
           .unit = "bytes"},
          {.bench = "ledger", .name = "restart" + log, .peer = "promised", .unit = "ms"}};
}

Status measure_proofs(const Options& options, const Store& store, const wire::Checkpoint& head,
                      const std::string& note, Row& time, Row& bytes) {
  SeededRandom random(options.seed);
  std::size_t longest = 0;
  const unsigned count = options.quick ? 50 : 2000;
  const auto began = std::chrono::steady_clock::now();
  for (unsigned i = 0; i < count; ++i) {
    const auto text = proof_of(store, note, head.size, random.below(head.size));
    if (!text.ok()) return text.error();
    longest = std::max(longest, text.value().size());
  }
  const double seconds = seconds_since(began);
  for (unsigned i = 0; i < 50; ++i) {
    const std::uint64_t index = random.below(head.size);
    const auto text = proof_of(store, note, head.size, index);
    const auto proof = wire::parse_tlog_proof(text.value());
    const Status holds =
        verify_inclusion(leaf_hash(leaf_number(index)), index, head.size,
                         proof.ok() ? proof.value().path : std::vector<Digest>{}, head.root);
    if (!holds.ok()) return holds;
  }
  time.correct = bytes.correct = true;
  time.ours = seconds / count * 1e3;
  time.theirs = kProofMillis;
  bytes.ours = static_cast<double>(longest - (kLeafBytes + 2) / 3 * 4);
  bytes.theirs = kProofBytes;
  bytes.note = "with the log's signature alone; each witness adds about 130 bytes";
  return {};
}

}  // namespace

Result<Rows> large_log(const Options& options, const std::string& folder) {
  Rows rows = rows_of(options.entries);
  const SigningKey key = SigningKey::from_seed(sha256(as_bytes(kOrigin)).view()).value();
  const auto heads = verifier::make_memory_head_keeper();
  const reputation::Roles roles{kOrigin, key.public_key(), key.public_key()};
  {
    auto store = reputation::open_lmdb_store(options_of(folder));
    if (!store.ok()) return store.error();
    if (Status filled = fill(options, *store.value()); !filled.ok()) return filled.error();
    reputation::Ledger ledger(*store.value(), roles);
    verifier::Writer writer(ledger, key, *heads, system_clock(), false);
    if (Status started = writer.start(); !started.ok()) return started.error();
    options.say("ledger: proofs of " + std::to_string(options.entries) + " entries");
    if (Status measured = measure_proofs(options, *store.value(), writer.checkpoint(),
                                         writer.head().note, rows[0], rows[1]);
        !measured.ok()) {
      return measured.error();
    }
  }
  options.say("ledger: restart");
  const auto began = std::chrono::steady_clock::now();
  auto store = reputation::open_lmdb_store(options_of(folder));
  if (!store.ok()) return store.error();
  reputation::Ledger ledger(*store.value(), roles);
  verifier::Writer writer(ledger, key, *heads, system_clock(), false);
  rows[2].correct = writer.start().ok() && writer.checkpoint().size == options.entries;
  rows[2].ours = seconds_since(began) * 1e3;
  rows[2].theirs = kStartMillis;
  reputation::CheckedPages pages = store.value()->checked();
  while (pages.checked < pages.pages && store.value()->check().ok()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    pages = store.value()->checked();
  }
  rows[2].correct = rows[2].correct && store.value()->check().ok();
  char text[120];
  std::snprintf(text, sizeof text,
                "to the signed head; all %llu pages of records checked at %.0f ms",
                static_cast<unsigned long long>(pages.pages), seconds_since(began) * 1e3);
  rows[2].note = text;
  return rows;
}

Result<double> signatures_alone(Store& store, std::uint64_t count) {
  const auto txn = store.read();
  if (!txn.ok()) return txn.error();
  const auto head = reputation::View(*txn.value()).head();
  if (!head.ok()) return head.error();
  const reputation::LogView log(*txn.value(), head.value().size);
  std::vector<wire::LogLeaf> leaves;
  for (std::uint64_t i = 0; i < std::min(count, head.value().size); ++i) {
    Result<wire::LogLeaf> leaf = log.leaf(i);
    if (!leaf.ok()) return leaf.error();
    leaves.push_back(std::move(leaf).value());
  }
  std::atomic<std::size_t> next{0};
  std::atomic<bool> all{true};
  const auto began = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
    threads.emplace_back([&] {
      for (std::size_t at = next++; at < leaves.size(); at = next++) {
        if (!wire::verify_leaf(leaves[at]).ok()) all = false;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (!all) return fail(Code::signature, "a leaf of the log is not signed");
  return static_cast<double>(leaves.size()) / seconds_since(began);
}

}  // namespace assay::bench
