#include "tests/tidy/rules.h"

#include <algorithm>
#include <regex>

namespace assay::tidy {
namespace {

constexpr std::size_t kColumnsMax = 100;
constexpr std::size_t kLinesMax = 400;

struct Fence {
  std::string_view header;   // a prefix of what stands between the brackets
  std::string_view library;  // its name in the table of fences
};
constexpr Fence kFences[] = {
    {"openssl/", "OpenSSL::Crypto"},
    {"sodium", "assay::sodium"},
    {"lmdb.h", "assay::lmdb"},
    {"httplib.h", "assay::httplib"},
    {"nlohmann/", "nlohmann_json::nlohmann_json"},
    {"png.h", "PNG::PNG"},
    {"CLI/", "assay::cli11"},
};

// Fences narrower than a target: the library appears in this one file or folder.
constexpr Fence kNarrow[] = {
    {"nlohmann/", "core/wire/json.cc"},
    {"cuda", "core/compute/cuda/"},
    {"cublas", "core/compute/cuda/"},
};

// Openings of a fence that the tables, which speak of targets, cannot express.
bool is_gate(std::string_view path, std::string_view header) {
  return path == "api/tls.cc" && header.starts_with("openssl/");
}

struct File {
  const std::string& path;
  const std::string& text;
  std::vector<std::string_view> lines;
  std::vector<std::string_view> code;  // the same lines, blanked
  std::optional<std::string> owner;
  std::vector<Finding> findings;

  bool in(std::string_view folder) const { return path.starts_with(folder); }
  bool ends(std::string_view suffix) const { return path.ends_with(suffix); }
  bool is_cmake() const { return ends("CMakeLists.txt") || ends(".cmake") || ends("Presets.json"); }
  bool is_header() const { return ends(".h") || ends(".cuh"); }
  bool is_source() const { return is_header() || ends(".cc") || ends(".cu"); }
  bool is_test() const { return in("tests/") && !owner; }
  bool is_program() const { return owner && owner->starts_with("assay"); }
  void add(std::size_t line, std::string rule, std::string what) {
    findings.push_back({line, std::move(rule), std::move(what)});
  }
};

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

// Code points of a UTF-8 line.
std::size_t columns(std::string_view line) {
  return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
  }));
}

void forbid(File& file, const std::vector<std::string_view>& lines, const std::regex& pattern,
            const char* rule, const std::string& why) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::cmatch match;
    if (std::regex_search(lines[i].data(), lines[i].data() + lines[i].size(), match, pattern)) {
      file.add(i + 1, rule, match.str() + ": " + why);
    }
  }
}

void check_text(File& file) {
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    const std::string_view line = file.lines[i];
    if (columns(line) > kColumnsMax) file.add(i + 1, "text", "longer than 100 columns");
    if (line.find('\t') != std::string_view::npos) file.add(i + 1, "text", "a tab");
    if (line.ends_with('\r')) file.add(i + 1, "text", "a carriage return");
    if (line.ends_with(' ')) file.add(i + 1, "text", "a trailing space");
  }
  if (!file.text.ends_with('\n')) file.add(file.lines.size(), "text", "no newline at the end");
  if (file.lines.size() > kLinesMax && !file.ends(".py")) {  // generators are mostly data
    file.add(0, "length", std::to_string(file.lines.size()) + " lines; the limit is 400");
  }
  // Spelt in parts, so that this file passes.
  static const std::regex unfinished(
      "\\b(TO"
      "DO|FIX"
      "ME|X"
      "XX)\\b");
  forbid(file, file.lines, unfinished, "unfinished", "finish it, or write down the limit");
}

void check_header(File& file) {
  if (!file.lines.empty() && !file.lines[0].starts_with("//")) {
    file.add(1, "header", "a header opens with a comment that says what it is");
  }
  if (std::find(file.code.begin(), file.code.end(), "#pragma once") == file.code.end()) {
    file.add(0, "header", "no #pragma once");
  }
}

void check_own_include(File& file, std::size_t line, const std::string& header,
                       const Architecture& architecture, const Names& files) {
  if (!files.contains(header)) {
    file.add(line, "include", header + ": no such file; #include from the repository root");
    return;
  }
  if (file.is_test() || !file.owner) return;
  const std::optional<std::string> target = owner_of(header);
  if (!target) {
    file.add(line, "include", header + ": it belongs to no target");
  } else if (*target != *file.owner) {
    const auto allowed = architecture.may_link.find(*file.owner);
    if (allowed == architecture.may_link.end() || !allowed->second.contains(*target)) {
      file.add(line, "include", header + ": " + *file.owner + " may not link " + *target);
    }
  }
}

void check_library_include(File& file, std::size_t line, const std::string& header,
                           const Architecture& architecture) {
  if (header == "iostream" && !file.is_program()) {
    file.add(line, "iostream", "libraries do not print");
  }
  for (const Fence& fence : kNarrow) {
    if (header.starts_with(fence.header) && !file.in(fence.library)) {
      file.add(line, "fence", header + ": only in " + std::string(fence.library));
      return;
    }
  }
  for (const Fence& fence : kFences) {
    if (!header.starts_with(fence.header) || is_gate(file.path, header)) continue;
    const auto uses =
        file.owner ? architecture.may_use.find(*file.owner) : architecture.may_use.end();
    if (uses == architecture.may_use.end() || !uses->second.contains(fence.library)) {
      file.add(line, "fence",
               header + ": the fences keep " + std::string(fence.library) + " out of here");
    }
  }
}

void check_includes(File& file, const Architecture& architecture, const Names& files) {
  static const std::regex include("^\\s*#\\s*include\\s*([<\"])([^>\"]+)[>\"]");
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    if (file.code[i].find('#') == std::string_view::npos) continue;  // not in a comment
    std::cmatch match;
    const std::string_view line = file.lines[i];
    if (!std::regex_search(line.data(), line.data() + line.size(), match, include)) continue;
    if (match.str(1) == "\"") {
      check_own_include(file, i + 1, match.str(2), architecture, files);
    } else if (!file.is_test()) {
      check_library_include(file, i + 1, match.str(2), architecture);
    }
  }
}

// The comment that excuses a file says why in the same line.
bool excuses_libm(std::string_view line) {
  constexpr std::string_view kMark = "tidy: not committed";
  constexpr std::size_t kReasonMin = 20;
  return line.find("//") < line.find(kMark) && line.find(kMark) != std::string_view::npos &&
         line.size() >= kMark.size() + kReasonMin;
}

void check_compute(File& file) {
  // sqrt, fma, rounding and their like are exact by IEEE 754, so they are not in this list.
  static const std::regex inexact(
      "\\b(sin|cos|tan|sincos|asin|acos|atan|atan2|sinh|cosh|tanh|asinh|acosh|atanh|exp|exp2|expm1|"
      "log|log2|log10|log1p|pow|cbrt|hypot|erf|erfc|tgamma|lgamma)f?\\s*\\(");
  if (std::any_of(file.lines.begin(), file.lines.end(), excuses_libm)) return;
  forbid(file, file.code, inexact, "libm",
         "differs between C libraries; committed results use IEEE-exact operations only");
}

void check_source(File& file, const Architecture& architecture, const Names& files) {
  if (!file.owner && !file.is_test() && !is_gate(file.path, "openssl/")) {
    file.add(0, "layout", "this folder belongs to no target; see the folder table of tests/tidy");
  }
  if (file.is_header()) check_header(file);
  check_includes(file, architecture, files);
  static const std::regex using_std("using\\s+namespace\\s+std\\s*;");
  forbid(file, file.code, using_std, "namespace", "name what you use");
  static const std::regex storage("\\bMDB_(NOSYNC|NOMETASYNC|MAPASYNC|WRITEMAP|DUPSORT)\\b");
  if (file.in("reputation/")) {
    forbid(file, file.code, storage, "storage", "loses or corrupts acknowledged data");
  }
  static const std::regex ambient(
      "\\b((system|steady|high_resolution)_clock::now|random_device)\\b");
  if (!file.in("core/base/") && !file.is_test() && !file.is_program()) {
    forbid(file, file.code, ambient, "injected", "take a Clock or a Random as an argument");
  }
  if (file.in("core/compute/")) check_compute(file);
}

void check_cmake(File& file) {
  static const std::regex target(
      "^[^#]*\\b(add_library|add_executable|target_link_libraries)\\s*\\(");
  if (file.path != "CMakeLists.txt" && !file.in("tests/")) {
    forbid(file, file.lines, target, "target", "use assay_target(), which checks the link table");
  }
}

}  // namespace

std::vector<Finding> check(const std::string& path, const std::string& text,
                           const Architecture& architecture, const Names& files) {
  File file{path, text, split_lines(text), {}, owner_of(path), {}};
  const std::string code = code_only(text);
  file.code = split_lines(code);
  check_text(file);
  if (file.is_source()) check_source(file, architecture, files);
  if (file.is_cmake()) check_cmake(file);
  if (file.is_cmake() || file.is_source()) {
    static const std::regex flags(
        "-Ofast|-ffast-math|-funsafe-math|-fassociative-math|-freciprocal-math|-use_fast_math|"
        "-march=native|-mtune=native|\\bpragma\\s+GCC\\s+optimize|FP_CONTRACT\\s+ON");
    forbid(file, file.is_source() ? file.code : file.lines, flags, "flags",
           "results and binaries must not depend on the machine that builds them");
  }
  return file.findings;
}

}  // namespace assay::tidy
