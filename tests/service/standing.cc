#include "tests/service/standing.h"

namespace assay::test {

std::ostream& operator<<(std::ostream& out, const Standing& it) {
  return out << it.passes << " passes, " << it.soft << " soft, " << it.proven << " proven, "
             << it.timeouts << " timeouts, " << it.slashes << " slashes, " << it.audited
             << " audited, " << it.passed << " passed, integrity " << it.integrity_ppm;
}

reputation::ProviderState provider_row(World& world, const std::string& name) {
  const Digest id = reputation::provider_id(world.key_of(name));
  return *reputation::View(*world.store->read().value()).provider(id).value();
}

Standing standing(World& world, const std::string& name) {
  const Digest id = reputation::provider_id(world.key_of(name));
  const reputation::ProviderState row = provider_row(world, name);
  Result<std::unique_ptr<reputation::ReadTxn>> txn = world.store->read();
  const reputation::View view(*txn.value());
  Standing it;
  const Result<std::vector<reputation::CountedEvent>> history = view.history(id);
  reputation::EpochEvents all;
  for (const reputation::CountedEvent& line : history.value()) all.add(line.event);
  std::uint64_t sixteenths = 0;
  for (const auto& [renter, weight] : all.sixteenths) sixteenths += weight;
  it.passes = static_cast<std::uint32_t>(sixteenths / 16);
  it.soft = all.others.soft;
  it.proven = all.others.proven;
  it.timeouts = row.timeouts;
  it.slashes = row.slashes_standing;
  const wire::Policy policy = view.policy().value();
  const Result<reputation::ProviderScore> score =
      view.score(id, row, world.clock.unix_now(), policy);
  for (const reputation::ClassScore& of_class : score.value().classes) {
    it.audited += of_class.audited;
    it.passed += of_class.passed;
    it.integrity_ppm = reputation::ppm_from_q30(reputation::integrity(of_class.record));
  }
  return it;
}

bool is_registered(World& world, const std::string& name) {
  return world.provider(name).find("id") != nullptr;
}

}  // namespace assay::test
