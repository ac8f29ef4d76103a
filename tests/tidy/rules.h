// The house rules that a machine can check, as functions of a file's text. Values and pure
// functions; any thread. A rule's name is what tests/tidy/exceptions.txt calls it.
//
//   layout      a source stands in a folder that belongs to a target, or under tests/
//   include     an #include from the repository root, existing, allowed by the link table
//   fence       a library's header only where the fences let it be used
//   header      #pragma once, after an opening comment
//   text        100 columns, no tab, no trailing space, no carriage return, a newline at the end
//   unfinished  no word that marks work to be done
//   namespace   no `using namespace std`
//   iostream    <iostream> only in programs and tests: it prints, and it has static constructors
//   libm        no inexact mathematics in core/compute, unless the file says `tidy: not committed`
//   injected    time and randomness are arguments; only core/base asks the system for them
//   storage     none of the LMDB modes that lose or corrupt acknowledged data
//   flags       no compiler option that changes results between machines or builds
//   target      targets are made by assay_target(), which checks the link table
//   length      files of at most 400 lines
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace assay::tidy {

using Names = std::set<std::string, std::less<>>;

// The tables of the root CMakeLists.txt: what each target may link (and include), and which
// libraries of others it may use.
struct Architecture {
  std::map<std::string, Names> may_link;
  std::map<std::string, Names> may_use;

  // Everything that target may reach through any number of links; without itself.
  Names reach(const std::string& target) const;
};

// Parses what CMake wrote: lines "link TARGET NAMES…" and "use TARGET NAMES…".
//   malformed    any other line, or no lines
Result<Architecture> parse_architecture(std::string_view text);

struct Finding {
  std::size_t line;  // from 1; 0 for the file as a whole
  std::string rule;
  std::string what;
};

// The target that owns a source file or header, by its folder; nothing for tests.
std::optional<std::string> owner_of(std::string_view path);

// The same lines with comments and the contents of literals blanked.
std::string code_only(std::string_view text);

// Every breach of a rule in one file. `path` is relative to the repository root; `files` are all
// of the repository's paths.
std::vector<Finding> check(const std::string& path, const std::string& text,
                           const Architecture& architecture, const Names& files);

}  // namespace assay::tidy
