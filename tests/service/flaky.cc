#include "tests/service/flaky.h"

namespace assay::test {
namespace {

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
  return std::make_unique<reputation::Store>(reputation::test::make_faulty_engine(disk, trouble),
                                             reputation::tables::names());
}
std::unique_ptr<verifier::Blobs> make_flaky_blobs(Trouble& trouble) {
  return std::make_unique<FlakyBlobs>(trouble);
}

}  // namespace assay::test
