#include "api/cli/demo/cast.h"

#include <algorithm>

namespace assay::cli {

using wire::Json;

const char* piece_name(PieceKind kind) {
  switch (kind) {
    case PieceKind::picture: return "picture";
    case PieceKind::story: return "story";
    case PieceKind::simulation: return "simulation";
  }
  return "";
}

std::vector<Actor> demo_cast(bool with_texts) {
  std::vector<Actor> cast;
  const auto add = [&](const char* name, const char* kind, Work work, unsigned jobs_wanted = 0,
                       std::optional<PieceKind> piece = {}) {
    if (work == Work::texts && !with_texts) return;
    Actor& actor = cast.emplace_back();
    actor.name = name;
    actor.kind = kind;
    actor.work = work;
    actor.jobs_wanted = jobs_wanted;
    actor.piece = piece;
  };
  add("alder", "honest", Work::gemm, 18);
  add("birch", "honest", Work::render, 12);
  add("cedar", "honest", Work::both, 8, PieceKind::picture);
  add("cherry", "honest", Work::texts, 8, PieceKind::story);
  add("cypress", "honest", Work::simulations, 8, PieceKind::simulation);
  add("dodder", "skip-steps", Work::gemm);
  add("fungus", "fewer-samples", Work::render);
  add("ivy", "lower-precision", Work::gemm);
  add("mistletoe", "withhold-when-sampled", Work::gemm);
  add("nettle", "smaller-model", Work::texts);
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
