// Where a case keeps its stores while it runs. One thread.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

#include "core/base/result.h"

namespace assay::bench {

// A folder under this one, or under the system's temporary one if it is empty, that goes away with
// the object.
class Folder {
 public:
  static Result<Folder> make(const std::string& under) {
    Folder out;
    out.path_ = (under.empty() ? std::filesystem::temp_directory_path().string() : under) +
                "/assay-bench-XXXXXX";
    if (::mkdtemp(out.path_.data()) == nullptr) {
      return fail(Code::storage, "no folder can be made: " + out.path_);
    }
    return out;
  }
  Folder(Folder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Folder& operator=(Folder&&) = delete;
  ~Folder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  Folder() = default;
  std::string path_;
};

}  // namespace assay::bench
