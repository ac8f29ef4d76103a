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
  std::fprintf(stdout, "%s%s", text.c_str(), text.ends_with('\n') ? "" : "\n");
  std::fflush(stdout);
}

void Output::say(const std::string& text) {
  if (options_.quiet) return;
  const std::scoped_lock lock(mutex_);
  const std::string time = to_rfc3339(system_clock().unix_now());
  std::fprintf(stderr, "%s %s\n", time.c_str(), text.c_str());
}

void Output::result(const wire::Json& members) {
  if (options_.format != command::Format::table) return rows("", members, {members});
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

void Output::rows(const std::string& text, const wire::Json& document,
                  const wire::Json::Array& rows) {
  if (options_.format == command::Format::table) return print(text);
  print(command::result_text(options_.format, document, rows, {}));
}

void Output::line(const std::string& text, const wire::Json& members) {
  if (options_.format == command::Format::table) return print(text);
  print(options_.format == command::Format::csv ? command::csv_text({members}) : members.dump());
}

int Output::error(const Error& error) {
  const std::scoped_lock lock(mutex_);
  const std::string text = options_.format == command::Format::table
                               ? wire::error_line(error, false)
                               : wire::error_json(error, system_random()).dump();
  std::fprintf(stderr, "%s\n", text.c_str());
  return static_cast<int>(error.code);
}

}  // namespace assay::verifier
