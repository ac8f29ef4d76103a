#include "prover/task.h"

#include "core/base/check.h"

namespace assay::prover {

void Task::start(Work work, bool background) {
  ASSAY_CHECK(!active_, "a task was started while another is active");
  active_ = true;
  cancelled_ = false;
  done_ = false;
  auto body = [this, work = std::move(work)] {
    work(cancelled_);
    done_.store(true);
  };
  if (background) {
    thread_ = std::thread(std::move(body));
  } else {
    body();
  }
}

void Task::collect() {
  ASSAY_CHECK(done(), "a task was collected before it was done");
  if (thread_.joinable()) thread_.join();
  active_ = false;
}

void Task::stop() {
  cancel();
  if (thread_.joinable()) thread_.join();
  active_ = false;
}

}  // namespace assay::prover
