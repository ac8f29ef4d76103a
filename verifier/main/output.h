// What the program says: results on stdout, everything else on stderr.
// Thread-safe.
#pragma once

#include <mutex>
#include <string>

#include "api/command/result_text.h"
#include "core/wire/json.h"

namespace assay::verifier {

struct OutputOptions {
  command::Format format = command::Format::table;
  bool quiet = false;  // errors only
};

class Output {
 public:
  explicit Output(OutputOptions options) : options_(options) {}

  // One line on stderr, with the time; nothing when quiet.
  void say(const std::string& text);
  // The result: an object's members as lines "name  value", or in the form asked for.
  void result(const wire::Json& members);
  // The result: `text` for people; else the document, or its rows one by one.
  void rows(const std::string& text, const wire::Json& document, const wire::Json::Array& rows);
  // A line on stdout at once, as it is (JSON: the object, on one line).
  void line(const std::string& text, const wire::Json& members);
  // One line on stderr, or {"code","title","detail","retryable","trace_id"} in forms for programs.
  // Returns the exit code.
  int error(const Error& error);

 private:
  void print(const std::string& text);

  const OutputOptions options_;
  std::mutex mutex_;  // guards the order of what is printed
};

}  // namespace assay::verifier
