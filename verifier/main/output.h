// What the program says: results on stdout, everything else on stderr.
// Thread-safe.
#pragma once

#include <mutex>
#include <string>

#include "core/wire/json.h"

namespace assay::verifier {

struct OutputOptions {
  bool json = false;
  bool quiet = false;  // errors only
};

class Output {
 public:
  explicit Output(OutputOptions options) : options_(options) {}

  // One line on stderr, with the time; nothing when quiet.
  void say(const std::string& text);
  // The result: an object's members as lines "name  value", or the object with -o json.
  void result(const wire::Json& members);
  // A line on stdout at once, as it is (JSON: the object).
  void line(const std::string& text, const wire::Json& members);
  // One line on stderr, or {"code","title","detail","retryable","trace_id"} with -o json.
  // Returns the exit code.
  int error(const Error& error);

 private:
  void print(const std::string& text);

  const OutputOptions options_;
  std::mutex mutex_;  // guards the order of what is printed
};

}  // namespace assay::verifier
