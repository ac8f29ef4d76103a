// The one JSON value of Assay: small, capped, strict. nlohmann/json does the parsing and appears in
// json.cc only; nobody else may include it.
// Values; any thread.
//
// Strict means: UTF-8, one value and nothing after it, no duplicate keys in an object, nesting and
// size below the caps, integers within int64 or uint64 (never rounded through a double).
// Fractions are accepted only where the caller says so (scene files); no statement has any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/bytes.h"

namespace assay::wire {

class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;  // keeps the order it was written in

  Json() = default;                                                        // null
  Json(bool value) : value_(value) {}                                      // NOLINT
  Json(std::int64_t value) : value_(value) {}                              // NOLINT
  Json(std::uint64_t value);                                               // NOLINT
  Json(int value) : value_(static_cast<std::int64_t>(value)) {}            // NOLINT
  Json(std::uint32_t value) : value_(static_cast<std::int64_t>(value)) {}  // NOLINT
  Json(double value) : value_(value) {}                                    // NOLINT
  Json(std::string value) : value_(std::move(value)) {}                    // NOLINT
  Json(std::string_view value) : value_(std::string(value)) {}             // NOLINT
  Json(const char* value) : value_(std::string(value)) {}                  // NOLINT
  static Json array(Array items = {});
  static Json object(Object members = {});

  bool is_null() const;
  bool is_bool() const;
  bool is_integer() const;
  bool is_number() const;  // integer or fraction
  bool is_string() const;
  bool is_array() const;
  bool is_object() const;

  // Reading the wrong kind is a bug of ours (ASSAY_CHECK): peers' values go through Fields below.
  bool as_bool() const;
  const std::string& as_string() const;
  const Array& items() const;
  const Object& members() const;
  double as_double() const;  // any number

  // The integer, if it is one and lies in the range of the type.
  std::optional<std::int64_t> as_i64() const;
  std::optional<std::uint64_t> as_u64() const;

  // Building. set() replaces or appends; push() appends. Both return *this for chaining.
  Json& set(std::string key, Json value);
  Json& push(Json value);

  const Json* find(std::string_view key) const;  // null when absent or not an object
  Json take(std::string_view key);               // moves a member's value out; null when absent

  // Compact text, members in order, no spaces, UTF-8 unescaped except what JSON requires. One
  // spelling per value: this is what gets signed.
  std::string dump() const;
  // The same for people: two spaces a level.
  std::string pretty() const;

  bool operator==(const Json&) const = default;

 private:
  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Array,
               Object>
      value_;
};

struct JsonLimits {
  std::size_t bytes_max = 1 << 20;
  std::size_t depth_max = 32;
  std::size_t values_max = 1 << 17;  // every null, bool, number, string, array and object
  bool fractions = false;
};

//   malformed    says what and at which byte
Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});

// u64 fields of statements travel as decimal strings: no sign, no leading zero, no spaces.
std::string u64_text(std::uint64_t value);
Result<std::uint64_t> parse_u64(std::string_view text);

// Reads the members of an object that a peer sent, naming the field in every error. Unknown members
// are an error for statements (`close()`), which keeps one spelling per fact.
// The first failure sticks; read all fields, then ask.
//
//   Fields in(json, "order");
//   order.steps = in.u32("steps", 1, kStepsMax);
//   order.nonce = in.fixed<Digest>("nonce");
//   if (Status s = in.close(); !s.ok()) return s.error();
class Fields {
 public:
  Fields(const Json& object, std::string_view where);

  bool has(std::string_view key) const;
  const Json& value(std::string_view key);  // null after a failure
  const Json::Array& array(std::string_view key, std::size_t max);
  std::string text(std::string_view key, std::size_t max = 256);  // valid UTF-8, no control chars
  bool boolean(std::string_view key);
  std::uint32_t u32(std::string_view key, std::uint32_t min = 0, std::uint32_t max = UINT32_MAX);
  std::uint64_t u64(std::string_view key);              // a decimal string
  std::int64_t millis(std::string_view key);            // a decimal string, 0..2^53
  Bytes base64(std::string_view key, std::size_t max);  // canonical spelling only

  // Hex of a FixedBytes type.
  template <class T>
  T fixed(std::string_view key) {
    Result<T> parsed = T::parse_hex(text(key, 2 * T::kSize));
    if (parsed.ok()) return parsed.value();
    note(key, parsed.error().what);
    return T{};
  }

  // Records a failure of the caller's own about this field.
  void note(std::string_view key, std::string_view problem);
  bool ok() const { return !error_.has_value(); }

  // The first failure, or `malformed` naming a member that nobody read.
  Status close();
  // The first failure; members that nobody read are allowed (DSSE: "ignore unknown fields").
  Status finish_open();

 private:
  const Json* find(std::string_view key);

  const Json* object_;
  std::string where_;
  std::vector<bool> read_;  // by the member's place
  std::optional<Error> error_;
};

}  // namespace assay::wire
