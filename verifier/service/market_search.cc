#include "verifier/service/market_search.h"

#include <algorithm>
#include <limits>

#include "core/crypto/hmac.h"
#include "reputation/ledger/score_words.h"
#include "verifier/service/market_row.h"
#include "verifier/service/snapshot.h"

namespace assay::verifier {

using reputation::query::Query;
using reputation::query::Sort;
using reputation::query::SortKey;
using reputation::query::Table;
using wire::Json;
namespace query = reputation::query;

namespace {

constexpr std::size_t kMacBytes = 16;
constexpr std::int64_t kNothing = std::numeric_limits<std::int64_t>::min();

// What was asked for, understood, in its one spelling.
struct Asked {
  Query query;
  Sort sort;
  std::string query_text;
  std::string sort_text;
};

Result<Asked> understand(const api::Search& search) {
  Asked asked;
  Result<Query> filter = query::parse_query(search.query, query::provider_fields());
  if (!filter.ok()) return filter.error();
  Result<Sort> sort =
      query::parse_sort(search.sort.empty() ? kDefaultSort : search.sort, query::provider_fields());
  if (!sort.ok()) return sort.error();
  asked.query = std::move(filter).value();
  asked.sort = std::move(sort).value();
  asked.query_text = query::query_text(asked.query, query::provider_fields());
  asked.sort_text = query::sort_text(asked.sort, query::provider_fields());
  return asked;
}

Bytes mac_of(const Digest& key, const Asked& asked, std::string_view what, ByteView body) {
  const Digest mac =
      hmac_sha256(key.view(), {as_bytes(what), as_bytes("\n"), as_bytes(asked.query_text),
                               as_bytes("\n"), as_bytes(asked.sort_text), as_bytes("\n"), body});
  return to_bytes(mac.view().first(kMacBytes));
}

std::string etag_of(const Market& market, const Digest& key, const Asked& asked,
                    const api::Page& page) {
  Bytes body;
  put_u64_be(body, market.number());
  put_u32_be(body, page.limit);
  append(body, as_bytes(page.cursor));
  return to_hex(mac_of(key, asked, "etag", body));
}

bool is_text(const SortKey& key) {
  return query::provider_fields()[key.field].kind == query::Kind::text;
}

std::int64_t number_of(const query::Cell& cell) {
  if (const auto* flag = std::get_if<bool>(&cell)) return *flag ? 1 : 0;
  const auto* number = std::get_if<std::int64_t>(&cell);
  return number == nullptr ? kNothing : *number;
}

query::Cell cell_of(std::int64_t number, const SortKey& key) {
  if (number == kNothing) return {};
  if (query::provider_fields()[key.field].kind == query::Kind::flag) return number != 0;
  return number;
}

// u32 BE: the row's place; u64 BE for each key of the sort that is no text: what the row had.
std::string cursor_after(const Market& market, const Digest& key, const Asked& asked,
                         std::uint32_t place) {
  Bytes body;
  put_u32_be(body, place);
  for (const SortKey& by : asked.sort) {
    if (is_text(by)) continue;
    put_u64_be(body, static_cast<std::uint64_t>(number_of(market.table().cell(place, by.field))));
  }
  append(body, mac_of(key, asked, "cursor", body));
  std::string text = to_base64(body);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  text.erase(std::min(text.find('='), text.size()));
  return text;
}

Result<Table::After> read_cursor(const Market& market, const Digest& key, const Asked& asked,
                                 const std::string& cursor) {
  const Error wrong = fail(Code::malformed,
                           "cursor: it was not given here for this query and sort, or before a "
                           "restart: start again without one");
  const Result<Bytes> bytes = from_base64(cursor);
  if (!bytes.ok() || bytes.value().size() <= kMacBytes) return wrong;
  const ByteView body = ByteView(bytes.value()).first(bytes.value().size() - kMacBytes);
  const ByteView mac = ByteView(bytes.value()).last(kMacBytes);
  if (!equal_in_constant_time(mac, mac_of(key, asked, "cursor", body))) return wrong;
  Reader in(body);
  const std::uint32_t place = in.u32_be();
  if (place >= market.table().size()) return wrong;
  Table::After after{market.table().row(place), place};
  for (const SortKey& by : asked.sort) {
    if (is_text(by)) continue;
    after.row[by.field] = cell_of(static_cast<std::int64_t>(in.u64_be()), by);
  }
  if (!in.ok() || !in.at_end()) return wrong;
  return after;
}

// Rows that are alike stand in an order that is the same wherever the market was built.
Sort whole_order(Sort sort) {
  for (const std::size_t field : {query::kId, query::kWorkload}) {
    if (std::ranges::find(sort, std::size_t{field}, &SortKey::field) == sort.end()) {
      sort.push_back({field, false});
    }
  }
  return sort;
}

Query listed(Query filter) {
  filter.conditions.insert(filter.conditions.begin(), {.field = kListed,
                                                       .op = query::Op::equal,
                                                       .any = false,
                                                       .items = {{.low = true, .high = true}}});
  return filter;
}

Json offer_json(const MarketEntry& entry) {
  Json json = Json::object();
  if (entry.price_micros > 0) json.set("price_micros", std::to_string(entry.price_micros));
  if (entry.devices > 0) json.set("num_gpus", entry.devices);
  if (entry.device_memory_bytes > 0) {
    json.set("gpu_ram_bytes", std::to_string(entry.device_memory_bytes));
  }
  return json;
}

}  // namespace

Json row_json(const Market& market, const Market::Row& row, const Reading& context) {
  const MarketEntry& entry = *row.entry;
  const reputation::ClassScore standing = standing_in(entry, row.of_class);
  reputation::ProviderScore score = entry.score;
  score.epoch = reputation::epoch_of(market.at(), context.policy());
  score.headline.reset();
  if (!is_newcomer(standing)) score.headline = row.of_class;
  Json json = Json::object({{"id", entry.id.hex()},
                            {"key", entry.state.key.hex()},
                            {"name", entry.state.name},
                            {"region", entry.state.region},
                            {"device_class", entry.state.device_class},
                            {"since", to_rfc3339(entry.state.since)}});
  if (row.of_class) json.set("class", standing.name);
  json.set("score", reputation::score_json(score, context.policy()));
  json.set("tier", std::string(reputation::tier_name(standing.tier)));
  json.set("jobs", Json::object({{"accepted", entry.state.accepted_jobs},
                                 {"attested", entry.state.attested_jobs},
                                 {"timeouts", entry.state.timeouts},
                                 {"open", entry.exposure.open_jobs}}));
  json.set("slashes_standing", entry.state.slashes_standing);
  json.set("bonded_micros", std::to_string(entry.bonded_micros));
  json.set("offer", offer_json(entry));
  if (const auto hours = hours_since_audit(standing, market.at(), context.policy())) {
    json.set("last_audit_hours", *hours);
  }
  if (standing.shown != nullptr) {
    const auto tier = reputation::hardware_tier(standing.shown->dollars);
    json.set("hardware", std::string(reputation::tier_name(tier)));
  }
  json.set("verified", is_verified(standing));
  json.set("newcomer", is_newcomer(standing));
  json.set("jailed", entry.jailed);
  json.set("revoked", standing.revoked);
  if (entry.available) json.set("available", *entry.available);
  return json;
}

Result<api::Found> search_market(const Market& market, const Reading& context, const Digest& key,
                                 const api::Search& search) {
  const Result<Asked> understood = understand(search);
  if (!understood.ok()) return understood.error();
  const Asked& asked = understood.value();
  std::optional<Table::After> after;
  if (!search.page.cursor.empty()) {
    Result<Table::After> read = read_cursor(market, key, asked, search.page.cursor);
    if (!read.ok()) return read.error();
    after = std::move(read).value();
  }
  api::Found found{.etag = etag_of(market, key, asked, search.page), .document = {}};
  if (search.if_none_match.find(found.etag) != std::string::npos) return found;

  const Table::Page page =
      market.table().select(listed(asked.query), whole_order(asked.sort), search.page.limit, after);
  Json rows = Json::array();
  for (const std::uint32_t place : page.places) {
    rows.push(row_json(market, market.row(place), context));
  }
  const bool leads_on = page.more && !page.places.empty();
  found.document = Json::object(
      {{"providers", std::move(rows)},
       {"matched", std::uint64_t{page.matched}},
       {"total", std::uint64_t{market.providers().size()}},
       {"query", asked.query_text},
       {"sort", asked.sort_text},
       {"log_size", market.log_size()},
       {"at", to_rfc3339(market.at())},
       {"next", leads_on ? cursor_after(market, key, asked, page.places.back()) : ""}});
  return found;
}

}  // namespace assay::verifier
