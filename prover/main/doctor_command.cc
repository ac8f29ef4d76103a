#include <algorithm>

#include "core/base/file.h"
#include "core/wire/error_report.h"
#include "prover/main/doctor.h"
#include "prover/main/this_machine.h"

namespace assay::prover {
namespace {

using wire::Json;

Json finding_json(const Finding& it) {
  Json json =
      Json::object({{"check", it.check}, {"health", health_name(it.health)}, {"text", it.text}});
  if (it.health == Health::fail) json.set("code", code_name(it.code));
  if (!it.fix.empty()) json.set("fix", it.fix);
  return json;
}

std::string finding_line(const Finding& it, std::size_t width) {
  std::string line = std::string(health_name(it.health)) + "  ";
  line += command::padded(it.check, width) + "  " + wire::printable(it.text);
  if (!it.fix.empty()) line += "\n      " + std::string(width, ' ') + "  > " + it.fix;
  return line;
}

// Whoever reads a bundle needs to know the machine, not whose it is: paths, addresses and ids of
// this provider are replaced, and neither key nor passphrase was ever in the findings.
class Redactor {
 public:
  void hide(const std::string& secret, const std::string& instead) {
    if (!secret.empty()) secrets_.emplace_back(secret, instead);
  }
  // The longest first, so that no part of one is left over.
  std::string operator()(std::string text) {
    std::stable_sort(secrets_.begin(), secrets_.end(),
                     [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
    for (const auto& [secret, instead] : secrets_) {
      for (std::size_t at = 0; (at = text.find(secret, at)) != std::string::npos;
           at += instead.size()) {
        text.replace(at, secret.size(), instead);
      }
    }
    return text;
  }

 private:
  std::vector<std::pair<std::string, std::string>> secrets_;
};

std::string host_of(const std::string& url) {
  const std::size_t from = url.find("://");
  const std::string rest = from == std::string::npos ? url : url.substr(from + 3);
  return rest.substr(0, rest.find_first_of("/"));
}

Redactor redactor_of(const DoctorOptions& options, const std::string& folder,
                     const std::optional<PublicKey>& provider) {
  Redactor redact;
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  redact.hide(options.key, "KEY-FILE");
  redact.hide(folder, "STATE-FOLDER");
  redact.hide(options.verifier, "VERIFIER");
  redact.hide(host_of(options.verifier), "VERIFIER-HOST");
  if (variable("HOME").size() > 1) redact.hide(variable("HOME"), "HOME");
  if (provider) {
    redact.hide(provider->hex(), "PROVIDER-KEY");
    redact.hide(key_id(*provider), "PROVIDER");
  }
  return redact;
}

Status write_bundle(const DoctorOptions& options, const std::string& folder,
                    const std::optional<PublicKey>& provider, const Findings& findings) {
  Redactor redact = redactor_of(options, folder, provider);
  Json checks = Json::array();
  for (Finding it : findings) {
    it.text = redact(it.text);
    it.fix = redact(it.fix);
    checks.push(finding_json(it));
  }
  const SigningKey nobody = SigningKey::generate(system_random());
  const wire::Device cpu = devices_of_this_machine(nobody.public_key()).front();
  const Json bundle = Json::object({{"schema", "assay/doctor/v1"},
                                    {"version", ASSAY_VERSION},
                                    {"time", to_rfc3339(system_clock().unix_now())},
                                    {"cpu", cpu.model},
                                    {"memory_bytes", cpu.memory_bytes},
                                    {"cpu_level", cpu_level_name(compute::best_cpu_level())},
                                    {"device_class", options.device_class},
                                    {"backend", options.engine.backend},
                                    {"checks", std::move(checks)}});
  return write_file_durably(options.bundle, as_bytes(bundle.pretty() + "\n"), 0600);
}

}  // namespace

int doctor_command(const DoctorOptions& options, Console& console) {
  Findings findings;
  const std::optional<SigningKey> key = check_key(options.key, findings);
  std::optional<PublicKey> provider;
  if (key) provider = key->public_key();
  std::string folder = options.state;
  if (folder.empty() && !options.key.empty()) folder = options.key + ".state";
  AskedVerifier asked{options.verifier, options.device_class, provider, std::nullopt};
  if (provider) asked.attestations = check_state(folder, *provider, findings);
  check_machine(folder, findings);
  const Result<unsigned> threads = engine_threads(options.engine);
  if (!threads.ok()) return console.error(threads.error());
  const compute::Engine engine(compute::best_cpu_level(), threads.value());
  check_proofs(engine, findings);
  check_gpu(options.engine, engine, findings);
  check_verifier(asked, findings);

  std::size_t width = 0;
  for (const Finding& it : findings) width = std::max(width, it.check.size());
  std::string text;
  Json rows = Json::array();
  const Finding* worst = nullptr;
  std::size_t warned = 0;
  for (const Finding& it : findings) {
    text += finding_line(it, width) + "\n";
    rows.push(finding_json(it));
    if (it.health == Health::fail && worst == nullptr) worst = &it;
    if (it.health == Health::warn) ++warned;
  }
  const int code = worst == nullptr ? 0 : static_cast<int>(worst->code);
  text += worst == nullptr ? "a verifier would find nothing wrong here" : "not fit to run";
  if (warned > 0) text += "; " + std::to_string(warned) + " warnings";
  const Json document = Json::object(
      {{"fit", worst == nullptr}, {"warnings", warned}, {"exit_code", code}, {"checks", rows}});
  console.result(text, document, rows.items());
  if (options.bundle.empty()) return code;
  if (Status written = write_bundle(options, folder, provider, findings); !written.ok()) {
    return console.error(written.error().in("--bundle"));
  }
  console.say("bundle", options.bundle + ": without keys, paths, addresses and ids");
  return code;
}

}  // namespace assay::prover
