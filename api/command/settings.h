// Settings out of files. What counts, from the strongest: a flag, a variable ASSAY_*, ./assay.toml,
// the user's ~/.config/assay/assay.toml, /etc/assay/assay.toml, the default.
//
//   verifier = "http://127.0.0.1:8790"     # of every command: what has a variable
//   [job.submit]                           # of one command of `assay`: any option
//   price = "2.00"
//   [verifier.serve]                       # of assay-verifier; [prover.run] of assay-prover
//   listen = "127.0.0.1:8790"
//
// Read once at the start; one thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "api/command/config_file.h"
#include "api/command/result_text.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace assay::command {

struct SettingsFile {
  std::string path;
  bool is_there = false;
  std::vector<ConfigEntry> entries;
};

// The files in which settings may stand, the strongest first: those above, or the one that
// ASSAY_CONFIG names; none when that is empty.
std::vector<std::string> settings_paths();

class Settings {
 public:
  // Reads the files there are.
  //   malformed    with file and line
  //   permission   a file that anybody may write
  static Result<Settings> read(const std::vector<std::string>& paths);

  // Makes what the files say the defaults of the program's options. `section` holds those of its
  // commands: "" for assay, "prover", "verifier".
  //   usage        no such setting or command, or a value it cannot have: with file and line
  Status apply(CLI::App& app, const std::string& section);

  const std::vector<SettingsFile>& files() const { return files_; }

  // After parsing: every setting with its value and where that comes from.
  wire::Json document(const CLI::App& app) const;
  Table table(const wire::Json& document, bool with_origin) const;

 private:
  Status apply_entry(CLI::App& app, const std::string& section, const SettingsFile& file,
                     const ConfigEntry& entry);

  std::vector<SettingsFile> files_;
  std::map<std::string, std::string> origins_;  // by name, of what was applied
};

}  // namespace assay::command
