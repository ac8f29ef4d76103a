#include "verifier/service/jail_words.h"

#include "core/base/time.h"
#include "reputation/policy/fold.h"

namespace assay::verifier {
namespace {

std::string begin_of(std::uint64_t window, const wire::Policy& policy) {
  const std::uint64_t seconds = window * policy.uptime_window_seconds;
  return to_rfc3339({static_cast<std::int64_t>(seconds) * 1000});
}

}  // namespace

std::string jail_reason(const reputation::Jail& jail) {
  return "it answered " + std::to_string(reputation::ppm_from_q30(jail.week) / 10'000) +
         " % of what it was asked in seven days, where " +
         std::to_string(reputation::kJailUnderPpm / 10'000) + " % are needed";
}

std::string jail_way_out(const reputation::Jail& jail, const wire::Policy& policy) {
  const std::string until = begin_of(jail.since + 1, policy);
  if (jail.shown) return "it has shown that it is back: free from " + until + " on";
  return "free once an audit passes, or " + std::to_string(reputation::kJailSeries) +
         " observed uptime windows in a row are answered (" + std::to_string(jail.answered) +
         " so far), from " + until + " on; nothing is taken, and no new jobs are given meanwhile";
}

wire::Json jail_json(const reputation::Jail& jail, const wire::Policy& policy) {
  return wire::Json::object({{"since", begin_of(jail.since, policy)},
                             {"reason", jail_reason(jail)},
                             {"way_out", jail_way_out(jail, policy)}});
}

}  // namespace assay::verifier
