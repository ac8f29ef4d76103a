#include "core/wire/paid_challenge.h"

#include "core/wire/predicate.h"

namespace assay::wire {

Statement paid_challenge_statement(const PaidChallenge& challenge) {
  Json json;
  json.set("attestation_index", u64_text(challenge.attestation_index))
      .set("attestation", challenge.attestation.hex())
      .set("job", challenge.job.hex())
      .set("challenger", challenge.challenger.hex())
      .set("deposit_micros", u64_text(challenge.deposit_micros));
  return {Kind::paid_challenge, "attestation", challenge.attestation, std::move(json)};
}

Result<PaidChallenge> parse_paid_challenge(std::string_view payload) {
  return parse_predicate<PaidChallenge>(
      payload, Kind::paid_challenge, [](Fields& in, const Statement& statement) {
        PaidChallenge it;
        it.attestation_index = in.u64("attestation_index");
        it.attestation = in.fixed<Digest>("attestation");
        it.job = in.fixed<Digest>("job");
        it.challenger = in.fixed<PublicKey>("challenger");
        it.deposit_micros = u64_from(in, "deposit_micros", 1);
        expect_subject(in, statement, "attestation", it.attestation);
        return it;
      });
}

}  // namespace assay::wire
