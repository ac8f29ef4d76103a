#include "reputation/query/query.h"

#include <algorithm>
#include <array>
#include <optional>

#include "reputation/query/lexer.h"
#include "reputation/query/values.h"

namespace assay::reputation::query {
namespace {

// Longer ones first, so that "<=" is not "<" and a rest.
constexpr std::array<Op, 6> kComparisons{Op::not_equal, Op::less_equal, Op::greater_equal,
                                         Op::equal,     Op::less,       Op::greater};

bool is_ordered(Kind kind) {
  return kind == Kind::number || kind == Kind::level;
}

const char* operators_of(Kind kind) {
  if (is_ordered(kind)) return "= != < <= > >= in or notin";
  return kind == Kind::text ? "= != in or notin" : "= or !=";
}

bool takes(Kind kind, Op op) {
  if (op == Op::equal || op == Op::not_equal || is_ordered(kind)) return true;
  return kind == Kind::text && is_list(op);
}

class Parser {
 public:
  Parser(std::string_view what, std::string_view text, Fields fields)
      : in_(what, text), fields_(fields) {}

  Result<Query> query() {
    Query query;
    for (in_.skip_spaces(); !in_.at_end(); in_.skip_spaces()) {
      if (query.conditions.size() == kConditionsMax) {
        return in_.problem_at(in_.position(),
                              "more than " + std::to_string(kConditionsMax) + " conditions");
      }
      Result<Condition> next = condition();
      if (!next.ok()) return next.error();
      query.conditions.push_back(std::move(next).value());
    }
    return query;
  }

  Result<Sort> sort() {
    Sort sort;
    if (in_.at_end()) return sort;
    do {
      const bool descending = in_.take("-");
      if (!descending) in_.take("+");
      const std::size_t at = in_.position();
      const Result<std::size_t> place = field();
      if (!place.ok()) return place.error();
      for (const SortKey& key : sort) {
        if (key.field == place.value()) return in_.problem_at(at, "a field that is there twice");
      }
      if (sort.size() == kSortKeysMax) {
        return in_.problem_at(at, "more than " + std::to_string(kSortKeysMax) + " keys");
      }
      sort.push_back({place.value(), descending});
    } while (in_.take(","));
    if (!in_.at_end()) return in_.expected("\",\" or the end");
    return sort;
  }

 private:
  Result<std::size_t> field() {
    const std::size_t at = in_.position();
    const std::string_view name = in_.take_name();
    if (name.empty()) return in_.expected("the name of a field");
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (fields_[i].name == name) return i;
    }
    const std::string_view near = nearest_field(name, fields_);
    const std::string hint = near.empty() ? "" : "; did you mean " + std::string(near) + "?";
    return in_.problem_at(at,
                          "no field is called '" + std::string(name.substr(0, 32)) + "'" + hint);
  }

  Result<Op> comparison(const Field& field) {
    in_.skip_spaces();
    const std::size_t at = in_.position();
    std::optional<Op> op;
    for (const Op it : kComparisons) {
      if (!op && in_.take(op_text(it))) op = it;
    }
    if (!op) {
      const std::string_view word = in_.take_name();
      if (word == "in") op = Op::in;
      if (word == "notin") op = Op::notin;
    }
    if (op && takes(field.kind, *op)) return *op;
    return in_.expected_at(
        at, std::string(operators_of(field.kind)) + " after " + std::string(field.name));
  }

  // One value or range; `ranges`: whether a range may stand here.
  Result<Item> item(const Field& field, bool ranges) {
    const std::size_t at = in_.position();
    if (field.kind == Kind::text && in_.at_string()) {
      Result<std::string> text = in_.take_string();
      if (!text.ok()) return text.error();
      return Item{Cell(text.value()), Cell(text.value())};
    }
    const std::string_view word = in_.take_word();
    const std::size_t dots = word.find("..");
    if (is_ordered(field.kind) && dots != std::string_view::npos) {
      if (!ranges) return in_.expected_at(at, "one value, not a range");
      const std::optional<Cell> low = parse_value(word.substr(0, dots), field);
      const std::optional<Cell> high = parse_value(word.substr(dots + 2), field);
      if (!low || !high) return in_.expected_at(at, describe_values(field) + " at both ends");
      if (compare_cells(*low, *high) > 0) {
        return in_.problem_at(at, "a range whose end is below its start");
      }
      return Item{*low, *high};
    }
    const std::optional<Cell> value = parse_value(word, field);
    if (word.empty() || !value) return in_.expected_at(at, describe_values(field));
    return Item{*value, *value};
  }

  Status list(const Field& field, Condition& into) {
    if (!in_.take("[")) return in_.expected("\"[\" after in or notin");
    do {
      in_.skip_spaces();
      if (into.items.size() == kItemsMax) {
        return in_.problem_at(in_.position(),
                              "a list of more than " + std::to_string(kItemsMax) + " values");
      }
      Result<Item> next = item(field, true);
      if (!next.ok()) return next.error();
      into.items.push_back(std::move(next).value());
      in_.skip_spaces();
    } while (in_.take(","));
    if (!in_.take("]")) return in_.expected("\",\" or \"]\"");
    return {};
  }

  Result<Condition> condition() {
    const Result<std::size_t> place = field();
    if (!place.ok()) return place.error();
    const Field& field = fields_[place.value()];
    const Result<Op> op = comparison(field);
    if (!op.ok()) return op.error();
    Condition condition{.field = place.value(), .op = op.value(), .any = false, .items = {}};
    in_.skip_spaces();
    if (is_list(condition.op)) {
      if (Status read = list(field, condition); !read.ok()) return read.error();
    } else {
      const bool may_be_range = condition.op == Op::equal || condition.op == Op::not_equal;
      const std::size_t at = in_.position();
      condition.any = condition.op == Op::equal && in_.take_word() == "any";
      if (!condition.any) {
        in_.back_to(at);
        Result<Item> only = item(field, may_be_range);
        if (!only.ok()) return only.error();
        condition.items.push_back(std::move(only).value());
      }
    }
    const std::size_t end = in_.position();
    in_.skip_spaces();
    if (!in_.at_end() && in_.position() == end) return in_.expected("a space or the end");
    return condition;
  }

  Lexer in_;
  Fields fields_;
};

Status short_enough(std::string_view what, std::string_view text) {
  if (text.size() <= kQueryBytesMax) return {};
  return fail(Code::malformed, std::string(what) + ": longer than " +
                                   std::to_string(kQueryBytesMax) + " characters");
}

// Edits (insert, remove, replace) from one to the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

Result<Query> parse_query(std::string_view text, Fields fields) {
  if (Status fits = short_enough("query", text); !fits.ok()) return fits.error();
  return Parser("query", text, fields).query();
}

Result<Sort> parse_sort(std::string_view text, Fields fields) {
  if (Status fits = short_enough("sort", text); !fits.ok()) return fits.error();
  return Parser("sort", text, fields).sort();
}

std::string_view nearest_field(std::string_view name, Fields fields) {
  constexpr std::size_t kNameMax = 64;
  if (name.size() > kNameMax) return {};
  std::size_t best = std::max<std::size_t>((name.size() + 1) / 3, 1) + 1;
  std::string_view nearest;
  for (const Field& field : fields) {
    const std::size_t edits = distance(name, field.name);
    if (edits < best) {
      best = edits;
      nearest = field.name;
    }
  }
  return nearest;
}

}  // namespace assay::reputation::query
