#include "reputation/query/values.h"

#include <algorithm>

#include "reputation/query/lexer.h"

namespace assay::reputation::query {
namespace {

constexpr std::size_t kPlaces = 6;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

template <class T>
int compare_plain(const T& a, const T& b) {
  return a == b ? 0 : (a < b ? -1 : 1);
}

// "12", "0.25": digits, then at most six places; at most `max` millionths, which is
// at most 10^18.
std::optional<std::int64_t> parse_number(std::string_view word, std::int64_t max) {
  const std::size_t point = std::min(word.find('.'), word.size());
  const std::string_view whole = word.substr(0, point);
  const std::string_view places = word.substr(std::min(point + 1, word.size()));
  if (whole.empty() || (point < word.size() && places.empty()) || places.size() > kPlaces) {
    return std::nullopt;
  }
  std::int64_t value = 0;
  for (const char c : whole) {
    if (c < '0' || c > '9' || value > max / kUnit) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  if (value > max / kUnit) return std::nullopt;
  for (const char c : places) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  for (std::size_t i = places.size(); i < kPlaces; ++i) value *= 10;
  if (value > max) return std::nullopt;
  return value;
}

std::string number_text(std::int64_t millionths) {
  std::string text = std::to_string(millionths / kUnit);
  std::string places = std::to_string(millionths % kUnit + kUnit).substr(1);
  places.erase(places.find_last_not_of('0') + 1);
  return places.empty() ? text : text + "." + places;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

std::optional<Cell> parse_value(std::string_view word, const Field& field) {
  switch (field.kind) {
    case Kind::number: {
      const std::optional<std::int64_t> number = parse_number(word, field.max);
      return number ? std::optional<Cell>(*number) : std::nullopt;
    }
    case Kind::text: return Cell(std::string(word));
    case Kind::flag:
      if (word == "true") return Cell(true);
      if (word == "false") return Cell(false);
      return std::nullopt;
    case Kind::level: {
      const auto found = std::find(field.levels.begin(), field.levels.end(), word);
      if (found == field.levels.end()) return std::nullopt;
      return Cell(static_cast<std::int64_t>(found - field.levels.begin()));
    }
  }
  return std::nullopt;
}

std::string describe_values(const Field& field) {
  switch (field.kind) {
    case Kind::number:
      return "a number from 0 to " + number_text(field.max) + " for " + std::string(field.name);
    case Kind::text: return "a word or a \"string\" for " + std::string(field.name);
    case Kind::flag: return "true or false for " + std::string(field.name);
    case Kind::level: break;
  }
  std::string text = "one of";
  for (const std::string_view level : field.levels) {
    text += (level == field.levels.front() ? " " : ", ") + std::string(level);
  }
  return text + " for " + std::string(field.name);
}

std::string value_text(const Cell& value, const Field& field) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    if (field.kind == Kind::number) return number_text(*number);
    return std::string(field.levels[static_cast<std::size_t>(*number)]);
  }
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return "";
  const bool plain = !text->empty() && *text != "any" &&
                     std::all_of(text->begin(), text->end(), is_word_character);
  return plain ? *text : quoted(*text);
}

std::string lower_case(std::string text) {
  for (char& c : text) c = lower(c);
  return text;
}

int compare_texts(const std::string& a, const std::string& b) {
  const std::size_t size = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < size; ++i) {
    const auto left = static_cast<unsigned char>(lower(a[i]));
    const auto right = static_cast<unsigned char>(lower(b[i]));
    if (left != right) return left < right ? -1 : 1;
  }
  return a.size() == b.size() ? 0 : (a.size() < b.size() ? -1 : 1);
}

int compare_cells(const Cell& a, const Cell& b) {
  if (const auto* text = std::get_if<std::string>(&a)) {
    return compare_texts(*text, std::get<std::string>(b));
  }
  if (const auto* flag = std::get_if<bool>(&a)) return compare_plain(*flag, std::get<bool>(b));
  return compare_plain(std::get<std::int64_t>(a), std::get<std::int64_t>(b));
}

}  // namespace assay::reputation::query
