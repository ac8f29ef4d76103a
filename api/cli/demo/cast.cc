#include "api/cli/demo/cast.h"

#include <algorithm>

namespace assay::cli {

using wire::Json;

std::vector<Actor> demo_cast() {
  std::vector<Actor> cast(7);
  const auto set = [&](std::size_t i, const char* name, const char* kind, Work work) {
    cast[i].name = name;
    cast[i].kind = kind;
    cast[i].work = work;
  };
  set(0, "alder", "honest", Work::gemm);
  set(1, "birch", "honest", Work::render);
  set(2, "cedar", "honest", Work::both);
  set(3, "dodder", "skip-steps", Work::gemm);
  set(4, "fungus", "fewer-samples", Work::render);
  set(5, "ivy", "lower-precision", Work::gemm);
  set(6, "mistletoe", "withhold-when-sampled", Work::gemm);
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
                       {"seconds", static_cast<double>(elapsed_ms / 100) / 10}});
}

}  // namespace assay::cli
