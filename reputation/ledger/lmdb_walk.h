// The pages of one state of an LMDB data file, as PageCheck (lmdb_pages.h) walks them: what is
// checked when stands there. One thread at a time.
#pragma once

#include <memory>
#include <string>

#include "core/base/mapped_file.h"

namespace assay::reputation {

struct PageProgress {
  std::uint64_t checked = 0;
  std::uint64_t leaf_pages = 0;  // of all tables
};

class PageWalk {
 public:
  // Of a file that is not empty. Errors of all functions: `storage`, damaged, and where.
  static Result<std::unique_ptr<PageWalk>> begin(MappedFile file);
  virtual ~PageWalk() = default;

  virtual Status look(const std::string& table, ByteView key) = 0;
  // Some more leaves; true when there are none left, and the counts of records are right.
  virtual Result<bool> step() = 0;
  virtual PageProgress progress() const = 0;
};

}  // namespace assay::reputation
