// An exclusive lock on a file, held while the object lives, so that two processes cannot share one
// state folder or one key. The kernel releases it when the process dies.
#pragma once

#include <memory>
#include <string>

#include "core/base/result.h"

namespace assay {

class FileLock {
 public:
  // Creates the file (0600) if `create`; otherwise it must be there.
  //   conflict     somebody else holds it
  //   not_found    no such file
  //   permission, storage
  static Result<std::unique_ptr<FileLock>> take(const std::string& path, bool create);

  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace assay
