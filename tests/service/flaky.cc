#include "tests/service/flaky.h"

namespace assay::test {
namespace {

using reputation::Engine;
using reputation::EngineTxn;
using reputation::KeyValue;
using reputation::Room;
using reputation::TableId;
using reputation::Visitor;

class FlakyTxn final : public EngineTxn {
 public:
  FlakyTxn(std::unique_ptr<EngineTxn> txn, Trouble& trouble)
      : txn_(std::move(txn)), trouble_(trouble) {}

  Result<std::optional<Bytes>> get(TableId table, ByteView key) override {
    return txn_->get(table, key);
  }
  Status scan(TableId table, ByteView from, const Visitor& visit) override {
    return txn_->scan(table, from, visit);
  }
  Result<std::optional<KeyValue>> last(TableId table) override { return txn_->last(table); }
  Result<std::uint64_t> count(TableId table) override { return txn_->count(table); }
  Status put(TableId table, ByteView key, ByteView value) override {
    return txn_->put(table, key, value);
  }
  Status erase(TableId table, ByteView key) override { return txn_->erase(table, key); }
  Status commit() override {
    if (++trouble_.commits != trouble_.fail_commit_at) return txn_->commit();
    if (trouble_.commit_works && !txn_->commit().ok()) return fail(Code::internal, "no commit");
    return fail(Code::storage, "an injected fault");
  }

 private:
  std::unique_ptr<EngineTxn> txn_;
  Trouble& trouble_;
};

class FlakyEngine final : public Engine {
 public:
  FlakyEngine(Disk disk, Trouble& trouble) : disk_(std::move(disk)), trouble_(trouble) {}

  Result<std::unique_ptr<EngineTxn>> begin(bool for_writing) override {
    Result<std::unique_ptr<EngineTxn>> txn = disk_->begin(for_writing);
    if (!txn.ok()) return txn.error();
    return std::unique_ptr<EngineTxn>(new FlakyTxn(std::move(txn).value(), trouble_));
  }
  Result<Room> room() override {
    return trouble_.store_full ? Result<Room>(Room{.map_used_bytes = 100,
                                                   .map_size_bytes = 100,
                                                   .disk_free_bytes = 0,
                                                   .disk_size_bytes = 0})
                               : disk_->room();
  }
  Status maintain() override { return disk_->maintain(); }

 private:
  Disk disk_;
  Trouble& trouble_;
};

class FlakyBlobs final : public verifier::Blobs {
 public:
  explicit FlakyBlobs(Trouble& trouble) : trouble_(trouble) {}

  Status put(const Digest& sha256, ByteView bytes) override {
    if (trouble_.blobs_unwritable) return fail(Code::storage, "an injected fault");
    return blobs_->put(sha256, bytes);
  }
  Result<Bytes> get(const Digest& sha256) override {
    if (trouble_.blobs_unreadable) return fail(Code::storage, "an injected fault");
    return blobs_->get(sha256);
  }
  bool has(const Digest& sha256) override {
    return !trouble_.blobs_unreadable && blobs_->has(sha256);
  }

 private:
  Trouble& trouble_;
  std::unique_ptr<verifier::Blobs> blobs_ = verifier::make_memory_blobs();
};

}  // namespace

Disk make_disk() {
  return reputation::make_memory_engine(reputation::tables::names().size());
}
std::unique_ptr<reputation::Store> open_disk(const Disk& disk, Trouble& trouble) {
  return std::make_unique<reputation::Store>(std::make_unique<FlakyEngine>(disk, trouble),
                                             reputation::tables::names());
}
std::unique_ptr<verifier::Blobs> make_flaky_blobs(Trouble& trouble) {
  return std::make_unique<FlakyBlobs>(trouble);
}

}  // namespace assay::test
