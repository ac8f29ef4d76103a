#include "core/compute/render/scene_reader.h"

#include <algorithm>
#include <charconv>

#include "core/wire/text.h"

namespace assay::compute::render {
namespace {

std::string number_text(double value) {
  char buffer[32];
  const bool plain = value > -1e15 && value < 1e15 &&
                     value == static_cast<double>(static_cast<std::int64_t>(value));
  const auto end =
      plain ? std::to_chars(buffer, buffer + sizeof buffer, static_cast<std::int64_t>(value))
            : std::to_chars(buffer, buffer + sizeof buffer, value);
  return std::string(buffer, end.ptr);
}

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (auto word = words.begin(); word != words.end(); ++word) {
    if (std::find(words.begin(), word, *word) == word) text += (text.empty() ? "" : ", ") + *word;
  }
  return text;
}

}  // namespace

void SceneError::note(const std::string& path, const std::string& problem) {
  if (!error_) error_ = fail(Code::malformed, path.empty() ? problem : path + ": " + problem);
}

SceneObject::SceneObject(SceneError& errors, const wire::Json* json, std::string path)
    : errors_(errors), json_(json), path_(std::move(path)) {
  if (json_ == nullptr || json_->is_object()) return;
  errors_.note(path_, "must be an object {…}");
  json_ = nullptr;
}

std::string SceneObject::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

const wire::Json* SceneObject::member(std::string_view key, bool optional) {
  asked_.emplace_back(key);
  if (json_ == nullptr) return nullptr;
  const wire::Json* found = json_->find(key);
  if (found == nullptr && !optional) errors_.note(path_of(key), "is missing");
  return found;
}

bool SceneObject::has(std::string_view key) {
  return member(key, true) != nullptr;
}

double SceneObject::number_at(const wire::Json& json, const std::string& path, const Range& range) {
  if (!json.is_number()) {
    errors_.note(path, "must be a number");
    return range.max;
  }
  const double value = json.as_double();
  const bool above = range.above_min ? value > range.min : value >= range.min;
  if (above && value <= range.max) return value;
  errors_.note(path, number_text(value) + " is outside " + number_text(range.min) + ".." +
                         number_text(range.max) + (range.above_min ? ", the first excluded" : ""));
  return range.max;
}

double SceneObject::number(std::string_view key, const Range& range,
                           std::optional<double> fallback) {
  const wire::Json* json = member(key, fallback.has_value());
  if (json == nullptr) return fallback.value_or(range.max);
  return number_at(*json, path_of(key), range);
}

Vec3 SceneObject::vector(std::string_view key, const Range& each, std::optional<Vec3> fallback) {
  const wire::Json* json = member(key, fallback.has_value());
  if (json == nullptr) return fallback.value_or(Vec3());
  if (!json->is_array() || json->items().size() != 3) {
    errors_.note(path_of(key), "must be three numbers [x, y, z]");
    return {};
  }
  double v[3];
  for (std::size_t i = 0; i < 3; ++i) {
    v[i] = number_at(json->items()[i], path_of(key) + "[" + std::to_string(i) + "]", each);
  }
  return {static_cast<float>(v[0]), static_cast<float>(v[1]), static_cast<float>(v[2])};
}

std::string SceneObject::text(std::string_view key) {
  const wire::Json* json = member(key);
  if (json == nullptr) return {};
  if (!json->is_string() || json->as_string().empty() || json->as_string().size() > 256) {
    errors_.note(path_of(key), "must be a text of 1 to 256 bytes");
    return {};
  }
  return json->as_string();
}

bool SceneObject::boolean(std::string_view key, bool fallback) {
  const wire::Json* json = member(key, true);
  if (json == nullptr) return fallback;
  if (!json->is_bool()) {
    errors_.note(path_of(key), "must be true or false");
    return fallback;
  }
  return json->as_bool();
}

std::size_t SceneObject::choice(std::string_view key, const std::vector<std::string_view>& words) {
  const std::string word = text(key);
  if (word.empty()) return 0;
  const auto found = std::find(words.begin(), words.end(), word);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  errors_.note(path_of(key),
               wire::quoted(word) + " is not one of " + listed({words.begin(), words.end()}));
  return 0;
}

void SceneObject::close() {
  if (json_ == nullptr) return;
  for (const wire::Json::Member& member : json_->members()) {
    if (std::find(asked_.begin(), asked_.end(), member.first) != asked_.end()) continue;
    errors_.note(path_of(wire::people_text(member.first, kNameShown)),
                 "is unknown; known here: " + listed(asked_));
  }
}

}  // namespace assay::compute::render
