// The rules over the repository as it stands.
#include <filesystem>
#include <sstream>

#include "core/base/file.h"
#include "tests/catch.h"
#include "tests/tidy/rules.h"

namespace assay::tidy {
namespace {

constexpr const char* kFolders[] = {"api", "core", "prover", "reputation", "tests", "verifier"};
constexpr const char* kTopFiles[] = {"CMakeLists.txt", "CMakePresets.json", "run", ".ci/run"};

std::string read_text(const std::string& path) {
  const Result<Bytes> bytes = read_file(std::string(ASSAY_SOURCE) + "/" + path, 64 << 20);
  INFO(path);
  REQUIRE(bytes.ok());
  return std::string(as_text(bytes.value()));
}

// All files of the tree, relative to its root; what is installed or hidden does not count.
Names repository() {
  namespace fs = std::filesystem;
  Names files(std::begin(kTopFiles), std::end(kTopFiles));
  for (const char* folder : kFolders) {
    const fs::path root(ASSAY_SOURCE);
    for (auto at = fs::recursive_directory_iterator(root / folder);
         at != fs::recursive_directory_iterator(); ++at) {
      const std::string name = at->path().filename();
      if (name.starts_with('.') || name == "node_modules") {
        at.disable_recursion_pending();
      } else if (at->is_regular_file()) {
        files.insert(at->path().lexically_relative(root));
      }
    }
  }
  return files;
}

bool is_checked(std::string_view path) {
  for (const char* suffix : {".h", ".cc", ".cu", ".cuh", ".cmake", ".sh", ".py"}) {
    if (path.ends_with(suffix)) return true;
  }
  for (const char* top : kTopFiles) {
    if (path == top) return true;
  }
  return path.ends_with("CMakeLists.txt") || path == "tests/tidy/exceptions.txt";
}

// "rule path" of each entry of exceptions.txt.
Names exceptions() {
  Names entries;
  std::istringstream lines(read_text("tests/tidy/exceptions.txt"));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string rule;
    std::string path;
    std::string reason;
    words >> rule >> path >> reason;
    INFO("an exception is: RULE PATH REASON; this one is: " << line);
    REQUIRE_FALSE(reason.empty());
    entries.insert(rule + " " + path);
  }
  return entries;
}

}  // namespace

TEST_CASE("the repository keeps its own rules") {
  Result<Architecture> architecture = [] {
    const Result<Bytes> bytes = read_file(ASSAY_ARCHITECTURE, 1 << 20);
    REQUIRE(bytes.ok());
    return parse_architecture(as_text(bytes.value()));
  }();
  REQUIRE(architecture.ok());

  const auto files = repository();
  Names unused = exceptions();
  const Names excepted = unused;
  std::string breaches;
  std::size_t checked = 0;
  for (const std::string& path : files) {
    if (!is_checked(path)) continue;
    ++checked;
    for (const Finding& finding : check(path, read_text(path), architecture.value(), files)) {
      unused.erase(finding.rule + " " + path);
      if (excepted.contains(finding.rule + " " + path)) continue;
      breaches += path + ":" + std::to_string(finding.line) + ": " + finding.rule + ": " +
                  finding.what + "\n";
    }
  }
  INFO(breaches);
  CHECK(breaches.empty());
  CHECK(checked > 50);  // an empty walk is no pass
  for (const std::string& entry : unused) {
    FAIL_CHECK("tests/tidy/exceptions.txt: nothing needs this entry any more: " << entry);
  }
}

}  // namespace assay::tidy
