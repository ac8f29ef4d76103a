#include "reputation/query/table.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "reputation/query/values.h"

namespace assay::reputation::query {
namespace {

constexpr std::int64_t kMissing = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kLeast = kMissing + 1;
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kCodedBytes = 7;
constexpr unsigned kLengthBits = 7;  // so that a code is 63 bits long, and never kMissing
static_assert(kBlockRows == 256, "the rows of a block are numbered by bytes");

// The first bytes of a text in lower case, and how many it has: orders texts as compare_cells()
// does, and tells those apart that have no more bytes.
std::int64_t code_of(const std::string& text) {
  const std::string lower = lower_case(text.substr(0, kCodedBytes));
  std::int64_t code = 0;
  for (std::size_t i = 0; i < kCodedBytes; ++i) {
    code = code * 256 + (i < lower.size() ? static_cast<unsigned char>(lower[i]) : 0);
  }
  return (code << kLengthBits) + static_cast<std::int64_t>(std::min(text.size(), kCodedBytes + 1));
}

bool is_whole(std::int64_t code) {
  return (code & ((1 << kLengthBits) - 1)) <= static_cast<std::int64_t>(kCodedBytes);
}

std::int64_t encoded(const Cell& cell) {
  if (std::holds_alternative<std::monostate>(cell)) return kMissing;
  if (const auto* number = std::get_if<std::int64_t>(&cell)) return *number;
  if (const auto* flag = std::get_if<bool>(&cell)) return *flag ? 1 : 0;
  return code_of(std::get<std::string>(cell));
}

}  // namespace

// The values that pass: inside one of the ranges or among the texts, or with `outside` in none.
struct Table::Filter {
  struct Range {
    std::int64_t low;
    std::int64_t high;
  };
  std::size_t condition = 0;  // its place in the query
  std::size_t field = 0;
  bool outside = false;
  bool is_text = false;            // that codes do not tell apart
  std::vector<Range> ranges;       // ascending, apart; of such texts each is one code
  std::vector<std::string> texts;  // of each range; lower case

  bool passes(std::int64_t value, const std::string* text) const {
    if (value == kMissing) return false;
    // The first range that does not end before the value.
    auto at = ranges.begin();
    if (ranges.size() > 4) {
      at = std::partition_point(ranges.begin(), ranges.end(),
                                [value](const Range& range) { return range.high < value; });
    } else {
      while (at != ranges.end() && at->high < value) ++at;
    }
    if (!is_text) return (at != ranges.end() && at->low <= value) != outside;
    bool inside = false;
    for (; at != ranges.end() && at->low == value && !inside; ++at) {
      const std::string& wanted = texts[static_cast<std::size_t>(at - ranges.begin())];
      inside = is_whole(value) || compare_texts(*text, wanted) == 0;
    }
    return inside != outside;
  }
};

// Which of two rows comes first.
struct Table::Order {
  const Table& table;
  const Sort& sort;

  // Below 0: a comes first by this key; 0: they are equal.
  int by(const SortKey& key, std::int64_t a, const std::string* text_a, std::int64_t b,
         const std::string* text_b) const {
    if (a == kMissing && b == kMissing) return 0;
    if (a == kMissing || b == kMissing) return a == kMissing ? 1 : -1;
    int order = a == b ? 0 : (a < b ? -1 : 1);
    if (order == 0 && text_a != nullptr) order = compare_texts(*text_a, *text_b);
    return key.descending ? -order : order;
  }
  const std::string* text(std::size_t place, std::size_t field) const {
    const bool is_text = table.fields_[field].kind == Kind::text;
    return is_text ? &table.text(place, field) : nullptr;
  }

  bool operator()(std::uint32_t a, std::uint32_t b) const {
    for (const SortKey& key : sort) {
      const std::int64_t left = table.value(a, key.field);
      const std::int64_t right = table.value(b, key.field);
      const bool told_apart = left != right;
      const int order = by(key, left, told_apart ? nullptr : text(a, key.field), right,
                           told_apart ? nullptr : text(b, key.field));
      if (order != 0) return order < 0;
    }
    return a < b;
  }

  bool operator()(const After& after, std::uint32_t b) const {
    for (const SortKey& key : sort) {
      const Cell& cell = after.row[key.field];
      const auto* own = std::get_if<std::string>(&cell);
      const int order = by(key, encoded(cell), own, table.value(b, key.field), text(b, key.field));
      if (order != 0) return order < 0;
    }
    return after.place < b;
  }
};

Table::Table(Fields fields) : fields_(fields), texts_(fields.size()) {}

std::int64_t Table::value(std::size_t place, std::size_t field) const {
  return values_[place / kBlockRows][field * kBlockRows + place % kBlockRows];
}

const std::string& Table::text(std::size_t place, std::size_t field) const {
  return texts_[field][place / kBlockRows][place % kBlockRows];
}

std::size_t Table::add(const Row& row) {
  if (rows_ % kBlockRows == 0) {
    values_.add(Values(fields_.size() * kBlockRows, kMissing));
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (fields_[i].kind == Kind::text) texts_[i].add(Texts(kBlockRows));
    }
  }
  set(rows_++, row);
  return rows_ - 1;
}

void Table::set(std::size_t place, const Row& row) {
  ASSAY_CHECK(place < rows_ && row.size() == fields_.size(), "a row has a cell for every field");
  const std::size_t block = place / kBlockRows;
  Values& values = values_.writable(block);
  for (std::size_t i = 0; i < row.size(); ++i) {
    values[i * kBlockRows + place % kBlockRows] = encoded(row[i]);
    if (fields_[i].kind != Kind::text) continue;
    const auto* text = std::get_if<std::string>(&row[i]);
    const std::string now = text == nullptr ? std::string() : *text;
    if (texts_[i][block][place % kBlockRows] == now) continue;  // most texts never change
    texts_[i].writable(block)[place % kBlockRows] = now;
  }
}

Cell Table::cell(std::size_t place, std::size_t field) const {
  ASSAY_CHECK(place < rows_ && field < fields_.size(), "a cell that is there");
  const std::int64_t held = value(place, field);
  if (held == kMissing) return {};
  switch (fields_[field].kind) {
    case Kind::number:
    case Kind::level: return held;
    case Kind::flag: return held != 0;
    case Kind::text: return text(place, field);
  }
  return {};
}

Row Table::row(std::size_t place) const {
  Row row;
  for (std::size_t i = 0; i < fields_.size(); ++i) row.push_back(cell(place, i));
  return row;
}

Table Table::share() {
  Table copy(fields_);
  copy.rows_ = rows_;
  copy.values_ = values_.share();
  for (std::size_t i = 0; i < texts_.size(); ++i) copy.texts_[i] = texts_[i].share();
  return copy;
}

Table::Filter Table::compile(const Condition& condition) const {
  Filter filter;
  filter.field = condition.field;
  filter.is_text = fields_[condition.field].kind == Kind::text;
  filter.outside = condition.op == Op::not_equal || condition.op == Op::notin;
  if (filter.is_text) {
    for (const Item& item : condition.items) {
      filter.texts.push_back(lower_case(std::get<std::string>(item.low)));
    }
    std::ranges::sort(filter.texts, {}, code_of);
    for (const std::string& text : filter.texts) {
      filter.ranges.push_back({code_of(text), code_of(text)});
    }
    filter.is_text = !std::ranges::all_of(filter.ranges, is_whole, &Filter::Range::low);
    return filter;
  }
  std::vector<Filter::Range> ranges;
  for (const Item& item : condition.items) {
    ranges.push_back({encoded(item.low), encoded(item.high)});
  }
  switch (condition.op) {  // values are 0 or more: one less and one more are numbers
    case Op::less: ranges[0] = {kLeast, ranges[0].low - 1}; break;
    case Op::less_equal: ranges[0].low = kLeast; break;
    case Op::greater: ranges[0] = {ranges[0].high + 1, kMost}; break;
    case Op::greater_equal: ranges[0].high = kMost; break;
    default: break;
  }
  std::ranges::sort(ranges, {}, &Filter::Range::low);
  for (const Filter::Range& range : ranges) {
    if (!filter.ranges.empty() && range.low <= filter.ranges.back().high) {
      filter.ranges.back().high = std::max(filter.ranges.back().high, range.high);
    } else {
      filter.ranges.push_back(range);
    }
  }
  return filter;
}

namespace {

// Keeps the rows for which it holds, in their order, and tells how many others there were. Without
// a branch by that: which rows pass is nothing that a processor could guess.
template <typename Holds>
std::size_t keep_if(std::vector<std::uint8_t>& rows, Holds holds) {
  std::size_t kept = 0;
  for (const std::uint8_t row : rows) {
    rows[kept] = row;
    kept += holds(row) ? 1U : 0U;
  }
  const std::size_t others = rows.size() - kept;
  rows.resize(kept);
  return others;
}

}  // namespace

// Takes those of the block's rows that pass into `into`; `rows` is used up.
void Table::sift_block(const std::vector<Filter>& filters, std::size_t block,
                       std::vector<std::uint8_t>& rows, Sifted& into) const {
  for (const Filter& filter : filters) {
    const std::int64_t* values = &values_[block][filter.field * kBlockRows];
    const std::string* texts = filter.is_text ? texts_[filter.field][block].data() : nullptr;
    std::size_t& removed = into.removed[filter.condition];
    if (filter.is_text || filter.ranges.size() != 1) {
      removed += keep_if(rows, [&](std::uint8_t row) {
        return filter.passes(values[row], texts == nullptr ? nullptr : texts + row);
      });
      continue;
    }
    const auto [low, high] = filter.ranges.front();
    removed += keep_if(rows, [&, low = low, high = high](std::uint8_t row) {
      const std::int64_t value = values[row];
      const unsigned is_inside = static_cast<unsigned>(value >= low) & (value <= high ? 1U : 0U);
      return ((is_inside != 0) != filter.outside) & (value != kMissing);
    });
  }
  const std::size_t before = into.places.size();
  into.places.resize(before + rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    into.places[before + i] = static_cast<std::uint32_t>(block * kBlockRows + rows[i]);
  }
}

std::vector<Table::Filter> Table::compile(const Query& query) const {
  std::vector<Filter> filters;
  for (std::size_t i = 0; i < query.conditions.size(); ++i) {
    if (query.conditions[i].any) continue;
    filters.push_back(compile(query.conditions[i]));
    filters.back().condition = i;
  }
  return filters;
}

Table::Sifted Table::sift(const Query& query) const {
  const std::vector<Filter> filters = compile(query);
  Sifted out;
  out.removed.resize(query.conditions.size());
  std::vector<std::uint8_t> rows;
  for (std::size_t first = 0; first < rows_; first += kBlockRows) {
    rows.resize(std::min(kBlockRows, rows_ - first));
    std::iota(rows.begin(), rows.end(), std::uint8_t{0});
    sift_block(filters, first / kBlockRows, rows, out);
  }
  return out;
}

Table::Sifted Table::sift(const Query& query, const Places& among) const {
  const std::vector<Filter> filters = compile(query);
  Sifted out;
  out.removed.resize(query.conditions.size());
  if (filters.empty()) {
    out.places = among;
    return out;
  }
  std::vector<std::uint8_t> rows;
  for (std::size_t i = 0; i < among.size();) {
    const std::size_t block = among[i] / kBlockRows;
    ASSAY_CHECK(among[i] < rows_, "rows that are there");
    rows.clear();
    for (; i < among.size() && among[i] / kBlockRows == block; ++i) {
      rows.push_back(static_cast<std::uint8_t>(among[i] % kBlockRows));
    }
    sift_block(filters, block, rows, out);
  }
  return out;
}

Table::Page Table::select(const Query& query, const Sort& sort, std::size_t limit,
                          const std::optional<After>& after) const {
  Page page;
  page.places = sift(query).places;
  Places& left = page.places;
  page.matched = left.size();
  const Order before{*this, sort};
  if (after) {
    ASSAY_CHECK(after->row.size() == fields_.size(), "a row has a cell for every field");
    std::erase_if(left, [&](std::uint32_t place) { return !before(*after, place); });
  }
  page.more = left.size() > limit;
  const auto end = left.begin() + static_cast<std::ptrdiff_t>(std::min(limit, left.size()));
  std::partial_sort(left.begin(), end, left.end(), before);
  left.erase(end, left.end());
  return page;
}

}  // namespace assay::reputation::query
