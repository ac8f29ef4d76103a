// Whole files: bounded reads, and writes that are either entirely there after a crash or not at
// all. Any thread; two writers of one path are the caller's business.
#pragma once

#include <optional>
#include <string>

#include "core/base/bytes.h"

namespace assay {

// Reads a regular file of at most max_bytes. Never waits for a writer: pipes, devices and sockets
// are refused.
//   not_found    no such file
//   permission   not readable
//   malformed    larger than max_bytes, or not a regular file
//   storage      anything else failed
Result<Bytes> read_file(const std::string& path, std::size_t max_bytes);

// Writes to a temporary in the same folder, fsyncs it, renames it over path, fsyncs the folder.
//   not_found    there is no such folder
//   permission   the folder may not be read or written to
//   storage      anything else failed
// After an error path is as it was; only when the folder's fsync failed it may be the new file.
Status write_file_durably(const std::string& path, ByteView bytes, unsigned mode = 0644);

// The same for a small text file that may not be there yet: nothing then.
//   errors       those of read_file but not_found
Result<std::optional<std::string>> read_text_if_there(const std::string& path,
                                                      std::size_t max_bytes);

// Replaces a small text file that still holds what the caller last read or wrote (nothing: that it
// is not there). Whoever may write at the same time must be kept out by a lock (file_lock.h): this
// notices what was written without it.
//   conflict     the file holds something else
//   storage      it could not be read or written
Status swap_file_durably(const std::string& path, const std::optional<std::string>& expected,
                         std::string_view next);

// Creates a folder and its missing parents.
//   storage      cannot be created, or a file is in the way
Status make_folders(const std::string& path);

}  // namespace assay
