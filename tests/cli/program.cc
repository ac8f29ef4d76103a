#include "tests/cli/program.h"

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/file.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace assay::test {
namespace {

std::string command_of(const std::string& name, const std::string& words,
                       const std::string& variables) {
  return "env -i PATH=\"$PATH\" HOME=/nonexistent " + variables + " '" + program(name) + "' " +
         words;
}

std::string text_of_file(const std::string& path) {
  const Result<Bytes> bytes = read_file(path, std::size_t{64} << 20);
  return bytes.ok() ? std::string(as_text(bytes.value())) : "";
}

}  // namespace

std::string program(const std::string& name) {
  return std::string(ASSAY_BIN) + "/" + name;
}

Ran run_program(const std::string& name, const std::string& words, const std::string& variables) {
  const TemporaryFolder folder;
  const std::string command = command_of(name, words, variables) + " >'" + (folder / "out") +
                              "' 2>'" + (folder / "err") + "' </dev/null";
  const int status = std::system(command.c_str());
  Ran ran;
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  ran.out = text_of_file(folder / "out");
  ran.err = text_of_file(folder / "err");
  return ran;
}

Ran assay(const std::string& words, const std::string& variables) {
  return run_program("assay", words, variables);
}

bool have_terminals() {
  int ours = -1;
  int theirs = -1;
  if (::openpty(&ours, &theirs, nullptr, nullptr, nullptr) != 0) return false;
  ::close(theirs);
  ::close(ours);
  return true;
}

std::string assay_on_terminal(const std::string& words, const std::string& variables) {
  const std::string command = command_of("assay", words, variables);
  int terminal = -1;
  const pid_t pid = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (pid == 0) {
    ::execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  REQUIRE(pid > 0);
  std::string shown;
  char part[4096];
  for (;;) {
    const ssize_t count = ::read(terminal, part, sizeof part);
    if (count <= 0) break;  // the other end was closed
    shown.append(part, static_cast<std::size_t>(count));
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  ::close(terminal);
  return shown;
}

wire::Json error_of(const Ran& ran) {
  const std::size_t from = ran.err.rfind("{\"code\"");
  REQUIRE(from != std::string::npos);
  std::string text = ran.err.substr(from);
  while (text.ends_with('\n')) text.pop_back();
  const Result<wire::Json> json = wire::parse_json(text);
  REQUIRE(json.ok());
  return json.value();
}

}  // namespace assay::test
