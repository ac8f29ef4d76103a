#include "reputation/query/query.h"
#include "reputation/query/values.h"

namespace assay::reputation::query {
namespace {

std::string item_text(const Item& item, const Field& field) {
  std::string text = value_text(item.low, field);
  if (compare_cells(item.low, item.high) != 0) text += ".." + value_text(item.high, field);
  return text;
}

}  // namespace

std::string_view op_text(Op op) {
  switch (op) {
    case Op::equal: return "=";
    case Op::not_equal: return "!=";
    case Op::less: return "<";
    case Op::less_equal: return "<=";
    case Op::greater: return ">";
    case Op::greater_equal: return ">=";
    case Op::in: return "in";
    case Op::notin: return "notin";
  }
  return "";
}

bool is_list(Op op) {
  return op == Op::in || op == Op::notin;
}

std::string condition_text(const Condition& condition, Fields fields) {
  const Field& field = fields[condition.field];
  std::string text(field.name);
  if (condition.any) return text + "=any";
  if (!is_list(condition.op)) {
    return text + std::string(op_text(condition.op)) + item_text(condition.items[0], field);
  }
  text += " " + std::string(op_text(condition.op)) + " [";
  for (std::size_t i = 0; i < condition.items.size(); ++i) {
    text += (i == 0 ? "" : ",") + item_text(condition.items[i], field);
  }
  return text + "]";
}

std::string query_text(const Query& query, Fields fields) {
  std::string text;
  for (const Condition& condition : query.conditions) {
    text += (text.empty() ? "" : " ") + condition_text(condition, fields);
  }
  return text;
}

std::string sort_text(const Sort& sort, Fields fields) {
  std::string text;
  for (const SortKey& key : sort) {
    text += text.empty() ? "" : ",";
    text += (key.descending ? "-" : "") + std::string(fields[key.field].name);
  }
  return text;
}

}  // namespace assay::reputation::query
