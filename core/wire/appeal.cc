#include "core/wire/appeal.h"

#include <algorithm>
#include <array>

#include "core/wire/predicate.h"
#include "core/wire/runs.h"

namespace assay::wire {

namespace {

constexpr std::array<std::string_view, 3> kOutcomes{"granted", "refuted", "undecided"};
constexpr std::size_t kDetailMax = 512;

bool decides(const AppealReplay& replay) {
  return replay.device == kScalarDevice || replay.device == kSignaturesDevice;
}

bool shows_fault(const AppealReplay& replay) {
  return replay.outcome == Outcome::mismatch || replay.outcome == Outcome::unavailable;
}

AppealReplay read_replay(Fields& item) {
  AppealReplay replay;
  replay.device = some_text(item, "device", 128);
  const std::optional<Outcome> outcome = parse_outcome(item.text("outcome", 16));
  if (!outcome) item.note("outcome", "is none of match, mismatch, unavailable, inconclusive");
  replay.outcome = outcome.value_or(Outcome::inconclusive);
  return replay;
}

RulingOutcome read_outcome(Fields& in) {
  const auto at = std::find(kOutcomes.begin(), kOutcomes.end(), in.text("outcome", 16));
  if (at == kOutcomes.end()) {
    in.note("outcome", "is none of granted, refuted, undecided");
    return RulingOutcome::undecided;
  }
  return static_cast<RulingOutcome>(at - kOutcomes.begin());
}

Json replays_to_json(const std::vector<AppealReplay>& replays) {
  Json out = Json::array();
  for (const AppealReplay& replay : replays) {
    Json json;
    json.set("device", replay.device).set("outcome", outcome_name(replay.outcome));
    out.push(std::move(json));
  }
  return out;
}

}  // namespace

Statement appeal_statement(const Appeal& appeal, const Digest& slash) {
  Json json;
  json.set("slash_index", u64_text(appeal.slash_index))
      .set("provider", appeal.provider.hex())
      .set("deposit_micros", u64_text(appeal.deposit_micros))
      .set("nonce", appeal.nonce.hex())
      .set("remark", appeal.remark);
  return {Kind::appeal, "slash", slash, std::move(json)};
}

Result<Appeal> parse_appeal(std::string_view payload) {
  return parse_predicate<Appeal>(payload, Kind::appeal, [](Fields& in, const Statement& statement) {
    Appeal appeal;
    appeal.slash_index = in.u64("slash_index");
    appeal.provider = in.fixed<PublicKey>("provider");
    appeal.deposit_micros = in.u64("deposit_micros");
    appeal.nonce = in.fixed<Digest>("nonce");
    appeal.remark = in.text("remark", kRemarkMax);
    expect_subject(in, statement, "slash", statement.subject);
    return appeal;
  });
}

std::string_view ruling_outcome_name(RulingOutcome outcome) {
  return kOutcomes[static_cast<std::size_t>(outcome)];
}

RulingOutcome ruling_of(std::span<const AppealReplay> replays) {
  bool some = false;
  bool all_match = true;
  for (const AppealReplay& replay : replays) {
    if (!decides(replay)) continue;
    if (shows_fault(replay)) return RulingOutcome::refuted;
    some = true;
    all_match = all_match && replay.outcome == Outcome::match;
  }
  return some && all_match ? RulingOutcome::granted : RulingOutcome::undecided;
}

Statement ruling_statement(const Ruling& ruling, const Digest& slash) {
  Json json;
  json.set("slash_index", u64_text(ruling.slash_index))
      .set("appeal_index", u64_text(ruling.appeal_index))
      .set("provider", ruling.provider.hex())
      .set("outcome", ruling_outcome_name(ruling.outcome))
      .set("draw", ruling.draw.hex())
      .set("positions", numbers_to_json(ruling.positions))
      .set("rows", numbers_to_json(ruling.rows))
      .set("pairs", pairs_to_json(ruling.pairs))
      .set("replays", replays_to_json(ruling.replays))
      .set("detail", people_text(ruling.detail, kDetailMax));
  return {Kind::ruling, "slash", slash, std::move(json)};
}

Result<Ruling> parse_ruling(std::string_view payload) {
  return parse_predicate<Ruling>(payload, Kind::ruling, [](Fields& in, const Statement& statement) {
    Ruling ruling;
    ruling.slash_index = in.u64("slash_index");
    ruling.appeal_index = in.u64("appeal_index");
    ruling.provider = in.fixed<PublicKey>("provider");
    ruling.outcome = read_outcome(in);
    ruling.draw = in.fixed<Digest>("draw");
    ruling.positions = read_positions(in, "positions");
    ruling.rows = read_rows(in, "rows");
    ruling.pairs = read_pairs(in, "pairs");
    ruling.replays = read_items<AppealReplay>(in, "replays", kAppealReplaysMax, read_replay);
    ruling.detail = in.text("detail", kDetailMax);
    if (ruling.outcome != ruling_of(ruling.replays)) {
      in.note("outcome", "does not follow from the replays");
    }
    expect_subject(in, statement, "slash", statement.subject);
    return ruling;
  });
}

}  // namespace assay::wire
