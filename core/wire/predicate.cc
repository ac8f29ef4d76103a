#include "core/wire/predicate.h"

#include <algorithm>

namespace assay::wire {

namespace {

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

}  // namespace

void expect_subject(Fields& in, const Statement& statement, std::string_view name,
                    const Digest& digest) {
  if (statement.subject_name != name) {
    in.note("subject", "must be named \"" + std::string(name) + "\"");
  } else if (statement.subject != digest) {
    in.note("subject", "is not the " + std::string(name) + " that the predicate speaks of");
  }
}

std::string some_text(Fields& in, std::string_view key, std::size_t max) {
  std::string text = in.text(key, max);
  if (text.empty()) in.note(key, "is empty");
  return text;
}

std::string word_text(Fields& in, std::string_view key, std::size_t max) {
  std::string text = some_text(in, key, max);
  const bool good = std::all_of(text.begin(), text.end(),
                                [](char c) { return is_lower_or_digit(c) || c == '-'; });
  if (!good) in.note(key, "may hold a-z, 0-9 and - only");
  return text;
}

std::string opaque_text(Fields& in, std::string_view key, std::size_t max) {
  const Json& json = in.value(key);
  if (!json.is_string()) {
    in.note(key, "is not a string");
    return {};
  }
  if (json.as_string().size() > max) {
    in.note(key, std::to_string(json.as_string().size()) + " bytes where at most " +
                     std::to_string(max) + " are allowed");
    return {};
  }
  return json.as_string();
}

std::uint64_t u64_from(Fields& in, std::string_view key, std::uint64_t min) {
  const std::uint64_t value = in.u64(key);
  if (value < min) in.note(key, u64_text(value) + " is below " + u64_text(min));
  return value;
}

UnixMillis read_time(Fields& in, std::string_view key) {
  return UnixMillis{in.millis(key)};
}

std::string time_text(UnixMillis time) {
  ASSAY_CHECK(time.ms >= 0, "a time before 1970 in a statement");
  return u64_text(static_cast<std::uint64_t>(time.ms));
}

std::string item_name(std::size_t index) {
  std::string name = "[";
  name += std::to_string(index);
  name += ']';
  return name;
}

Reason read_reason(Fields& in, std::string_view key) {
  const std::optional<Reason> reason = parse_reason(in.text(key, 16));
  if (!reason) in.note(key, "is none of first, retro, appeal, paid");
  return reason.value_or(Reason::first);
}

}  // namespace assay::wire
