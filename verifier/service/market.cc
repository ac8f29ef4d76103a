#include "verifier/service/market.h"

#include <algorithm>

#include "verifier/service/market_row.h"

namespace assay::verifier {

using reputation::query::Field;
using reputation::query::kBlockRows;
using reputation::query::Kind;

reputation::query::Fields market_fields() {
  static const std::vector<Field> fields = [] {
    const reputation::query::Fields named = reputation::query::provider_fields();
    std::vector<Field> all(named.begin(), named.end());
    all.push_back({.name = "listed", .kind = Kind::flag, .unit = "", .doc = ""});
    return all;
  }();
  return fields;
}

std::optional<std::uint32_t> Market::find(const Digest& id) const {
  const auto at = std::ranges::lower_bound(*ids_, id);
  if (at == ids_->end() || *at != id) return std::nullopt;
  return first_of((*providers_)[static_cast<std::size_t>(at - ids_->begin())]);
}

MarketWriter::MarketWriter(wire::Policy policy) : policy_(std::move(policy)) {}

const MarketEntry* MarketWriter::find(const Digest& id) const {
  const auto found = known_.find(id);
  return found == known_.end() ? nullptr : found->second.entry.get();
}

std::uint32_t MarketWriter::add(std::uint32_t provider) {
  const std::size_t place = next_.table_.add(reputation::query::Row(market_fields().size()));
  if (place % kBlockRows == 0) next_.rows_.add(Market::RowBlock(kBlockRows));
  of_place_.push_back(provider);
  are_new_ = true;
  return static_cast<std::uint32_t>(place);
}

void MarketWriter::set(std::uint32_t place, const Known& known, std::optional<std::size_t> of_class,
                       bool is_listed, UnixMillis at) {
  const MarketEntry& entry = *known.entry;
  Market::Row& row = next_.rows_.writable(place / kBlockRows)[place % kBlockRows];
  row = {.candidate = candidate_of(entry, of_class),
         .is_revoked = of_class && entry.score.classes[*of_class].revoked,
         .has_maintenance = !entry.state.maintenance.empty(),
         .is_current = !of_class || is_current_class(entry, *of_class),
         .of_class = of_class,
         .entry = known.entry};
  reputation::query::Row cells = cells_of(entry, of_class, at, policy_);
  cells.emplace_back(is_listed);
  next_.table_.set(place, cells);
}

void MarketWriter::put(std::shared_ptr<const MarketEntry> entry, UnixMillis at) {
  const auto [found, is_new] = known_.try_emplace(entry->id);
  Known& known = found->second;
  if (is_new) {
    known.number = static_cast<std::uint32_t>(known_.size() - 1);
    known.first = add(known.number);
  }
  known.entry = std::move(entry);
  const std::vector<reputation::ClassScore>& classes = known.entry->score.classes;
  bool has_current = false;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const auto [place, is_new_class] = known.classes.try_emplace(classes[i].name);
    if (is_new_class) place->second = add(known.number);
    const bool is_current = is_current_class(*known.entry, i);
    has_current = has_current || is_current;
    set(place->second, known, i, is_current, at);
  }
  set(known.first, known, std::nullopt, !has_current, at);
}

std::shared_ptr<const Market> MarketWriter::publish(std::uint64_t log_size, UnixMillis at) {
  if (are_new_) {
    std::vector<std::uint32_t> ascending;
    std::vector<Digest> ids;
    std::vector<std::uint32_t> first(known_.size());
    ascending.reserve(known_.size());
    ids.reserve(known_.size());
    for (const auto& [id, known] : known_) {
      ascending.push_back(known.number);
      ids.push_back(id);
      first[known.number] = known.first;
    }
    next_.of_place_ = std::make_shared<const std::vector<std::uint32_t>>(of_place_);
    next_.providers_ = std::make_shared<const std::vector<std::uint32_t>>(std::move(ascending));
    next_.ids_ = std::make_shared<const std::vector<Digest>>(std::move(ids));
    next_.first_ = std::make_shared<const std::vector<std::uint32_t>>(std::move(first));
    are_new_ = false;
  }
  const std::shared_ptr<Market> market(new Market());
  market->number_ = ++next_.number_;
  market->log_size_ = log_size;
  market->at_ = at;
  market->table_ = next_.table_.share();
  market->rows_ = next_.rows_.share();
  market->of_place_ = next_.of_place_;
  market->providers_ = next_.providers_;
  market->ids_ = next_.ids_;
  market->first_ = next_.first_;
  return market;
}

}  // namespace assay::verifier
