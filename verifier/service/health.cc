// What the operator's port shows: readiness from real operations, and metrics.
#include "verifier/service/service.h"

namespace assay::verifier {

using wire::Json;

namespace {

Json check(const char* name, bool ok, std::string detail) {
  return Json::object({{"name", name}, {"ok", ok}, {"detail", std::move(detail)}});
}

void gauge(std::string& text, const char* name, const char* help, std::uint64_t value,
           const char* type = "gauge") {
  text += std::string("# HELP ") + name + " " + help + "\n# TYPE " + name + " " + type + "\n" +
          name + " " + std::to_string(value) + "\n";
}

}  // namespace

Json Service::readiness() {
  Json checks = Json::array();
  bool ready = true;
  const auto add = [&](const char* name, bool ok, std::string detail) {
    ready = ready && ok;
    checks.push(check(name, ok, std::move(detail)));
  };
  const std::optional<Error> broken = failed();
  add("writer", !broken, broken ? broken->what : "the last commit succeeded");
  const Status store = ports_.store.check();
  add("store", store.ok(), store.ok() ? "takes writes" : store.error().what);
  const std::uint64_t size = writer_.checkpoint().size;
  add("checkpoint", size > 0, "signed at size " + std::to_string(size));
  const std::size_t backlog = audits_.replay_backlog();
  add("replay", true, std::to_string(backlog) + " waiting");
  Json json = Json::object({{"ready", ready}});
  json.set("checks", std::move(checks));
  return json;
}

std::string Service::metrics() {
  std::string text;
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
  if (txn.ok()) {
    Result<reputation::Head> head = reputation::View(*txn.value()).head();
    if (head.ok()) {
      const reputation::Head& at = head.value();
      gauge(text, "assay_log_leaves_total", "Leaves in the log.", at.size, "counter");
      gauge(text, "assay_jobs_total", "Orders logged.", at.jobs, "counter");
      gauge(text, "assay_attestations_total", "Attestations logged.", at.attestations, "counter");
      gauge(text, "assay_verdicts_total", "Verdicts logged.", at.verdicts, "counter");
      gauge(text, "assay_slashes_total", "Slashes logged.", at.slashes, "counter");
      gauge(text, "assay_draws_total", "Draws logged.", at.draws, "counter");
      gauge(text, "assay_providers", "Providers registered.", at.providers);
    }
  }
  gauge(text, "assay_log_signed_size", "Size of the newest signed checkpoint.",
        writer_.checkpoint().size);
  gauge(text, "assay_providers_alive", "Providers that polled lately.", agents_.alive_count());
  gauge(text, "assay_jobs_waiting", "Jobs open or at work.", jobs_.queue_length());
  gauge(text, "assay_replay_backlog", "Openings waiting to be replayed.", audits_.replay_backlog());
  gauge(text, "assay_writer_failed", "1 once nothing is acknowledged any more.", failed() ? 1 : 0);
  return text;
}

}  // namespace assay::verifier
