// The history that core/wire/FORMAT.md tells, in C++: the same fixed keys and values as in
// tests/statement_examples.py, written with core/wire alone.
#pragma once

#include <map>
#include <string>

#include "core/crypto/ed25519.h"
#include "core/wire/verdict.h"

namespace assay::test {

SigningKey example_key(std::string_view role);
Digest example_digest(std::string_view what);
wire::Verdict example_verdict();

// name -> text of every block of FORMAT.md, without the last newline.
std::map<std::string, std::string> examples();

}  // namespace assay::test
