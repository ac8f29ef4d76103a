// Reads of a market of a hundred thousand providers, against a full scan and sort of its rows.
#include <algorithm>
#include <cstdio>
#include <map>

#include "core/wire/policy.h"
#include "reputation/ledger/memory_store.h"
#include "tests/bench/bench.h"
#include "tests/bench/market_samples.h"
#include "tests/bench/timing.h"
#include "verifier/service/market_match.h"
#include "verifier/service/market_search.h"

namespace assay::bench {
namespace {

using reputation::MatchAsk;
using verifier::Market;
namespace query = reputation::query;

constexpr double kPromisedMillis = 20;
constexpr std::uint32_t kPage = 50;
constexpr std::size_t kProviders = 100'000;
constexpr std::size_t kQuickProviders = 5'000;
constexpr std::size_t kChanged = 100;

struct Asked {
  const char* query;
  const char* sort;
};
constexpr Asked kSearches[] = {
    {"", "-score"},
    {"gpu_name=h200 score>0.8 tier>=medium", "price,-score"},
    {"region in [eu-west,eu-north] verified=true available=true price<=2.5", "-score,price"},
    {"workload=gemm@1 uptime>=0.95 audits>=50", "-tier,-score"},
    {"score<0.000001 newcomer=true", "-name"},
};
struct Wanted {
  const char* query;
  const char* workload;
  std::uint32_t count;
};
constexpr Wanted kMatches[] = {
    {"", "", 1},
    {"", "gemm@1", 8},
    {"gpu_name=h200 score>0.8", "", 3},
    {"region in [eu-west,us-east] uptime>=0.9 price<=3", "generate@1", 1},
};

// The market, and its listed rows as plain execution has them.
struct Plain {
  std::shared_ptr<const Market> market;
  std::vector<query::Row> rows;
  std::vector<std::uint32_t> places;  // of the rows, in the market
};

Plain plain_of(std::shared_ptr<const Market> market) {
  Plain out;
  for (std::uint32_t place = 0; place < market->table().size(); ++place) {
    query::Row row = market->table().row(place);
    if (!std::get<bool>(row[verifier::kListed])) continue;
    out.rows.push_back(std::move(row));
    out.places.push_back(place);
  }
  out.market = std::move(market);
  return out;
}

// What answers to reads are made from: of all of it the policy alone.
struct Reader {
  std::unique_ptr<reputation::Store> store =
      reputation::make_memory_store(reputation::tables::names());
  std::unique_ptr<verifier::Blobs> blobs = verifier::make_memory_blobs();
  ManualClock clock{test::kSampleTime};
  verifier::PolicyBook policies{wire::Policy{}};
  verifier::Reading reading{*store, "bench", *blobs, clock, policies, {}, {}};
};

// Filter all, sort all, keep a page: the places of its rows.
std::vector<std::uint32_t> scanned(const Plain& plain, const query::Query& filter,
                                   const query::Sort& sort) {
  std::vector<std::size_t> left;
  for (std::size_t i = 0; i < plain.rows.size(); ++i) {
    if (query::matches(filter, plain.rows[i])) left.push_back(i);
  }
  std::sort(left.begin(), left.end(), [&](std::size_t a, std::size_t b) {
    return query::comes_before(sort, plain.rows[a], plain.rows[b]);
  });
  std::vector<std::uint32_t> page;
  for (std::size_t i = 0; i < std::min<std::size_t>(left.size(), kPage); ++i) {
    page.push_back(plain.places[left[i]]);
  }
  return page;
}

struct Percentiles {
  double p50 = 0;
  double p99 = 0;
};
Percentiles percentiles(std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  return {seconds[seconds.size() / 2] * 1e3, seconds[seconds.size() * 99 / 100] * 1e3};
}

std::string ids_of(const wire::Json& page, const char* list) {
  std::string text;
  for (const wire::Json& row : page.find(list)->items()) {
    text += row.find("id")->as_string();
    if (const wire::Json* name = row.find("class")) text += " " + name->as_string();
    text += "\n";
  }
  return text;
}

std::string ids_of(const Market& market, const std::vector<std::uint32_t>& places) {
  std::string text;
  for (const std::uint32_t place : places) {
    const Market::Row& row = market.row(place);
    text += row.entry->id.hex();
    if (row.of_class) text += " " + row.entry->score.classes[*row.of_class].name;
    text += "\n";
  }
  return text;
}

void set_times(const Options& options, Row& row, const Work& ours, const Work& theirs) {
  const Percentiles our = percentiles(sample_seconds(ours, options.quick ? 20 : 300));
  const Percentiles their = percentiles(sample_seconds(theirs, options.quick ? 5 : 20));
  row.unit = "ms";
  row.ours = our.p99;
  row.theirs = their.p99;
  char text[80];
  std::snprintf(text, sizeof text, "; medians %.2f and %.2f ms", our.p50, their.p50);
  row.note += text;
}

Result<Row> searched(const Options& options, const Plain& plain, const Reader& reader,
                     const Asked& asked) {
  Row row{.bench = "reads",
          .name = std::string("page of 50, p99: ") + asked.query + " by " + asked.sort,
          .peer = "a full scan and sort"};
  options.say("reads: " + row.name);
  const Result<query::Query> filter = query::parse_query(asked.query, query::provider_fields());
  if (!filter.ok()) return filter.error();
  Result<query::Sort> sort = query::parse_sort(asked.sort, query::provider_fields());
  if (!sort.ok()) return sort.error();
  sort.value().push_back({query::kId, false});
  sort.value().push_back({query::kWorkload, false});
  const api::Search search{.query = asked.query, .sort = asked.sort, .page = {"", kPage}};
  const auto ours = [&] {
    return verifier::search_market(*plain.market, reader.reading, Digest{}, search);
  };
  const Result<api::Found> found = ours();
  if (!found.ok()) return found.error();
  row.correct = ids_of(*found.value().document, "providers") ==
                ids_of(*plain.market, scanned(plain, filter.value(), sort.value()));
  if (!row.correct) {
    row.note = "another page than a scan of all rows gives";
    return row;
  }
  row.note = std::to_string(*found.value().document->find("matched")->as_u64()) + " of " +
             std::to_string(plain.rows.size()) + " rows pass, and the page as JSON";
  std::size_t bytes = 0;
  set_times(
      options, row, [&] { bytes += ours().value().document->dump().size(); },
      [&] { bytes += scanned(plain, filter.value(), sort.value()).size(); });
  return row;
}

// One candidate for each provider whose row passes, by a scan of all rows.
std::vector<reputation::Candidate> candidates_of(const Plain& plain, const MatchAsk& ask,
                                                 const query::Query& filter) {
  const Market& market = *plain.market;
  std::map<std::uint32_t, std::uint32_t> rows;  // by provider's number: the place
  const auto passes = [&](const query::Row& row) { return query::matches(filter, row); };
  if (ask.workload.empty()) {
    for (std::size_t i = 0; i < plain.rows.size(); ++i) {
      if (!passes(plain.rows[i])) continue;
      const std::uint32_t place = plain.places[i];
      const auto [found, is_new] = rows.emplace(market.provider_of(place), place);
      if (!is_new &&
          market.row(place).candidate.trust_ppm < market.row(found->second).candidate.trust_ppm) {
        found->second = place;
      }
    }
  } else {
    for (const std::uint32_t number : market.providers()) rows[number] = market.first_of(number);
    for (std::size_t i = 0; i < plain.rows.size(); ++i) {
      const auto* workload = std::get_if<std::string>(&plain.rows[i][query::kWorkload]);
      if (workload != nullptr && *workload == ask.workload) {
        rows[market.provider_of(plain.places[i])] = plain.places[i];
      }
    }
    std::erase_if(rows, [&](const auto& of) { return !passes(market.table().row(of.second)); });
  }
  std::vector<reputation::Candidate> candidates;
  for (const auto& [number, place] : rows) {
    candidates.push_back(market.row(place).candidate);
    candidates.back().price = reputation::job_price(candidates.back().price, ask);
  }
  return candidates;
}

// Whom the policy's own matching leaves, as the bytes of a pool.
Bytes pool_of(const reputation::Match& match,
              const std::vector<reputation::Candidate>& candidates) {
  std::map<Digest, bool> newcomers;
  for (const reputation::Candidate& it : candidates) newcomers[it.provider] = it.newcomer;
  reputation::MatchPool pool;
  for (const reputation::Considered& it : match.candidates) {
    if (it.removed_by) continue;
    pool.providers.push_back(it.provider);
    pool.entrants.push_back({it.value_ppm, newcomers[it.provider]});
  }
  return reputation::pool_bytes(pool);
}

Result<Row> matched(const Options& options, const Plain& plain, const Wanted& wanted) {
  const std::string of = wanted.workload[0] == '\0' ? "" : " for " + std::string(wanted.workload);
  Row row{.bench = "reads",
          .name = "match " + std::to_string(wanted.count) + ", p99: " + wanted.query + of,
          .peer = "a full scan and match()"};
  options.say("reads: " + row.name);
  MatchAsk ask;
  ask.query = wanted.query;
  ask.workload = wanted.workload;
  ask.count = wanted.count;
  ask.request.price_limit = 4'000'000;
  const Result<query::Query> filter = query::parse_query(ask.query, query::provider_fields());
  if (!filter.ok()) return filter.error();
  const SigningKey vrf = SigningKey::from_seed(sha256(as_bytes("assay-bench vrf")).view()).value();
  const verifier::SignedHead head{"", {"bench", 1, sha256({}), ""}};
  wire::Json asked = wire::parse_json(reputation::match_request_text(ask)).value();
  const std::string body = asked.dump();
  const std::string with_pool = asked.set("pool", true).dump();
  const Result<wire::Json> answer =
      verifier::match_document(*plain.market, with_pool, test::kSampleTime, head, vrf);
  if (!answer.ok()) return answer.error();
  const std::vector<reputation::Candidate> candidates = candidates_of(plain, ask, filter.value());
  const reputation::Match theirs = reputation::match(ask.request, candidates, ask.weights, {});
  const Result<Bytes> pool = from_base64(answer.value().find("pool")->as_string());
  row.correct = pool.ok() && pool.value() == pool_of(theirs, candidates);
  if (!row.correct) {
    row.note = "others are left than the policy's matching leaves";
    return row;
  }
  row.note = std::to_string(*answer.value().find("left")->as_u64()) +
             " are left, with the VRF proof and the answer as JSON";
  std::size_t bytes = 0;
  set_times(
      options, row,
      [&] {
        bytes += verifier::match_document(*plain.market, body, test::kSampleTime, head, vrf)
                     .value()
                     .dump()
                     .size();
      },
      [&] {
        const auto all = candidates_of(plain, ask, filter.value());
        bytes += reputation::match(ask.request, all, ask.weights, {}).candidates.size();
      });
  return row;
}

// The slowest of the rows against what is promised of all.
Row promised(const Rows& rows, const char* kind, const char* name) {
  Row row{.bench = "reads", .name = name, .peer = "promised", .unit = "ms"};
  row.correct = true;
  row.ours = 0;
  row.theirs = kPromisedMillis;
  for (const Row& each : rows) {
    if (!each.name.starts_with(kind)) continue;
    row.correct = row.correct && each.correct;
    row.ours = std::max(*row.ours, each.ours.value_or(0));
  }
  if (!row.correct) row.ours.reset();
  return row;
}

// The next market after some providers have changed, against one from nothing.
Row refreshed(const Options& options, std::size_t providers) {
  Row row{.bench = "reads",
          .name = "the market after 100 providers changed",
          .peer = "built from nothing",
          .unit = "ms"};
  options.say("reads: " + row.name);
  SeededRandom random(options.seed);
  std::vector<std::shared_ptr<const verifier::MarketEntry>> entries;
  for (std::size_t i = 0; i < providers; ++i) {
    entries.push_back(std::make_shared<verifier::MarketEntry>(test::sample_entry(random, i)));
  }
  const auto build = [&] {
    verifier::MarketWriter writer{wire::Policy{}};
    for (const auto& entry : entries) writer.put(entry, test::kSampleTime);
    return writer.publish(1, test::kSampleTime);
  };
  verifier::MarketWriter writer{wire::Policy{}};
  for (const auto& entry : entries) writer.put(entry, test::kSampleTime);
  std::shared_ptr<const Market> market = writer.publish(1, test::kSampleTime);
  const auto refresh = [&] {
    for (std::size_t i = 0; i < kChanged; ++i) {
      const std::size_t which = random.below(providers);
      entries[which] = std::make_shared<verifier::MarketEntry>(test::sample_entry(random, which));
      writer.put(entries[which], test::kSampleTime);
    }
    market = writer.publish(1, test::kSampleTime);
  };
  refresh();
  const std::shared_ptr<const Market> anew = build();
  row.correct = anew->table().size() <= market->table().size();
  for (std::size_t i = 0; i < providers && row.correct; i += 97) {
    const auto kept = market->find(entries[i]->id);
    const auto built = anew->find(entries[i]->id);
    row.correct = kept && built && market->table().row(*kept) == anew->table().row(*built);
  }
  if (!row.correct) return row;
  const Percentiles ours = percentiles(sample_seconds(refresh, options.quick ? 5 : 50));
  const Percentiles theirs = percentiles(sample_seconds([&] { (void)build(); }, 3));
  row.ours = ours.p50;
  row.theirs = theirs.p50;
  row.note = "rows and columns alone, without reading the ledger";
  return row;
}

}  // namespace

Result<Rows> reads(const Options& options) {
  const std::size_t providers = options.quick ? kQuickProviders : kProviders;
  options.say("reads: making " + std::to_string(providers) + " providers");
  Rows rows;
  {
    const Plain plain = plain_of(test::sample_market(options.seed, providers));
    const Reader reader;
    for (const Asked& asked : kSearches) {
      Result<Row> row = searched(options, plain, reader, asked);
      if (!row.ok()) return row.error().in(asked.query);
      rows.push_back(std::move(row).value());
    }
    for (const Wanted& wanted : kMatches) {
      Result<Row> row = matched(options, plain, wanted);
      if (!row.ok()) return row.error().in(wanted.query);
      rows.push_back(std::move(row).value());
    }
  }
  rows.push_back(promised(rows, "page of 50", "the slowest page of 50, p99"));
  rows.push_back(promised(rows, "match", "the slowest match, p99"));
  rows.push_back(refreshed(options, providers));
  return rows;
}

}  // namespace assay::bench
