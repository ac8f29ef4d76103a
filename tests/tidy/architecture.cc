#include <array>
#include <sstream>

#include "tests/tidy/rules.h"

namespace assay::tidy {
namespace {

struct Folder {
  std::string_view prefix;
  std::string_view target;
};
// The first prefix that fits decides.
constexpr Folder kFolders[] = {
    {"core/base", "base"},
    {"core/crypto", "crypto"},
    {"core/merkle", "merkle"},
    {"core/wire", "wire"},
    {"core/compute", "compute"},
    {"prover/main", "assay-prover"},
    {"prover", "prover"},
    {"verifier/main", "assay-verifier"},
    {"verifier/monitor", "monitor"},
    {"verifier/service", "service"},
    {"verifier/witness", "witness"},
    {"verifier", "verifier"},
    {"reputation/policy", "policy"},
    {"reputation/query", "query"},
    {"reputation/ledger", "ledger"},
    {"api/port", "api_port"},
    {"api/client", "api_client"},
    {"api/signature", "api_signature"},
    {"api/server", "api_server"},
    {"api/routes", "api_server"},
    {"api/command", "command"},
    {"api/cli", "assay"},
    {"tests/bench", "assay-bench"},
};

}  // namespace

Names Architecture::reach(const std::string& target) const {
  Names reached;
  std::vector<std::string> open{target};
  while (!open.empty()) {
    const auto links = may_link.find(open.back());
    open.pop_back();
    if (links == may_link.end()) continue;
    for (const std::string& link : links->second) {
      if (reached.insert(link).second) open.push_back(link);
    }
  }
  return reached;
}

Result<Architecture> parse_architecture(std::string_view text) {
  Architecture architecture;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string kind;
    std::string target;
    words >> kind >> target;
    if ((kind != "link" && kind != "use") || target.empty()) {
      return fail(Code::malformed, "architecture: expected 'link' or 'use': " + line);
    }
    auto& names = (kind == "link" ? architecture.may_link : architecture.may_use)[target];
    for (std::string name; words >> name;) names.insert(name);
  }
  if (architecture.may_link.empty() || architecture.may_use.empty()) {
    return fail(Code::malformed, "architecture: no tables");
  }
  return architecture;
}

std::optional<std::string> owner_of(std::string_view path) {
  for (const Folder& folder : kFolders) {
    if (!path.starts_with(folder.prefix)) continue;
    // "prover/main" owns prover/main.cc and prover/main_options.h, not prover/mainland.cc.
    const char next = path.size() > folder.prefix.size() ? path[folder.prefix.size()] : '\0';
    if (next == '/' || next == '.' || next == '_') return std::string(folder.target);
  }
  return std::nullopt;
}

}  // namespace assay::tidy
