// A monitor over a PublicLog that may lie about what it serves. One thread.
#pragma once

#include "tests/monitor/honest_log.h"
#include "verifier/monitor/monitor.h"

namespace assay::test {

struct WatchedOptions {
  bool quorum = false;  // two of three witnesses are asked for
  std::int64_t max_age_ms = 0;
  std::optional<Digest> policy = {};  // trusted instead of the log's
};

class Watched {
 public:
  explicit Watched(HonestLog& honest, WatchedOptions with = {});

  // What is shown: so many leaves of `log`, which is the honest one until it is changed.
  PublicLog log;
  std::uint64_t size = 0;
  std::optional<std::string> note;  // instead of the right one
  std::function<void(const wire::TilePath&, Result<Bytes>&)> lie;
  // Told what the fold has come to after each leaf.
  std::function<Status(const reputation::View&, const reputation::Head&)> folded;

  void show_all(const HonestLog& honest);
  // One look, with the clock at the honest log's time, or so much later.
  Result<verifier::monitor::Look> look(std::int64_t later_ms = 0);
  // What one look finds, by name; "none"; or "error: …".
  std::string finds(std::int64_t later_ms = 0);

  std::unique_ptr<reputation::Store> store;
  std::unique_ptr<verifier::monitor::Monitor> monitor;

 private:
  HonestLog& honest_;
  ManualClock clock_{UnixMillis{0}};
};

}  // namespace assay::test
