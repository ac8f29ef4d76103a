// The parser: the only file that knows nlohmann/json.
#include "core/wire/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>

#include "core/wire/text.h"

namespace assay::wire {

namespace {

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
