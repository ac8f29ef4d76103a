#include "verifier/main/output.h"

#include <algorithm>
#include <cstdio>

#include "core/base/time.h"
#include "core/wire/error_report.h"

namespace assay::verifier {
namespace {

constexpr std::size_t kNameWidth = 22;

}  // namespace

void Output::print(const std::string& text) {
  const std::scoped_lock lock(mutex_);
  std::fprintf(stdout, "%s\n", text.c_str());
  std::fflush(stdout);
}

void Output::say(const std::string& text) {
  if (options_.quiet) return;
  const std::scoped_lock lock(mutex_);
  const std::string time = to_rfc3339(system_clock().unix_now());
  std::fprintf(stderr, "%s %s\n", time.c_str(), text.c_str());
}

void Output::result(const wire::Json& members) {
  if (options_.json) return print(members.dump());
  std::string text;
  for (const auto& [name, value] : members.members()) {
    std::string label = name;
    for (char& c : label) c = c == '_' ? ' ' : c;
    label.resize(std::max(label.size() + 2, kNameWidth), ' ');
    if (!text.empty()) text += "\n";
    text += label + (value.is_string() ? value.as_string() : value.dump());
  }
  print(text);
}

void Output::line(const std::string& text, const wire::Json& members) {
  print(options_.json ? members.dump() : text);
}

int Output::error(const Error& error) {
  const std::scoped_lock lock(mutex_);
  const std::string text = options_.json ? wire::error_json(error, system_random()).dump()
                                         : wire::error_line(error, false);
  std::fprintf(stderr, "%s\n", text.c_str());
  return static_cast<int>(error.code);
}

}  // namespace assay::verifier
