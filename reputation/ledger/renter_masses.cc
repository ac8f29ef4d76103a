#include "reputation/ledger/renter_masses.h"

#include "reputation/ledger/view.h"

namespace assay::reputation {

Result<std::uint64_t> RenterMasses::of(std::uint64_t renter) {
  const auto known = masses_.find(renter);
  if (known != masses_.end()) return known->second;
  if (anew_) return std::uint64_t{0};
  Result<std::optional<Bytes>> row =
      txn_.get(tables::kRenters, renter_key(provider_, class_name_, renter));
  if (!row.ok()) return row.error();
  if (!row.value()) return std::uint64_t{0};
  Reader in(*row.value());
  const std::uint64_t mass = in.u64_be();
  if (!in.ok() || !in.at_end()) return fail(Code::storage, "a renter's row has a wrong size");
  return mass;
}

Result<std::vector<KeyValue>> RenterMasses::kept() const {
  Bytes prefix = renter_key(provider_, class_name_, 0);
  prefix.resize(prefix.size() - sizeof(std::uint64_t));
  std::vector<KeyValue> rows;
  const Status scanned =
      txn_.scan_prefix(tables::kRenters, prefix, [&](ByteView key, ByteView value) {
        rows.push_back({to_bytes(key), to_bytes(value)});
        return true;
      });
  if (!scanned.ok()) return scanned.error();
  return rows;
}

Result<bool> RenterMasses::is_kept() const {
  Result<std::vector<KeyValue>> rows = kept();
  if (!rows.ok()) return rows.error();
  std::vector<KeyValue> ours;
  for (const auto& [renter, mass] : masses_) {
    ours.push_back({renter_key(provider_, class_name_, renter), index_key(mass)});
  }
  return ours == rows.value();
}

Status RenterMasses::write(WriteTxn& txn) const {
  if (anew_) {
    Result<std::vector<KeyValue>> old = kept();
    if (!old.ok()) return old.error();
    for (const KeyValue& row : old.value()) {
      if (Status gone = txn.erase(tables::kRenters, row.key); !gone.ok()) return gone;
    }
  }
  for (const auto& [renter, mass] : masses_) {
    const Status put =
        txn.put(tables::kRenters, renter_key(provider_, class_name_, renter), index_key(mass));
    if (!put.ok()) return put;
  }
  return {};
}

}  // namespace assay::reputation
