// One environment variable, set as long as the object lives. Tests with one thread only.
#pragma once

#include <cstdlib>
#include <string>

namespace assay::test {

class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_(name) {
    setenv(name, value.c_str(), 1);
  }
  ~Environment() { unsetenv(name_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
};

}  // namespace assay::test
