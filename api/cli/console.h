// What the program says: results on stdout, progress and diagnostics on stderr.
// One thread.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/time.h"
#include "core/wire/json.h"

namespace assay::cli {

enum class Format { table, json, ndjson, csv };

struct ConsoleOptions {
  Format format = Format::table;
  bool quiet = false;  // stderr: errors only
  bool color = true;   // only ever on a terminal; NO_COLOR turns it off
};

enum class Color { none, red, green, yellow, cyan, bold, dim };

// A result for people. Cells may hold anything a peer sent: control characters never reach the
// terminal.
struct Table {
  std::vector<std::string> columns;  // empty: no heading
  std::vector<std::vector<std::string>> rows;
};

// What a text takes on a terminal, in characters.
std::size_t width_of(std::string_view text);
// As wide as `width` asks for, filled up with spaces.
std::string padded(std::string text, std::size_t width);

class Console {
 public:
  explicit Console(ConsoleOptions options);

  Format format() const { return options_.format; }
  bool quiet() const { return options_.quiet; }
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
  // A result that is one thing.
  void result(const wire::Json& document, const Table& table) {
    result(document, {document}, table);
  }

  // An error: what was wrong and what to do, or {"code","title","detail","retryable","trace_id"}
  // with any format for programs. Returns the exit code.
  int error(const Error& error);

 private:
  void erase();
  std::FILE* stream_to() const;

  ConsoleOptions options_;
  bool out_color_ = false;
  bool err_color_ = false;
  bool err_terminal_ = false;
  std::size_t drawn_lines_ = 0;  // that the cursor stands below of
  bool progress_shown_ = false;
  bool out_terminal_ = false;
  bool line_open_ = false;  // of a text that grows
  SteadyMillis progress_at_{INT64_MIN / 2};
};

// The rows as CSV (RFC 4180): one column per member, those of inner objects as "outer.inner", lists
// as JSON.
std::string csv_text(const wire::Json::Array& rows);

}  // namespace assay::cli
