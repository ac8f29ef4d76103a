#include "prover/main/passphrase.h"

#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>

namespace assay::prover {
namespace {

std::string read_unseen(const std::string& prompt) {
  std::fprintf(stderr, "%s", prompt.c_str());
  std::fflush(stderr);
  termios before{};
  ::tcgetattr(0, &before);
  termios silent = before;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  ::tcsetattr(0, TCSAFLUSH, &silent);
  std::string line;
  std::getline(std::cin, line);
  ::tcsetattr(0, TCSAFLUSH, &before);
  std::fprintf(stderr, "\n");
  return line;
}

}  // namespace

Result<std::string> ask_passphrase(const std::string& key_file, bool twice) {
  const char* given = std::getenv("ASSAY_KEY_PASSPHRASE");
  if (given != nullptr && *given != '\0') return std::string(given);
  if (::isatty(0) != 1) {
    return fail(Code::usage, "'" + key_file +
                                 "' needs a passphrase: set ASSAY_KEY_PASSPHRASE, or run this on "
                                 "a terminal");
  }
  std::string first = read_unseen("Passphrase for " + key_file + ": ");
  if (first.empty()) return fail(Code::usage, "an empty passphrase protects nothing");
  if (twice && read_unseen("Once more: ") != first) {
    return fail(Code::usage, "the two passphrases differ; nothing was written");
  }
  return first;
}

}  // namespace assay::prover
