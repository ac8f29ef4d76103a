// Filters over providers, as one string that is the same on a command line, in a URL and in a
// request:
//
//   gpu_name=H200 num_gpus>=4 score>0.8 region in [eu,us] verified=true tier=medium..ultra-high
//
// All conditions must hold. Values; any thread. GRAMMAR.md is the published grammar, with examples:
//
//   query     = { condition } ;
//   condition = field ( "=" | "!=" ) ( value | range | "any" )
//             | field ( "<" | "<=" | ">" | ">=" ) value
//             | field ( "in" | "notin" ) "[" item { "," item } "]" ;
//   item      = value | range ;
//   range     = value ".." value ;
//   sort      = key { "," key } ;
//   key       = [ "-" | "+" ] field ;
//
// What a field may be compared with follows from its kind. "any" takes back a condition that a
// caller sets by default. A row that lacks the field fails every other condition on it, "!=" and
// "notin" too: what is unknown is not known to differ.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/result.h"

namespace assay::reputation::query {

inline constexpr std::size_t kQueryBytesMax = 1024;
inline constexpr std::size_t kConditionsMax = 32;
inline constexpr std::size_t kItemsMax = 64;  // of one list
inline constexpr std::size_t kSortKeysMax = 8;

enum class Kind : std::uint8_t {
  number,  // decimal, at most six places; kept in millionths. = != < <= > >= in notin, ranges
  text,    // compared without regard to ASCII case. = != in notin
  flag,    // true or false. = !=
  level,   // one of an ascending list of names. As number
};

struct Field {
  std::string_view name;
  Kind kind;
  std::string_view unit;  // "USD per hour", "share", …; empty for text and flags
  std::string_view doc;
  std::int64_t max = 0;                           // of a number, in millionths
  std::span<const std::string_view> levels = {};  // of a level, ascending
};
using Fields = std::span<const Field>;

// What a row holds for a field: nothing, a number in millionths or the place of a level, a flag, a
// text.
using Cell = std::variant<std::monostate, std::int64_t, bool, std::string>;
using Row = std::vector<Cell>;  // one cell per field, in the order of the table

enum class Op : std::uint8_t {
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  in,
  notin
};

struct Item {
  Cell low;
  Cell high;  // of a value: the same
  bool operator==(const Item&) const = default;
};

struct Condition {
  std::size_t field = 0;  // its place in the table
  Op op = Op::equal;
  bool any = false;  // holds for every row
  std::vector<Item> items;
  bool operator==(const Condition&) const = default;
};

struct Query {
  std::vector<Condition> conditions;
  bool operator==(const Query&) const = default;
};

//   malformed    the message says at which character, what was expected there, and for an unknown
//                field the nearest known one
Result<Query> parse_query(std::string_view text, Fields fields);

// One spelling per query: single spaces, strings quoted only where they must be.
std::string query_text(const Query& query, Fields fields);

// Does the row pass? row.size() == fields.size(), with cells of the fields' kinds.
bool matches(const Query& query, const Row& row);
// The place of the first condition that it fails; conditions.size() where it passes.
std::size_t first_failed(const Query& query, const Row& row);
std::string condition_text(const Condition& condition, Fields fields);

struct SortKey {
  std::size_t field = 0;
  bool descending = false;
  bool operator==(const SortKey&) const = default;
};
using Sort = std::vector<SortKey>;

//   malformed    as above; a field there twice
Result<Sort> parse_sort(std::string_view text, Fields fields);
std::string sort_text(const Sort& sort, Fields fields);

// Does `a` come before `b`? A strict weak order; rows that lack the field come last, either way.
bool comes_before(const Sort& sort, const Row& a, const Row& b);

// The name in `fields` that is fewest edits away from `name`, where that is at most a third of it,
// rounded, and one at least; empty: none.
std::string_view nearest_field(std::string_view name, Fields fields);

}  // namespace assay::reputation::query
