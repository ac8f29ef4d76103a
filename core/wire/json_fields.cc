#include <algorithm>
#include <charconv>

#include "core/wire/json.h"
#include "core/wire/text.h"

namespace assay::wire {

namespace {

constexpr std::int64_t kMillisMax = std::int64_t{1} << 53;

// C0, DEL, and C1 in its UTF-8 spelling (C2 80 .. C2 9F).
bool has_control(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7F) return true;
    if (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      return true;
    }
  }
  return false;
}

std::string range_text(std::string_view value, std::uint64_t min, std::uint64_t max) {
  return std::string(value) + " is outside " + std::to_string(min) + ".." + std::to_string(max);
}

}  // namespace

std::string u64_text(std::uint64_t value) {
  return std::to_string(value);
}

Result<std::uint64_t> parse_u64(std::string_view text) {
  const bool digits = !text.empty() && std::all_of(text.begin(), text.end(),
                                                   [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return fail(Code::malformed, "not a decimal number");
  if (text.size() > 1 && text[0] == '0') {
    return fail(Code::malformed, "a decimal number with a leading zero");
  }
  std::uint64_t value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc()) return fail(Code::malformed, "a decimal number beyond 64 bits");
  return value;
}

Fields::Fields(const Json& object, std::string_view where) : object_(&object), where_(where) {
  if (!object.is_object()) {
    error_ = fail(Code::malformed, where_ + ": not a JSON object");
  } else {
    read_.resize(object.members().size());
  }
}

bool Fields::has(std::string_view key) const {
  return object_->find(key) != nullptr;
}

const Json* Fields::find(std::string_view key) {
  if (object_->is_object()) {
    const Json::Object& members = object_->members();
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (members[i].first != key) continue;
      read_[i] = true;
      return &members[i].second;
    }
  }
  note(key, "is missing");
  return nullptr;
}

const Json& Fields::value(std::string_view key) {
  static const Json nothing;
  const Json* value = find(key);
  return value != nullptr ? *value : nothing;
}

const Json::Array& Fields::array(std::string_view key, std::size_t max) {
  static const Json::Array none;
  const Json* value = find(key);
  if (value == nullptr) return none;
  if (!value->is_array()) {
    note(key, "is not an array");
    return none;
  }
  if (value->items().size() > max) {
    note(key, std::to_string(value->items().size()) + " items where at most " +
                  std::to_string(max) + " are allowed");
    return none;
  }
  return value->items();
}

std::string Fields::text(std::string_view key, std::size_t max) {
  const Json* value = find(key);
  if (value == nullptr) return {};
  if (!value->is_string()) {
    note(key, "is not a string");
    return {};
  }
  const std::string& text = value->as_string();
  if (text.size() > max) {
    note(key, std::to_string(text.size()) + " bytes where at most " + std::to_string(max) +
                  " are allowed");
    return {};
  }
  if (has_control(text)) {
    note(key, "contains a control character");
    return {};
  }
  return text;
}

bool Fields::boolean(std::string_view key) {
  const Json* value = find(key);
  if (value == nullptr) return false;
  if (!value->is_bool()) {
    note(key, "is neither true nor false");
    return false;
  }
  return value->as_bool();
}

std::uint32_t Fields::u32(std::string_view key, std::uint32_t min, std::uint32_t max) {
  const Json* value = find(key);
  if (value == nullptr) return min;
  if (!value->is_integer()) {
    note(key, "is not an integer");
    return min;
  }
  const std::optional<std::uint64_t> number = value->as_u64();
  if (!number || *number < min || *number > max) {
    note(key, range_text(value->dump(), min, max));
    return min;
  }
  return static_cast<std::uint32_t>(*number);
}

std::uint64_t Fields::u64(std::string_view key) {
  const Result<std::uint64_t> number = parse_u64(text(key, 20));
  if (number.ok()) return number.value();
  note(key, number.error().what + " (64-bit numbers travel as decimal strings)");
  return 0;
}

std::int64_t Fields::millis(std::string_view key) {
  const std::uint64_t number = u64(key);
  if (number <= static_cast<std::uint64_t>(kMillisMax)) return static_cast<std::int64_t>(number);
  note(key, range_text(std::to_string(number), 0, static_cast<std::uint64_t>(kMillisMax)));
  return 0;
}

Bytes Fields::base64(std::string_view key, std::size_t max) {
  const std::string spelled = text(key, (max + 2) / 3 * 4);
  Result<Bytes> bytes = from_base64_canonical(spelled);
  if (!bytes.ok()) {
    note(key, bytes.error().what);
    return {};
  }
  if (bytes.value().size() > max) {
    note(key, std::to_string(bytes.value().size()) + " bytes where at most " + std::to_string(max) +
                  " are allowed");
    return {};
  }
  return std::move(bytes).value();
}

void Fields::note(std::string_view key, std::string_view problem) {
  if (error_) return;
  error_ = fail(Code::malformed, where_ + ": " + std::string(key) + ": " + std::string(problem));
}

Status Fields::close() {
  if (error_) return *error_;
  for (std::size_t i = 0; i < read_.size(); ++i) {
    if (read_[i]) continue;
    return fail(Code::malformed, where_ + ": " + quoted(object_->members()[i].first) +
                                     ": is not a member of this version");
  }
  return {};
}

Status Fields::finish_open() {
  if (error_) return *error_;
  return {};
}

}  // namespace assay::wire
