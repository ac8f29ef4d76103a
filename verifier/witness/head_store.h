// Where a witness keeps the newest head of each log, as the note that the log signed.
// Thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/base/result.h"

namespace assay::witness {

class HeadStore {
 public:
  virtual ~HeadStore() = default;

  // Nothing: no head of this log yet.
  //   storage      it cannot be read
  virtual Result<std::optional<std::string>> load(const std::string& origin) = 0;

  // Replaces what load() gave by `next`, durably when it returns.
  //   conflict     another head is kept by now: nothing was changed
  //   storage      it was not kept
  virtual Status keep(const std::string& origin, const std::optional<std::string>& expected,
                      const std::string& next) = 0;
};

std::unique_ptr<HeadStore> make_memory_head_store();

// One file per log in this folder, named by the SHA-256 of its origin. Makes the folder.
//   conflict     another process has it
//   storage      it cannot be made or locked
Result<std::unique_ptr<HeadStore>> open_file_head_store(const std::string& folder);

}  // namespace assay::witness
