#include "core/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace assay {
namespace {

// Closes a descriptor on every way out.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close_now(); }
  int get() const { return fd_; }
  int close_now() {
    const int fd = fd_;
    fd_ = -1;
    return fd >= 0 ? ::close(fd) : 0;
  }

 private:
  int fd_;
};

Error system_error(const std::string& path, const char* doing) {
  const int reason = errno;
  Code code = Code::storage;
  if (reason == ENOENT || reason == ENOTDIR) code = Code::not_found;
  if (reason == EACCES || reason == EPERM) code = Code::permission;
  return fail(code, std::string("cannot ") + doing + " '" + path + "': " + std::strerror(reason));
}

Error not_regular(const std::string& path) {
  return fail(Code::malformed, "'" + path + "' is not a regular file");
}

bool write_all(int fd, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
  }
  return true;
}

}  // namespace

Result<Bytes> read_file(const std::string& path, std::size_t max_bytes) {
  // O_NONBLOCK: a pipe without a writer must not hold us. Regular files take no notice of it.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0 && errno == ENXIO) return not_regular(path);  // a socket
  if (file.get() < 0) return system_error(path, "open");
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return system_error(path, "inspect");
  if (!S_ISREG(info.st_mode)) return not_regular(path);
  if (static_cast<std::uint64_t>(info.st_size) > max_bytes) {
    return fail(Code::malformed, "'" + path + "' has " + std::to_string(info.st_size) +
                                     " bytes; at most " + std::to_string(max_bytes) +
                                     " are accepted");
  }
  Bytes bytes(static_cast<std::size_t>(info.st_size));
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::read(file.get(), bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(path, "read");
    if (got == 0) break;  // it shrank while we read: what is left is what there is
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

Status write_file_durably(const std::string& path, ByteView bytes, unsigned mode) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  const Descriptor parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.get() < 0) return system_error(folder, "open the folder");
  static std::atomic<unsigned> counter{0};
  const std::string temporary =
      path + ".tmp." + std::to_string(::getpid()) + "." + std::to_string(counter++);
  Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                         static_cast<mode_t>(mode)));
  if (file.get() < 0) return system_error(temporary, "create");
  if (!write_all(file.get(), bytes) || ::fsync(file.get()) != 0 || file.close_now() != 0 ||
      ::rename(temporary.c_str(), path.c_str()) != 0) {
    const Error error = system_error(path, "write");
    ::unlink(temporary.c_str());
    return fail(Code::storage, error.what);
  }
  if (::fsync(parent.get()) != 0) {
    return fail(Code::storage, system_error(folder, "sync the folder").what);
  }
  return {};
}

Result<std::optional<std::string>> read_text_if_there(const std::string& path,
                                                      std::size_t max_bytes) {
  const Result<Bytes> bytes = read_file(path, max_bytes);
  if (bytes.ok()) return std::optional<std::string>(std::string(as_text(bytes.value())));
  if (bytes.error().code == Code::not_found) return std::optional<std::string>{};
  return bytes.error();
}

Status swap_file_durably(const std::string& path, const std::optional<std::string>& expected,
                         std::string_view next) {
  const std::size_t expected_bytes = expected ? expected->size() : 0;
  const Result<std::optional<std::string>> there = read_text_if_there(path, expected_bytes);
  if (!there.ok() && there.error().code != Code::malformed) {
    return fail(Code::storage, there.error().what);
  }
  if (!there.ok() || there.value() != expected) {
    return fail(Code::conflict, "'" + path + "' is not as it was left: another process wrote it");
  }
  if (Status written = write_file_durably(path, as_bytes(next)); !written.ok()) {
    return fail(Code::storage, written.error().what);
  }
  return {};
}

Status make_folders(const std::string& path) {
  std::error_code problem;
  std::filesystem::create_directories(path, problem);
  if (problem) {
    return fail(Code::storage, "cannot create folder '" + path + "': " + problem.message());
  }
  return {};
}

}  // namespace assay
