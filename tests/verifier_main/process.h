// assay-verifier as a process: run to its end, or started and watched.
// One thread.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace assay::test {

struct Ran {
  int exit_code = -1;  // 1000 + the signal's number where one ended it
  std::string out;
  std::string err;
};

// Runs the program to its end, its output in files under `folder`.
Ran run_verifier(const std::string& folder, std::vector<std::string> arguments);

// The program while it runs, its output in the files <name>.out and <name>.err under `folder`.
// Killed when it goes.
class Started {
 public:
  Started(const std::string& folder, const std::string& name, std::vector<std::string> arguments);
  ~Started();
  Started(const Started&) = delete;
  Started& operator=(const Started&) = delete;

  // Waits until it has written this; false when it ended instead, or after 20 s.
  bool says(const std::string& text);
  std::string out() const;
  void signal(int number) const;
  Ran wait();  // until it ends, 20 s at most

 private:
  bool has_ended();

  std::string out_path_;
  std::string err_path_;
  pid_t pid_;
  int status_ = 0;
  bool ended_ = false;
};

// `assay-verifier serve --data <data> --listen <listen> --admin 127.0.0.1:0` and more.
class Served : public Started {
 public:
  Served(const std::string& folder, const std::string& data, std::vector<std::string> more = {},
         const std::string& listen = "127.0.0.1:0");

  // Waits until it listens; false when it ended instead, or after 20 s.
  bool is_listening();
  const std::string& url() const { return url_; }
  const std::string& admin_url() const { return admin_url_; }

 private:
  std::string url_;
  std::string admin_url_;
};

}  // namespace assay::test
