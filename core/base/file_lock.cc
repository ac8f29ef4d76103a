#include "core/base/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace assay {

Result<std::unique_ptr<FileLock>> FileLock::take(const std::string& path, bool create) {
  const int flags = create ? O_RDWR | O_CREAT | O_CLOEXEC : O_RDONLY | O_CLOEXEC;
  const int fd = ::open(path.c_str(), flags, 0600);
  if (fd < 0) {
    const int reason = errno;
    Code code = Code::storage;
    if (reason == ENOENT) code = Code::not_found;
    if (reason == EACCES || reason == EPERM) code = Code::permission;
    return fail(code, "cannot open '" + path + "': " + std::strerror(reason));
  }
  std::unique_ptr<FileLock> lock(new FileLock(fd));
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      return fail(Code::storage, "cannot lock '" + path + "': " + std::strerror(errno));
    }
    return fail(Code::conflict, "'" + path + "' is in use by another process; stop that one first");
  }
  return lock;
}

FileLock::~FileLock() {
  ::close(fd_);
}

}  // namespace assay
