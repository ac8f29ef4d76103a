#include "reputation/ledger/lmdb_pages.h"

#include <thread>

#include "reputation/ledger/engine.h"

namespace assay::reputation {

namespace {

constexpr int kYieldsMax = 16;

}  // namespace

PageCheck::PageCheck(std::unique_ptr<PageWalk> pages) : pages_(std::move(pages)) {}
PageCheck::~PageCheck() = default;

Result<std::unique_ptr<PageCheck>> PageCheck::begin(const std::string& data_path) {
  Result<MappedFile> file = MappedFile::open(data_path);
  if (!file.ok() && file.error().code != Code::not_found) {
    return fail(Code::storage, file.error().what);
  }
  if (!file.ok() || file.value().view().empty()) {
    return std::unique_ptr<PageCheck>(new PageCheck(nullptr));
  }
  Result<std::unique_ptr<PageWalk>> pages = PageWalk::begin(std::move(file).value());
  if (!pages.ok()) return pages.error();
  return std::unique_ptr<PageCheck>(new PageCheck(std::move(pages).value()));
}

// Runs act() on the pages, unless they are known to be damaged or to be in order, and remembers
// what it says.
template <class Act>
Status PageCheck::noting(const Act& act) {
  const std::scoped_lock lock(mutex_);
  if (sound_.ok() && !done_ && pages_ != nullptr) sound_ = act(*pages_);
  return sound_;
}

Status PageCheck::look(const std::string& table, ByteView key) {
  if (done_) return {};
  ++looking_;
  Status status = noting([&](PageWalk& pages) { return pages.look(table, key); });
  --looking_;
  return status;
}

Status PageCheck::look_last(const std::string& table) {
  static const Bytes greatest(kMaxKeyBytes, 0xFF);
  return look(table, greatest);
}

Status PageCheck::walk(const std::atomic<bool>& stop) {
  while (!stop) {
    bool over = true;  // where there is no store yet
    const Status status = noting([&](PageWalk& pages) -> Status {
      const Result<bool> stepped = pages.step();
      if (!stepped.ok()) return stepped.error();
      over = stepped.value();
      return {};
    });
    if (!status.ok()) return status;
    if (over) {
      finish();
      return {};
    }
    // Whoever waits for the mutex goes first, but not for ever.
    for (int i = 0; i < kYieldsMax && looking_ > 0; ++i) std::this_thread::yield();
  }
  return {};
}

void PageCheck::finish() {
  const std::scoped_lock lock(mutex_);
  if (pages_ != nullptr) progress_ = pages_->progress();
  pages_.reset();
  done_ = true;
}

Status PageCheck::sound() const {
  const std::scoped_lock lock(mutex_);
  return sound_;
}

PageProgress PageCheck::progress() const {
  const std::scoped_lock lock(mutex_);
  if (pages_ == nullptr) return progress_;
  PageProgress now = pages_->progress();
  if (now.checked > 0 && now.checked == now.leaf_pages) --now.checked;  // but for the counts
  return now;
}

Status check_lmdb_pages(const std::string& data_path) {
  Result<std::unique_ptr<PageCheck>> check = PageCheck::begin(data_path);
  if (!check.ok()) return check.error();
  return check.value()->walk(false);
}

}  // namespace assay::reputation
