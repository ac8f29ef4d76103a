// One piece of work at a time, on a thread of its own or at once on the caller's.
// The owner's thread calls everything here; only the work itself runs elsewhere.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace assay::prover {

class Task {
 public:
  using Work = std::function<void(const std::atomic<bool>& cancelled)>;

  Task() = default;
  ~Task() { stop(); }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  // Needs !active(). With background false the work is done when this returns.
  void start(Work work, bool background);
  bool active() const { return active_; }  // started and not yet collected
  bool done() const { return active_ && done_.load(); }
  void cancel() { cancelled_.store(true); }
  // Ends an active task whose done() is true; what it left belongs to the caller from here on.
  void collect();
  // Cancels, waits and forgets.
  void stop();

 private:
  std::thread thread_;
  std::atomic<bool> cancelled_ = false;
  std::atomic<bool> done_ = false;
  bool active_ = false;
};

}  // namespace assay::prover
