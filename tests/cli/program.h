// The built programs, run as a user runs them. One thread.
#pragma once

#include <string>

#include "core/wire/json.h"

namespace assay::test {

struct Ran {
  int code = -1;  // exit code; -1: ended by a signal
  std::string out;
  std::string err;
};

// The path of a built program.
std::string program(const std::string& name);

// A program with these words, as a shell reads them. Of the variables only PATH and HOME, and what
// `variables` sets: "NO_COLOR=1 ASSAY_OUTPUT=json".
Ran run_program(const std::string& name, const std::string& words,
                const std::string& variables = "");
// The same with `assay`.
Ran assay(const std::string& words, const std::string& variables = "");

// Whether pseudo-terminals can be had: a bare chroot has no /dev/pts.
bool have_terminals();

// The same on a terminal: all that was shown on it.
std::string assay_on_terminal(const std::string& words, const std::string& variables = "");

// The JSON object on stderr; fails the test when there is none.
wire::Json error_of(const Ran& ran);

}  // namespace assay::test
