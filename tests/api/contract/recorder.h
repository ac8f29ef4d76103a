// What went over the wire: exchanges of a live server, kept as lines of JSON. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "api/server/http.h"

namespace assay::test {

class Recorder {
 public:
  // Keeps the first few of each method, path (numbers and digests aside) and status.
  void note(const api::Request& request, const api::Response& response);
  Status write(const std::string& path) const;

 private:
  static constexpr std::size_t kAlikeMax = 12;
  static constexpr std::size_t kBodyBytesMax = std::size_t{256} << 10;

  mutable std::mutex mutex_;
  std::map<std::string, std::size_t> alike_;
  std::vector<std::string> lines_;
};

}  // namespace assay::test
