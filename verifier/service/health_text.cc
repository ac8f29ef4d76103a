#include "verifier/service/health_text.h"

namespace assay::verifier {

wire::Json check(const char* name, bool ok, std::string detail) {
  return wire::Json::object({{"name", name}, {"ok", ok}, {"detail", std::move(detail)}});
}

void gauge(std::string& text, const char* name, const char* help, std::uint64_t value,
           const char* type) {
  text += std::string("# HELP ") + name + " " + help + "\n# TYPE " + name + " " + type + "\n" +
          name + " " + std::to_string(value) + "\n";
}

void ledger_gauges(std::string& text, const Reading& reading) {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = reading.read();
  if (!txn.ok()) return;
  Result<reputation::Head> head = reputation::View(*txn.value()).head();
  if (!head.ok()) return;
  const reputation::Head& at = head.value();
  gauge(text, "assay_log_leaves_total", "Leaves in the log.", at.size, "counter");
  gauge(text, "assay_jobs_total", "Orders logged.", at.jobs, "counter");
  gauge(text, "assay_attestations_total", "Attestations logged.", at.attestations, "counter");
  gauge(text, "assay_verdicts_total", "Verdicts logged.", at.verdicts, "counter");
  gauge(text, "assay_slashes_total", "Slashes logged.", at.slashes, "counter");
  gauge(text, "assay_draws_total", "Draws logged.", at.draws, "counter");
  gauge(text, "assay_providers", "Providers registered.", at.providers);
}

}  // namespace assay::verifier
