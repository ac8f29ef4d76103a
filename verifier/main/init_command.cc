#include "core/base/file.h"
#include "verifier/main/commands.h"
#include "verifier/main/data_folder.h"

namespace assay::verifier {

Result<std::string> policy_text_of(const std::string& name) {
  if (name == "default") return wire::policy_text(wire::Policy{});
  if (name == "demo") return wire::policy_text(wire::demo_policy());
  const Result<Bytes> bytes = read_file(name, wire::kPolicyBytesMax);
  if (!bytes.ok()) return bytes.error().in("--policy");
  std::string text(as_text(bytes.value()));
  while (text.ends_with('\n')) text.pop_back();  // an editor's; the document has none
  return text;
}

int init_command(const InitOptions& options, Output& output) {
  const Result<std::string> policy = policy_text_of(options.policy);
  if (!policy.ok()) return output.error(policy.error());
  const DataFolder folder(options.data);
  const Result<Identity> made = create_data_folder(folder, options.origin, policy.value());
  if (!made.ok()) return output.error(made.error());
  output.result(wire::Json::object({{"data", options.data},
                                    {"origin", made.value().origin},
                                    {"log", wire::vkey_text(made.value().trust.logs[0].key)},
                                    {"verifier", made.value().roles.verifier.hex()},
                                    {"vrf", made.value().roles.vrf.hex()},
                                    {"policy", made.value().trust.policies.front().hex()},
                                    {"trust_file", folder.trust()}}));
  output.say("keep '" + folder.keys() + "' safe; start with: assay-verifier serve --data '" +
             options.data + "'");
  return 0;
}

}  // namespace assay::verifier
