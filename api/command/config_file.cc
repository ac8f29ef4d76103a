#include "api/command/config_file.h"

#include <algorithm>

namespace assay::command {
namespace {

constexpr std::size_t kEntriesMax = 4096;

bool is_key_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

// Walks over one text. Every function leaves it behind what it read.
class ConfigReader {
 public:
  explicit ConfigReader(std::string_view text) : text_(text) {}

  Result<std::vector<ConfigEntry>> read() {
    std::vector<std::string> table;
    for (skip_blank(); at_ < text_.size(); skip_blank()) {
      if (entries_.size() == kEntriesMax) return bad("there is too much in this file");
      Status done = peek() == '[' ? read_table(table) : read_entry(table);
      if (!done.ok()) return done.error();
      if (Status end = end_of_line(); !end.ok()) return end.error();
    }
    return std::move(entries_);
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  Error bad(const std::string& what) const {
    return fail(Code::malformed, "line " + std::to_string(line_) + ": " + what);
  }

  void skip_spaces() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\r') ++at_;
  }

  void skip_comment() {
    skip_spaces();
    if (peek() != '#') return;
    while (at_ < text_.size() && peek() != '\n') ++at_;
  }

  // Spaces, comments and ends of lines.
  void skip_blank() {
    for (skip_comment(); peek() == '\n'; skip_comment()) {
      ++at_;
      ++line_;
    }
  }

  Status end_of_line() {
    skip_comment();
    if (at_ == text_.size() || peek() == '\n') return {};
    return bad("something stands behind the value; each line holds one");
  }

  Result<std::vector<std::string>> read_path() {
    std::vector<std::string> path;
    do {
      if (!path.empty()) ++at_;  // the dot
      skip_spaces();
      const std::size_t from = at_;
      while (is_key_char(peek())) ++at_;
      if (at_ == from) {
        return bad("a name is missing here: letters, digits, - and _, such as verifier");
      }
      path.emplace_back(text_.substr(from, at_ - from));
      skip_spaces();
    } while (peek() == '.');
    return path;
  }

  Status read_table(std::vector<std::string>& table) {
    ++at_;
    if (peek() == '[') return bad("lists of tables are not known here");
    Result<std::vector<std::string>> path = read_path();
    if (!path.ok()) return path.error();
    if (peek() != ']') return bad("a ] is missing");
    ++at_;
    table = std::move(path).value();
    return {};
  }

  Status read_entry(const std::vector<std::string>& table) {
    ConfigEntry entry;
    entry.line = line_;
    Result<std::vector<std::string>> key = read_path();
    if (!key.ok()) return key.error();
    entry.path = table;
    entry.path.insert(entry.path.end(), key.value().begin(), key.value().end());
    if (peek() != '=') return bad("an = is missing, as in verifier = \"http://127.0.0.1:8790\"");
    ++at_;
    skip_spaces();
    entry.is_list = peek() == '[';
    if (Status read = entry.is_list ? read_list(entry.values) : read_value(entry.values);
        !read.ok()) {
      return read;
    }
    for (const ConfigEntry& earlier : entries_) {
      if (earlier.path != entry.path) continue;
      return bad(entry.name() + " stands in line " + std::to_string(earlier.line) + " already");
    }
    entries_.push_back(std::move(entry));
    return {};
  }

  Status read_list(std::vector<std::string>& values) {
    ++at_;
    for (skip_blank(); peek() != ']'; skip_blank()) {
      if (at_ == text_.size()) return bad("a ] is missing");
      if (Status read = read_value(values); !read.ok()) return read;
      skip_blank();
      if (peek() == ',') {
        ++at_;
      } else if (peek() != ']') {
        return bad("a , or ] is missing");
      }
    }
    ++at_;
    return {};
  }

  Status read_value(std::vector<std::string>& values) {
    if (peek() == '"' || peek() == '\'') return read_string(values);
    const std::size_t from = at_;
    while (is_key_char(peek()) || peek() == '.' || peek() == '+') ++at_;
    const std::string word(text_.substr(from, at_ - from));
    const bool number = !word.empty() &&
                        word.find_first_not_of("0123456789+-._eE") == std::string::npos &&
                        word.find_first_of("0123456789") != std::string::npos;
    if (!number && word != "true" && word != "false") {
      return bad("write a \"text\" in quotes, a number, true, false, or a [list] of these");
    }
    values.push_back(word);
    if (number) std::erase(values.back(), '_');
    return {};
  }

  Status read_string(std::vector<std::string>& values) {
    const char quote = peek();
    std::string value;
    for (++at_; peek() != quote; ++at_) {
      if (at_ == text_.size() || peek() == '\n') return bad("the closing quote is missing");
      if (quote == '\'' || peek() != '\\') {
        value += peek();
        continue;
      }
      ++at_;
      constexpr std::string_view kEscapes = "\"\\nt";
      constexpr std::string_view kMeant = "\"\\\n\t";
      const std::size_t which = kEscapes.find(peek());
      if (at_ == text_.size() || which == std::string_view::npos) {
        return bad("after \\ only \" \\ n and t are known; '…' takes all as it is");
      }
      value += kMeant[which];
    }
    ++at_;
    values.push_back(std::move(value));
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::vector<ConfigEntry> entries_;
};

}  // namespace

std::string ConfigEntry::name() const {
  std::string text;
  for (const std::string& part : path) text += (text.empty() ? "" : ".") + part;
  return text;
}

Result<std::vector<ConfigEntry>> parse_config(std::string_view text) {
  return ConfigReader(text).read();
}

}  // namespace assay::command
