// What the program says: results on stdout, everything else on stderr.
// Thread-safe: a job's progress comes from another thread than the agent's events.
#pragma once

#include <mutex>
#include <string>

#include "api/command/result_text.h"
#include "core/base/result.h"
#include "core/base/time.h"
#include "core/crypto/sha256.h"

namespace assay::prover {

struct ConsoleOptions {
  command::Format format = command::Format::table;
  bool quiet = false;  // errors only
  bool color = true;   // only ever on a terminal; NO_COLOR turns it off
};

class Console {
 public:
  explicit Console(ConsoleOptions options);

  bool for_people() const { return options_.format == command::Format::table; }

  // One line on stderr, unless quiet. `mark` is a short word in colour in front of it.
  void say(const std::string& mark, const std::string& text);
  // A bar with rate and time left on a terminal; a plain line every 10 s elsewhere.
  void progress(const Digest& job, std::uint32_t step, std::uint32_t steps);
  // Ends the bar.
  void clear();
  // An error: one line, or {"code","title","detail","retryable","trace_id"} in forms for programs.
  // Returns the exit code.
  int error(const Error& error);
  // The result: `text` for people; else the document, or its rows one by one.
  void result(const std::string& text, const wire::Json& document, const wire::Json::Array& rows);
  void result(const std::string& text, const wire::Json& document) {
    result(text, document, {document});
  }

 private:
  void erase_bar();

  ConsoleOptions options_;
  bool terminal_ = false;
  std::mutex mutex_;  // guards all below, and the order of what is printed
  bool bar_shown_ = false;
  Digest bar_job_;
  SteadyMillis bar_began_;
  SteadyMillis bar_drawn_;
};

}  // namespace assay::prover
