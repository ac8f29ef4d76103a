#include "reputation/query/table.h"

#include <algorithm>
#include <limits>

#include "core/base/check.h"
#include "reputation/query/values.h"

namespace assay::reputation::query {
namespace {

constexpr std::int64_t kMissing = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kLeast = kMissing + 1;
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

// A cell that is no text, as its column holds it.
std::int64_t plain(const Cell& cell) {
  if (const auto* number = std::get_if<std::int64_t>(&cell)) return *number;
  return std::get<bool>(cell) ? 1 : 0;
}

}  // namespace

// The values that pass: inside one of the ranges, or with `outside` inside none.
struct Table::Filter {
  std::size_t field = 0;
  bool outside = false;
  std::vector<std::pair<std::int64_t, std::int64_t>> ranges;

  bool passes(std::int64_t value) const {
    if (value == kMissing) return false;
    bool inside = false;
    for (const auto& [low, high] : ranges) inside = inside || (value >= low && value <= high);
    return inside != outside;
  }
};

Table::Table(Fields fields) : fields_(fields), columns_(fields.size()) {}

std::int64_t Table::encode(Column& column, const Cell& cell) {
  if (std::holds_alternative<std::monostate>(cell)) return kMissing;
  const auto* text = std::get_if<std::string>(&cell);
  if (text == nullptr) return plain(cell);
  const auto next = static_cast<std::int64_t>(column.spellings.size());
  const auto [at, added] = column.ids.emplace(lower_case(*text), next);
  if (added) column.spellings.push_back(&at->first);
  return at->second;
}

std::size_t Table::add(const Row& row) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    columns_[i].values.push_back(kMissing);
    if (fields_[i].kind == Kind::text) columns_[i].originals.emplace_back();
  }
  set(rows_++, row);
  return rows_ - 1;
}

void Table::set(std::size_t place, const Row& row) {
  ASSAY_CHECK(place < rows_ && row.size() == fields_.size(), "a row has a cell for every field");
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    columns_[i].values[place] = encode(columns_[i], row[i]);
    if (fields_[i].kind != Kind::text) continue;
    const auto* text = std::get_if<std::string>(&row[i]);
    columns_[i].originals[place] = text == nullptr ? std::string() : *text;
  }
}

Row Table::row(std::size_t place) const {
  ASSAY_CHECK(place < rows_, "a row that is there");
  Row row(fields_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::int64_t value = columns_[i].values[place];
    if (value == kMissing) continue;
    switch (fields_[i].kind) {
      case Kind::number:
      case Kind::level: row[i] = value; break;
      case Kind::flag: row[i] = value != 0; break;
      case Kind::text: row[i] = columns_[i].originals[place]; break;
    }
  }
  return row;
}

Table::Filter Table::compile(const Condition& condition) const {
  Filter filter{.field = condition.field, .outside = false, .ranges = {}};
  const Column& column = columns_[condition.field];
  for (const Item& item : condition.items) {
    if (const auto* text = std::get_if<std::string>(&item.low)) {
      const auto id = column.ids.find(lower_case(*text));
      if (id != column.ids.end()) filter.ranges.emplace_back(id->second, id->second);
    } else {
      filter.ranges.emplace_back(plain(item.low), plain(item.high));
    }
  }
  filter.outside = condition.op == Op::not_equal || condition.op == Op::notin;
  switch (condition.op) {  // values are 0 or more: one less and one more are numbers
    case Op::less: filter.ranges[0] = {kLeast, filter.ranges[0].first - 1}; break;
    case Op::less_equal: filter.ranges[0].first = kLeast; break;
    case Op::greater: filter.ranges[0] = {filter.ranges[0].second + 1, kMost}; break;
    case Op::greater_equal: filter.ranges[0].second = kMost; break;
    default: break;
  }
  return filter;
}

bool Table::comes_before(const Sort& sort, std::size_t a, std::size_t b) const {
  for (const SortKey& key : sort) {
    const Column& column = columns_[key.field];
    const std::int64_t left = column.values[a];
    const std::int64_t right = column.values[b];
    if (left == right) continue;
    if (left == kMissing || right == kMissing) return right == kMissing;
    const bool less = fields_[key.field].kind == Kind::text
                          ? *column.spellings[static_cast<std::size_t>(left)] <
                                *column.spellings[static_cast<std::size_t>(right)]
                          : left < right;
    return less != key.descending;
  }
  return a < b;
}

Table::Page Table::select(const Query& query, const Sort& sort, std::size_t limit,
                          std::optional<std::size_t> after) const {
  ASSAY_CHECK(!after || *after < rows_, "a page follows a row that is there");
  Page page;
  std::vector<std::size_t>& left = page.places;
  left.resize(rows_);
  for (std::size_t i = 0; i < rows_; ++i) left[i] = i;
  for (const Condition& condition : query.conditions) {
    if (condition.any) continue;
    const Filter filter = compile(condition);
    const std::vector<std::int64_t>& values = columns_[condition.field].values;
    std::erase_if(left, [&](std::size_t place) { return !filter.passes(values[place]); });
  }
  page.matched = left.size();
  const auto before = [&](std::size_t a, std::size_t b) { return comes_before(sort, a, b); };
  if (after) std::erase_if(left, [&](std::size_t place) { return !before(*after, place); });
  page.more = left.size() > limit;
  const auto end = left.begin() + static_cast<std::ptrdiff_t>(std::min(limit, left.size()));
  std::partial_sort(left.begin(), end, left.end(), before);
  left.erase(end, left.end());
  return page;
}

}  // namespace assay::reputation::query
