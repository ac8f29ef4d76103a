// A ledger of providers whose machines are measured, watched and at times away. For tests of what
// their scores and standing are made of. One thread.
#pragma once

#include "core/wire/measurement.h"
#include "tests/service/ledger_scene.h"

namespace assay::test {

inline constexpr std::int64_t kHourMs = 3'600'000;
inline constexpr std::uint64_t kClaimed = 1'000'000;

class Devices : public LedgerScene {
 public:
  explicit Devices(wire::Policy with) : LedgerScene(std::move(with)) {
    now.ms = (now.ms / kHourMs + 1) * kHourMs;
  }

  // Alice claims this of her class.
  void claim(std::uint64_t rate, wire::Part part = wire::Part::gpu) {
    wire::Registration it = registration(alice);
    it.claims = {{"cpu/gemm@1", part, rate}};
    log(alice, wire::registration_statement(it));
  }
  // A round of alice's, of a name of its own.
  wire::Measurement round_of(std::uint64_t measured, std::uint64_t claimed = kClaimed) {
    wire::Measurement it;
    it.provider = alice.public_key();
    it.class_name = "cpu/gemm@1";
    it.round = sha256(as_bytes("round " + std::to_string(rounds_++)));
    it.parts = {{wire::Part::gpu, claimed, measured}};
    it.took_ms = 1'000;
    it.how = "by hand";
    return it;
  }
  void measure(std::uint64_t measured, std::uint64_t claimed = kClaimed) {
    log(verifier, wire::measurement_statement(round_of(measured, claimed)));
  }

  // The next hour, in which alice answers so many of ten probes.
  void hour(std::uint32_t answered) {
    now.ms += kHourMs;
    wire::Uptime it = uptime();
    it.rows = {{alice.public_key(), answered, 10}};
    log(verifier, wire::uptime_statement(it));
  }
  void hours(int count, std::uint32_t answered) {
    for (int i = 0; i < count; ++i) hour(answered);
  }

  Result<reputation::Appended> announce(std::int64_t from_hours, std::int64_t hours_long) {
    const UnixMillis from = now + from_hours * kHourMs;
    return say(alice, wire::maintenance_statement(
                          {alice.public_key(), from, from + hours_long * kHourMs}));
  }
  // Alice accepts a job of this deadline now.
  Result<reputation::Appended> accept(std::int64_t deadline_ms = 10'000) {
    wire::Order it = order();
    it.deadline_ms = deadline_ms;
    const Digest id = say(renter, wire::order_statement(it)).value().statement;
    return say(alice, wire::acceptance_statement(acceptance(id)));
  }

  std::optional<reputation::Jail> jail() {
    return reputation::View(*store->read().value())
        .jail(reputation::provider_id(alice.public_key()), provider_row(alice), now, policy)
        .value();
  }
  reputation::ProviderScore whole_score() {
    return reputation::View(*store->read().value())
        .score(reputation::provider_id(alice.public_key()), provider_row(alice), now, policy)
        .value();
  }

 private:
  int rounds_ = 0;
};

}  // namespace assay::test
