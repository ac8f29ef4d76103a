#include "tests/monitor/watched.h"

namespace assay::test {

Watched::Watched(HonestLog& honest, WatchedOptions with)
    : store(verifier::monitor::make_memory_state()), honest_(honest) {
  verifier::monitor::MonitorOptions options;
  options.follow.threads = 1;
  options.max_age_ms = with.max_age_ms;
  const auto checkpoint = [this]() -> Result<std::string> {
    return note ? *note : log.note(size, 2, clock_.unix_now());
  };
  const auto tiles = [this](const wire::TilePath& path) {
    Result<Bytes> bytes = log.tile(path, size);
    if (lie) lie(path, bytes);
    return bytes;
  };
  wire::Trust trust = log.trust(honest.scene, with.quorum);
  if (with.policy) trust.policies = {*with.policy};
  monitor = verifier::monitor::Monitor::open(
                {*store, checkpoint, tiles, clock_, verifier::monitor::plans_from({}),
                 verifier::monitor::disputes_from({},
                                                  [this](const Digest& digest) -> Result<Bytes> {
                                                    const auto found = honest_.blobs.find(digest);
                                                    if (found != honest_.blobs.end())
                                                      return found->second;
                                                    return fail(Code::not_found, "no such blob");
                                                  }),
                 [this](const reputation::View& view, const reputation::Head& head) {
                   return folded ? folded(view, head) : Status();
                 }},
                std::move(trust), options)
                .value();
  show_all(honest);
}

void Watched::show_all(const HonestLog& honest) {
  log.leaves = honest.log.leaves;
  size = log.leaves.size();
}

Result<verifier::monitor::Look> Watched::look(std::int64_t later_ms) {
  clock_.step_wall(honest_.scene.now.ms + later_ms - clock_.unix_now().ms);
  return monitor->look();
}

std::string Watched::finds(std::int64_t later_ms) {
  const Result<verifier::monitor::Look> looked = look(later_ms);
  if (!looked.ok()) return "error: " + looked.error().what;
  if (looked.value().fresh.empty()) return "none";
  return std::string(verifier::monitor::finding_name(looked.value().fresh.front().kind));
}

}  // namespace assay::test
