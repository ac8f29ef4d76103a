#include "core/base/time.h"

#include <chrono>
#include <cstdio>
#include <ctime>
#include <thread>

namespace assay {
namespace {

class SystemClock final : public Clock {
 public:
  UnixMillis unix_now() override {
    using namespace std::chrono;
    return {
        duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count()};
  }
  SteadyMillis steady_now() override {
    using namespace std::chrono;
    return {duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count()};
  }
  void sleep(std::int64_t ms) override {
    if (ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(ms));
  }
};

}  // namespace

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

std::string to_rfc3339(UnixMillis time) {
  std::int64_t seconds = time.ms / 1000;
  std::int64_t millis = time.ms % 1000;
  if (millis < 0) {
    millis += 1000;
    seconds -= 1;
  }
  const auto when = static_cast<std::time_t>(seconds);
  std::tm utc{};
  gmtime_r(&when, &utc);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
                utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                static_cast<int>(millis));
  return text;
}

}  // namespace assay
