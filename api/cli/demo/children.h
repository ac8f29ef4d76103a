// Processes that the demo starts, and that never outlive it. Move-only; one thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace assay::cli {

class Child {
 public:
  // What it writes goes to `log`. Killed by the kernel when this process dies in any way.
  //   storage      the log cannot be written
  //   not_found    there is no such program
  //   internal     no process to be had
  static Result<Child> start(const std::string& program, const std::vector<std::string>& arguments,
                             const std::string& log);

  Child(Child&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)), log_(std::move(other.log_)) {}
  Child& operator=(Child&& other) noexcept;
  ~Child() { kill_now(); }

  bool running();
  const std::string& log() const { return log_; }

  void ask_to_stop();
  // Asks it to end, and after so long makes it end.
  void stop(std::int64_t patience_ms);

 private:
  Child(pid_t pid, std::string log) : pid_(pid), log_(std::move(log)) {}
  void kill_now();

  pid_t pid_ = -1;
  std::string log_;
};

// The program of this name that lies beside the running one.
//   not_found    it does not
Result<std::string> program_beside(const std::string& name);

}  // namespace assay::cli
