#include "tests/vectors.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <stdexcept>

#include "core/base/file.h"

namespace assay::test {
namespace {

constexpr std::size_t kFileMaxBytes = 1 << 20;

bool is_key(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

void Vector::refuse(const std::string& why) const {
  throw std::runtime_error(path_ + ": " + why);
}

void Vector::read(std::initializer_list<std::string_view> keys) {
  const Result<Bytes> file = read_file(std::string(ASSAY_SOURCE) + "/" + path_, kFileMaxBytes);
  if (!file.ok()) refuse(file.error().what);
  std::string_view rest = as_text(file.value());
  if (!rest.starts_with("# " + path_ + "\n")) refuse("the first line must be '# " + path_ + "'");
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) refuse("the last line does not end");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    if (line.starts_with('#')) continue;
    const std::size_t colon = line.find(':');
    const std::string_view key = line.substr(0, std::min(colon, line.size()));
    if (colon == std::string_view::npos || !is_key(key)) {
      refuse("not 'key: value': " + std::string(line));
    }
    const bool known = key == "expect" || key == "note" || key == "source" ||
                       std::find(keys.begin(), keys.end(), key) != keys.end();
    if (!known) refuse("unknown key '" + std::string(key) + "'");
    std::string_view value = line.substr(colon + 1);
    if (!value.empty() && value[0] != ' ') refuse("no space after '" + std::string(key) + ":'");
    if (!value.empty()) value.remove_prefix(1);
    fields_[std::string(key)].emplace_back(value);
  }
  if (expect().empty()) refuse("'expect' is empty");
}

const std::string& Vector::text(std::string_view key) const {
  const auto found = fields_.find(key);
  if (found == fields_.end()) refuse("no '" + std::string(key) + "'");
  if (found->second.size() != 1) refuse("more than one '" + std::string(key) + "'");
  return found->second[0];
}

Bytes Vector::bytes(std::string_view key) const {
  return need(key, from_hex(text(key)));
}

std::uint64_t Vector::number(std::string_view key) const {
  const std::string& digits = text(key);
  std::uint64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stopped, problem] = std::from_chars(digits.data(), end, value);
  if (problem != std::errc() || stopped != end) refuse("'" + std::string(key) + "' is no number");
  return value;
}

std::vector<std::string> Vector::all(std::string_view key) const {
  const auto found = fields_.find(key);
  return found == fields_.end() ? std::vector<std::string>{} : found->second;
}

std::vector<Vector> load_vectors(std::string_view folder,
                                 std::initializer_list<std::string_view> keys,
                                 std::size_t at_least) {
  const std::string relative = "vectors/" + std::string(folder);
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(ASSAY_SOURCE) + "/" + relative)) {
    if (entry.path().extension() != ".txt") {
      throw std::runtime_error(entry.path().string() + ": not a .txt file");
    }
    names.push_back(entry.path().stem().string());
  }
  if (names.size() < at_least) {
    throw std::runtime_error(relative + ": " + std::to_string(names.size()) +
                             " scenarios where at least " + std::to_string(at_least) +
                             " are expected");
  }
  std::sort(names.begin(), names.end());
  std::vector<Vector> vectors;
  for (const std::string& name : names) {
    Vector vector(relative + "/" + name + ".txt", name);
    vector.read(keys);
    vectors.push_back(std::move(vector));
  }
  return vectors;
}

}  // namespace assay::test
