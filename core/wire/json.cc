#include "core/wire/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>

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

constexpr int kNumberOverflow = 406;  // the id of the parser's out_of_range exception

// Hands the text to the parser byte by byte and so knows how far it has come.
struct Cursor {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  const char* at = nullptr;
  std::size_t* taken = nullptr;

  reference operator*() const { return *at; }
  Cursor& operator++() {
    ++at;
    ++*taken;
    return *this;
  }
  Cursor operator++(int) {
    const Cursor before = *this;
    ++*this;
    return before;
  }
  bool operator==(const Cursor& other) const { return at == other.at; }
  bool operator!=(const Cursor& other) const { return at != other.at; }
};

// Builds the value while the parser walks the text, and stops it at the first breach of a limit.
// The parser itself does not recurse, so depth costs it nothing before we refuse it.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Builder(const JsonLimits& limits, const std::size_t& taken) : limits_(limits), taken_(taken) {}

  bool null() override { return add(Json()); }
  bool boolean(bool value) override { return add(Json(value)); }
  bool number_integer(number_integer_t value) override { return add(Json(value)); }
  bool number_unsigned(number_unsigned_t value) override { return add(Json(value)); }
  bool number_float(number_float_t, const string_t& raw) override {
    // An integer that fits neither int64 nor uint64 arrives here as well.
    if (raw.find_first_of(".eE") == string_t::npos) return refuse("an integer beyond 64 bits");
    if (!limits_.fractions) return refuse("a number with a fraction or exponent");
    double value = 0;
    const auto end = std::from_chars(raw.data(), raw.data() + raw.size(), value);
    if (end.ec != std::errc() || end.ptr != raw.data() + raw.size() || !std::isfinite(value)) {
      return refuse("a number that no double can hold");
    }
    return add(Json(value));
  }
  bool string(string_t& value) override { return add(Json(std::move(value))); }
  bool binary(binary_t&) override { return refuse("binary data"); }

  bool start_object(std::size_t) override { return open(true); }
  bool key(string_t& name) override {
    frames_.back().key = std::move(name);
    return true;
  }
  bool end_object() override {
    const Json::Object& members = frames_.back().members;
    std::vector<std::string_view> keys;
    keys.reserve(members.size());
    for (const Json::Member& member : members) keys.push_back(member.first);
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    if (twice != keys.end()) return refuse("a second " + quoted(*twice) + " in one object");
    return close();
  }
  bool start_array(std::size_t) override { return open(false); }
  bool end_array() override { return close(); }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception& error) override {
    if (error.id == kNumberOverflow) return refuse("a number that no double can hold");
    // Keep the parser's words, drop its code in front and the echo of the peer's bytes behind.
    std::string_view words = error.what();
    if (const auto colon = words.find(": "); colon != std::string_view::npos) {
      words.remove_prefix(colon + 2);
    }
    words = words.substr(0, words.find("; last read"));
    error_ = fail(Code::malformed,
                  "not JSON at byte " + std::to_string(position) + ": " + std::string(words));
    return false;
  }

  Result<Json> finish(bool accepted) {
    if (error_) return *error_;
    if (!accepted) return fail(Code::malformed, "not JSON");
    return std::move(root_);
  }

 private:
  struct Frame {
    bool object = false;
    std::string key;
    Json::Array items;
    Json::Object members;
  };

  static std::string quoted(std::string_view key) {
    return key.size() <= 64 ? Json(key).dump() : "long key";
  }

  bool refuse(const std::string& what) {
    error_ = fail(Code::malformed, what + " before byte " + std::to_string(taken_));
    return false;
  }

  bool open(bool object) {
    if (frames_.size() >= limits_.depth_max) {
      return refuse("nesting deeper than " + std::to_string(limits_.depth_max));
    }
    if (!count()) return false;
    frames_.emplace_back();
    frames_.back().object = object;
    return true;
  }

  bool close() {
    Frame done = std::move(frames_.back());
    frames_.pop_back();
    place(done.object ? Json::object(std::move(done.members)) : Json::array(std::move(done.items)));
    return true;
  }

  bool add(Json value) {
    if (!count()) return false;
    place(std::move(value));
    return true;
  }

  bool count() {
    if (++values_ <= limits_.values_max) return true;
    return refuse("more than " + std::to_string(limits_.values_max) + " values");
  }

  void place(Json value) {
    if (frames_.empty()) {
      root_ = std::move(value);
    } else if (Frame& frame = frames_.back(); frame.object) {
      frame.members.emplace_back(std::move(frame.key), std::move(value));
    } else {
      frame.items.push_back(std::move(value));
    }
  }

  const JsonLimits& limits_;
  const std::size_t& taken_;
  std::size_t values_ = 0;
  std::vector<Frame> frames_;
  Json root_;
  std::optional<Error> error_;
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

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.bytes_max) {
    return fail(Code::malformed, "JSON of " + std::to_string(text.size()) + " bytes, at most " +
                                     std::to_string(limits.bytes_max) + " are read");
  }
  // The parser would skip a byte order mark and take a NUL for the end of the text.
  if (text.starts_with("\xEF\xBB\xBF")) return fail(Code::malformed, "a byte order mark at byte 0");
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return fail(Code::malformed, "a NUL at byte " + std::to_string(nul));
  }
  std::size_t taken = 0;
  Builder builder(limits, taken);
  const Cursor begin{text.data(), &taken};
  const Cursor end{text.data() + text.size(), &taken};
  const bool accepted = nlohmann::json::sax_parse(begin, end, &builder);
  return builder.finish(accepted);
}

}  // namespace assay::wire
