// What assay-prover and assay-verifier have around their commands: the form of output, settings out
// of files, and the commands completion, man, config and version.
// One thread.
#pragma once

#include <optional>
#include <string>

#include "api/command/program_commands.h"

namespace assay::command {

struct OutputForm {
  std::string name = "table";
  bool json = false;
  bool no_color = false;
  bool quiet = false;

  Format format() const;
};

class Frame {
 public:
  // `section`: of the program's commands in files of settings. The app outlives the frame, and has
  // all commands of the program by now; those that do something get the options of output.
  Frame(CLI::App& app, std::string section, std::string version);

  // Reads settings and the command line. Returns the exit code when there is nothing left to run:
  // after --help, an error (told on stderr), or a command of the frame's own.
  std::optional<int> parse(int argc, char** argv);

  const OutputForm& output() const { return output_; }

 private:
  int tell(const Error& error, Format format) const;
  int show_config(const Settings& settings) const;
  std::optional<int> run_own(const Result<Settings>& settings) const;

  CLI::App& app_;
  std::string section_;
  std::string version_;
  OutputForm output_;
  CLI::App* completion_ = nullptr;
  CLI::App* man_ = nullptr;
  CLI::App* config_ = nullptr;
  CLI::App* config_show_ = nullptr;
  CLI::App* version_command_ = nullptr;
  CompletionOptions completion_options_;
  ManOptions man_options_;
  ConfigOptions config_options_;
};

}  // namespace assay::command
