#include "api/cli/demo/cast.h"

#include <algorithm>

namespace assay::cli {

using wire::Json;

std::vector<Actor> demo_cast() {
  std::vector<Actor> cast;
  const auto add = [&](const char* name, const char* kind, Work work, unsigned jobs_wanted) {
    Actor& actor = cast.emplace_back();
    actor.name = name;
    actor.kind = kind;
    actor.work = work;
    actor.jobs_wanted = jobs_wanted;
  };
  add("alder", "honest", Work::gemm, 18);
  add("birch", "honest", Work::render, 12);
  add("cedar", "honest", Work::both, 8);  // and the picture
  add("dodder", "skip-steps", Work::gemm, 0);
  add("fungus", "fewer-samples", Work::render, 0);
  add("ivy", "lower-precision", Work::gemm, 0);
  add("mistletoe", "withhold-when-sampled", Work::gemm, 0);
  return cast;
}

unsigned false_accusations(const std::vector<Actor>& cast) {
  return static_cast<unsigned>(std::count_if(
      cast.begin(), cast.end(), [](const Actor& a) { return a.honest() && !a.slash.empty(); }));
}

bool all_caught(const std::vector<Actor>& cast) {
  return std::all_of(cast.begin(), cast.end(),
                     [](const Actor& a) { return a.honest() || a.caught_after_jobs.has_value(); });
}

Json summary_json(const std::vector<Actor>& cast, std::int64_t elapsed_ms) {
  Json providers = Json::array();
  std::uint64_t jobs = 0;
  for (const Actor& actor : cast) {
    jobs += actor.jobs.size();
    providers.push(Json::object(
        {{"id", actor.id},
         {"name", actor.name},
         {"kind", actor.kind},
         {"honest", actor.honest()},
         {"score_ppm", actor.score_ppm},
         {"caught_after_jobs",
          actor.caught_after_jobs ? Json(std::uint32_t{*actor.caught_after_jobs}) : Json()}}));
  }
  return Json::object({{"jobs", jobs},
                       {"providers", std::move(providers)},
                       {"false_accusations", std::uint32_t{false_accusations(cast)}},
                       {"seconds", static_cast<double>(elapsed_ms) / 1000}});
}

}  // namespace assay::cli
