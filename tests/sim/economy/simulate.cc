#include "tests/sim/economy/simulate.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "core/base/check.h"
#include "reputation/ledger/lmdb_store.h"
#include "reputation/ledger/memory_store.h"
#include "tests/sim/economy/economy.h"
#include "tests/sim/economy/ledger_parts.h"
#include "tests/sim/economy/twin_book.h"

namespace assay::sim {
namespace {

constexpr unsigned kMarketKeys = 125;
constexpr unsigned kHonestMin = 12;
constexpr std::uint64_t kManyMarkets = 8;    // from here on each cheat lives in every second one
constexpr std::uint64_t kFirstDay = 20'600;  // since 1970: May 2026

bool is_honest(const Kind& kind) {
  return kind.name.starts_with("honest");
}

bool is_wanted(const Options& options, const Kind& kind) {
  return is_honest(kind) || options.only.empty() ||
         std::ranges::find(options.only, kind.name) != options.only.end();
}

std::uint64_t seed_of(std::uint64_t seed, std::uint64_t market) {
  Bytes text = to_bytes(as_bytes("assay/sim/v1\n"));
  put_u64_be(text, seed);
  put_u64_be(text, market);
  return Reader(sha256(text).view()).u64_be();
}

std::unique_ptr<reputation::Store> store_for(const Options& options, std::uint64_t number) {
  const std::vector<std::string> names = reputation::tables::names();
  if (options.store.empty()) return reputation::make_memory_store(names);
  reputation::LmdbOptions lmdb;
  lmdb.folder = options.store + "/market-" + std::to_string(number);
  lmdb.tables = names;
  return must(reputation::open_lmdb_store(lmdb));
}

MarketResult run_market(const Options& options, std::uint64_t number, std::uint64_t markets) {
  Setup setup;
  setup.keys = population(options, number, markets);
  setup.days = options.days;
  setup.seed = seed_of(options.seed, number);
  setup.auditor.confirms = options.rules.confirms;
  std::int32_t first = 0;
  for (std::size_t kind = 0; kind < setup.keys.size(); ++kind) {
    if (setup.keys[kind] > 0) first = std::min(first, joins_on(kinds()[kind].group));
  }
  const UnixMillis start{(static_cast<std::int64_t>(kFirstDay) + first) * kDayMs};
  if (options.keeping == Keeping::fast) {
    FastBook book(options.rules, start, setup.seed);
    Economy economy(setup, options.rules, book, &book, start);
    economy.run();
    return economy.result();
  }
  if (options.keeping == Keeping::ledger) {
    LedgerBook book(options.rules, start, options.sign, store_for(options, number));
    Economy economy(setup, options.rules, book, nullptr, start);
    economy.run();
    MarketResult result = economy.result();
    result.totals.leaves = book.leaves();
    return result;
  }
  TwinBook book(options.rules, start, setup.seed, options.sign, store_for(options, number));
  Economy economy(setup, options.rules, book, nullptr, start);
  economy.run();
  book.compare();
  MarketResult result = economy.result();
  result.totals.leaves = book.ledger().leaves();
  result.totals.compared = book.compared();
  return result;
}

}  // namespace

std::uint64_t markets_for(const Options& options) {
  return std::max(1U, (options.providers + kMarketKeys / 2) / kMarketKeys);
}

std::vector<unsigned> population(const Options& options, std::uint64_t number,
                                 std::uint64_t markets) {
  std::vector<unsigned> keys(kinds().size());
  std::array<bool, kGroups> needed{true, false, false};
  unsigned sum = 0;
  const auto add_kind = [&](std::size_t kind) {
    keys[kind] = kinds()[kind].keys;
    needed[static_cast<std::size_t>(kinds()[kind].group)] = true;
    sum += keys[kind];
  };
  for (std::size_t kind = kGroups; kind < kinds().size(); ++kind) {
    const bool here = markets < kManyMarkets || (kind + number) % 2 == 0;
    if (here && is_wanted(options, kinds()[kind])) add_kind(kind);
  }
  for (std::size_t group = 1; group < kGroups; ++group) {
    if (needed[group]) add_kind(group);
  }
  const std::uint64_t share =
      options.providers / markets + (number < options.providers % markets ? 1 : 0);
  keys[0] = std::max(kHonestMin, static_cast<unsigned>(share) -
                                     std::min<unsigned>(static_cast<unsigned>(share), sum));
  return keys;
}

Result<Simulation> simulate(const Options& options) {
  for (const std::string& name : options.only) {
    if (kind_number(name) == kinds().size()) {
      return fail(Code::usage, "no kind of provider is called '" + name + "'");
    }
  }
  const std::uint64_t markets = markets_for(options);
  std::vector<MarketResult> results(markets);
  std::atomic<std::uint64_t> next{0};
  std::atomic<std::uint64_t> done{0};
  std::mutex mutex;
  const auto work = [&] {
    for (std::uint64_t market = next++; market < markets; market = next++) {
      results[market] = run_market(options, market, markets);
      const std::scoped_lock lock(mutex);
      options.say("market " + std::to_string(++done) + " of " + std::to_string(markets));
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < options.threads && i < markets; ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();

  Simulation all;
  all.markets = markets;
  Sha256 hash;
  for (const MarketResult& result : results) {
    add(all.sum, result);
    hash.update(result.state.view());
  }
  all.state = hash.finish();
  return all;
}

}  // namespace assay::sim
