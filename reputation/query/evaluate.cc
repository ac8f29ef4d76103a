#include <algorithm>

#include "core/base/check.h"
#include "reputation/query/query.h"
#include "reputation/query/values.h"

namespace assay::reputation::query {
namespace {

bool is_empty(const Cell& cell) {
  return std::holds_alternative<std::monostate>(cell);
}

bool is_within(const Cell& cell, const Item& item) {
  return compare_cells(cell, item.low) >= 0 && compare_cells(cell, item.high) <= 0;
}

bool holds(const Condition& condition, const Row& row) {
  if (condition.any) return true;
  const Cell& cell = row[condition.field];
  if (is_empty(cell)) return false;
  const Item& first = condition.items[0];
  switch (condition.op) {
    case Op::equal: return is_within(cell, first);
    case Op::not_equal: return !is_within(cell, first);
    case Op::less: return compare_cells(cell, first.low) < 0;
    case Op::less_equal: return compare_cells(cell, first.low) <= 0;
    case Op::greater: return compare_cells(cell, first.low) > 0;
    case Op::greater_equal: return compare_cells(cell, first.low) >= 0;
    case Op::in:
    case Op::notin: break;
  }
  const bool listed = std::any_of(condition.items.begin(), condition.items.end(),
                                  [&](const Item& item) { return is_within(cell, item); });
  return listed == (condition.op == Op::in);
}

}  // namespace

std::size_t first_failed(const Query& query, const Row& row) {
  std::size_t i = 0;
  while (i < query.conditions.size()) {
    ASSAY_CHECK(query.conditions[i].field < row.size(), "a row has a cell for every field");
    if (!holds(query.conditions[i], row)) break;
    ++i;
  }
  return i;
}

bool matches(const Query& query, const Row& row) {
  return first_failed(query, row) == query.conditions.size();
}

bool comes_before(const Sort& sort, const Row& a, const Row& b) {
  for (const SortKey& key : sort) {
    const Cell& left = a[key.field];
    const Cell& right = b[key.field];
    if (is_empty(left) != is_empty(right)) return is_empty(right);
    if (is_empty(left)) continue;
    const int order = compare_cells(left, right);
    if (order != 0) return key.descending ? order > 0 : order < 0;
  }
  return false;
}

}  // namespace assay::reputation::query
