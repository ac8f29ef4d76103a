#include "tests/verifier_main/process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <thread>

namespace assay::test {
namespace {

constexpr int kTurns = 1000;
constexpr std::chrono::milliseconds kTurn(20);

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

pid_t start(std::vector<std::string> arguments, const std::string& out, const std::string& err) {
  arguments.insert(arguments.begin(), ASSAY_VERIFIER);
  std::vector<char*> argv;
  for (std::string& each : arguments) argv.push_back(each.data());
  argv.push_back(nullptr);
  std::ofstream(out).flush();
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  const int mode = O_WRONLY | O_CREAT | O_TRUNC;
  ::dup2(::open(out.c_str(), mode, 0600), 1);
  ::dup2(::open(err.c_str(), mode, 0600), 2);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

int code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

// What follows `label` up to the end of its line.
std::string after(const std::string& text, const std::string& label) {
  const std::size_t at = text.find(label);
  if (at == std::string::npos) return "";
  const std::size_t end = text.find('\n', at);
  if (end == std::string::npos) return "";
  return text.substr(at + label.size(), end - at - label.size());
}

std::vector<std::string> serve_arguments(const std::string& data, std::vector<std::string> more,
                                         const std::string& listen) {
  std::vector<std::string> arguments = {"serve", "--data",  data,         "--listen",
                                        listen,  "--admin", "127.0.0.1:0"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

}  // namespace

Ran run_verifier(const std::string& folder, std::vector<std::string> arguments) {
  const std::string out = folder + "/run.out";
  const std::string err = folder + "/run.err";
  int status = 0;
  ::waitpid(start(std::move(arguments), out, err), &status, 0);
  return {code_of(status), text_of(out), text_of(err)};
}

Started::Started(const std::string& folder, const std::string& name,
                 std::vector<std::string> arguments)
    : out_path_(folder + "/" + name + ".out"), err_path_(folder + "/" + name + ".err") {
  pid_ = start(std::move(arguments), out_path_, err_path_);
}

Started::~Started() {
  if (ended_) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

bool Started::has_ended() {
  if (!ended_) ended_ = ::waitpid(pid_, &status_, WNOHANG) == pid_;
  return ended_;
}

std::string Started::out() const {
  return text_of(out_path_);
}

bool Started::says(const std::string& text) {
  for (int turn = 0; turn < kTurns; ++turn) {
    const bool ended = has_ended();
    if ((out() + text_of(err_path_)).find(text) != std::string::npos) return true;
    if (ended) return false;
    std::this_thread::sleep_for(kTurn);
  }
  return false;
}

void Started::signal(int number) const {
  ::kill(pid_, number);
}

Ran Started::wait() {
  for (int turn = 0; turn < kTurns && !has_ended(); ++turn) std::this_thread::sleep_for(kTurn);
  return {ended_ ? code_of(status_) : -1, out(), text_of(err_path_)};
}

Served::Served(const std::string& folder, const std::string& data, std::vector<std::string> more,
               const std::string& listen)
    : Started(folder, "serve", serve_arguments(data, std::move(more), listen)) {}

bool Served::is_listening() {
  if (!says("listening on ") || !says("admin on ")) return false;
  for (int turn = 0; turn < kTurns && (url_.empty() || admin_url_.empty()); ++turn) {
    url_ = after(out(), "listening on ");  // up to the end of its line
    admin_url_ = after(out(), "admin on ");
    if (url_.empty() || admin_url_.empty()) std::this_thread::sleep_for(kTurn);
  }
  return !url_.empty() && !admin_url_.empty();
}

}  // namespace assay::test
