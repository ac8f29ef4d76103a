#include "prover/offer.h"

#include "core/wire/dsse.h"

namespace assay::prover {

Result<wire::Order> open_order(std::string_view envelope, Digest& job) {
  const Result<wire::Envelope> parsed = wire::parse_envelope(envelope);
  if (!parsed.ok()) return parsed.error().in("order");
  Result<wire::Order> order = wire::parse_order(as_text(parsed.value().payload));
  if (!order.ok()) return order.error();
  const Result<wire::OpenedEnvelope> opened =
      wire::open_envelope(parsed.value(), order.value().renter);
  if (!opened.ok()) return opened.error().in("order");
  job = opened.value().pae_digest;
  return order;
}

Result<wire::Order> check_offer(const wire::Offer& offer, const PublicKey& provider,
                                std::string_view device_class) {
  Digest job;
  Result<wire::Order> order = open_order(offer.order, job);
  if (!order.ok()) return order.error().in("offer");
  if (job != offer.job) {
    return fail(Code::unbound,
                "offer: it names job " + offer.job.hex() + " but its order is " + job.hex());
  }
  if (order.value().provider && *order.value().provider != provider) {
    return fail(Code::unbound,
                "offer: the order names another provider, " + order.value().provider->hex());
  }
  if (order.value().device_class != device_class) {
    return fail(Code::unbound, "offer: the order asks for class \"" + order.value().device_class +
                                   "\"; this provider is \"" + std::string(device_class) + "\"");
  }
  return order;
}

}  // namespace assay::prover
