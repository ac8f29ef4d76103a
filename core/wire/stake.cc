#include "core/wire/stake.h"

#include <algorithm>
#include <array>

#include "core/wire/predicate.h"

namespace assay::wire {

namespace {

constexpr std::array<std::string_view, 4> kMoves{"bond", "unbond", "delegate", "undelegate"};
constexpr std::size_t kReferenceMax = 128;
constexpr std::size_t kOriginMax = 256;

StakeMove read_move(Fields& in, std::string_view key) {
  const std::string name = in.text(key, 16);
  const auto at = std::find(kMoves.begin(), kMoves.end(), name);
  if (at != kMoves.end()) return static_cast<StakeMove>(at - kMoves.begin());
  in.note(key, "is none of bond, unbond, delegate, undelegate");
  return StakeMove::bond;
}

std::uint64_t read_amount(Fields& in, std::string_view key, std::uint64_t min) {
  const std::uint64_t amount = u64_from(in, key, min);
  if (amount > kAmountMaxMicros) in.note(key, "is more than 2^53");
  return amount;
}

}  // namespace

std::string_view stake_move_name(StakeMove move) {
  return kMoves[static_cast<std::size_t>(move)];
}

Statement stake_statement(const Stake& stake) {
  Json json;
  json.set("provider", stake.provider.hex())
      .set("move", stake_move_name(stake.move))
      .set("amount_micros", u64_text(stake.amount_micros))
      .set("reference", stake.reference);
  return {Kind::stake, "provider", provider_digest(stake.provider), std::move(json)};
}

Result<Stake> parse_stake(std::string_view payload) {
  return parse_predicate<Stake>(payload, Kind::stake, [](Fields& in, const Statement& statement) {
    Stake stake;
    stake.provider = in.fixed<PublicKey>("provider");
    stake.move = read_move(in, "move");
    stake.amount_micros = read_amount(in, "amount_micros", 1);
    stake.reference = some_text(in, "reference", kReferenceMax);
    expect_subject(in, statement, "provider", provider_digest(stake.provider));
    return stake;
  });
}

Statement settlement_statement(const Settlement& settlement) {
  Json json;
  json.set("job", settlement.job.hex())
      .set("provider", settlement.provider.hex())
      .set("origin", settlement.origin)
      .set("tree_size", u64_text(settlement.tree_size))
      .set("root", settlement.root.hex())
      .set("verdict_index", u64_text(settlement.verdict_index))
      .set("price_micros", u64_text(settlement.price_micros))
      .set("payable_micros", u64_text(settlement.payable_micros))
      .set("holdback_micros", u64_text(settlement.holdback_micros))
      .set("released", time_text(settlement.released));
  return {Kind::settlement, "job", settlement.job, std::move(json)};
}

Result<Settlement> parse_settlement(std::string_view payload) {
  return parse_predicate<Settlement>(
      payload, Kind::settlement, [](Fields& in, const Statement& statement) {
        Settlement it;
        it.job = in.fixed<Digest>("job");
        it.provider = in.fixed<PublicKey>("provider");
        it.origin = some_text(in, "origin", kOriginMax);
        it.tree_size = u64_from(in, "tree_size", 1);
        it.root = in.fixed<Digest>("root");
        it.verdict_index = in.u64("verdict_index");
        it.price_micros = in.u64("price_micros");
        it.payable_micros = in.u64("payable_micros");
        it.holdback_micros = in.u64("holdback_micros");
        it.released = read_time(in, "released");
        const bool sums = it.payable_micros <= it.price_micros &&
                          it.holdback_micros <= it.price_micros - it.payable_micros;
        if (!sums) in.note("payable_micros", "and holdback_micros are more than the price");
        expect_subject(in, statement, "job", it.job);
        return it;
      });
}

}  // namespace assay::wire
