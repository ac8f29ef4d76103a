// ptx_lint FOLDER: every .ptx file under it against RX-1. Exit 0: clean, 1: findings, 77: no PTX
// (a build without nvcc has none). The bf16-exact kernel alone may use float tensor cores.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/core_cuda/ptx_lint.h"

int main(int count, char** arguments) {
  namespace fs = std::filesystem;
  constexpr int kSkipped = 77;
  if (count < 2 || !fs::is_directory(arguments[1])) {
    std::puts("skipped: there is no PTX, because there is no nvcc");
    return kSkipped;
  }
  int files = 0, findings = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(arguments[1])) {
    if (entry.path().extension() != ".ptx") continue;
    ++files;
    std::ifstream file(entry.path());
    std::ostringstream text;
    text << file.rdbuf();
    const std::string name = entry.path().filename().string();
    for (const auto& finding : assay::test::lint_ptx(text.str(), name.starts_with("igemm8_bf16"))) {
      std::printf("%s:%zu: %s: %s\n", name.c_str(), finding.line, finding.rule.c_str(),
                  finding.instruction.c_str());
      ++findings;
    }
  }
  std::printf("%d files, %d findings\n", files, findings);
  if (files == 0) return kSkipped;
  return findings == 0 ? 0 : 1;
}
