// The values and operators of a query: reading and writing them as their field's kind. Pure; any
// thread.
#pragma once

#include <optional>
#include <string>

#include "reputation/query/query.h"

namespace assay::reputation::query {

inline constexpr std::int64_t kUnit = 1'000'000;  // millionths

// The value, or nothing when the word is not one of this field.
std::optional<Cell> parse_value(std::string_view word, const Field& field);
// What to expect of a value: "a number from 0 to 1", "one of entry, low", "true or false".
std::string describe_values(const Field& field);
// As parse_value() reads it, quoted where a word cannot be that text.
std::string value_text(const Cell& value, const Field& field);

std::string_view op_text(Op op);  // "=", …, "notin"
bool is_list(Op op);              // in, notin

std::string lower_case(std::string text);  // ASCII; texts that are equal in it are equal

// Three-way, without regard to ASCII case; otherwise by bytes.
int compare_texts(const std::string& a, const std::string& b);

// Three-way, of two cells of one kind that both hold something: below 0, 0, above 0.
int compare_cells(const Cell& a, const Cell& b);

}  // namespace assay::reputation::query
