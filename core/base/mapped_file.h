// A file seen as bytes without being read into memory: a read-only mapping. For files that nobody
// cuts while they are mapped, since a read beyond their end would stop the program; those of a
// store that only grows by whole files, or of the user who started the program.
// A resource; any thread may read.
#pragma once

#include <string>

#include "core/base/bytes.h"

namespace assay {

class MappedFile {
 public:
  // A regular file; an empty one gives no bytes.
  //   not_found    no such file
  //   permission   not readable
  //   malformed    not a regular file
  //   storage      anything else failed
  static Result<MappedFile> open(const std::string& path);

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  ByteView view() const { return {data_, size_}; }  // begins at a page

 private:
  MappedFile(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  const std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace assay
