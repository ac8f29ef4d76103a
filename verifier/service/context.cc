#include "verifier/service/context.h"

namespace assay::verifier {

SigningKey worker_key(const ServiceKeys& keys) {
  const Digest seed = sha256({as_bytes("assay/worker/v1\n"), keys.verifier.seed()});
  return SigningKey::from_seed(seed.view()).value();
}

reputation::Submission sign_own(const Context& context, const wire::Statement& statement) {
  std::string payload = wire::statement_text(statement);
  const Bytes signed_bytes = wire::pae(wire::kPayloadType, as_bytes(payload));
  return {.kind = statement.kind,
          .opened = {.payload = std::move(payload),
                     .pae_digest = sha256(signed_bytes),
                     .signer = context.keys.verifier.public_key(),
                     .signature = context.keys.verifier.sign(signed_bytes)}};
}

Result<reputation::Appended> log_own(const Context& context, const wire::Statement& statement) {
  return context.writer.submit(sign_own(context, statement));
}

Result<LoggedOrder> read_order(const reputation::View& view, const reputation::JobState& job,
                               std::uint64_t log_size) {
  Result<wire::LogLeaf> leaf = view.log(log_size).leaf(job.order_index);
  if (!leaf.ok()) return leaf.error();
  Result<wire::Order> order = wire::parse_order(leaf.value().payload);
  if (!order.ok()) return order.error();
  return LoggedOrder{
      std::move(order).value(),
      wire::envelope_text(leaf.value().payload, leaf.value().signer, leaf.value().signature)};
}

}  // namespace assay::verifier
