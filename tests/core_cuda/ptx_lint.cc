#include "tests/core_cuda/ptx_lint.h"

#include <algorithm>
#include <sstream>

namespace assay::test {
namespace {

// The opcode of a line and its dotted modifiers: "mul.rn.f32" is {"mul", "rn", "f32"}.
std::vector<std::string> opcode_parts(const std::string& line, std::string& opcode) {
  std::istringstream words(line);
  opcode.clear();
  while (words >> opcode) {
    if (opcode[0] == '@' || opcode == "{" || opcode.ends_with(':')) continue;  // guard, label
    break;
  }
  while (!opcode.empty() && (opcode.back() == ';' || opcode.back() == '{')) opcode.pop_back();
  std::vector<std::string> parts;
  std::istringstream fields(opcode);
  for (std::string part; std::getline(fields, part, '.');) parts.push_back(part);
  return parts;
}

const char* broken_rule(const std::vector<std::string>& parts, bool float_tensors_allowed) {
  const auto has = [&](std::string_view modifier) {
    return std::find(parts.begin() + 1, parts.end(), modifier) != parts.end();
  };
  const std::string& name = parts[0];
  const bool is_float = has("f32") || has("f64") || has("f16") || has("f16x2") || has("bf16") ||
                        has("bf16x2") || has("f32x2");
  const bool integer_result = name == "cvt" && !is_float;
  if (integer_result) return nullptr;
  if (has("approx") || has("full")) return "approximate";
  if (has("ftz")) return "flushed";
  if (!is_float) return nullptr;
  if (name == "red" || name == "atom") return "atomic";
  const bool tensor = name == "mma" || name == "wmma" || name == "wgmma" || name == "tcgen05";
  if (tensor) return has("f32") && float_tensors_allowed ? nullptr : "tensor";
  if (name == "mad" || (name == "fma" && !has("rn"))) return "fused";
  const bool arithmetic = name == "add" || name == "sub" || name == "mul";
  if (arithmetic && !has("rn") && !has("rz") && !has("rm") && !has("rp")) return "contractible";
  const bool rounds =
      arithmetic || name == "div" || name == "sqrt" || name == "rcp" || name == "fma";
  if (rounds && !has("rn")) return "rounding";
  // Float from float or integer; to an integer value is exact here and truncates.
  if (name == "cvt" && (has("rz") || has("rm") || has("rp")) && parts.size() > 2 &&
      parts[2][0] == 'f') {
    return "rounding";
  }
  return nullptr;
}

}  // namespace

std::vector<PtxFinding> lint_ptx(std::string_view ptx, bool float_tensors_allowed) {
  std::vector<PtxFinding> findings;
  std::istringstream lines{std::string(ptx)};
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    line.resize(std::min(line.size(), line.find("//")));
    std::string opcode;
    const std::vector<std::string> parts = opcode_parts(line, opcode);
    if (parts.empty() || parts[0].empty()) continue;  // nothing, or a directive
    const char* rule = broken_rule(parts, float_tensors_allowed);
    if (rule != nullptr) findings.push_back({number, rule, opcode});
  }
  return findings;
}

}  // namespace assay::test
