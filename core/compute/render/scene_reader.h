// Reads the members of one object of a scene file, naming the JSON path in every error and saying
// what would have been allowed. All readers of a file share one SceneError: the first failure
// sticks, so that code may read everything and ask once. One thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/compute/render/vec.h"
#include "core/wire/json.h"

namespace assay::compute::render {

// Names come from strangers: so much of one is shown in a path.
inline constexpr std::size_t kNameShown = 40;

class SceneError {
 public:
  void note(const std::string& path, const std::string& problem);
  bool any() const { return error_.has_value(); }
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

// A closed or half-open interval of numbers.
struct Range {
  double min = 0;
  double max = 0;
  bool above_min = false;  // min itself is outside
};

class SceneObject {
 public:
  // Notes a failure when `json` is not an object. Borrows both.
  SceneObject(SceneError& errors, const wire::Json* json, std::string path);

  bool has(std::string_view key);
  std::string path_of(std::string_view key) const;

  // With a fallback a member may be absent.
  double number(std::string_view key, const Range& range, std::optional<double> fallback = {});
  Vec3 vector(std::string_view key, const Range& each, std::optional<Vec3> fallback = {});
  std::string text(std::string_view key);
  bool boolean(std::string_view key, bool fallback);
  // One of the words; 0 after a failure.
  std::size_t choice(std::string_view key, const std::vector<std::string_view>& words);
  // Null after a failure or, with `optional`, when absent.
  const wire::Json* member(std::string_view key, bool optional = false);

  // Notes a member that nobody asked for.
  void close();

 private:
  double number_at(const wire::Json& json, const std::string& path, const Range& range);

  SceneError& errors_;
  const wire::Json* json_;
  std::string path_;
  std::vector<std::string> asked_;
};

}  // namespace assay::compute::render
