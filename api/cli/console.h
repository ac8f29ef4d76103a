// What the program says: results on stdout, progress and diagnostics on stderr.
// One thread.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "api/command/result_text.h"
#include "core/base/result.h"
#include "core/base/time.h"
#include "core/wire/json.h"

namespace assay::cli {

using command::Format;
using command::padded;
using command::Table;
using command::width_of;

struct ConsoleOptions {
  Format format = Format::table;
  bool quiet = false;    // stderr: errors only
  bool verbose = false;  // stderr: also where settings come from, and every call
  bool color = true;     // only ever on a terminal; NO_COLOR turns it off
};

enum class Color { none, red, green, yellow, cyan, bold, dim };

class Console {
 public:
  explicit Console(ConsoleOptions options);

  Format format() const { return options_.format; }
  bool quiet() const { return options_.quiet; }
  bool verbose() const { return options_.verbose; }
  // May lines be drawn over again, and progress be shown in place?
  bool live() const { return err_terminal_ && !options_.quiet; }

  // The text in colour where stdout (or stderr) shows colours.
  std::string paint(Color color, const std::string& text) const;
  std::string paint_err(Color color, const std::string& text) const;

  // One line on stderr, unless quiet.
  void say(const std::string& text);
  // The same, over the last one on a terminal; elsewhere at most one line every 10 s.
  void progress(const std::string& text);
  // Several lines in place, of at most so many columns; on a terminal only.
  void draw(const std::vector<std::string>& lines);
  // What was drawn last stays; the next line goes below it.
  void keep_drawing();

  // A piece of a text that grows: on stdout where that is a terminal and results are for people,
  // else on stderr, unless quiet. While a line of it is open nothing else is shown in place.
  void stream(const std::string& text);

  // The result as plain text, in whatever format: for commands whose result is a file's text.
  void out(const std::string& text);
  // The result: `table` for people, `document` as json, `rows` one by one as ndjson and csv.
  void result(const wire::Json& document, const wire::Json::Array& rows, const Table& table);
  // The result of a command that tells people by say() alone: nothing in a table.
  void result_for_programs(const wire::Json& document) {
    if (options_.format != Format::table) result(document, {document}, {});
  }
  // A result that is one thing.
  void result(const wire::Json& document, const Table& table) {
    result(document, {document}, table);
  }

  // An error: what was wrong and what to do, or {"code","title","detail","retryable","trace_id"}
  // with any format for programs. Returns the exit code.
  int error(const Error& error);
  // No result and no error is shown any more: the command was stopped for a reason of its own.
  void hush() { hushed_ = true; }
  void unhush() { hushed_ = false; }

 private:
  void erase();
  std::FILE* stream_to() const;

  ConsoleOptions options_;
  bool hushed_ = false;
  bool out_color_ = false;
  bool err_color_ = false;
  bool err_terminal_ = false;
  std::size_t drawn_lines_ = 0;  // that the cursor stands below of
  bool progress_shown_ = false;
  bool out_terminal_ = false;
  bool line_open_ = false;  // of a text that grows
  SteadyMillis progress_at_{INT64_MIN / 2};
};

// How far something has come: "uploading the model: 12 of 480 MiB, 56 MiB/s, 8 s left", with a bar
// on a terminal. One thread.
class Progress {
 public:
  // `amount_text` tells an amount: "1.4 MiB", "17 leaves".
  Progress(Console& console, std::string what, std::string (*amount_text)(std::uint64_t));

  void at(std::uint64_t done, std::uint64_t total);

 private:
  Console& console_;
  std::string what_;
  std::string (*amount_text_)(std::uint64_t);
  SteadyMillis began_;
  std::uint64_t first_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace assay::cli
