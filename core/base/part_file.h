// A large file in the making: written in any order under a name of its own, kept when the program
// stops so that the work can go on, and given its final name only when it is whole and on the disk.
// A resource of one thread; others who open the same part are refused while it lives.
#pragma once

#include <string>

#include "core/base/bytes.h"

namespace assay {

class PartFile {
 public:
  // Creates the file, or goes on with what is there.
  //   conflict     somebody else has it open
  //   not_found    no such folder
  //   permission   not writable
  //   storage      anything else failed
  static Result<PartFile> open(const std::string& path);

  PartFile(PartFile&& other) noexcept;
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;
  ~PartFile();  // the file stays

  // How long it is; 0 where that cannot be said.
  std::uint64_t size() const;
  // Cuts it, or makes it longer by zeros that take no space until they are written.
  //   storage      failed
  Status resize(std::uint64_t bytes);
  //   storage      failed: the disk may be full
  Status write_at(std::uint64_t offset, ByteView bytes);
  //   storage      failed, or fewer bytes are there
  Result<Bytes> read_at(std::uint64_t offset, std::size_t count) const;

  // fsync, rename to `path` in the same folder, fsync of the folder. Nothing may follow.
  //   storage      failed; `path` is as it was, or when only the folder's fsync failed the new file
  Status publish(const std::string& path);
  // Removes it. Nothing may follow.
  void discard();

 private:
  PartFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  int fd_ = -1;
  std::string path_;
};

}  // namespace assay
