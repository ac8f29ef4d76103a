#include "api/command/completion.h"

#include <functional>

namespace assay::command {
namespace {

// Where a command stands below the program: "" for itself, "/job/submit".
using Visit = std::function<void(const CommandNode&, const std::string& at)>;

void visit_commands(const CommandNode& command, const std::string& at, const Visit& visit) {
  visit(command, at);
  for (const CommandNode& inner : command.commands) {
    visit_commands(inner, at + "/" + inner.name, visit);
  }
}

// For bash and zsh: within '…' nothing counts but the quote itself.
std::string posix_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string fish_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string words_of(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// "'/job'|'/job/submit'": every command below the program, as a pattern.
std::string known_commands(const CommandNode& program, const char* between) {
  std::string text;
  visit_commands(program, "", [&](const CommandNode&, const std::string& at) {
    if (!at.empty()) text += (text.empty() ? "" : between) + posix_quoted(at);
  });
  return text;
}

std::string function_of(const CommandNode& program) {
  std::string name = "_" + program.name;
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
}

// "'/job/submit -o'|'/job/submit --output'", of the options with values.
std::string value_pattern(const std::string& at, const OptionNode& option) {
  std::string text;
  for (const std::string& name : option.names) {
    text += (text.empty() ? "" : "|") + posix_quoted(at + " " + name);
  }
  return text;
}

std::string bash_script(const CommandNode& program) {
  const std::string function = function_of(program);
  std::string text = "# bash completion of " + program.name + "; made by: " + program.name +
                     " completion bash\n" + function +
                     R"(() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} at='' words='' i
  # --output=js is three words here.
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case $at/${COMP_WORDS[i]} in
      )" + known_commands(program, " | ") +
                     R"()
        at=$at/${COMP_WORDS[i]} ;;
    esac
  done
  case "$at $prev" in
)";
  visit_commands(program, "", [&](const CommandNode& command, const std::string& at) {
    for (const OptionNode& option : command.options) {
      if (!option.takes_value || option.is_argument) continue;
      text += "    " + value_pattern(at, option) + ")\n      ";
      text += option.choices.empty()
                  ? "compopt -o filenames 2>/dev/null\n      COMPREPLY=($(compgen -f -- \"$cur\"))"
                  : "COMPREPLY=($(compgen -W " + posix_quoted(words_of(option.choices)) +
                        " -- \"$cur\"))";
      text += "\n      return ;;\n";
    }
  });
  text += "  esac\n  case $at in\n";
  visit_commands(program, "", [&](const CommandNode& command, const std::string& at) {
    std::string words;
    for (const CommandNode& inner : command.commands) words += inner.name + " ";
    std::string options;
    for (const OptionNode& option : command.options) {
      if (option.is_argument) words += words_of(option.choices) + " ";
      if (!option.is_argument) options += words_of(option.names) + " ";
    }
    text += "    " + posix_quoted(at) + ")\n      words=" + posix_quoted(words) +
            "\n      [[ $cur != -* ]] || words=" + posix_quoted(options) + " ;;\n";
  });
  return text + R"(  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  if [[ -z ${words// /} ]]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "$cur"))
  fi
}
complete -F )" +
         function + " " + program.name + "\n";
}

// "name:what it is about", as _describe reads it.
std::string zsh_item(const std::string& name, const std::string& about) {
  std::string text = name;
  text += ":";
  for (const char c : short_about(about)) text += c == ':' ? std::string("\\:") : std::string(1, c);
  return posix_quoted(text);
}

std::string zsh_script(const CommandNode& program) {
  const std::string function = function_of(program);
  std::string text = "#compdef " + program.name + "\n# Made by: " + program.name +
                     " completion zsh\n" + function + R"(() {
  local at='' i prev=${words[CURRENT-1]}
  local -a inner options
  for ((i = 2; i < CURRENT; ++i)); do
    case $at/${words[i]} in
      )" + known_commands(program, "|") +
                     R"() at=$at/${words[i]} ;;
    esac
  done
  case "$at $prev" in
)";
  visit_commands(program, "", [&](const CommandNode& command, const std::string& at) {
    for (const OptionNode& option : command.options) {
      if (!option.takes_value || option.is_argument) continue;
      text += "    " + value_pattern(at, option) + ") " +
              (option.choices.empty() ? "_files" : "compadd -- " + words_of(option.choices)) +
              "; return ;;\n";
    }
  });
  text += "  esac\n  case $at in\n";
  visit_commands(program, "", [&](const CommandNode& command, const std::string& at) {
    text += "    " + posix_quoted(at) + ")\n      inner=(";
    for (const CommandNode& inner : command.commands) {
      text += "\n        " + zsh_item(inner.name, inner.about);
    }
    for (const OptionNode& option : command.options) {
      if (!option.is_argument) continue;
      for (const std::string& choice : option.choices) text += "\n        " + posix_quoted(choice);
    }
    text += ")\n      options=(";
    for (const OptionNode& option : command.options) {
      if (option.is_argument) continue;
      for (const std::string& name : option.names) {
        text += "\n        " + zsh_item(name, option.about);
      }
    }
    text += ") ;;\n";
  });
  return text + R"(  esac
  if [[ ${words[CURRENT]} == -* ]]; then
    _describe option options
  elif ((${#inner})); then
    _describe command inner
  else
    _files
  fi
}
if [[ ${funcstack[1]} == )" +
         function + " ]]; then\n  " + function + " \"$@\"\nelse\n  compdef " + function + " " +
         program.name + "\nfi\n";
}

void add_fish_option(const std::string& start, const OptionNode& option, std::string& text) {
  if (option.is_argument) {
    if (!option.choices.empty()) {
      text += start + " -f -a " + fish_quoted(words_of(option.choices)) + "\n";
    } else {
      text += start + " -F\n";
    }
    return;
  }
  text += start;
  for (const std::string& name : option.names) {
    text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (option.takes_value && option.choices.empty()) text += " -r -F";
  if (!option.choices.empty()) text += " -x -a " + fish_quoted(words_of(option.choices));
  text += " -d " + fish_quoted(short_about(option.about)) + "\n";
}

std::string fish_script(const CommandNode& program) {
  const std::string function = "_" + function_of(program) + "_at";
  std::string text = "# fish completion of " + program.name + "; made by: " + program.name +
                     " completion fish\nfunction " + function + R"(
  set -l at ''
  for word in (commandline -opc)[2..-1]
    switch "$at/$word"
      case )" + known_commands(program, " ") +
                     R"(
        set at "$at/$word"
    end
  end
  test "$at" = "$argv[1]"
end
complete -c )" + program.name +
                     " -f\n";
  visit_commands(program, "", [&](const CommandNode& command, const std::string& at) {
    const std::string start =
        "complete -c " + program.name + " -n " + fish_quoted(function + " '" + at + "'");
    for (const CommandNode& inner : command.commands) {
      text += start + " -a " + inner.name + " -d " + fish_quoted(short_about(inner.about)) + "\n";
    }
    for (const OptionNode& option : command.options) add_fish_option(start, option, text);
  });
  return text;
}

}  // namespace

Result<std::string> completion_script(const CommandNode& program, std::string_view shell) {
  if (shell == "bash") return bash_script(program);
  if (shell == "zsh") return zsh_script(program);
  if (shell == "fish") return fish_script(program);
  return fail(Code::usage, "there are completions for bash, zsh and fish");
}

}  // namespace assay::command
