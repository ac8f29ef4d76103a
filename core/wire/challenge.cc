#include "core/wire/challenge.h"

#include "core/wire/predicate.h"
#include "core/wire/runs.h"

namespace assay::wire {

namespace {

void require_something(Fields& in, bool anything) {
  if (!anything) in.note("positions", "asks for nothing, and neither do rows and pairs");
}

}  // namespace

PairsDigest digest_of_pairs(std::span<const std::uint64_t> pairs) {
  if (pairs.empty()) return {};
  Bytes bytes;
  for (const std::uint64_t pair : pairs) put_u64_be(bytes, pair);
  return {static_cast<std::uint32_t>(pairs.size()), sha256({as_bytes("assay/pairs/v1\n"), bytes})};
}

std::string opening_request_text(const OpeningRequest& request) {
  return Json::object({{"positions", numbers_to_json(request.positions)},
                       {"rows", numbers_to_json(request.rows)},
                       {"pairs", numbers_to_json(request.pairs)}})
      .dump();
}

Result<OpeningRequest> parse_opening_request(std::string_view text) {
  const Result<Json> json = parse_json(text);
  if (!json.ok()) return json.error().in("opening request");
  Fields in(json.value(), "opening request");
  OpeningRequest request;
  request.positions = read_positions(in, "positions");
  request.rows = read_rows(in, "rows");
  request.pairs = read_numbers(in, "pairs", 0, kPairLast, kPairsMax);
  require_something(in,
                    !request.positions.empty() || !request.rows.empty() || !request.pairs.empty());
  return closed(in, std::move(request));
}

Digest opening_request_id(const Digest& job, const OpeningRequest& request) {
  return sha256({as_bytes("assay/opening-request/v1\n"), job.view(),
                 as_bytes(opening_request_text(request))});
}

Json challenge_to_json(const Challenge& challenge) {
  Json json;
  json.set("draw", challenge.draw.hex())
      .set("attestation_index", u64_text(challenge.attestation_index))
      .set("attestation", challenge.attestation.hex())
      .set("job", challenge.job.hex())
      .set("reason", reason_name(challenge.reason))
      .set("ordinal", challenge.ordinal)
      .set("p_ppm", challenge.p_ppm)
      .set("positions", numbers_to_json(challenge.positions))
      .set("rows", numbers_to_json(challenge.rows))
      .set("pairs", numbers_to_json(challenge.pairs))
      .set("deadline", time_text(challenge.deadline));
  return json;
}

Result<Challenge> challenge_from_json(const Json& json) {
  Fields in(json, "challenge");
  Challenge challenge;
  challenge.draw = in.fixed<Digest>("draw");
  challenge.attestation_index = in.u64("attestation_index");
  challenge.attestation = in.fixed<Digest>("attestation");
  challenge.job = in.fixed<Digest>("job");
  challenge.reason = read_reason(in, "reason");
  challenge.ordinal = in.u32("ordinal");
  challenge.p_ppm = in.u32("p_ppm", 0, kMillion);
  challenge.positions = read_positions(in, "positions");
  challenge.rows = read_rows(in, "rows");
  challenge.pairs = read_numbers(in, "pairs", 0, kPairLast, kPairsMax);
  challenge.deadline = read_time(in, "deadline");
  require_something(
      in, !challenge.positions.empty() || !challenge.rows.empty() || !challenge.pairs.empty());
  return closed(in, std::move(challenge));
}

Statement spotcheck_statement(const Spotcheck& spotcheck) {
  Json json;
  json.set("draw", spotcheck.draw.hex())
      .set("attestation_index", u64_text(spotcheck.attestation_index))
      .set("attestation", spotcheck.attestation.hex())
      .set("reason", reason_name(spotcheck.reason))
      .set("ordinal", spotcheck.ordinal)
      .set("positions", numbers_to_json(spotcheck.positions))
      .set("rows", numbers_to_json(spotcheck.rows))
      .set("pairs", pairs_to_json(spotcheck.pairs))
      .set("opening_blob", spotcheck.opening_blob.hex())
      .set("opening_bytes", u64_text(spotcheck.opening_bytes));
  return {Kind::spotcheck, "attestation", spotcheck.attestation, std::move(json)};
}

template <class From>
static Result<Spotcheck> spotcheck_from(const From& from) {
  return parse_predicate<Spotcheck>(
      from, Kind::spotcheck, [](Fields& in, const Statement& statement) {
        Spotcheck spotcheck;
        spotcheck.draw = in.fixed<Digest>("draw");
        spotcheck.attestation_index = in.u64("attestation_index");
        spotcheck.attestation = in.fixed<Digest>("attestation");
        spotcheck.reason = read_reason(in, "reason");
        spotcheck.ordinal = in.u32("ordinal");
        spotcheck.positions = read_positions(in, "positions");
        spotcheck.rows = read_rows(in, "rows");
        spotcheck.pairs = read_pairs(in, "pairs");
        spotcheck.opening_blob = in.fixed<Digest>("opening_blob");
        spotcheck.opening_bytes = in.u64("opening_bytes");
        require_something(in, !spotcheck.positions.empty() || !spotcheck.rows.empty() ||
                                  spotcheck.pairs.count > 0);
        expect_subject(in, statement, "attestation", spotcheck.attestation);
        return spotcheck;
      });
}

Result<Spotcheck> parse_spotcheck(std::string_view payload) {
  return spotcheck_from(payload);
}
Result<Spotcheck> parse_spotcheck(const Statement& statement) {
  return spotcheck_from(statement);
}

}  // namespace assay::wire
