#include "verifier/witness/head_store.h"

#include <map>
#include <mutex>

#include "core/base/file.h"
#include "core/base/file_lock.h"
#include "core/crypto/sha256.h"
#include "core/wire/note.h"

namespace assay::witness {
namespace {

class MemoryHeadStore final : public HeadStore {
 public:
  Result<std::optional<std::string>> load(const std::string& origin) override {
    const std::scoped_lock lock(mutex_);
    const auto found = heads_.find(origin);
    if (found == heads_.end()) return std::optional<std::string>{};
    return std::optional<std::string>(found->second);
  }

  Status keep(const std::string& origin, const std::optional<std::string>& expected,
              const std::string& next) override {
    const std::scoped_lock lock(mutex_);
    const auto found = heads_.find(origin);
    const bool same = found == heads_.end() ? !expected : expected == found->second;
    if (!same) return fail(Code::conflict, "another head of " + origin + " is kept by now");
    heads_[origin] = next;
    return {};
  }

 private:
  std::mutex mutex_;  // guards heads_
  std::map<std::string, std::string> heads_;
};

class FileHeadStore final : public HeadStore {
 public:
  FileHeadStore(std::string folder, std::unique_ptr<FileLock> lock)
      : folder_(std::move(folder)), lock_(std::move(lock)) {}

  Result<std::optional<std::string>> load(const std::string& origin) override {
    Result<std::optional<std::string>> head =
        read_text_if_there(path_of(origin), wire::kNoteBytesMax);
    if (!head.ok()) return fail(Code::storage, head.error().what);
    return head;
  }

  Status keep(const std::string& origin, const std::optional<std::string>& expected,
              const std::string& next) override {
    const std::scoped_lock lock(mutex_);
    return swap_file_durably(path_of(origin), expected, next);
  }

 private:
  std::string path_of(const std::string& origin) const {
    return folder_ + "/" + sha256(as_bytes(origin)).hex();
  }

  const std::string folder_;
  const std::unique_ptr<FileLock> lock_;
  std::mutex mutex_;  // one at a time compares and writes
};

}  // namespace

std::unique_ptr<HeadStore> make_memory_head_store() {
  return std::make_unique<MemoryHeadStore>();
}

Result<std::unique_ptr<HeadStore>> open_file_head_store(const std::string& folder) {
  if (Status made = make_folders(folder); !made.ok()) return made.error();
  Result<std::unique_ptr<FileLock>> lock = FileLock::take(folder + "/lock", true);
  if (!lock.ok()) return lock.error();
  return std::unique_ptr<HeadStore>(new FileHeadStore(folder, std::move(lock).value()));
}

}  // namespace assay::witness
