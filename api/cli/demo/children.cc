#include "api/cli/demo/children.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "core/base/time.h"

namespace assay::cli {
namespace {

constexpr std::int64_t kLookMs = 10;

// In the child, after fork: only what is safe there, and then another program.
[[noreturn]] void become(const char* program, char* const* arguments, int log, pid_t parent) {
  // Of a group of its own, so that Ctrl-C reaches the demo alone, which then stops all in order.
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  ::signal(SIGPIPE, SIG_DFL);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::execv(program, arguments);
  ::_exit(127);
}

}  // namespace

Result<Child> Child::start(const std::string& program, const std::vector<std::string>& arguments,
                           const std::string& log) {
  if (::access(program.c_str(), X_OK) != 0) {
    return fail(Code::not_found, program + " is not there or not a program");
  }
  const int fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return fail(Code::storage, log + " cannot be written");
  std::vector<std::string> words = arguments;
  words.insert(words.begin(), program);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) become(program.c_str(), argv.data(), fd, parent);
  ::close(fd);
  if (pid < 0) return fail(Code::internal, program + " cannot be started: no process to be had");
  return Child(pid, log);
}

Child& Child::operator=(Child&& other) noexcept {
  if (this != &other) {
    kill_now();
    pid_ = std::exchange(other.pid_, -1);
    log_ = std::move(other.log_);
  }
  return *this;
}

bool Child::running() {
  if (pid_ < 0) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == 0) return true;
  pid_ = -1;
  return false;
}

void Child::ask_to_stop() {
  if (running()) ::kill(pid_, SIGTERM);
}

void Child::stop(std::int64_t patience_ms) {
  ask_to_stop();
  const SteadyMillis end = system_clock().steady_now() + patience_ms;
  while (running() && system_clock().steady_now() < end) system_clock().sleep(kLookMs);
  kill_now();
}

void Child::kill_now() {
  if (!running()) return;
  ::kill(pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

Result<std::string> program_beside(const std::string& name) {
  char self[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", self, sizeof self);
  if (length <= 0) return fail(Code::internal, "/proc/self/exe cannot be read");
  const std::string own(self, static_cast<std::size_t>(length));
  const std::string path = own.substr(0, own.rfind('/') + 1) + name;
  if (::access(path.c_str(), X_OK) != 0) {
    return fail(Code::not_found,
                path + " is missing: assay, " + name + " and the rest are installed side by side");
  }
  return path;
}

}  // namespace assay::cli
