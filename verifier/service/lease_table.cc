#include "verifier/service/lease_table.h"

#include "core/wire/json.h"

namespace assay::verifier {

using reputation::TableId;
using wire::Json;

namespace {

constexpr TableId kLeases{0};    // lease id -> LeaseRow
constexpr TableId kAttempts{1};  // attestation's index u64 BE -> count u32 BE
constexpr TableId kWorkers{2};   // worker's key -> WorkerRecord
constexpr TableId kResults{3};   // statement digest -> received u64 BE, envelope

Error damaged(const Error& error) {
  return fail(Code::storage, "the lease table is damaged (" + error.what +
                                 "): remove its folder; what is leased now is replayed anew");
}

Bytes number_key(std::uint64_t number) {
  Bytes key;
  put_u64_be(key, number);
  return key;
}

std::string lease_text(const LeaseRow& row) {
  return Json::object({{"worker", row.worker.hex()},
                       {"of", static_cast<std::uint32_t>(row.of)},
                       {"attestation", wire::u64_text(row.attestation)},
                       {"task", row.task.hex()},
                       {"positions", row.positions},
                       {"rows", row.rows},
                       {"pairs", row.pairs},
                       {"granted", std::to_string(row.granted.ms)},
                       {"ends", std::to_string(row.ends.ms)}})
      .dump();
}

Result<LeaseRow> read_lease(ByteView key, ByteView value) {
  const Result<Digest> id = Digest::from_view(key);
  if (!id.ok()) return damaged(id.error());
  const Result<Json> json = wire::parse_json(as_text(value));
  if (!json.ok()) return damaged(json.error());
  wire::Fields in(json.value(), "lease");
  LeaseRow row;
  row.id = id.value();
  row.worker = in.fixed<PublicKey>("worker");
  row.of = static_cast<LeaseOf>(in.u32("of", 0, 2));
  row.attestation = in.u64("attestation");
  row.task = in.fixed<Digest>("task");
  row.positions = in.u32("positions");
  row.rows = in.u32("rows");
  row.pairs = in.u32("pairs");
  row.granted.ms = in.millis("granted");
  row.ends.ms = in.millis("ends");
  if (Status whole = in.close(); !whole.ok()) return damaged(whole.error());
  return row;
}

constexpr std::pair<const char*, std::uint64_t WorkerRecord::*> kRecord[] = {
    {"good_at", &WorkerRecord::good_at},
    {"bad_at", &WorkerRecord::bad_at},
    {"leases", &WorkerRecord::leases},
    {"answered", &WorkerRecord::answered},
    {"expired", &WorkerRecord::expired},
    {"canaries_passed", &WorkerRecord::canaries_passed},
    {"canaries_missed", &WorkerRecord::canaries_missed},
    {"to_suspend", &WorkerRecord::to_suspend},
    {"void_from", &WorkerRecord::void_from}};

}  // namespace

std::vector<std::string> LeaseTable::names() {
  return {"leases", "attempts", "workers", "results"};
}

// `value` null: takes the record out.
Status LeaseTable::write(TableId table, ByteView key, const std::string* value) {
  Result<std::unique_ptr<reputation::WriteTxn>> txn = store_.write();
  if (!txn.ok()) return txn.error();
  const Status done = value != nullptr ? txn.value()->put(table, key, as_bytes(*value))
                                       : txn.value()->erase(table, key);
  return done.ok() ? txn.value()->commit() : done;
}

Result<std::vector<LeaseRow>> LeaseTable::leases() const {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = store_.read();
  if (!txn.ok()) return txn.error();
  std::vector<LeaseRow> rows;
  Status problem;
  const Status scanned = txn.value()->scan(kLeases, {}, [&](ByteView key, ByteView value) {
    Result<LeaseRow> row = read_lease(key, value);
    if (!row.ok()) {
      problem = row.error();
      return false;
    }
    rows.push_back(std::move(row).value());
    return true;
  });
  if (!scanned.ok()) return scanned.error();
  if (!problem.ok()) return problem.error();
  return rows;
}

Status LeaseTable::put(const LeaseRow& row) {
  const std::string text = lease_text(row);
  return write(kLeases, row.id.view(), &text);
}
Status LeaseTable::erase(const Digest& id) {
  return write(kLeases, id.view(), nullptr);
}

Result<std::uint32_t> LeaseTable::attempts(std::uint64_t attestation) const {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = store_.read();
  if (!txn.ok()) return txn.error();
  Result<std::optional<Bytes>> row = txn.value()->get(kAttempts, number_key(attestation));
  if (!row.ok()) return row.error();
  return row.value() ? Reader(*row.value()).u32_be() : 0;
}

Status LeaseTable::set_attempts(std::uint64_t attestation, std::uint32_t attempts) {
  Bytes bytes;
  put_u32_be(bytes, attempts);
  const std::string text(as_text(bytes));
  return write(kAttempts, number_key(attestation), attempts == 0 ? nullptr : &text);
}

Result<WorkerRecord> LeaseTable::record(const PublicKey& worker) const {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = store_.read();
  if (!txn.ok()) return txn.error();
  Result<std::optional<Bytes>> row = txn.value()->get(kWorkers, worker.view());
  if (!row.ok()) return row.error();
  WorkerRecord record;
  if (!row.value()) return record;
  const Result<Json> json = wire::parse_json(as_text(*row.value()));
  if (!json.ok()) return damaged(json.error());
  wire::Fields in(json.value(), "worker");
  for (const auto& [name, member] : kRecord) record.*member = in.u64(name);
  if (Status whole = in.close(); !whole.ok()) return damaged(whole.error());
  return record;
}

Result<std::vector<PublicKey>> LeaseTable::workers() const {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = store_.read();
  if (!txn.ok()) return txn.error();
  std::vector<PublicKey> workers;
  const Status scanned = txn.value()->scan(kWorkers, {}, [&](ByteView key, ByteView) {
    const Result<PublicKey> worker = PublicKey::from_view(key);
    if (worker.ok()) workers.push_back(worker.value());
    return worker.ok();
  });
  if (!scanned.ok()) return scanned.error();
  return workers;
}

Status LeaseTable::put(const PublicKey& worker, const WorkerRecord& record) {
  Json json;
  for (const auto& [name, member] : kRecord) json.set(name, wire::u64_text(record.*member));
  const std::string text = json.dump();
  return write(kWorkers, worker.view(), &text);
}

Status LeaseTable::keep_result(const Digest& statement, UnixMillis now,
                               const std::string& envelope) {
  const Bytes time = number_key(static_cast<std::uint64_t>(now.ms));
  const std::string text = std::string(as_text(time)) + envelope;
  return write(kResults, statement.view(), &text);
}

Result<std::optional<std::string>> LeaseTable::result(const Digest& statement) const {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = store_.read();
  if (!txn.ok()) return txn.error();
  Result<std::optional<Bytes>> row = txn.value()->get(kResults, statement.view());
  if (!row.ok()) return row.error();
  if (!row.value()) return std::optional<std::string>{};
  return std::optional<std::string>(
      std::string(as_text(ByteView(*row.value()).subspan(sizeof(std::uint64_t)))));
}

Status LeaseTable::drop_results_before(UnixMillis time) {
  Result<std::unique_ptr<reputation::WriteTxn>> txn = store_.write();
  if (!txn.ok()) return txn.error();
  std::vector<Bytes> old;
  const Status scanned = txn.value()->scan(kResults, {}, [&](ByteView key, ByteView value) {
    if (static_cast<std::int64_t>(Reader(value).u64_be()) < time.ms) old.push_back(to_bytes(key));
    return true;
  });
  if (!scanned.ok()) return scanned;
  if (old.empty()) return {};
  for (const Bytes& key : old) {
    if (Status erased = txn.value()->erase(kResults, key); !erased.ok()) return erased;
  }
  return txn.value()->commit();
}

}  // namespace assay::verifier
