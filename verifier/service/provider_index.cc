#include "verifier/service/provider_index.h"

#include <algorithm>

#include "core/crypto/hmac.h"

namespace assay::verifier {

using reputation::ProviderState;
using reputation::View;

namespace {

constexpr std::int64_t kLookMs = 200;  // between two looks at what is new
constexpr std::int64_t kStopLookMs = 20;
constexpr std::uint64_t kSecondsPerDay = 86'400;

Digest cursor_key_of(const Digest& seal, UnixMillis made) {
  // A place in the market means the same in one process only.
  Bytes moment;
  put_u64_be(moment, static_cast<std::uint64_t>(made.ms));
  return hmac_sha256(seal.view(), {as_bytes("assay/reads/v1\n"), moment});
}

}  // namespace

ProviderIndex::ProviderIndex(const Reading& reading, const Digest& seal, bool threaded,
                             Available available)
    : reading_(reading),
      threaded_(threaded),
      available_(std::move(available)),
      cursor_key_(cursor_key_of(seal, reading.clock.unix_now())),
      changes_(reading.store),
      writer_(reading.policy()) {}

ProviderIndex::~ProviderIndex() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void ProviderIndex::start() {
  if (threaded_) thread_ = std::thread([this] { run(); });
}

// What goes wrong here goes wrong for the service too, which then ends; until then the last market
// is served on.
void ProviderIndex::run() {
  while (!stop_) {
    (void)refresh();
    for (std::int64_t left = kLookMs; left > 0 && !stop_; left -= kStopLookMs) {
      reading_.clock.sleep(std::min(left, kStopLookMs));
    }
  }
}

Result<std::shared_ptr<const Market>> ProviderIndex::market() {
  if (!threaded_) {
    if (Status fresh = refresh(); !fresh.ok()) return fresh.error();
  }
  const std::scoped_lock lock(mutex_);
  if (market_ == nullptr) {
    return fail(Code::inconclusive, "the index of providers is being built: try again in a moment");
  }
  return market_;
}

ProviderIndex::Cell ProviderIndex::cell_of(UnixMillis time) const {
  const wire::Policy& policy = reading_.policy();
  const std::uint64_t epoch = reputation::epoch_of(time, policy);
  const auto seconds = static_cast<std::uint64_t>(time.ms / 1000);
  return {.hour = reputation::hour_of_epoch(epoch, policy),
          .window = seconds / policy.uptime_window_seconds,
          .day = reputation::day_of(time),
          // A day is folded into the tier in its last epoch.
          .folded_day = (epoch + 1) * policy.epoch_seconds / kSecondsPerDay,
          .policy = reading_.policies.now().index};
}

void ProviderIndex::note_available(std::set<Digest>& touched) {
  if (!available_) return;
  std::vector<Digest> now = available_();
  std::ranges::set_symmetric_difference(were_available_, now,
                                        std::inserter(touched, touched.end()));
  were_available_ = std::move(now);
}

Status ProviderIndex::read_one(const LedgerChanges::Changes& changes, std::uint64_t log_size,
                               const Digest& id, const ProviderState& state, UnixMillis at) {
  Result<MarketEntry> entry =
      read_entry(View(*changes.txn), log_size, id, state, at, reading_.policy(), writer_.find(id));
  if (!entry.ok()) return entry.error();
  if (const auto open = changes.open.find(id); open != changes.open.end()) {
    entry.value().exposure.open_jobs = open->second.open_jobs;
    entry.value().exposure.unsettled = open->second.unsettled;
  }
  if (available_) entry.value().available = std::ranges::binary_search(were_available_, id);
  writer_.put(std::make_shared<const MarketEntry>(std::move(entry).value()), at);
  return {};
}

Status ProviderIndex::read_touched(const LedgerChanges::Changes& changes, std::uint64_t log_size,
                                   UnixMillis at, const std::set<Digest>& touched) {
  for (const Digest& id : touched) {
    Result<std::optional<ProviderState>> state = View(*changes.txn).provider(id);
    if (!state.ok()) return state.error();
    if (!state.value()) continue;  // polled, and never registered
    if (Status read = read_one(changes, log_size, id, *state.value(), at); !read.ok()) return read;
  }
  return {};
}

Status ProviderIndex::read_all(const LedgerChanges::Changes& changes, std::uint64_t log_size,
                               UnixMillis at) {
  Status problem;
  const Status scanned =
      View(*changes.txn)
          .each_provider(std::nullopt, [&](const Digest& id, const ProviderState& state) {
            problem = read_one(changes, log_size, id, state, at);
            return problem.ok() && !stop_;
          });
  if (!scanned.ok()) return scanned;
  if (problem.ok() && stop_) return fail(Code::interrupted, "the service stops");
  return problem;
}

Status ProviderIndex::refresh() {
  const std::scoped_lock one_at_a_time(refresh_mutex_);
  Result<LedgerChanges::Changes> changes = changes_.take();
  if (!changes.ok()) return changes.error();
  unread_.merge(changes.value().providers);
  note_available(unread_);
  Result<reputation::Head> head = View(*changes.value().txn).head();
  if (!head.ok()) return head.error();
  // Log time may be ahead of the clock: what is logged has happened.
  const UnixMillis at = std::max(reading_.clock.unix_now(), head.value().last_time);
  const Cell cell = cell_of(at);
  all_unread_ = all_unread_ || changes.value().everything || cell_ != cell;
  if (!all_unread_ && unread_.empty()) return {};
  const std::uint64_t size = head.value().size;
  const Status read = all_unread_ ? read_all(changes.value(), size, at)
                                  : read_touched(changes.value(), size, at, unread_);
  if (!read.ok()) return read;
  changes.value().txn.reset();
  unread_.clear();
  all_unread_ = false;
  cell_ = cell;
  std::shared_ptr<const Market> market = writer_.publish(size, at);
  const std::scoped_lock lock(mutex_);
  market_ = std::move(market);
  return {};
}

}  // namespace assay::verifier
