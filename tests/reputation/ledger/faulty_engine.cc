#include "tests/reputation/ledger/faulty_engine.h"

namespace assay::reputation::test {
namespace {

Error injected() {
  return fail(Code::storage, "an injected fault");
}

class FaultyTxn final : public EngineTxn {
 public:
  FaultyTxn(std::unique_ptr<EngineTxn> txn, Faults& faults)
      : txn_(std::move(txn)), faults_(faults) {}

  Result<std::optional<Bytes>> get(TableId table, ByteView key) override {
    return txn_->get(table, key);
  }
  Status scan(TableId table, ByteView from, const Visitor& visit) override {
    return txn_->scan(table, from, visit);
  }
  Result<std::optional<KeyValue>> last(TableId table) override { return txn_->last(table); }
  Result<std::uint64_t> count(TableId table) override { return txn_->count(table); }

  Status put(TableId table, ByteView key, ByteView value) override {
    if (strikes()) return injected();
    return txn_->put(table, key, value);
  }
  Status erase(TableId table, ByteView key) override {
    if (strikes()) return injected();
    return txn_->erase(table, key);
  }
  Status commit() override {
    const bool struck = ++faults_.commits == faults_.fail_commit_at;
    if (!strikes() && !struck) return txn_->commit();
    if (faults_.commit_works && !txn_->commit().ok()) return fail(Code::internal, "no commit");
    return injected();
  }

 private:
  bool strikes() { return ++faults_.changes == faults_.fail_change_at; }

  std::unique_ptr<EngineTxn> txn_;
  Faults& faults_;
};

class FaultyEngine final : public Engine {
 public:
  FaultyEngine(std::shared_ptr<Engine> engine, Faults& faults)
      : engine_(std::move(engine)), faults_(faults) {}

  Result<std::unique_ptr<EngineTxn>> begin(bool for_writing) override {
    Result<std::unique_ptr<EngineTxn>> txn = engine_->begin(for_writing);
    if (!txn.ok()) return txn.error();
    return std::unique_ptr<EngineTxn>(new FaultyTxn(std::move(txn).value(), faults_));
  }
  Result<Room> room() override {
    if (!faults_.store_full) return engine_->room();
    return Room{
        .map_used_bytes = 100, .map_size_bytes = 100, .disk_free_bytes = 0, .disk_size_bytes = 0};
  }
  Status maintain() override { return engine_->maintain(); }

 private:
  std::shared_ptr<Engine> engine_;
  Faults& faults_;
};

}  // namespace

std::unique_ptr<Engine> make_faulty_engine(std::shared_ptr<Engine> engine, Faults& faults) {
  return std::make_unique<FaultyEngine>(std::move(engine), faults);
}

}  // namespace assay::reputation::test
