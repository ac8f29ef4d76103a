#include "api/command/man_page.h"

#include <cstdio>

#include "core/base/result.h"

namespace assay::command {
namespace {

constexpr Code kCodes[] = {Code::internal,  Code::usage,        Code::not_found, Code::permission,
                           Code::network,   Code::rate_limited, Code::conflict,  Code::malformed,
                           Code::signature, Code::no_evidence,  Code::proof,     Code::unbound,
                           Code::mismatch,  Code::inconclusive, Code::stale,     Code::equivocation,
                           Code::storage,   Code::interrupted};

// The character that begins at `at`, as troff names it; `at` goes behind it.
std::string wide_name(const std::string& text, std::size_t& at) {
  const auto first = static_cast<unsigned char>(text[at]);
  const std::size_t more = first >= 0xF0 ? 3 : (first >= 0xE0 ? 2 : 1);
  unsigned long code = first & (0x3FU >> more);
  for (std::size_t i = 0; i < more && at + 1 < text.size(); ++i) {
    code = (code << 6) | (static_cast<unsigned char>(text[++at]) & 0x3FU);
  }
  ++at;
  char name[24];
  std::snprintf(name, sizeof name, "\\[u%04lX]", code);
  return name;
}

std::string escaped(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    const bool begins = i == 0 || text[i - 1] == '\n';
    if (begins && (c == '.' || c == '\'')) out += "\\&";
    if (static_cast<unsigned char>(c) >= 0x80) {
      out += wide_name(text, i);
      continue;
    }
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '\'') {
      out += "\\(aq";
    } else {
      out += c;
    }
    ++i;
  }
  return out;
}

// Lines as they are, but for empty ones at the end.
std::string literal(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return ".nf\n" + escaped(text) + "\n.fi\n";
}

std::string page_name(const CommandNode& command) {
  std::string name = command.path;
  for (char& c : name) c = c == ' ' ? '-' : c;
  return name;
}

// "FORM" of --output, "KNOWN-HEAD" of --known-head.
std::string placeholder(const OptionNode& option) {
  std::string text = option.names.back();
  text.erase(0, text.find_first_not_of('-'));
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

std::string option_text(const OptionNode& option) {
  std::string text = ".TP\n";
  if (option.is_argument) {
    text += "\\fI" + escaped(placeholder(option)) + "\\fR";
  } else {
    for (std::size_t i = 0; i < option.names.size(); ++i) {
      text += (i == 0 ? "\\fB" : ", \\fB") + escaped(option.names[i]) + "\\fR";
    }
    if (option.takes_value) text += " \\fI" + escaped(placeholder(option)) + "\\fR";
  }
  text += "\n" + escaped(option.about);
  if (!text.ends_with('.')) text += ".";
  if (!option.choices.empty()) {
    text += "\nOne of:";
    for (const std::string& choice : option.choices) text += " " + escaped(choice);
    text += ".";
  }
  if (!option.variable.empty()) text += "\nVariable: " + option.variable + ".";
  return text + "\n";
}

std::string options_text(const CommandNode& command) {
  std::vector<std::string> groups;
  for (const OptionNode& option : command.options) {
    bool known = false;
    for (const std::string& group : groups) known = known || group == option.group;
    if (!known) groups.push_back(option.group);
  }
  std::string text;
  for (const std::string& group : groups) {
    const bool is_plain = group == "Options" || group == "Positionals";
    text += is_plain ? "" : ".SS " + escaped(group) + "\n";
    for (const OptionNode& option : command.options) {
      if (option.group == group) text += option_text(option);
    }
  }
  return text.empty() ? "" : ".SH OPTIONS\n" + text;
}

std::string synopsis(const CommandNode& command) {
  std::string text = ".SH SYNOPSIS\n\\fB" + escaped(command.path) + "\\fR";
  if (!command.commands.empty()) return text + " \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n";
  for (const OptionNode& option : command.options) {
    if (!option.is_argument) continue;
    const std::string name = "\\fI" + escaped(placeholder(option)) + "\\fR";
    text += option.is_required ? " " + name : " [" + name + "]";
  }
  for (const OptionNode& option : command.options) {
    if (option.is_argument || !option.is_required) continue;
    text += " \\fB" + escaped(option.names.back()) + "\\fR \\fI" + escaped(placeholder(option)) +
            "\\fR";
  }
  return text + " [\\fIOPTIONS\\fR]\n";
}

void add_commands(const CommandNode& command, std::string& text) {
  for (const CommandNode& inner : command.commands) {
    if (inner.commands.empty()) {
      text += ".TP\n\\fB" + escaped(inner.path) + "\\fR\n" + escaped(inner.about) + "\n";
    }
    add_commands(inner, text);
  }
}

std::string exit_text() {
  std::string text = ".SH EXIT STATUS\n";
  for (const ExitCode& code : exit_codes()) {
    text += ".TP\n.B " + std::to_string(code.number) + "\n" + escaped(code.meaning) + "\n";
  }
  return text;
}

std::string files_text() {
  return ".SH FILES\n.TP\n\\fI./assay.toml\\fR, \\fI~/.config/assay/assay.toml\\fR, "
         "\\fI/etc/assay/assay.toml\\fR\nSettings; the first that has one counts. A flag and a "
         "variable go before all of them.\n";
}

void add_pages(const CommandNode& command, const CommandNode& program, const std::string& version,
               std::vector<ManPage>& pages) {
  const bool is_program = &command == &program;
  if (is_program || command.commands.empty()) {
    std::string title = page_name(command);
    for (char& c : title) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    std::string text = ".TH \"" + escaped(title) + "\" 1 \"\" \"assay " + version + "\" Assay\n";
    text += ".SH NAME\n" + escaped(page_name(command)) + " \\- " +
            escaped(short_about(command.about)) + "\n" + synopsis(command);
    if (command.about != short_about(command.about)) {
      text += ".SH DESCRIPTION\n" + literal(command.about);
    }
    if (is_program) {
      text += ".SH COMMANDS\n";
      add_commands(command, text);
    }
    text += options_text(command);
    if (!command.footer.empty()) text += ".SH EXAMPLES AND NOTES\n" + literal(command.footer);
    text += exit_text() + files_text();
    if (!is_program) text += ".SH SEE ALSO\n.BR " + escaped(program.name) + " (1)\n";
    pages.push_back({page_name(command) + ".1", std::move(text)});
  }
  for (const CommandNode& inner : command.commands) add_pages(inner, program, version, pages);
}

}  // namespace

std::vector<ExitCode> exit_codes() {
  std::vector<ExitCode> codes{{0, "ok"}};
  for (const Code code : kCodes) codes.push_back({static_cast<int>(code), code_title(code)});
  return codes;
}

std::vector<ManPage> man_pages(const CommandNode& program, const std::string& version) {
  std::vector<ManPage> pages;
  add_pages(program, program, version, pages);
  return pages;
}

}  // namespace assay::command
