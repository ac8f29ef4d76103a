#include "api/command/settings.h"

#include <cstdlib>
#include <filesystem>
#include <functional>

#include <CLI/CLI.hpp>

#include "core/base/file.h"

namespace assay::command {
namespace {

using wire::Json;
namespace fs = std::filesystem;

constexpr const char* kFileName = "assay.toml";
constexpr const char* kOtherSections[] = {"prover", "verifier"};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// The long name without its dashes.
std::string setting_name(const CLI::Option& option) {
  return option.get_lnames().empty() ? "" : option.get_lnames().front();
}

void visit_apps(CLI::App& app, const std::function<void(CLI::App&)>& visit) {
  visit(app);
  for (CLI::App* inner : app.get_subcommands([](CLI::App*) { return true; })) {
    visit_apps(*inner, visit);
  }
}

// Options of any command that a file may set for all of them at once.
std::vector<CLI::Option*> shared_options(CLI::App& app, const std::string& name) {
  std::vector<CLI::Option*> found;
  visit_apps(app, [&](CLI::App& command) {
    for (CLI::Option* option : command.get_options()) {
      if (!option->get_envname().empty() && setting_name(*option) == name) found.push_back(option);
    }
  });
  return found;
}

std::string nearest_names(CLI::App& app) {
  std::map<std::string, bool> names;
  visit_apps(app, [&](CLI::App& command) {
    for (CLI::Option* option : command.get_options()) {
      if (!option->get_envname().empty()) names[setting_name(*option)] = true;
    }
  });
  std::string text;
  for (const auto& [name, ignored] : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

Status set_default(CLI::Option& option, const ConfigEntry& entry) {
  std::string value;
  for (const std::string& item : entry.values) {
    if (entry.is_list && item.find_first_of(",[]") != std::string::npos) {
      return fail(Code::usage, "an item of a list cannot hold , [ or ]: give it as a flag");
    }
    value += (value.empty() ? "" : ",") + item;
  }
  const bool is_flag = option.get_items_expected_max() == 0;
  if (is_flag && value != "true" && value != "false") {
    return fail(Code::usage, "write true or false");
  }
  if (entry.is_list && option.get_expected_max() < 2) {
    return fail(Code::usage, "it has one value, not a list");
  }
  if (is_flag && value == "false") return {};
  try {
    option.run_callback_for_default();
    option.default_val(entry.is_list ? "[" + value + "]" : value);
    option.required(false);
  } catch (const CLI::Error& error) {
    return fail(Code::usage, error.what());
  }
  return {};
}

// One setting as `config show` lists it.
Json setting_json(const std::string& name, const std::string& value, const std::string& origin) {
  return Json::object({{"name", name}, {"value", value}, {"origin", origin}});
}

}  // namespace

std::vector<std::string> settings_paths() {
  if (const char* only = std::getenv("ASSAY_CONFIG"); only != nullptr) {
    return *only == '\0' ? std::vector<std::string>() : std::vector<std::string>{only};
  }
  std::vector<std::string> paths{std::string("./") + kFileName};
  const std::string config = variable("XDG_CONFIG_HOME");
  const std::string home = variable("HOME");
  if (!config.empty()) {
    paths.push_back(config + "/assay/" + kFileName);
  } else if (!home.empty()) {
    paths.push_back(home + "/.config/assay/" + kFileName);
  }
  paths.push_back(std::string("/etc/assay/") + kFileName);
  return paths;
}

Result<Settings> Settings::read(const std::vector<std::string>& paths) {
  Settings settings;
  for (const std::string& path : paths) {
    SettingsFile file{path, false, {}};
    const Result<std::optional<std::string>> text = read_text_if_there(path, kConfigBytesMax);
    if (!text.ok()) return text.error();
    if (text.value()) {
      std::error_code ignored;
      const fs::perms mode = fs::status(path, ignored).permissions();
      if (!ignored && (mode & fs::perms::others_write) != fs::perms::none) {
        return fail(Code::permission, path + " can be written by anybody: chmod o-w " + path);
      }
      Result<std::vector<ConfigEntry>> entries = parse_config(*text.value());
      if (!entries.ok()) return entries.error().in(path);
      file.is_there = true;
      file.entries = std::move(entries).value();
    }
    settings.files_.push_back(std::move(file));
  }
  return settings;
}

Status Settings::apply(CLI::App& app, const std::string& section) {
  // The weakest first: what comes later replaces it.
  for (std::size_t i = files_.size(); i-- > 0;) {
    for (const ConfigEntry& entry : files_[i].entries) {
      const Status applied = apply_entry(app, section, files_[i], entry);
      if (applied.ok()) continue;
      return applied.error().in(files_[i].path + ": line " + std::to_string(entry.line) + ": " +
                                entry.name());
    }
  }
  return {};
}

Status Settings::apply_entry(CLI::App& app, const std::string& section, const SettingsFile& file,
                             const ConfigEntry& entry) {
  const std::string origin = file.path + ":" + std::to_string(entry.line);
  if (entry.path.size() == 1) {
    const std::vector<CLI::Option*> options = shared_options(app, entry.path[0]);
    if (options.empty() && section.empty()) {
      return fail(Code::usage, "there is no such setting; of all commands are: " +
                                   nearest_names(app) + "; others stand in a [section] of theirs");
    }
    for (CLI::Option* option : options) {
      if (Status set = set_default(*option, entry); !set.ok()) return set;
    }
    origins_[entry.name()] = origin;
    return {};
  }
  bool of_another = !section.empty();
  for (const char* other : kOtherSections) {
    if (entry.path[0] == other && section != other) of_another = true;
  }
  if (entry.path[0] == section) of_another = false;
  if (of_another) {
    origins_[entry.name()] = origin;
    return {};
  }
  CLI::App* command = &app;
  for (std::size_t i = section.empty() ? 0 : 1; i + 1 < entry.path.size(); ++i) {
    const std::vector<CLI::App*> found = command->get_subcommands(
        [&](const CLI::App* inner) { return inner->get_name() == entry.path[i]; });
    command = found.empty() ? nullptr : found.front();
    if (command == nullptr) {
      return fail(Code::usage, "there is no command '" + entry.path[i] +
                                   "' here; see: " + app.get_name() + " --help");
    }
  }
  CLI::Option* option = command->get_option_no_throw("--" + entry.path.back());
  if (option == nullptr) {
    return fail(Code::usage, "that command has no option --" + entry.path.back());
  }
  if (Status set = set_default(*option, entry); !set.ok()) return set;
  origins_[entry.name()] = origin;
  return {};
}

Json Settings::document(const CLI::App& app) const {
  Json settings = Json::array();
  std::map<std::string, bool> seen;
  // A setting is the same in every command that has it.
  visit_apps(const_cast<CLI::App&>(app), [&](CLI::App& command) {
    for (CLI::Option* option : command.get_options()) {
      const std::string name = setting_name(*option);
      if (option->get_envname().empty() || std::exchange(seen[name], true)) continue;
      const std::string set = variable(option->get_envname().c_str());
      const auto file = origins_.find(name);
      std::string origin = "default";
      if (!set.empty()) {
        origin = "variable " + option->get_envname();
      } else if (file != origins_.end()) {
        origin = file->second;
      }
      std::string value = set.empty() ? option->get_default_str() : set;
      if (value.empty() && option->get_items_expected_max() == 0) value = "false";
      settings.push(setting_json(name, value, origin));
    }
  });
  for (std::size_t i = files_.size(); i-- > 0;) {
    for (const ConfigEntry& entry : files_[i].entries) {
      if (entry.path.size() == 1) continue;
      const std::string origin = files_[i].path + ":" + std::to_string(entry.line);
      const auto applied = origins_.find(entry.name());
      if (applied == origins_.end() || applied->second != origin) continue;
      std::string value;
      for (const std::string& item : entry.values) value += (value.empty() ? "" : ", ") + item;
      settings.push(setting_json(entry.name(), value, origin));
    }
  }
  Json files = Json::array();
  for (const SettingsFile& file : files_) {
    files.push(Json::object({{"path", file.path}, {"read", file.is_there}}));
  }
  return Json::object({{"settings", std::move(settings)}, {"files", std::move(files)}});
}

Table Settings::table(const Json& document, bool with_origin) const {
  Table table{{"SETTING", "VALUE"}, {}};
  if (with_origin) table.columns.push_back("ORIGIN");
  for (const Json& it : document.find("settings")->items()) {
    table.rows.push_back({it.find("name")->as_string(), it.find("value")->as_string()});
    if (with_origin) table.rows.back().push_back(it.find("origin")->as_string());
  }
  return table;
}

}  // namespace assay::command
