// Whole files: bounded reads, and writes that are either entirely there after a crash or not at
// all. Any thread; two writers of one path are the caller's business.
#pragma once

#include <string>

#include "core/base/bytes.h"

namespace assay {

// Reads a regular file of at most max_bytes.
//   not_found    no such file
//   permission   not readable
//   malformed    larger than max_bytes, or not a regular file
//   storage      the read failed
Result<Bytes> read_file(const std::string& path, std::size_t max_bytes);

// Writes to a temporary in the same folder, fsyncs it, renames it over path, fsyncs the folder.
//   storage      any of these failed; path is as it was
Status write_file_durably(const std::string& path, ByteView bytes, unsigned mode = 0644);

// Creates a folder and its missing parents.
//   storage      cannot be created, or a file is in the way
Status make_folders(const std::string& path);

}  // namespace assay
