#include <array>
#include <charconv>
#include <cmath>

#include "core/wire/json.h"

namespace assay::wire {

Json::Json(std::uint64_t value) {
  // One representation per number, so that == compares values.
  if (value <= INT64_MAX) {
    value_ = static_cast<std::int64_t>(value);
  } else {
    value_ = value;
  }
}

Json Json::array(Array items) {
  Json out;
  out.value_ = std::move(items);
  return out;
}

Json Json::object(Object members) {
  Json out;
  out.value_ = std::move(members);
  return out;
}

bool Json::is_null() const {
  return std::holds_alternative<std::monostate>(value_);
}
bool Json::is_bool() const {
  return std::holds_alternative<bool>(value_);
}
bool Json::is_integer() const {
  return std::holds_alternative<std::int64_t>(value_) ||
         std::holds_alternative<std::uint64_t>(value_);
}
bool Json::is_number() const {
  return is_integer() || std::holds_alternative<double>(value_);
}
bool Json::is_string() const {
  return std::holds_alternative<std::string>(value_);
}
bool Json::is_array() const {
  return std::holds_alternative<Array>(value_);
}
bool Json::is_object() const {
  return std::holds_alternative<Object>(value_);
}

bool Json::as_bool() const {
  ASSAY_CHECK(is_bool(), "as_bool() of another kind");
  return *std::get_if<bool>(&value_);
}

const std::string& Json::as_string() const {
  ASSAY_CHECK(is_string(), "as_string() of another kind");
  return *std::get_if<std::string>(&value_);
}

const Json::Array& Json::items() const {
  ASSAY_CHECK(is_array(), "items() of another kind");
  return *std::get_if<Array>(&value_);
}

const Json::Object& Json::members() const {
  ASSAY_CHECK(is_object(), "members() of another kind");
  return *std::get_if<Object>(&value_);
}

double Json::as_double() const {
  ASSAY_CHECK(is_number(), "as_double() of another kind");
  if (const auto* i = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*i);
  if (const auto* u = std::get_if<std::uint64_t>(&value_)) return static_cast<double>(*u);
  return *std::get_if<double>(&value_);
}

std::optional<std::int64_t> Json::as_i64() const {
  if (const auto* i = std::get_if<std::int64_t>(&value_)) return *i;
  return std::nullopt;
}

std::optional<std::uint64_t> Json::as_u64() const {
  if (const auto* u = std::get_if<std::uint64_t>(&value_)) return *u;
  const auto* i = std::get_if<std::int64_t>(&value_);
  if (i != nullptr && *i >= 0) return static_cast<std::uint64_t>(*i);
  return std::nullopt;
}

Json& Json::set(std::string key, Json value) {
  if (is_null()) value_ = Object{};
  auto* members = std::get_if<Object>(&value_);
  ASSAY_CHECK(members != nullptr, "set() on something that is not an object");
  for (Member& member : *members) {
    if (member.first == key) {
      member.second = std::move(value);
      return *this;
    }
  }
  members->emplace_back(std::move(key), std::move(value));
  return *this;
}

Json& Json::push(Json value) {
  if (is_null()) value_ = Array{};
  auto* items = std::get_if<Array>(&value_);
  ASSAY_CHECK(items != nullptr, "push() on something that is not an array");
  items->push_back(std::move(value));
  return *this;
}

const Json* Json::find(std::string_view key) const {
  const auto* members = std::get_if<Object>(&value_);
  if (members == nullptr) return nullptr;
  for (const Member& member : *members) {
    if (member.first == key) return &member.second;
  }
  return nullptr;
}

Json Json::take(std::string_view key) {
  const Json* const found = find(key);
  return found == nullptr ? Json() : std::move(const_cast<Json&>(*found));
}

namespace {

void write_string(std::string& out, std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\\u00";
          out += kDigits[(c >> 4) & 15];
          out += kDigits[c & 15];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

// The shortest decimal that reads back as the same double, recognisable as a fraction.
void write_double(std::string& out, double value) {
  ASSAY_CHECK(std::isfinite(value), "JSON has no spelling for NaN or infinity");
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  const std::string_view digits(text.data(), static_cast<std::size_t>(end.ptr - text.data()));
  out += digits;
  if (digits.find_first_of(".e") == std::string_view::npos) out += ".0";
}

class Writer {
 public:
  explicit Writer(bool pretty) : pretty_(pretty) {}

  void write(const Json& value, std::size_t level) {
    if (value.is_null()) {
      out_ += "null";
    } else if (value.is_bool()) {
      out_ += value.as_bool() ? "true" : "false";
    } else if (const auto i = value.as_i64()) {
      out_ += std::to_string(*i);
    } else if (const auto u = value.as_u64()) {
      out_ += std::to_string(*u);
    } else if (value.is_number()) {
      write_double(out_, value.as_double());
    } else if (value.is_string()) {
      write_string(out_, value.as_string());
    } else if (value.is_array()) {
      write_array(value.items(), level);
    } else {
      write_object(value.members(), level);
    }
  }

  std::string take() { return std::move(out_); }

 private:
  void write_array(const Json::Array& items, std::size_t level) {
    out_ += '[';
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_ += ',';
      line(level + 1);
      write(items[i], level + 1);
    }
    if (!items.empty()) line(level);
    out_ += ']';
  }

  void write_object(const Json::Object& members, std::size_t level) {
    out_ += '{';
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i > 0) out_ += ',';
      line(level + 1);
      write_string(out_, members[i].first);
      out_ += pretty_ ? ": " : ":";
      write(members[i].second, level + 1);
    }
    if (!members.empty()) line(level);
    out_ += '}';
  }

  void line(std::size_t level) {
    if (!pretty_) return;
    out_ += '\n';
    out_.append(2 * level, ' ');
  }

  bool pretty_;
  std::string out_;
};

}  // namespace

std::string Json::dump() const {
  Writer writer(false);
  writer.write(*this, 0);
  return writer.take();
}

std::string Json::pretty() const {
  Writer writer(true);
  writer.write(*this, 0);
  return writer.take();
}

}  // namespace assay::wire
