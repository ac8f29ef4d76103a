// All providers as reads see them: one row for each provider and class, in a table that filters and
// sorts fast, and what a match weighs beside it. A Market is one state of the ledger at one moment
// and never changes; MarketWriter makes the next one out of it for little.
// A Market: any thread. MarketWriter: one.
#pragma once

#include <map>
#include <memory>

#include "reputation/ledger/view.h"
#include "reputation/policy/matching.h"
#include "reputation/query/provider_fields.h"
#include "reputation/query/table.h"

namespace assay::verifier {

// What a row is made from, of one provider. A value.
struct MarketEntry {
  Digest id;
  reputation::ProviderState state;        // without its uptime history
  std::uint64_t price_micros = 0;         // asked per hour; 0: asks none
  std::uint32_t devices = 0;              // as registered; 0: none named
  std::uint64_t device_memory_bytes = 0;  // of the smallest; 0: not said
  reputation::ProviderScore score;        // `epoch` is the market's
  reputation::Record faults;              // what a class it never worked in would begin with
  std::uint32_t performance_ppm = 0;
  std::uint64_t bonded_micros = 0;
  reputation::Exposure exposure;
  bool jailed = false;
  std::optional<bool> available;  // none: not known here
};

//   storage      the ledger cannot be read
// `before`: what was read last, whose registration need not be parsed again; may be null. Exposure
// but for the stake, and availability, are the caller's to fill in.
Result<MarketEntry> read_entry(const reputation::View& view, std::uint64_t log_size,
                               const Digest& id, const reputation::ProviderState& state,
                               UnixMillis now, const wire::Policy& policy,
                               const MarketEntry* before);

// The fields of the table: those that a query may name, and one more: whether a row is listed.
// Every provider has a row without a class, listed only where it has none of its present device
// class; a match for a workload that it never did takes it.
inline constexpr std::size_t kListed = reputation::query::kProviderFields;
reputation::query::Fields market_fields();

class Market {
 public:
  struct Row {
    reputation::Candidate candidate;      // priced per hour
    bool is_revoked = false;              // measured too often below what was claimed: no new jobs
    bool has_maintenance = false;         // announced, some time
    bool is_current = false;              // of the device class that the provider has now
    std::optional<std::size_t> of_class;  // its place in entry->score.classes; none: no class
    std::shared_ptr<const MarketEntry> entry;
  };

  std::uint64_t number() const { return number_; }  // another for every market of one writer
  std::uint64_t log_size() const { return log_size_; }
  UnixMillis at() const { return at_; }
  const reputation::query::Table& table() const { return table_; }
  const Row& row(std::size_t place) const {
    return rows_[place / reputation::query::kBlockRows][place % reputation::query::kBlockRows];
  }
  // The number of the provider whose row it is.
  std::uint32_t provider_of(std::size_t place) const { return (*of_place_)[place]; }
  // The providers' numbers, ascending by id, and the ids.
  const std::vector<std::uint32_t>& providers() const { return *providers_; }
  const std::vector<Digest>& ids() const { return *ids_; }
  // The place of the row without a class, of a provider's number or id; none: it is not here.
  std::uint32_t first_of(std::uint32_t provider) const { return (*first_)[provider]; }
  std::optional<std::uint32_t> find(const Digest& id) const;

 private:
  friend class MarketWriter;
  using RowBlock = std::vector<Row>;
  Market() : table_(market_fields()) {}

  std::uint64_t number_ = 0;
  std::uint64_t log_size_ = 0;
  UnixMillis at_;
  reputation::query::Table table_;
  reputation::query::Blocks<RowBlock> rows_;
  // Beside the rows, which are long, for those who go over all of them.
  std::shared_ptr<const std::vector<std::uint32_t>> of_place_;
  std::shared_ptr<const std::vector<std::uint32_t>> providers_;
  std::shared_ptr<const std::vector<Digest>> ids_;
  std::shared_ptr<const std::vector<std::uint32_t>> first_;  // places, by number
};

class MarketWriter {
 public:
  explicit MarketWriter(wire::Policy policy);

  // Puts a provider in, or in place of what it was. `at` decides what "hours ago" means.
  void put(std::shared_ptr<const MarketEntry> entry, UnixMillis at);
  // What was put in last; null: nothing.
  const MarketEntry* find(const Digest& id) const;
  std::size_t providers() const { return known_.size(); }

  std::shared_ptr<const Market> publish(std::uint64_t log_size, UnixMillis at);

 private:
  struct Known {
    std::uint32_t number = 0;
    std::uint32_t first = 0;                       // its row without a class
    std::map<std::string, std::uint32_t> classes;  // places
    std::shared_ptr<const MarketEntry> entry;
  };

  void set(std::uint32_t place, const Known& known, std::optional<std::size_t> of_class,
           bool is_listed, UnixMillis at);
  std::uint32_t add(std::uint32_t provider);

  const wire::Policy policy_;
  Market next_;
  std::map<Digest, Known> known_;
  std::vector<std::uint32_t> of_place_;  // the number of its provider
  bool are_new_ = true;                  // places were added since the last publish()
};

}  // namespace assay::verifier
