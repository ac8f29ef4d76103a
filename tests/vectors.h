// Reads the scenarios of vectors/<folder>/: one file each, the file name is the scenario. The
// format is in vectors/README.md. Anything odd about a file throws std::runtime_error with its
// path, which fails the test: a vector that is not understood must not look like one that passed.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"

namespace assay::test {

class Vector {
 public:
  // The scenario, "rfc9381_b3_16", and what must answer: "ok" or the name of a Code.
  const std::string& name() const { return name_; }
  const std::string& expect() const { return text("expect"); }

  bool has(std::string_view key) const { return fields_.find(key) != fields_.end(); }
  // The one value of this key: as it stands, as hex, as a decimal number.
  const std::string& text(std::string_view key) const;
  Bytes bytes(std::string_view key) const;
  std::uint64_t number(std::string_view key) const;
  template <class Fixed>
  Fixed fixed(std::string_view key) const {
    return need(key, Fixed::parse_hex(text(key)));
  }
  // Every value of this key in the order of the file; none if it is not there.
  std::vector<std::string> all(std::string_view key) const;
  template <class Fixed>
  std::vector<Fixed> all_fixed(std::string_view key) const {
    std::vector<Fixed> values;
    for (const std::string& value : all(key)) values.push_back(need(key, Fixed::parse_hex(value)));
    return values;
  }

 private:
  friend std::vector<Vector> load_vectors(std::string_view folder,
                                          std::initializer_list<std::string_view> keys,
                                          std::size_t at_least);
  Vector(std::string path, std::string name) : path_(std::move(path)), name_(std::move(name)) {}

  void read(std::initializer_list<std::string_view> keys);
  [[noreturn]] void refuse(const std::string& why) const;
  template <class T>
  T need(std::string_view key, const Result<T>& value) const {
    if (!value.ok()) refuse("'" + std::string(key) + "': " + value.error().what);
    return value.value();
  }

  std::string path_;  // "vectors/ecvrf/rfc9381_b3_16.txt"
  std::string name_;
  std::map<std::string, std::vector<std::string>, std::less<>> fields_;
};

// All scenarios of one folder in order of name. `keys` are those a file may have besides `expect`,
// `note` and `source`. Throws if there are fewer files than `at_least`.
std::vector<Vector> load_vectors(std::string_view folder,
                                 std::initializer_list<std::string_view> keys,
                                 std::size_t at_least);

// What a function answered, in the words of `expect`.
template <class T>
std::string answer(const Result<T>& result) {
  return result.ok() ? "ok" : code_name(result.error().code);
}

}  // namespace assay::test
