// What strangers ask for: a filter on the first line, a sort on the second, and in the rest a
// counts file, the body of a match, or the pool of one.
#include <algorithm>
#include <limits>

#include "reputation/policy/counts_file.h"
#include "reputation/policy/match_draw.h"
#include "reputation/query/provider_fields.h"
#include "reputation/query/query.h"
#include "tests/fuzz/fuzz.h"

namespace assay::fuzz {
namespace {

using namespace reputation;
using namespace reputation::query;

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

// A row in which every field holds the least, or the most, that it may.
Row extreme_row(bool most) {
  Row row;
  for (const Field& field : provider_fields()) {
    switch (field.kind) {
      case Kind::number: row.emplace_back(most ? field.max : std::int64_t{0}); break;
      case Kind::text: row.emplace_back(most ? std::string(128, '~') : std::string()); break;
      case Kind::flag: row.emplace_back(most); break;
      case Kind::level:
        row.emplace_back(most ? static_cast<std::int64_t>(field.levels.size()) - 1
                              : std::int64_t{0});
        break;
    }
  }
  return row;
}

void filter(std::string_view text) {
  const Result<Query> query = parse_query(text, provider_fields());
  if (!accepted(query)) return;
  require(query.value().conditions.size() <= kConditionsMax, "conditions are limited");
  for (const Condition& condition : query.value().conditions) {
    require(condition.items.size() <= kItemsMax, "a list is limited");
  }
  const std::string canonical = query_text(query.value(), provider_fields());
  if (canonical.size() <= kQueryBytesMax) {  // spaces after "in" may have been left out
    const Result<Query> again = parse_query(canonical, provider_fields());
    require(again.ok() && again.value() == query.value(), "a query is read as written", canonical);
    require(query_text(again.value(), provider_fields()) == canonical, "one spelling", canonical);
  }
  const Row nothing(kProviderFields);
  for (const Row& row : {extreme_row(false), extreme_row(true), nothing}) {
    const std::size_t failed = first_failed(query.value(), row);
    require(matches(query.value(), row) == (failed == query.value().conditions.size()),
            "a row passes that fails no condition", canonical);
  }
  bool only_any = true;
  for (const Condition& condition : query.value().conditions) only_any = only_any && condition.any;
  require(matches(query.value(), nothing) == only_any, "the unknown passes any alone", canonical);
}

void order(std::string_view text) {
  const Result<Sort> sort = parse_sort(text, provider_fields());
  if (!accepted(sort)) return;
  require(sort.value().size() <= kSortKeysMax, "keys are limited");
  const std::string canonical = sort_text(sort.value(), provider_fields());
  const Result<Sort> again = parse_sort(canonical, provider_fields());
  require(again.ok() && again.value() == sort.value(), "a sort is read as written", canonical);
  const Row low = extreme_row(false), high = extreme_row(true);
  require(!comes_before(sort.value(), low, low), "nothing comes before itself", canonical);
  require(!(comes_before(sort.value(), low, high) && comes_before(sort.value(), high, low)),
          "an order has one direction", canonical);
}

void fold(std::string_view text) {
  const auto lines = parse_counts(text);
  if (!accepted(lines)) return;
  const std::vector<FoldedLine> folded = fold_counts(lines.value(), {});
  require(folded.size() == lines.value().size(), "every line has its result");
  for (const FoldedLine& line : folded) {
    require(line.trust_ppm <= 1'000'000 && line.integrity_ppm <= 1'000'000, "shares are shares");
    require(!line.tombstoned || line.trust_ppm == 0, "a tombstone is 0");
  }
}

void match(std::string_view text) {
  const auto pool = parse_pool(as_bytes(text));
  if (accepted(pool)) {
    require(pool_bytes(pool.value()) == to_bytes(as_bytes(text)), "a pool has one spelling");
    std::uint64_t sum = 0;
    if (!pool.value().entrants.empty()) {
      for (const std::uint64_t each : share_tickets(pool.value().entrants, {})) sum += each;
      require(sum == kTickets, "tickets add up");
    }
    MatchAsk ask;
    ask.count = kMatchCountMax;
    require(drawn_providers(pool.value(), ask, Digest{}).size() ==
                std::min<std::size_t>(pool.value().entrants.size(), kMatchCountMax),
            "so many are drawn as are asked for, or all");
  }
  Result<MatchAsk> ask = parse_match_request(text);
  if (!accepted(ask)) return;
  const std::string canonical = match_request_text(ask.value());
  require(canonical.size() <= 2 * kMatchRequestBytesMax, "a request is not long", canonical);
  ask.value().explain = ask.value().pool = false;  // no part of it
  const Result<MatchAsk> again = parse_match_request(canonical);
  require(again.ok() && again.value() == ask.value(), "a request is read as written", canonical);
  require(match_request_text(again.value()) == canonical, "one spelling", canonical);
  (void)job_price(std::numeric_limits<std::uint64_t>::max(), ask.value());
}

}  // namespace
}  // namespace assay::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::fuzz;
  std::string_view text = assay::as_text({data, size});
  const MemoryBound bound(memory_for(size));
  filter(take_line(text));
  order(take_line(text));
  fold(text);
  match(text);
  return 0;
}
