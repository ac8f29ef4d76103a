#include "core/base/part_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

namespace assay {
namespace {

Error system_error(const std::string& path, const char* doing) {
  const int reason = errno;
  Code code = Code::storage;
  if (reason == ENOENT || reason == ENOTDIR) code = Code::not_found;
  if (reason == EACCES || reason == EPERM) code = Code::permission;
  return fail(code, std::string("cannot ") + doing + " '" + path + "': " + std::strerror(reason));
}

Error storage_error(const std::string& path, const char* doing) {
  return fail(Code::storage, system_error(path, doing).what);
}

// Whether the path still names the file that was opened: whoever had it before us may have
// published it since.
bool is_at(int fd, const std::string& path) {
  struct stat opened {
  }, named{};
  return ::fstat(fd, &opened) == 0 && ::stat(path.c_str(), &named) == 0 &&
         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

}  // namespace

Result<PartFile> PartFile::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0644);
  if (fd < 0) return system_error(path, "create");
  PartFile file(fd, path);
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    return fail(Code::storage, "'" + path + "' is not a regular file");
  }
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0 || !is_at(fd, path)) {
    return fail(Code::conflict, "'" + path + "' is being written by somebody else");
  }
  return file;
}

PartFile::PartFile(PartFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}

PartFile::~PartFile() {
  if (fd_ >= 0) ::close(fd_);
}

std::uint64_t PartFile::size() const {
  struct stat info {};
  return ::fstat(fd_, &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

Status PartFile::resize(std::uint64_t bytes) {
  if (::ftruncate(fd_, static_cast<off_t>(bytes)) == 0) return {};
  return storage_error(path_, "resize");
}

Status PartFile::write_at(std::uint64_t offset, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return storage_error(path_, "write");
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
    offset += static_cast<std::uint64_t>(wrote);
  }
  return {};
}

Result<Bytes> PartFile::read_at(std::uint64_t offset, std::size_t count) const {
  Bytes out(count);
  std::size_t done = 0;
  while (done < count) {
    const ssize_t got =
        ::pread(fd_, out.data() + done, count - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return storage_error(path_, "read");
    if (got == 0) return fail(Code::storage, "'" + path_ + "' ends too early");
    done += static_cast<std::size_t>(got);
  }
  return out;
}

Status PartFile::publish(const std::string& path) {
  if (::fsync(fd_) != 0 || ::rename(path_.c_str(), path.c_str()) != 0) {
    return storage_error(path, "write");
  }
  std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  const int parent = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = parent >= 0 && ::fsync(parent) == 0;
  const Error error = storage_error(folder, "sync the folder");
  if (parent >= 0) ::close(parent);
  return synced ? Status() : Status(error);
}

void PartFile::discard() {
  ::unlink(path_.c_str());
}

}  // namespace assay
